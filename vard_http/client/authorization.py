"""HTTP Basic authentication."""

from __future__ import annotations

import base64


def basic(username: str | None, password: str | None) -> str | None:
    """The Authorization field, None without a user. Raises ValueError for a name with a colon."""
    if username is None:
        if password is not None:
            raise ValueError("a password needs a username")
        return None
    if not username or ":" in username:
        raise ValueError(f"a user's name is not empty and has no colon: {username!r}")
    return "Basic " + base64.b64encode(f"{username}:{password or ''}".encode()).decode()

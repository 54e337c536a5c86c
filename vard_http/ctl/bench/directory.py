"""The directory of a run: made before it, removed after it, with the directories made above it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

from vard_http.client import ClientError, KeyNotFound, OutcomeUnknown
from vard_http.ctl.console import complain

if TYPE_CHECKING:
    from vard_http.client import AsyncClient

LIFETIME: Final = 24 * 3600
"""Seconds after which the servers remove what a killed run has left."""


@contextlib.asynccontextmanager
async def own_directory(client: AsyncClient, directory: str) -> AsyncIterator[None]:
    """`directory`, which must not exist, for the length of the block. Raises ClientError."""
    above = await _missing_above(client, directory)
    try:
        await client.make_directory(directory, ttl=LIFETIME)
    except OutcomeUnknown:
        await _remove(client, directory)
        raise
    try:
        yield
    finally:
        await _remove(client, directory)
        for one in above:
            with contextlib.suppress(ClientError):  # somebody else uses it by now
                await client.delete(one, dir=True)


async def _missing_above(client: AsyncClient, directory: str) -> list[str]:
    """The directories above that do not exist yet, the innermost first."""
    missing = []
    while directory := directory.rpartition("/")[0]:
        try:
            await client.get(directory)
        except KeyNotFound:
            missing.append(directory)
        else:
            break
    return missing


async def _remove(client: AsyncClient, directory: str) -> None:
    """Asks the next if one gives no answer; it is enough that the directory is gone."""
    for _ in client.endpoints:
        try:
            await client.delete(directory, recursive=True)
        except KeyNotFound:
            return
        except ClientError as error:
            reason = str(error)
        else:
            return
    complain(f"{directory} is still there, for a day at most: {reason}")

"""What backup, restore and import refuse."""

from __future__ import annotations


class TransferError(Exception):
    """The message says what cannot be done, why, and what to do; nothing was left half done."""

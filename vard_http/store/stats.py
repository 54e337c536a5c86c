"""The counters of /v2/stats/store (contract 12.1)."""

from __future__ import annotations

from typing import Final

import msgspec

from vard_http.store.errors import (
    COMPARE_FAILED,
    DIRECTORY_NOT_EMPTY,
    KEY_NOT_FOUND,
    NOT_A_DIRECTORY,
    NOT_A_FILE,
)

_NOT_REACHABLE: Final = frozenset({KEY_NOT_FOUND, NOT_A_DIRECTORY})
_CAS_FAILURES: Final = _NOT_REACHABLE | {COMPARE_FAILED, NOT_A_FILE}
_DELETE_FAILURES: Final = _NOT_REACHABLE | {NOT_A_FILE, DIRECTORY_NOT_EMPTY}


class Stats(msgspec.Struct, rename="camel"):
    """Counters in the order in which they are shown.

    Some refusals count as successes, because etcd counts by an error variable that they do not
    set; the `*_refused` methods know which.
    """

    gets_success: int = 0
    gets_fail: int = 0
    sets_success: int = 0
    sets_fail: int = 0
    delete_success: int = 0
    delete_fail: int = 0
    update_success: int = 0
    update_fail: int = 0
    create_success: int = 0
    create_fail: int = 0
    compare_and_swap_success: int = 0
    compare_and_swap_fail: int = 0
    compare_and_delete_success: int = 0
    compare_and_delete_fail: int = 0
    expire_count: int = 0
    watchers: int = 0

    def create_refused(self, code: int) -> None:
        """Count a failed create; a file in the way also counts as a failed set."""
        self.create_fail += 1
        if code == NOT_A_DIRECTORY:
            self.sets_fail += 1

    def update_refused(self, code: int) -> None:
        """Count a failed update."""
        if code in _NOT_REACHABLE:
            self.update_fail += 1
        else:
            self.update_success += 1

    def compare_and_swap_refused(self, code: int) -> None:
        """Count a failed compare-and-swap."""
        if code in _CAS_FAILURES:
            self.compare_and_swap_fail += 1
        else:
            self.compare_and_swap_success += 1

    def delete_refused(self, code: int) -> None:
        """Count a failed delete."""
        if code in _DELETE_FAILURES:
            self.delete_fail += 1
        else:
            self.delete_success += 1

    def compare_and_delete_refused(self, code: int) -> None:
        """Count a failed compare-and-delete."""
        if code in _NOT_REACHABLE:
            self.compare_and_delete_fail += 1
        else:
            self.compare_and_delete_success += 1

    def to_json(self) -> bytes:
        """The body of /v2/stats/store (no newline)."""
        return msgspec.json.encode(self)

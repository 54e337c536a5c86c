"""What `check` judges: everything that was asked of a cluster, gathered before any rule looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vard_http.client import Health, Version
from vard_http.ctl.check.clocks import Offset
from vard_http.ctl.observe.poll import Listing
from vard_http.ctl.observe.snapshot import Answer, Snapshot


@dataclass(frozen=True, slots=True)
class Observed:
    """Two looks at the cluster, some seconds apart, and what was asked in between.

    `health`, `listings`, `versions` and `offsets` are by member id, without those that did not
    answer; `urls` are the answers at each advertised client URL and at each of `endpoints`.
    """

    endpoints: Sequence[str]
    before: Snapshot
    after: Snapshot
    health: Mapping[str, Health]
    listings: Mapping[str, Listing]
    versions: Mapping[str, Version]
    offsets: Mapping[str, Offset]
    urls: Mapping[str, Answer]

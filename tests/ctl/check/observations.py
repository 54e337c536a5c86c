"""What a healthy cluster of three looks like to `check`, to be spoilt by tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.ctl.snapshots import CLUSTER, snapshot, told
from vard_http.client import Health, Version
from vard_http.ctl.check.clocks import Offset
from vard_http.ctl.check.observed import Observed
from vard_http.ctl.observe.figures import Figures
from vard_http.ctl.observe.poll import Listing
from vard_http.ctl.observe.snapshot import Snapshot

ENDPOINTS = ("http://n1:2379", "http://n2:2379", "http://n3:2379")


def observed(*answers: Figures | str, **changes: Any) -> Observed:
    """Three members that say `answers` at both looks (default: all is well)."""
    answers = answers or (told(1), told(2), told(3))
    seen = of(snapshot(*answers, at=0.0), snapshot(*answers, at=2.0))
    return replace(seen, **changes)


def of(before: Snapshot, after: Snapshot) -> Observed:
    """What follows from two looks."""
    there = after.samples()
    return Observed(
        endpoints=ENDPOINTS,
        before=before,
        after=after,
        health=dict.fromkeys(there, Health(True)),
        listings=dict.fromkeys(there, Listing(CLUSTER, after.members)),
        versions=dict.fromkeys(there, Version("3.4.23", "3.4.0")),
        offsets=dict.fromkeys(there, Offset(-0.005, 0.005)),
        urls={
            url: after.answers[member.id] for member in after.members for url in member.client_urls
        },
    )

"""All fuzz targets by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.fuzz import (
    configuration,
    databases,
    decoders,
    etcd_files,
    http_lane,
    peers,
    texts,
    vard,
)
from tests.fuzz.target import Target

TARGETS: Final[Mapping[str, Target]] = {
    target.name: target
    for target in (
        http_lane.TARGET,
        *peers.TARGETS,
        *decoders.TARGETS,
        databases.TARGET,
        *etcd_files.TARGETS,
        texts.TARGET,
        configuration.TARGET,
        vard.TARGET,
    )
}

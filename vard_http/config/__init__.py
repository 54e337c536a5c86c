"""Every setting stated once, and one frozen Config made from flags, variables or a file.

`load(argv, environ)` gives a Config or raises ConfigError, HelpRequested or VersionRequested.
Before it starts, the command prints `config.warnings`, refuses `missing_features(config)`, and
for an empty data directory calls `check_bootstrap(config)`.
"""

from vard_http.config.bootstrap import check_bootstrap
from vard_http.config.errors import (
    ConfigError,
    HelpRequested,
    InformationRequested,
    VersionRequested,
)
from vard_http.config.features import missing_features
from vard_http.config.identity import cluster_id, format_id, member_id
from vard_http.config.loading import load
from vard_http.config.model import Config
from vard_http.config.usage import usage, usage_line, version_text

__all__ = [
    "Config",
    "ConfigError",
    "HelpRequested",
    "InformationRequested",
    "VersionRequested",
    "check_bootstrap",
    "cluster_id",
    "format_id",
    "load",
    "member_id",
    "missing_features",
    "usage",
    "usage_line",
    "version_text",
]

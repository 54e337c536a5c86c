"""Every setting by name: those that act, those that cannot, and vard's own."""

from collections.abc import Iterable
from difflib import get_close_matches

from vard_http.config.compatibility import INERT, NO_LONGER_SUPPORTED, SUCCESSORS
from vard_http.config.kinds import ANYTHING, BOOL, TEXT
from vard_http.config.model import ACTIVE
from vard_http.config.setting import Group, Setting
from vard_http.config.vard_form import VARD_SETTINGS

CONFIG_FILE = Setting("config-file", Group.MEMBER, TEXT, "", "Path to the configuration file.")
VERSION = Setting("version", Group.MEMBER, BOOL, "false", "Print the version and exit.")

ETCD_SETTINGS = {one.name: one for one in (*ACTIVE, *INERT)}
"""What a configuration file may hold, by name."""

IGNORED_SETTINGS = {
    name: Setting(name, Group.DEPRECATED, ANYTHING, "", "") for name in sorted(NO_LONGER_SUPPORTED)
}

VARIABLE_SETTINGS = {
    **ETCD_SETTINGS,
    **IGNORED_SETTINGS,
    **{one.name: one for one in (CONFIG_FILE, VERSION)},
}
"""What a variable may hold, by name."""

FLAG_SETTINGS = {**VARIABLE_SETTINGS, **{one.name: one for one in VARD_SETTINGS}}
"""What a flag may hold, by name."""


def nearest_setting(name: str, settings: Iterable[str]) -> str:
    """The name among `settings` most like `name`, or an empty text if none is near."""
    candidates = [known for known in settings if known not in IGNORED_SETTINGS]
    if SUCCESSORS.get(name) in candidates:
        return SUCCESSORS[name]
    return next(iter(get_close_matches(name, candidates, n=1)), "")

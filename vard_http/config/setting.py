"""What is stated about one setting, wherever its value comes from."""

from collections.abc import Iterable
from dataclasses import Field, dataclass, field, replace
from enum import Enum
from typing import Any, TypeVar

from vard_http.config.kinds import Kind

T = TypeVar("T")
_METADATA_KEY = "setting"


class Group(Enum):
    """The headings of the help text, in its order."""

    MEMBER = "Member"
    CLUSTERING = "Clustering"
    SECURITY = "Security"
    AUTH = "Auth"
    MONITORING = "Profiling and Monitoring"
    LOGGING = "Logging"
    PROXY = "v2 Proxy"
    EXPERIMENTAL = "Experimental feature"
    UNSAFE = "Unsafe feature"
    DEPRECATED = "TO BE DEPRECATED"
    VARD = "vard's own form (command line only)"


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table.

    `default` is written as on the command line. `allowed` overrides the kind's.
    `no_effect` says why the setting can never do anything here. `late`: a wrong value is found
    after the command line was parsed, so the exit status is `exit_code` and no usage is printed
    (contract 16.1).
    """

    name: str
    group: Group
    kind: Kind[Any]
    default: str
    help: str
    allowed: str = ""
    no_effect: str = ""
    late: bool = False
    exit_code: int = 1

    @property
    def takes(self) -> str:
        """The sentence that says what is allowed."""
        return f"{self.name} takes {self.allowed or self.kind.allowed}"

    @property
    def variable_suffix(self) -> str:
        """What follows `ETCD_` or `VARD_` in the name of the variable."""
        return self.name.upper().replace("-", "_")


def setting(
    group: Group,
    kind: Kind[T],
    default: str,
    help: str,
    *,
    allowed: str = "",
    late: bool = False,
    exit_code: int = 1,
) -> T:
    """A dataclass field that is a row of the table; the row's name is the field's, with dashes."""
    row = Setting("", group, kind, default, help, allowed, late=late, exit_code=exit_code)
    return field(default_factory=lambda: kind.parse(default), metadata={_METADATA_KEY: row})


def settings_of(fields: Iterable[Field[Any]]) -> tuple[Setting, ...]:
    """The rows that `setting` put into the fields of a dataclass, in order."""
    return tuple(
        replace(one.metadata[_METADATA_KEY], name=one.name.replace("_", "-"))
        for one in fields
        if _METADATA_KEY in one.metadata
    )

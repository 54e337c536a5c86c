"""What a member says on /metrics, in the text format of Prometheus."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from vard_http.ctl.observe.histogram import Histogram


class Labelled(NamedTuple):
    """One line: its labels and its value."""

    labels: Mapping[str, str]
    value: float


class Exposition:
    """The lines by the name they begin with; a name that is not there has no lines."""

    def __init__(self, lines: Mapping[str, list[Labelled]]) -> None:
        self._lines = lines

    @classmethod
    def parse(cls, text: str) -> Exposition:
        """Raises ValueError if `text` is not in Prometheus's format."""
        lines: defaultdict[str, list[Labelled]] = defaultdict(list)
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                lines[sample.name].append(Labelled(sample.labels, sample.value))
        return cls(dict(lines))

    def value(self, *names: str) -> float | None:
        """The sum of the lines of the first of `names` that is there."""
        for name in names:
            if name in self._lines:
                return sum(line.value for line in self._lines[name])
        return None

    def by(self, name: str, label: str) -> dict[str, float]:
        """The sums of the lines by what `label` says in them."""
        sums: defaultdict[str, float] = defaultdict(float)
        for line in self._lines.get(name, ()):
            sums[line.labels.get(label, "")] += line.value
        return dict(sums)

    def label(self, name: str, label: str) -> str:
        """What `label` says in the one line of `name`; empty without that."""
        lines = self._lines.get(name, ())
        return lines[0].labels.get(label, "") if lines else ""

    def histogram(self, name: str) -> Histogram | None:
        """The histogram `name`, summed over its labels."""
        buckets = self.by(f"{name}_bucket", "le")
        return (
            Histogram.of((float(le), count) for le, count in buckets.items()) if buckets else None
        )

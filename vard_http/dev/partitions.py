"""Which links between the nodes are cut. Pure: links.py carries it out."""

from __future__ import annotations

from collections.abc import Collection, Iterable

Link = tuple[int, int]
"""Source and target, by number; what the source says to the target."""


class LinkMatrix:
    """The directed links between nodes 1 to `nodes`, all whole at first.

    A partition is a group that is cut off from the nodes outside it, in both directions; several
    may overlap, and a link is whole only if no partition divides its ends.
    """

    def __init__(self, nodes: int) -> None:
        self.nodes = range(1, nodes + 1)
        self._groups: set[frozenset[int]] = set()
        self._links: set[Link] = set()

    def partition(self, group: Iterable[int]) -> None:
        """Cut `group` off from the others."""
        self._groups.add(frozenset(group))

    def cut(self, source: int, target: int) -> None:
        """Cut this one direction."""
        self._links.add((source, target))

    def heal(self, nodes: Iterable[int] | None = None) -> None:
        """End what was done to `nodes`, or to all: partitions they are in, and links of theirs."""
        healed = set(self.nodes if nodes is None else nodes)
        self._groups = {group for group in self._groups if not group & healed}
        self._links = {link for link in self._links if not healed & set(link)}

    def is_cut(self, source: int, target: int) -> bool:
        """Whether nothing that `source` says reaches `target`."""
        divided = any((source in group) != (target in group) for group in self._groups)
        return divided or (source, target) in self._links

    def cut_from(self, node: int) -> tuple[int, ...]:
        """The nodes to which `node` has no link that works both ways."""
        return tuple(
            other
            for other in self.nodes
            if other != node and (self.is_cut(node, other) or self.is_cut(other, node))
        )

    def has_majority(self, node: int, working: Collection[int]) -> bool:
        """Whether `node` and the `working` nodes it exchanges messages with are a majority."""
        cut = self.cut_from(node)
        side = {node, *(other for other in working if other not in cut)}
        return 2 * len(side) > len(self.nodes)

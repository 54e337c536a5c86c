"""A line as bash cuts it into words, for what replaces the last one."""

from __future__ import annotations

from dataclasses import dataclass

_SPECIAL = frozenset(" \t!\"#$&'()*;<>?[\\]^`{|}~")


@dataclass(slots=True)
class Line:
    """`words` are without quotes; the last one is unfinished, and empty behind a space.

    Bash replaces the last word from `cut` on: from what breaks words for it (colons and equal
    signs among others), or from the quote `quote` that is still open.
    """

    words: list[str]
    cut: int = 0
    quote: str = ""

    @classmethod
    def read(cls, text: str, breaks: str) -> Line:
        """`breaks` is bash's COMP_WORDBREAKS."""
        line = cls([""])
        escaped = inside = False
        for char in text:
            if escaped or (line.quote and char not in (line.quote, "\\")):
                line.words[-1] += char
                escaped = False
            elif char == "\\" and line.quote != "'":
                escaped = True
            elif char == line.quote:
                line.quote = ""
            elif char in "\"'":
                line.quote, line.cut = char, len(line.words[-1])
            elif char.isspace():
                if inside:
                    line.words.append("")
                    line.cut = 0
            else:
                line.words[-1] += char
                if char in breaks and char in ":=@":
                    line.cut = len(line.words[-1])
            inside = not char.isspace() or bool(line.quote) or escaped
        return line

    def completed(self, value: str) -> str:
        """What bash has to put so that the last word becomes `value`."""
        rest = value[self.cut :]
        if self.quote:
            return rest
        return "".join(f"\\{char}" if char in _SPECIAL else char for char in rest)

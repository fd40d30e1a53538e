"""The rows of a change, cut to the width of a screen so that what differs is seen."""

from __future__ import annotations

from itertools import groupby, takewhile
from typing import TYPE_CHECKING, Final

from verify.report.layout import cut

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DOTS: Final = "... "
_BEHIND: Final = 8
"""Characters that are seen from where two rows begin to differ, if they are cut on the right."""


def fitted(rows: Sequence[str], width: int) -> Iterator[str]:
    """Rows of a unified diff, none wider than ``width`` characters.

    A row that is too wide ends with dots.  Where it differs from its counterpart only further
    right, both begin with dots instead, and go on at the same character.

    Args:
        rows: each with its sign, a blank or ``@`` in front.
        width: of the screen that is left for them.
    """
    runs = [(sign, list(run)) for sign, run in groupby(rows, key=lambda row: row[:1])]
    for place, (sign, run) in enumerate(runs):
        others = [r for s, r in runs[max(place - 1, 0) : place + 2] if {s, sign} == {"+", "-"}]
        for row in run:
            yield cut(_begun(row, [other for r in others for other in r], width), width)


def _begun(row: str, others: Sequence[str], width: int) -> str:
    """The row without what it begins with, if it differs from the likest of others behind that."""
    body, bodies = row[1:], [other[1:] for other in others if other[1:] != row[1:]]
    if not bodies:
        return row
    same, other = max((_shared(body, each), each) for each in bodies)
    longest = max(len(body), len(other))
    room = width - 1 - len(DOTS)
    alike = min(_shared(body[::-1], other[::-1]), len(body) - same, len(other) - same)
    ends = longest - alike  # of what differs, which is seen whole if it can be
    seen = ends if ends - same <= room - len(DOTS) else same + _BEHIND
    if longest < width or max(seen, same + _BEHIND) < width - len(DOTS):
        return row
    start = max(0, min(same - room // 2, longest - room))
    if seen == ends:
        start = max(0, min(max(start, ends + len(DOTS) - room), same, longest - room))
    return f"{row[:1]}{DOTS}{body[start:]}"


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))

"""The name that somebody may have meant."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALIKE: Final = 0.6


def near(name: str, known: Iterable[str]) -> str:
    """``"; is tanh meant?"`` for the known name that is most like this one, ``""`` for none."""
    by_plain = {each.lower(): each for each in known}
    found = difflib.get_close_matches(name.lower(), by_plain, n=1, cutoff=_ALIKE)
    return f"; is {by_plain[found[0]]} meant?" if found else ""

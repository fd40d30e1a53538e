"""Checks that leave out what takes most of their time and finds what is rare."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def in_short() -> Iterator[None]:
    """Checks of this process ask forms, programs, uses with state, networks, some graphs.

    What is left out is five sixths of their time: the rows of the table of probes, scales,
    thousands of passes, other processes.  For tests of how a mistake is named, shown, mended and
    printed, which are about one that is found without; not for those of a verdict.
    """
    from verify.checking import run
    from verify.checking.ladders import SCALES
    from verify.generators.probes import PROBES

    rows = [probe.name for probe in PROBES if probe.cases is not None]
    omitted = frozenset({*rows, *[ladder.check for ladder in SCALES], "passes"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "_Check", partial(run._Check, omitted=omitted))
        patch.setattr(run, "AFTER", ())
        yield

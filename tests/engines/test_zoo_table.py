"""The zoo itself: large, varied, and each of its edits does something."""

from __future__ import annotations

import runpy
from pathlib import Path

ANIMALS = runpy.run_path(str(Path(__file__).parents[1] / "zoo" / "zoo.py"))["animals"]()


def test_the_zoo_is_large_and_every_animal_is_its_own() -> None:
    """At least sixty, no two of one name, no two for the same aspect, no two of one text."""
    described = [(a.start, a.edits, a.prepend, a.append, a.encoding) for a in ANIMALS]
    assert len(ANIMALS) >= 60
    assert len({a.name for a in ANIMALS}) == len(ANIMALS)
    assert len({a.aspect for a in ANIMALS}) == len(ANIMALS)
    assert len(set(described)) == len(ANIMALS)


def test_right_wrong_and_unusable_engines_are_all_there() -> None:
    """A harness that always gave the same verdict would fail."""
    verdicts = [a.verdict for a in ANIMALS]
    assert {v: verdicts.count(v) >= 5 for v in ("correct", "wrong", "unusable")} == {
        "correct": True,
        "wrong": True,
        "unusable": True,
    }

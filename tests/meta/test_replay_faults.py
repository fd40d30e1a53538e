"""The reference corpus alone catches every mistake that one backward pass can show."""

from pathlib import Path

import pytest

from verify.corpus.format import Entry, read
from verify.corpus.replay import replay
from verify.engines import EngineError, load
from verify.faults import CATALOGUE, SOURCE, Fault, module
from verify.outcome import Finished, Outcome

HEADER, _ = read(Path(__file__).parents[1] / "reference/corpus.jsonl")
ENTRIES: list[Entry] = list(read(Path(__file__).parents[1] / "reference/corpus.jsonl")[1])
ELSEWHERE = {"state", "cost", "network"}
"""Families that need more than one pass, a clock, or a network: for `compare` and `check`."""
DEEP = {"cut-at-depth"}
"""Shown by a chain of thousands only, on which honest engines raise: for `compare`."""
FAULTS = [f for f in CATALOGUE.values() if f.family not in ELSEWHERE and f.id not in DEEP]


def replayed(source: str, name: str) -> Outcome:
    """The outcome on an engine of this process, up to the first finding."""
    with load(module(source, name).Value) as engine:
        *_, last = replay(engine, HEADER, ENTRIES, first=True)
    assert isinstance(last, Finished)
    return last.outcome


def test_the_engine_without_a_fault_is_right() -> None:
    """The base of the catalogue passes the whole corpus: what is caught below is the fault."""
    found = replayed(SOURCE, "base")
    assert (found.verdict, found.findings) == ("correct", ())
    assert found.control.passed


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_fault_is_caught(fault: Fault) -> None:
    """Wrong, with an expression that shows it; or not usable as an engine at all."""
    try:
        found = replayed(fault.source, fault.id)
    except EngineError:
        return
    assert found.verdict == "wrong"
    assert found.findings

"""What the oracles said is kept on disk between runs, and never believed where it is not whole."""

from __future__ import annotations

import math
import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from verify.checking import judging
from verify.checking.assess import assess
from verify.engines import load
from verify.expression.graph import Case, Graph
from verify.expression.reading import Column, Reading
from verify.generators.random import cases
from verify.oracles import interval, registry
from verify.oracles import stored as stored_module
from verify.oracles.stored import VARIABLE, Stored, folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.expression.reading import Truth

edges = runpy.run_path(str(Path(__file__).parents[1] / "extremes.py"))["edges"]
CASE = Case.parse("c = a * b; (c.tanh() + c) * c", a=0.7, b=1.6)
KINK = Case.parse("b * a.relu()", a=0.0, b=2.0)
DOMAIN = Case.parse("a.log() + b", a=-1.0, b=2.0)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """What this process remembers must not hide what a disk holds."""
    with registry.afresh():
        yield


def truth(case: Case) -> Truth:
    """What is kept."""
    return interval.truth(case.graph, case.point)


def written(path: Path, *kept: Case) -> None:
    """A file with the truths of some cases."""
    store = Stored(path)
    for case in kept:
        store.put(case, truth(case), agreed=True)
    store.save()


@pytest.mark.parametrize("case", [CASE, KINK, DOMAIN], ids=str)
def test_what_is_read_is_what_was_written(tmp_path: Path, case: Case) -> None:
    """A truth comes back to the bit, with its notes, its ends, and whether the oracles agreed."""
    written(tmp_path / "file", case)
    expected = truth(case)
    got = Stored(tmp_path / "file").get(case)
    assert got is not None
    assert repr((tuple(got[0]), tuple(got[1]), got[2])) == repr(
        (tuple(expected.values), tuple(expected.gradients), True)
    )


def test_a_plain_truth_comes_back_as_columns(tmp_path: Path) -> None:
    """What is compared column by column is so as well when it comes from a disk."""
    written(tmp_path / "file", CASE)
    got = Stored(tmp_path / "file").get(CASE)
    assert got is not None
    assert all(isinstance(column, Column) for column in got[:2])


def test_numbers_that_are_equal_and_not_the_same_are_two_cases(tmp_path: Path) -> None:
    """2, 2.0 and True, 0.0 and -0.0 are told apart."""
    written(tmp_path / "file", Case.parse("a * 2", a=0.0))
    store = Stored(tmp_path / "file")
    others = [("a * 2.0", 0.0), ("a * 2", -0.0), ("a * 2", 0)]
    assert [store.get(Case.parse(text, a=a)) for text, a in others] == [None, None, None]


@pytest.mark.parametrize("place", [0, 20, 60, -1])
def test_a_damaged_file_is_not_believed(tmp_path: Path, place: int) -> None:
    """One bit that changed anywhere, and nothing of the file counts."""
    path = tmp_path / "file"
    written(path, CASE)
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    assert Stored(path).get(CASE) is None


def test_a_file_that_was_cut_off_is_not_believed(tmp_path: Path) -> None:
    """A file that is not whole is as none."""
    path = tmp_path / "file"
    written(path, CASE, KINK)
    path.write_bytes(path.read_bytes()[:-40])
    assert Stored(path).get(CASE) is None


def test_a_file_that_is_untouched_is_read_once_in_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second engine does not wait for it; what was written since is seen."""
    path = tmp_path / "file"
    written(path, CASE)
    read: list[int] = []
    good = stored_module._entries
    monkeypatch.setattr(stored_module, "_entries", lambda b: read.append(len(b)) or good(b))
    assert [Stored(path).get(CASE) is not None for _ in range(3)] == [True, True, True]
    assert len(read) == 1
    written(path, KINK)
    assert [Stored(path).get(case) is not None for case in (CASE, KINK)] == [True, True]
    assert len(read) == 2


def test_what_is_put_is_no_part_of_a_file_before_it_is_saved(tmp_path: Path) -> None:
    """What one check adds in memory is not remembered as read."""
    path = tmp_path / "file"
    written(path, CASE)
    Stored(path).put(KINK, truth(KINK), agreed=True)
    assert Stored(path).get(KINK) is None


def test_of_a_full_file_what_was_asked_for_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fixed part of a check is asked for by every run; what else was asked once goes first."""
    path, once = tmp_path / "file", Case.parse("a + a", a=0.5)
    written(tmp_path / "both", CASE, KINK)
    written(path, once, CASE)
    monkeypatch.setattr(stored_module, "_MOST_BYTES", (tmp_path / "both").stat().st_size)
    monkeypatch.setattr(stored_module, "_WORTH", 0)
    store = Stored(path)
    assert store.get(CASE) is not None
    store.put(KINK, truth(KINK), agreed=True)
    store.save()
    kept = [Stored(path).get(case) is not None for case in (once, CASE, KINK)]
    assert kept == [False, True, True]


def test_a_full_file_is_not_written_for_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each check of a wrong engine has a little to add: that is not worth megabytes."""
    path = tmp_path / "file"
    written(path, CASE)
    monkeypatch.setattr(stored_module, "_MOST_BYTES", path.stat().st_size)
    before = path.read_bytes()
    written(path, KINK)
    assert path.read_bytes() == before


def test_a_file_that_others_can_write_is_not_believed(tmp_path: Path) -> None:
    """Nobody else may say what is true."""
    path = tmp_path / "file"
    written(path, CASE)
    path.chmod(0o622)
    assert Stored(path).get(CASE) is None


def test_turned_off_there_is_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """VERIFY_CACHE=off: nothing is read or written."""
    monkeypatch.setenv(VARIABLE, "off")
    assert folder() is None


def test_a_folder_is_absolute_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that depends on where one is might lie among submissions."""
    monkeypatch.setenv(VARIABLE, "here")
    assert folder() is None


def test_where_it_cannot_be_written_nothing_happens(tmp_path: Path) -> None:
    """A place that is a file is no folder; the check goes on without."""
    (tmp_path / "blocked").write_text("")
    written(tmp_path / "blocked" / "file", CASE)
    assert (tmp_path / "blocked").read_text() == ""


def test_the_second_run_asks_no_oracle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case that all oracles agreed on is judged again without asking any of them."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    asked: list[Graph] = []
    good = interval.truth
    monkeypatch.setattr(interval, "truth", lambda g, p, *f: asked.append(g) or good(g, p, *f))
    for _ in range(2):
        with registry.stored():
            judging.consulted(CASE)
        registry.forget()
    assert asked == [CASE.graph]


def test_nobody_is_accused_by_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A truth on disk that is false, and well signed, makes no right engine wrong."""
    import micrograd

    monkeypatch.setenv(VARIABLE, str(tmp_path))
    other = Case(CASE.graph, (0.9, 1.6))
    with registry.stored():
        for store in registry._STORES:
            store.put(CASE, truth(other), agreed=True)
    with registry.stored(), load(micrograd.Value) as engine:
        testimony, _ = judging.consulted(CASE)
        assert testimony.recalled
        reading = engine.run(CASE.graph, CASE.point)[-1]
        seen = assess(engine, CASE, reading, testimony)
    assert (seen.judgement.wrong, seen.testimony.recalled) == ((), False)


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    """Points may be those of an exam."""
    written(tmp_path / "new" / "file", CASE)
    assert (tmp_path / "new" / "file").stat().st_mode & 0o077 == 0
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases(max_operations=10) | edges())
def test_any_truth_survives(tmp_path: Path, case: Case) -> None:
    """Random graphs, and those at the edges of their domain, come back to the bit."""
    written(tmp_path / "file", case)
    got = Stored(tmp_path / "file").get(case)
    assert got is not None
    rows = [(*got[0], *got[1]), (*truth(case).values, *truth(case).gradients)]
    assert repr(rows[0]) == repr(rows[1])


def test_a_reading_is_judged_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a disk or not, a wrong number is wrong."""
    import micrograd

    monkeypatch.setenv(VARIABLE, str(tmp_path))
    verdicts = []
    for _ in range(2):
        with registry.stored(), load(micrograd.Value) as engine:
            testimony, _ = judging.consulted(CASE)
            good = engine.run(CASE.graph, CASE.point)[-1]
            off = (good.gradients[0] or math.nan) * (1 + 1e-9)
            reading = Reading("engine", good.values, (off, *good.gradients[1:]))
            seen = assess(engine, CASE, reading, testimony)
        verdicts.append([(n.node, n.quantity, n.verdict) for n in seen.judgement.numbers])
        registry.forget()
    assert verdicts[0] == verdicts[1]

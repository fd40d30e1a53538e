"""Nothing is lost: what was graded stays, whatever happens to the run."""

import gc
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import Result

from verify.faults import CATALOGUE, SOURCE
from verify.grading import run
from verify.verdict.outcome import Exit

Graded = Callable[..., Result]
Begun = tuple[Path, Path, Result]


ENDS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


def alive(token: str) -> list[str]:
    """Processes whose environment holds a token."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if token.encode() in (entry / "environ").read_bytes():
                found.append(entry.name)
    return found


def files(out: Path) -> dict[str, bytes]:
    """All that a run leaves, but the database and what was unpacked."""
    found = [p for p in out.rglob("*") if p.is_file() and "sqlite" not in p.name]
    return {str(p.relative_to(out)): p.read_bytes() for p in found}


def rows(out: Path) -> dict[str, dict[str, Any]]:
    """The students by number."""
    lines = (out / "grades.jsonl").read_text().splitlines()
    return {row["number"]: row for row in map(json.loads, lines)}


@pytest.mark.slow
@pytest.mark.xdist_group("once")
def test_a_class_is_graded(begun: Begun) -> None:
    """Each student gets a line, a page, and points; what cannot run gets no mark."""
    _, out, done = begun
    assert done.return_value == Exit.CORRECT
    assert "4 submissions: 1 correct, 1 not graded, 2 wrong" in done.output
    found = rows(out)
    assert found["10001"]["marks"]["points"] == 100.0
    assert found["10002"]["marks"]["points"] < 100
    assert found["10003"]["evidence"]["status"] == "not graded"
    assert "line 2" in found["10003"]["evidence"]["reason"]
    assert found["10004"]["evidence"]["found"][0]["fault"] == "tanh-not-squared"
    assert len(list((out / "students").iterdir())) == 8


@pytest.mark.slow
@pytest.mark.xdist_group("once")
def test_going_on_runs_what_is_new(begun: Begun, graded: Graded) -> None:
    """An unchanged submission is not run again, a changed one is; results are not overwritten."""
    few, out, _ = begun
    with pytest.raises(Exception, match="holds results already"):
        graded(few, out)
    again = graded(few, out, "--resume")
    assert again.output.count("[") == 0
    (few / "cy_10003.py").write_text(SOURCE)
    changed = graded(few, out, "--resume")
    assert changed.output.count("[") == 1
    assert rows(out)["10003"]["marks"]["points"] == 100.0


@pytest.mark.slow
@pytest.mark.xdist_group("once")
def test_an_override_survives(begun: Begun, tmp_path: Path, graded: Graded) -> None:
    """Points set by hand stay, with the reason, also where the submission changes."""
    few, out, _ = begun
    table = tmp_path / "by_hand.csv"
    table.write_text("student,points,reason\n10003,55,spoke with her\n")
    graded(few, out, "--resume", "--override", str(table))
    (few / "cy_10003.py").write_text(SOURCE)
    graded(few, out, "--resume")
    marks = rows(out)["10003"]["marks"]
    assert (marks["points"], marks["verdict"], marks["note"]) == (
        55.0, "overridden", "spoke with her",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("adda,5,why", "did you mean 'ada'"),
        ("10001,lots,why", "points must be a number"),
        ("10001,5,", "needs a reason"),
    ],
)
def test_wrong_overrides_are_refused(
    few: Path, tmp_path: Path, graded: Graded, row: str, told: str
) -> None:
    """A table of overrides is taken whole or not at all, and the line is named."""
    shutil.rmtree(few)
    few.mkdir()
    (few / "ada_10001.py").write_text("x")
    graded(few, tmp_path / "out")
    table = tmp_path / "by_hand.csv"
    table.write_text(f"student,points,reason\n{row}\n")
    with pytest.raises(Exception, match=r"line 2.*" + told):
        graded(few, tmp_path / "out", "--resume", "--override", str(table))


def test_what_may_be_a_slip_is_said(few: Path, tmp_path: Path, graded: Graded) -> None:
    """More points by hand than there are, and going on where nothing was begun."""
    for path in few.iterdir():
        path.unlink()
    (few / "ada_10001.py").write_text("x")
    out, table = tmp_path / "out", tmp_path / "by_hand.csv"
    table.write_text("student,points,reason\n10001,900,spoke with her\n")
    done = graded(few, out, "--override", str(table))
    assert re.search(r"--override gives ada-10001-\w+ 900 of 100 points", done.output)
    table.write_text("student,points,reason\n10001,100,spoke with her\n")
    done = graded(few, out, "--resume", "--override", str(table))
    assert "--override" not in done.output
    assert "a new class begins" not in done.output
    exam = (out / "exam.jsonl").read_bytes()
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "exam.jsonl").write_bytes(exam)  # drawing another takes long
    done = graded(few, tmp_path / "new", "--resume")
    assert "new holds no results yet; a new class begins there" in done.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--seed", "seven"), "'seven' is not a whole number"),
        (("--jobs", "many"), "'many' is not a whole number"),
        (("--timeout", "soon"), "'soon' is not a number"),
        (("--hints", "7"), "7 is not in the range 0<=x<=3"),
    ],
)
def test_what_is_no_number_is_told_so(
    few: Path, tmp_path: Path, graded: Graded, words: tuple[str, str], told: str
) -> None:
    """In words that are not those of the library that reads them."""
    with pytest.raises(click.UsageError, match=re.escape(told)):
        graded(few, tmp_path / "out", *words)


def test_what_is_no_folder_or_no_file_is_told_so(
    few: Path, tmp_path: Path, graded: Graded
) -> None:
    """A file of one student, and a folder in the place of a rubric."""
    with pytest.raises(click.UsageError, match=r"ada_10001\.py: it is the work of one .* --one"):
        graded(few / "ada_10001.py", tmp_path / "out")
    with pytest.raises(click.UsageError, match="is a folder, and no file"):
        graded(few, tmp_path / "out", "--rubric", str(few))


@pytest.mark.slow
@pytest.mark.xdist_group("once")
def test_the_same_exam_gives_the_same_bytes(begun: Begun, tmp_path: Path, graded: Graded) -> None:
    """Two runs of one exam leave the same bytes, whatever the number of processes."""
    few, out, _ = begun
    formats = [f"--format={name}" for name in ("jsonl", "csv", "ctrf", "junit")]
    graded(few, tmp_path / "two", *formats, "--jobs", "2")
    assert files(out) == files(tmp_path / "two")


@pytest.mark.search
@pytest.mark.slow
def test_killed_at_any_moment_and_resumed(exam: Path, tmp_path: Path) -> None:
    """Killed at random moments and resumed, a run leaves the bytes of an undisturbed one."""
    folder = tmp_path / "class"
    folder.mkdir()
    for i, name in enumerate(list(CATALOGUE)[::19]):
        (folder / f"s_{10000 + i}.py").write_text(CATALOGUE[name].source)
    words = [sys.executable, "-m", "verify", "grade", str(folder), "-q", "--jobs", "1", "--out"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    ours = {**os.environ, "VERIFY_TEST": tmp_path.name}
    subprocess.run([*words, str(tmp_path / "a"), "--exam", str(exam)], check=True, **quiet)  # type: ignore[call-overload]
    chance, more = random.Random(4), ["--exam", str(exam)]
    for number in range(10):
        going = subprocess.Popen(
            [*words, str(tmp_path / "b"), *more], start_new_session=True, env=ours, **quiet  # type: ignore[call-overload]
        )
        time.sleep(chance.uniform(0.5, 4.0))
        if number % 2:
            os.killpg(going.pid, signal.SIGKILL)
        else:
            going.send_signal(ENDS[number // 2 % len(ENDS)])
        going.wait()
        until = time.monotonic() + 30
        while (left := alive(f"VERIFY_TEST={tmp_path.name}")) and time.monotonic() < until:
            time.sleep(0.05)
        assert left == []
        if (tmp_path / "b" / "results.sqlite").exists():
            more = ["--resume", "--exam", str(exam)]
    subprocess.run([*words, str(tmp_path / "b"), *more], check=True, **quiet)  # type: ignore[call-overload]
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_what_is_kept_is_not_looked_through_for_garbage_all_the_time() -> None:
    """The processes that grade keep what they found out: few of their objects are garbage."""
    before = gc.get_threshold()
    gc.set_threshold(700)  # as Python has it; the command, which other tests call, looks seldom
    try:
        with run.pool(1) as made:
            assert made.submit(gc.get_threshold).result()[0] > gc.get_threshold()[0]
    finally:
        gc.set_threshold(*before)

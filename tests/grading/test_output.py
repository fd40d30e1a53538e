"""What a class leaves is whole, or as it was."""

import errno
import io
import os
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import click
import pytest
from rich.console import Console

from verify.commands.grade import _demanded, _kept, _line, _print, _rubric, command
from verify.grading import output
from verify.grading.evidence import GRADED, NOT_GRADED, Evidence, dumps
from verify.grading.formats import jsonl
from verify.grading.results import Results
from verify.grading.rubric import Rubric
from verify.grading.run import _ENDED, Progress
from verify.grading.submission import Submission

WHO = Submission("ada-1", "Ada", "1", "/x/ada.py", "ada.py", "00")


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder but the database."""
    found = [p for p in folder.rglob("*") if p.is_file() and "sqlite" not in p.name]
    return {str(p.relative_to(folder)): p.read_bytes() for p in found}


def test_a_full_disk_leaves_the_pages_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of them is cut, none is new, and nothing lies beside."""
    with Results.open(tmp_path / "r.sqlite") as results:
        results.expect([WHO])
        results.keep(WHO, "exam", _ENDED)
        output.write(results, Rubric(), tmp_path, ["csv"])
        before = contents(tmp_path)
        assert set(before) == {
            "index.html", "grades.csv", "students/ada-1.html", "students/ada-1.md",
        }  # fmt: skip

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(jsonl, "write", full)
        with pytest.raises(OSError, match="No space"):
            output.write(results, Rubric(title="other"), tmp_path, ["csv", "jsonl"])
        assert contents(tmp_path) == before
        monkeypatch.undo()
        (tmp_path / ".new").mkdir()  # of a run that was killed
        (tmp_path / ".new" / "x").touch()
        output.write(results, Rubric(title="other"), tmp_path, ["csv", "jsonl"])
        assert set(contents(tmp_path)) == {*before, "grades.jsonl"}
        assert b"other" in (tmp_path / "index.html").read_bytes()


def test_going_on_keeps_the_rubric(tmp_path: Path) -> None:
    """What was demanded is demanded again, unless another rubric is named: then that is said."""
    table, shown = tmp_path / "rubric.toml", Console(file=io.StringIO())
    table.write_text("title = 'Week 3'\n[milestones]\nvalues = 30\n")
    with Results.open(tmp_path / "r.sqlite") as results:

        def used(path: Path | None = None, require: str | None = None) -> tuple[str, int, bool]:
            shown.file = io.StringIO()
            found = _demanded(results, _rubric(path, require, None), shown)
            said = shown.file.getvalue()
            return found.title, len(found.require), "another than before" in said

        usual = len(Rubric().require)
        assert used(table) == ("Week 3", usual, False)
        assert used() == ("Week 3", usual, False)
        assert used(require="add,mul") == ("Week 3", 2, True)
        assert used(table, "add,mul") == ("Week 3", 2, False)
        assert used(table) == ("Week 3", usual, True)


def test_pages_of_who_is_no_longer_there_are_removed(tmp_path: Path) -> None:
    """All that a submission had for itself, in every format; what is not ours stays."""
    cy = replace(WHO, key="cy-2", student="Cy")
    with Results.open(tmp_path / "r.sqlite") as results:
        results.expect([WHO, cy])
        for who in (WHO, cy):
            results.keep(who, "exam", _ENDED)
        chosen = ["csv", "gradescope", "prairielearn"]
        assert output.write(results, Rubric(), tmp_path, chosen) == []
        (tmp_path / "students" / "notes.md").touch()
        whole = set(contents(tmp_path))
        results.expect([cy])
        assert output.write(results, Rubric(), tmp_path, ["csv"]) == ["ada-1"]
        gone = whole - set(contents(tmp_path))
        assert gone == {
            "students/ada-1.html", "students/ada-1.md", "gradescope/ada-1.json",
            "prairielearn/ada-1.json",
        }  # fmt: skip
        assert output.write(results, Rubric(), tmp_path, ["csv"]) == []


def test_results_that_cannot_be_kept_are_no_mistake_of_the_harness(tmp_path: Path) -> None:
    """The file is named, and how to go on."""
    with pytest.raises(click.UsageError, match=r"x\.sqlite: disk is full; --resume"), _kept(
        tmp_path / "x.sqlite"
    ):
        raise sqlite3.OperationalError("disk is full")


@pytest.mark.parametrize(
    ("evidence", "line"),
    [
        (Evidence(GRADED, criteria={"numbers/sub": "right"}, absent=("2 - a",)),
         "[1/2] Ada (ada.py): no mistake found; not there: 2 - a"),
        (Evidence(NOT_GRADED, reason="line 2: no.", advice="Name it with --python."),
         "[1/2] Ada (ada.py): not graded: line 2: no. Name it with --python."),
    ],
)
def test_a_line_says_what_is_missing(evidence: Evidence, line: str) -> None:
    """Who is counted as incomplete is told what is not there; the teacher is told what to do."""
    assert _line(Progress(WHO, dumps(evidence), 1, 2), Rubric()) == line


def test_no_line_is_wider_than_the_screen() -> None:
    """Long lines are broken between words, and go on further in."""
    shown = Console(file=io.StringIO(), width=80)
    _print(shown, "word " * 40)
    lines = shown.file.getvalue().splitlines()  # type: ignore[attr-defined]  # it is a StringIO
    assert max(map(len, lines)) <= 80
    assert [line[:8] for line in lines] == ["word wor", "    word", "    word"]


def test_an_unknown_student_is_refused_before_anything_is_run(tmp_path: Path) -> None:
    """No exam is drawn, and nothing is in the way of the next try."""
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "ada.py").write_text("x")
    table, out = tmp_path / "by_hand.csv", tmp_path / "out"
    table.write_text("student,points,reason\nadda,5,why\n")
    words = [str(tmp_path / "class"), "--out", str(out), "--override", str(table)]
    with pytest.raises(click.UsageError, match="line 2: there is no student 'adda'"):
        command.main(words, standalone_mode=False)
    assert not (out / "results.sqlite").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
def test_the_processes_of_a_pool_end_with_who_made_it() -> None:
    """Otherwise a class whose grading is killed leaves processes that wait for ever."""
    program = (
        "import os, signal\nfrom verify.grading.run import pool\n"
        "print(pool(1).submit(os.getpid).result(), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    worker = int(done.stdout)  # whose output is at its end: it is gone, or about to be
    until = time.monotonic() + 30
    while Path(f"/proc/{worker}/exe").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not Path(f"/proc/{worker}/exe").exists()


def test_a_file_of_results_that_cannot_be_had(tmp_path: Path) -> None:
    """A place that cannot be written to, and another file: what is wrong, and what to do."""
    with pytest.raises(ValueError, match=r"cannot be written: .*; is there room on the disk"):
        Results.open(tmp_path / "nowhere" / "r.sqlite")
    (tmp_path / "other").write_text("a text that is no database, and is long enough to be read")
    with pytest.raises(ValueError, match="not a file of results: file is not a database"):
        Results.open(tmp_path / "other")

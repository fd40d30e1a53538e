"""Results as they come, in SQLite: nothing graded is lost, whatever happens to the run."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, Self

from verify.grading import evidence as data
from verify.grading.submission import Submission

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from verify.grading.evidence import Evidence

_TABLES: Final = """
create table if not exists about (name text primary key, value text not null);
create table if not exists graded (
    key text primary key, digest text not null, exam text not null, evidence text not null);
create table if not exists submission (
    key text primary key, student text not null, number text not null, path text not null,
    shown text not null, digest text not null, notes text not null, problem text not null);
create table if not exists override (
    key text primary key, points real not null, reason text not null);
"""


@dataclass(frozen=True, slots=True)
class Override:
    """Points that a teacher set by hand, and why."""

    points: float
    reason: str


@dataclass(slots=True)
class Results:
    """The results of a class, in a file.

    Attributes:
        path: of the file.
    """

    path: Path
    _db: sqlite3.Connection

    @classmethod
    def open(cls, path: Path) -> Results:
        """Open or begin the file.

        Raises:
            ValueError: if it is another kind of file, or cannot be written.
        """
        with contextlib.ExitStack() as failed:
            try:
                db = sqlite3.connect(path, isolation_level=None)
                failed.callback(db.close)
                db.execute("pragma journal_mode = wal")
                db.execute("pragma synchronous = normal")
                db.executescript(_TABLES)
            except sqlite3.OperationalError as error:
                remedy = "is there room on the disk, and may you write there?"
                raise ValueError(f"{path}: cannot be written: {error}; {remedy}") from None
            except sqlite3.DatabaseError as error:
                raise ValueError(f"{path}: not a file of results: {error}") from None
            failed.pop_all()
        return cls(path, db)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write everything into the one file."""
        try:
            self._db.execute("pragma journal_mode = delete")
        finally:
            self._db.close()

    # --- about the run ----------------------------------------------------------------------------

    def note(self, name: str, value: str) -> None:
        """Keep a word about the run: its seed, its exam."""
        self._db.execute("insert or replace into about values (?, ?)", (name, value))

    def noted(self, name: str) -> str | None:
        """What was kept under a name."""
        row = self._db.execute("select value from about where name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    # --- submissions ------------------------------------------------------------------------------

    def expect(self, submissions: Iterable[Submission]) -> None:
        """Keep who handed in what; what is no longer there is forgotten."""
        # A name on the disk need not be text.
        rows = [
            {**asdict(s), "notes": "\n".join(s.notes), "path": os.fsencode(s.path)}
            for s in submissions
        ]
        columns = ("key", "student", "number", "path", "shown", "digest", "notes", "problem")
        places = ", ".join(f":{column}" for column in columns)
        with self._db:
            self._db.execute("begin")
            self._db.execute("delete from submission")
            self._db.executemany(f"insert into submission values ({places})", rows)  # noqa: S608 - our own words

    def submissions(self) -> Iterator[Submission]:
        """Who handed in what, by key."""
        for key, student, number, path, shown, digest, notes, problem in self._db.execute(
            "select key, student, number, path, shown, digest, notes, problem"
            " from submission order by key"
        ):
            told = tuple(notes.split("\n")) if notes else ()
            yield Submission(key, student, number, os.fsdecode(path), shown, digest, told, problem)

    def gone(self) -> list[str]:
        """Keys of those that were graded once and are no longer there."""
        rows = self._db.execute(
            "select key from graded where key not in (select key from submission) order by key"
        )
        return [str(key) for (key,) in rows]

    # --- evidence ---------------------------------------------------------------------------------

    def keep(self, submission: Submission, exam: str, text: str) -> None:
        """Keep the evidence of one submission at once; a later one takes its place."""
        self._db.execute(
            "insert or replace into graded values (?, ?, ?, ?)",
            (submission.key, submission.digest, exam, text),
        )

    def has(self, submission: Submission, exam: str) -> bool:
        """Whether this very submission took this very exam."""
        row = self._db.execute(
            "select digest, exam from graded where key = ?", (submission.key,)
        ).fetchone()
        return bool(row == (submission.digest, exam))

    def evidence(self, key: str) -> Evidence | None:
        """What was seen of a submission."""
        row = self._db.execute("select evidence from graded where key = ?", (key,)).fetchone()
        return None if row is None else data.loads(row[0])

    # --- overrides --------------------------------------------------------------------------------

    def override(self, key: str, points: float | None, reason: str) -> None:
        """Set a submission's points by hand; this survives being graded again.

        No points take back what was set before.
        """
        if points is None:
            self._db.execute("delete from override where key = ?", (key,))
            return
        self._db.execute(
            "insert or replace into override values (?, ?, ?)", (key, points, reason)
        )

    def overrides(self) -> dict[str, Override]:
        """The points that were set by hand, by key."""
        rows = self._db.execute("select key, points, reason from override order by key")
        return {key: Override(points, reason) for key, points, reason in rows}

"""Work that is more than one file, or does not run to its end, is judged as far as it is there."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from verify.faults import SOURCE

Graded = Callable[..., Result]
ENDS = {
    "asks_10001.py": ("n = input()", "raises EOFError"),
    "while_10002.py": ("while True: pass", "does not end"),
}


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A package with a script beside it; a file that asks, and one that does not end."""
    folder = tmp_path / "the class"
    package = folder / "noether_10003" / "micrograd"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "engine.py").write_text(SOURCE)
    (package.parent / "train.py").write_text(
        "from micrograd.engine import Value\nprint(Value(2.0) + 1)\n"
    )
    for name, (end, _) in ENDS.items():
        (folder / name).write_text(f"{SOURCE}\n{end}\n")
    return folder


@pytest.mark.slow
def test_what_was_judged_is_said_on_every_page(
    whole: Path, tmp_path: Path, graded: Graded
) -> None:
    """The student, the teacher and the table read which part of the work was judged."""
    out = tmp_path / "out"
    done = graded(whole, out, "--format", "csv", "--format", "jsonl", "--format", "gradescope")
    lines = (out / "grades.csv").read_text().splitlines()
    table = {row["number"]: row for row in csv.DictReader(lines)}
    assert {row["result"] for row in table.values()} == {"correct"}
    said = {number: f"running the file {what}" for number, (_, what) in
            zip(("10001", "10002"), ENDS.values(), strict=True)}  # fmt: skip
    said["10003"] = "the engine is in micrograd/engine.py"
    index = (out / "index.html").read_text()
    for number, words in said.items():
        key = table[number]["key"]
        pages = [(out / "students" / f"{key}.{end}").read_text() for end in ("html", "md")]
        pages.append((out / "gradescope" / f"{key}.json").read_text())
        assert all(words in page for page in (*pages, index, table[number]["note"])), number
        assert all(str(whole.parent) not in page for page in pages)
    assert done.output.count("only its definitions were used") == 2


@pytest.mark.slow
def test_the_place_of_the_class_is_on_no_students_page(
    whole: Path, tmp_path: Path, graded: Graded
) -> None:
    """Of what cannot be graded, either; the command to type is the teacher's."""
    for name in ENDS:
        (whole / name).unlink()
    other = whole / "noether_10003" / "old"
    other.mkdir()
    (other / "engine.py").write_text(SOURCE)
    out = tmp_path / "out"
    graded(whole, out)
    (page,) = (out / "students").glob("*.html")
    text = page.read_text() + page.with_suffix(".md").read_text()
    assert "Hand in one of them" in text
    assert "verify check" not in text
    assert str(whole) not in text
    row: dict[str, Any] = json.loads((out / "grades.jsonl").read_text())
    assert "verify check" in row["evidence"]["advice"]

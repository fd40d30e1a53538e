"""Points set by hand: tables as spreadsheets write them, and what may be a slip in one."""

from pathlib import Path

import pytest

from verify.grading.overrides import OverrideError, read
from verify.grading.results import Results
from verify.grading.submission import Submission

CLASS = [
    Submission(f"{name}-1", f"{name} x", number, f"/c/{name}.py", f"{name}.py", "0")
    for name, number in (("ada", "10001"), ("ben", "10002"))
]


def table(folder: Path, text: str) -> Path:
    """A table with this text."""
    path = folder / "by_hand.csv"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "student,points,reason\nada x,9.5,late\n",
        "\ufeffstudent;points;reason\nada x;9,5;late\n",
        "student\tpoints\treason\nada x\t9,5\tlate\n",
        " Student , Points, Reason \n ada x ,9.5, late \n",
        'student,points,reason,by\n\n"Ada X",9.5,late,me\n,,,\n',
        "student,points,reason\nada x,9.5,late,,\n",
    ],
)
def test_tables_of_all_spreadsheets_are_read(tmp_path: Path, text: str) -> None:
    """What stands between the cells, capitals, blanks and empty lines are theirs to choose."""
    assert read(table(tmp_path, text), CLASS) == [("ada-1", 9.5, "late")]


def test_a_reason_keeps_its_lines(tmp_path: Path) -> None:
    """Text in quotation marks may have commas and lines; the number of the line is the file's."""
    text = 'student,points,reason\nada x,5,"late,\nill"\nbenn,5,late\n'
    with pytest.raises(OverrideError, match="line 4: there is no student 'benn'"):
        read(table(tmp_path, text), CLASS)
    assert read(table(tmp_path, text[:-12]), CLASS) == [("ada-1", 5.0, "late,\nill")]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("ada x,90,late, but ill", "line 2: there are more cells than columns"),
        ("ada x,90,late\n10001,80,late", "line 3: '10001' stands in line 2, too"),
        ("ada x,,late", "line 2: there are no points; to take back"),
        ("ada x,9o,late", "line 2: points must be a number, 0 or more, not '9o'"),
    ],
)
def test_what_may_be_a_slip_is_refused(tmp_path: Path, rows: str, told: str) -> None:
    """A reason that would be cut, and two sets of points of one student."""
    with pytest.raises(OverrideError, match=told):
        read(table(tmp_path, f"student,points,reason\n{rows}\n"), CLASS)


def test_an_override_can_be_taken_back(tmp_path: Path) -> None:
    """A row with nothing but the student takes back what an earlier table set."""
    with Results.open(tmp_path / "results.sqlite") as results:
        results.override("ada-1", 90.0, "talked")
        results.override("ben-1", 80.0, "talked")
        for row in read(table(tmp_path, "student,points,reason\nada x,,\n"), CLASS):
            results.override(*row)
        assert list(results.overrides()) == ["ben-1"]

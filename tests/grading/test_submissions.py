"""What was handed in: whose it is, and what is never touched."""

import json
import os
import re
import struct
import zipfile
from pathlib import Path

import pytest

from verify.grading.archives import ArchiveError, unpack
from verify.grading.results import Results
from verify.grading.signs import sources
from verify.grading.submission import Submission, collect, single

CODE = "class Value:\n    pass\n"


def collected(folder: Path) -> dict[str, Submission]:
    """Submissions by the name of the student."""
    return {one.student: one for one in collect(folder, folder.parent / "unpacked")}


@pytest.mark.parametrize(
    ("name", "student", "number"),
    [
        ("Ada Lovelace_12345_assignsubmission_file_engine.py", "Ada Lovelace", "12345"),
        ("lovelaceada_LATE_4711_998877_engine.py", "lovelaceada", "4711"),
        ("submission_8814", "submission 8814", "8814"),
        ("ada_lovelace_100234.py", "ada lovelace", "100234"),
        ("100234-ada.ipynb", "ada", "100234"),
        ("engine.py", "engine", ""),
        ("Jürgen <b>.py", "Jürgen <b>", ""),
    ],
)
def test_students_are_named(tmp_path: Path, name: str, student: str, number: str) -> None:
    """Name and number come from the usual patterns, else the name of the file is the student's."""
    place = tmp_path / "in" / name
    if place.suffix:
        place.parent.mkdir()
        place.write_text(CODE)
    else:
        place.mkdir(parents=True)
        (place / "engine.py").write_text(CODE)
    (one,) = collected(tmp_path / "in").values()
    assert (one.student, one.number, one.problem) == (student, number, "")
    assert one.key.isascii()
    assert one.key.replace("-", "").isalnum()


@pytest.mark.parametrize(
    ("files", "students"),
    [
        (("smith_jane_hw3.py", "doe_john_hw3.ipynb"), {"smith jane", "doe john"}),
        (("smith-jane Homework 3.py", "doe_homework 3.py"), {"smith-jane", "doe"}),
        (("smith_jane_hw3.py", "doe_john.py"), {"smith jane hw3", "doe john"}),
        (("smith_jane_hw3.py", "doe_john_hw4.py"), {"smith jane hw3", "doe john hw4"}),
        (("smith_jane_hw3.py",), {"smith jane hw3"}),
        (("hw3.py", "doe_hw3.py"), {"hw3", "doe hw3"}),
    ],
)
def test_a_homework_that_all_name_is_no_name(
    tmp_path: Path, files: tuple[str, ...], students: set[str]
) -> None:
    """Where everybody writes it behind the name; the key is what it would be anyhow."""
    (tmp_path / "in").mkdir()
    for name in files:
        (tmp_path / "in" / name).write_text(CODE)
    found = collected(tmp_path / "in")
    assert set(found) == students
    assert all(re.search("hw|homework|doe-john", one.key) for one in found.values())


def test_gradescope_metadata_names_students(tmp_path: Path) -> None:
    """The names in a Gradescope export are those of its metadata."""
    export = tmp_path / "in" / "assignment_1_export"
    (export / "submission_5").mkdir(parents=True)
    (export / "submission_5" / "engine.py").write_text(CODE)
    (export / "submission_metadata.yml").write_text(
        "submission_5:\n  :submitters:\n  - :name: Ada Lovelace\n    :sid: '77'\n"
    )
    (one,) = collected(tmp_path / "in").values()
    assert (one.student, one.number) == ("Ada Lovelace", "77")


def test_the_later_of_two_counts(tmp_path: Path) -> None:
    """Of two files of one student the later is graded, and that is said."""
    (tmp_path / "in").mkdir()
    for name, when in (("ada_12345.py", 100), ("12345_ada.ipynb", 200)):
        (tmp_path / "in" / name).write_text(CODE)
        os.utime(tmp_path / "in" / name, (when, when))
    (one,) = collected(tmp_path / "in").values()
    assert one.shown == "12345_ada.ipynb"
    assert one.notes == ("the later of 2; not graded: ada_12345.py",)


def test_a_zip_of_a_class_is_taken_apart(tmp_path: Path) -> None:
    """A zip file as Moodle exports it holds a student's folder each."""
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in" / "all.zip", "w") as made:
        for name in ("Ada_1_assignsubmission_file_/engine.py", "Ben_2_assignsubmission_file_/v.py"):
            made.writestr(name, CODE)
    assert set(collected(tmp_path / "in")) == {"Ada", "Ben"}
    assert {one.student for one in collect(tmp_path / "in" / "all.zip", tmp_path / "u")} == {
        "Ada", "Ben",
    }  # fmt: skip


def test_what_was_written_beside_the_file_is_no_later_work(tmp_path: Path) -> None:
    """Moodle exports a text field as a folder of its own: the file is graded, and that is said."""
    for kind, name in (("file", "engine.py"), ("onlinetext", "onlinetext.html")):
        folder = tmp_path / "in" / f"Ada_1_assignsubmission_{kind}_"
        folder.mkdir(parents=True)
        (folder / name).write_text(CODE)
    (one,) = collected(tmp_path / "in").values()
    assert (one.problem, one.shown) == ("", "Ada_1_assignsubmission_file_")
    assert one.notes == (
        "the only one with code of 2; not graded: Ada_1_assignsubmission_onlinetext_",
    )


def test_a_zip_of_a_class_may_wrap_it_in_a_folder(tmp_path: Path) -> None:
    """So Gradescope exports it; a folder around the work of one student is no class."""
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in" / "assignment_9_export.zip", "w") as made:
        made.writestr("assignment_9_export/submission_metadata.yml", (
            "---\nsubmission_5:\n  :submitters:\n  - :name: Ada Lovelace\n    :sid: '77'\n"
            "submission_6:\n  :submitters:\n  - :name: Ben Stone\n    :sid: '78'\n"
        ))  # fmt: skip
        made.writestr("assignment_9_export/submission_5/engine.py", CODE)
        made.writestr("assignment_9_export/submission_6/engine.py", CODE)
    found = collected(tmp_path / "in")
    assert {name: one.number for name, one in found.items()} == {
        "Ada Lovelace": "77", "Ben Stone": "78",
    }  # fmt: skip


def test_a_student_says_nothing_of_others(tmp_path: Path) -> None:
    """A zip file like that of a class, among the work of students, is the work of one of them."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "Ada_1_assignsubmission_file_engine.py").write_text(CODE)
    with zipfile.ZipFile(tmp_path / "in" / "Mal_2_assignsubmission_file_a.zip", "w") as made:
        made.writestr("Ada_1_assignsubmission_file_/engine.py", "# not Ada's\n")
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as made:
        made.writestr("Ben_3_assignsubmission_file_/engine.py", CODE)
    (tmp_path / "in" / "z.zip").symlink_to(tmp_path / "class.zip")
    found = collected(tmp_path / "in")
    assert set(found) == {"Ada", "Mal", "z"}
    assert found["Ada"].path.endswith("in/Ada_1_assignsubmission_file_engine.py")
    assert "not followed" in found["z"].problem


def test_the_number_of_another_pushes_nobody_out(tmp_path: Path) -> None:
    """Students choose the names of their files: both are graded, and it is said of both."""
    (tmp_path / "in").mkdir()
    for name, when in (("ada_12345.py", 100), ("mal_12345.py", 200)):
        (tmp_path / "in" / name).write_text(CODE)
        os.utime(tmp_path / "in" / name, (when, when))
    found = collected(tmp_path / "in")
    assert {name: one.notes for name, one in found.items()} == dict.fromkeys(
        ("ada", "mal"), ("2 students have the number 12345",)
    )


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """An archive that unpacks to much more than it is, is refused."""
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.py", "0" * (64 << 20))
    with pytest.raises(ArchiveError, match="not unpacked"):
        unpack(tmp_path / "bomb.zip", tmp_path / "out")


def test_nothing_is_written_elsewhere(tmp_path: Path) -> None:
    """Names that lead elsewhere, and links, are left out."""
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as made:
        made.writestr("../evil.py", CODE)
        made.writestr("/tmp/evil.py", CODE)  # noqa: S108 - what must not be written
        link = zipfile.ZipInfo("link.py")
        link.external_attr = 0o120777 << 16
        made.writestr(link, "/etc/passwd")
        made.writestr("good.py", CODE)
    unpack(tmp_path / "evil.zip", tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").rglob("*")] == ["good.py"]
    assert not (tmp_path / "evil.py").exists()


def test_a_zip_of_no_date_is_unpacked(tmp_path: Path) -> None:
    """Some programs write a month 0: that is no reason not to grade."""
    with zipfile.ZipFile(tmp_path / "ada.zip", "w") as made:
        made.writestr(zipfile.ZipInfo("engine.py", (1980, 0, 0, 0, 0, 0)), CODE)
    assert single(tmp_path / "ada.zip", tmp_path / "out").problem == ""


def test_a_zip_of_too_many_files_is_not_even_listed(tmp_path: Path) -> None:
    """The list of its files alone would fill the memory."""
    path = tmp_path / "many.zip"
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 9, 9, 5 << 20, 0, 0)
    path.write_bytes(b"x" * (5 << 20) + end)
    assert "too many files" in single(path, tmp_path / "out").problem


def test_folders_in_folders_without_end_are_left_out(tmp_path: Path) -> None:
    """Those in a zip file, and those on the disk: neither leads to a traceback."""
    with zipfile.ZipFile(tmp_path / "deep.zip", "w") as made:
        made.writestr("a/" * 900 + "x.py", CODE)
        made.writestr("engine.py", CODE)
    assert single(tmp_path / "deep.zip", tmp_path / "out").path.endswith("engine.py")
    deep = tmp_path / "in" / "ada" / Path(*"a" * 45)
    deep.mkdir(parents=True)
    (deep / "engine.py").write_text(CODE)
    assert "no Python file" in collected(tmp_path / "in")["ada"].problem


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    """A pipe in the place of a submission or of a list of names would be waited for for ever."""
    (tmp_path / "in").mkdir()
    for name in ("ada.py", "ben.zip", "submission_metadata.yml"):
        os.mkfifo(tmp_path / "in" / name)
    found = collected(tmp_path / "in")
    assert {name: one.problem for name, one in found.items()} == dict.fromkeys(
        ("ada", "ben"), "it is neither a file nor a folder"
    )


def test_signs_and_likeness_are_looked_for_in_so_much_text(tmp_path: Path) -> None:
    """Megabytes of code in many files hold up nobody; pictures in a notebook hide nothing."""
    for number in range(30):
        (tmp_path / f"{number}.py").write_text("x = 1\n" * 100_000)
    assert sum(len(text) for _, text in sources(tmp_path)) == 1 << 19
    cells = [{"cell_type": "code", "source": "import torch", "outputs": ["x" * (2 << 20)]}]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    assert list(sources(tmp_path / "n.ipynb")) == [("n.ipynb", "import torch")]


def test_names_that_are_no_text_are_kept(tmp_path: Path) -> None:
    """Names in Latin-1 of an old zip file, line breaks, escapes: each is found again as it was."""
    (tmp_path / "in").mkdir()
    folder, names = os.fsencode(tmp_path / "in"), (b"J\xfcrgen", b"a\nb", b"\x1b[2J", b"x" * 250)
    for name in names:
        Path(os.fsdecode(folder + b"/" + name + b".py")).write_text(CODE)
    found = collect(tmp_path / "in", tmp_path / "u")
    with Results.open(tmp_path / "r.sqlite") as results:
        results.expect(found)
        assert list(results.submissions()) == found
    assert all(one.shown.isprintable() and one.shown.encode() for one in found)


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link is a submission that is not graded; a loop of them ends."""
    (tmp_path / "in" / "loop").mkdir(parents=True)
    (tmp_path / "in" / "loop" / "again").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "out.py").symlink_to("/etc/passwd")
    found = collected(tmp_path / "in")
    assert "not followed" in found["out"].problem
    assert "no Python file" in found["loop"].problem


def test_a_changed_file_has_another_digest(tmp_path: Path) -> None:
    """The digest is of the bytes: it tells an unchanged submission from a changed one."""
    (tmp_path / "in").mkdir()
    digests = []
    for text in (CODE, CODE, CODE + "# more\n"):
        (tmp_path / "in" / "ada.py").write_text(text)
        digests.append(collected(tmp_path / "in")["ada"].digest)
    assert digests[0] == digests[1] != digests[2]

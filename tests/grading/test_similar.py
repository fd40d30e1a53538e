"""Who handed in the same as another is listed, by all of the work or by a file of it."""

import re
import zipfile
from pathlib import Path

from verify.faults import CATALOGUE, SOURCE
from verify.grading.similar import Alike, groups
from verify.grading.submission import collect

ENGINE = SOURCE[: SOURCE.index("class Neuron")]
NETWORKS = SOURCE[SOURCE.index("class Neuron") :]
RENAMED = "# mine\n" + re.sub(r"\btopo\b", "order", ENGINE)
OTHER = CATALOGUE["visited-on-class"].source


def found(folder: Path) -> list[tuple[list[str], tuple[str, ...]]]:
    """Students who are alike, and the files that are."""
    submissions = collect(folder, folder.parent / "unpacked")
    names = {one.key: one.student for one in submissions}
    return [([names[key] for key in group.keys], group.files) for group in groups(submissions)]


def test_one_more_file_hides_nothing(tmp_path: Path) -> None:
    """An engine in a zip file with a test beside it is that of another, who handed in a file."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "grace_10001.py").write_text(ENGINE)
    (folder / "ada_10002.py").write_text(OTHER)
    with zipfile.ZipFile(folder / "pierre_10003.zip", "w") as file:
        file.writestr("hw/src/engine.py", RENAMED)
        file.writestr("hw/tests/test_engine.py", "from engine import Value\n" + NETWORKS)
    assert found(folder) == [(["grace", "pierre"], ("engine.py", "grace_10001.py"))]


def test_all_of_the_work_is_told_as_that(tmp_path: Path) -> None:
    """Two files that are the same are one line; a file that all have is another."""
    for name, engine in (("ada_10001", ENGINE), ("ben_10002", RENAMED), ("cy_10003", OTHER)):
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / "engine.py").write_text(engine)
        (tmp_path / "in" / name / "nn.py").write_text(NETWORKS)
    assert found(tmp_path / "in") == [
        (["ada", "ben"], ()),
        (["ada", "ben", "cy"], ("nn.py",)),
    ]


def test_short_files_are_alike_by_chance(tmp_path: Path) -> None:
    """An empty ``__init__.py`` or a line that imports makes nobody alike."""
    for name, engine in (("ada_10001", ENGINE), ("ben_10002", OTHER)):
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / "engine.py").write_text(engine)
        (tmp_path / "in" / name / "setup.py").write_text("from setuptools import setup\nsetup()\n")
    assert found(tmp_path / "in") == []
    assert Alike(("a", "b")).files == ()

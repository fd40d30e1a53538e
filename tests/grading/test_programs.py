"""Programs on a student's page import from the student's own file, and show what is said."""

from pathlib import Path

import pytest

from verify.engines import load
from verify.faults import SOURCE
from verify.grading.examine import examine
from verify.grading.paper import Paper

FORGOTTEN = SOURCE.replace("        return self + (-other)", "        pass").replace(
    "        return Value(other) - self", "        return Value(other) + self * -1"
)
"""``a - b`` gives None, and nothing else does."""


@pytest.mark.slow
def test_a_program_imports_from_the_students_own_file(paper: Paper, tmp_path: Path) -> None:
    """Folders around it are the teacher's: where an import fails, no program is shown."""
    place = tmp_path / "hw3" / "handed_in"
    place.mkdir(parents=True)
    (place / "tarski_100268.py").write_text(FORGOTTEN)
    with load(str(place / "tarski_100268.py"), alone=True) as engine:
        found = examine(engine, paper).found
    programs = [told.program.splitlines() for told in found if told.program]
    assert programs
    assert {lines[0] for lines in programs} == {"from tarski_100268 import Value"}
    assert all("ImportError" not in "\n".join(lines) for lines in programs)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "first"),
    [
        (("submission_8814/engine.py", "submission_8814/nn.py"), "from engine import Value"),
        (("ada_10001/micrograd/engine.py", "ada_10001/train.py"),
         "from micrograd.engine import Value"),
        (("ada_LATE_4711_998877_engine.py",), "from engine import Value"),
        (("Ada L_12348_assignsubmission_file_my.engine.py",), "import runpy"),
    ],
)  # fmt: skip
def test_a_folder_or_a_name_of_the_platform_is_not_the_students(
    files: tuple[str, ...], first: str, paper: Paper, tmp_path: Path
) -> None:
    """The author knows the file by the name that it had when it was handed in."""
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(FORGOTTEN if "engine" in name else "import math\n")
    with load(str(tmp_path / files[0].partition("/")[0]), alone=True, inner=True) as engine:
        found = examine(engine, paper).found
    programs = [told.program for told in found if told.program]
    assert {program.partition("\n")[0] for program in programs} == {first}
    assert all("assignsubmission" not in program for program in programs)


@pytest.mark.slow
def test_what_gives_none_is_shown_where_it_does(paper: Paper, tmp_path: Path) -> None:
    """Also where the operation after it is what raises."""
    (tmp_path / "engine.py").write_text(FORGOTTEN)
    with load(str(tmp_path / "engine.py"), alone=True) as engine:
        found = examine(engine, paper).found
    ends = [told.program.splitlines()[-1].partition("#")[2] for told in found]
    assert ends == [" is NoneType, should be Value"] * len(found)
    assert ends

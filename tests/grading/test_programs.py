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
def test_what_gives_none_is_shown_where_it_does(paper: Paper, tmp_path: Path) -> None:
    """Also where the operation after it is what raises."""
    (tmp_path / "engine.py").write_text(FORGOTTEN)
    with load(str(tmp_path / "engine.py"), alone=True) as engine:
        found = examine(engine, paper).found
    ends = [told.program.splitlines()[-1].partition("#")[2] for told in found]
    assert ends == [" is NoneType, should be Value"] * len(found)
    assert ends

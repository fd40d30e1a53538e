"""Clean processes do not outlive their use."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from verify.checking.afresh import Afresh
from verify.checking.assess import examine
from verify.engines import load
from verify.expression.graph import Case
from verify.faults import CATALOGUE
from verify.generators.scenarios import PLAIN

OPEN = Path("/proc/self/fd")


@pytest.mark.skipif(not OPEN.exists(), reason="counts open descriptors in /proc")
def test_a_process_that_is_no_longer_clean_is_closed(tmp_path: Path) -> None:
    """An engine that is wrong in every process is asked in hundreds, one after the other."""
    path = tmp_path / "engine.py"
    path.write_text(CATALOGUE["tanh-not-squared"].source, encoding="utf-8")
    case = Case.parse("a.tanh()", a=0.5)
    with load(str(path)) as engine, ExitStack() as stack:
        seen = examine(engine, case)
        before = len([*OPEN.iterdir()])
        follows = Afresh(engine, stays=True, stack=stack)
        told = [follows(seen, case, PLAIN) for _ in range(5)]
        after = len([*OPEN.iterdir()])
    assert (told, after) == ([False] * 5, before)

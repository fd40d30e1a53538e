"""A submission of each attack is graded to the end, and none of them is found correct.

The attacks are those of ``tests/meta/attacks``: behind each stands an engine with a wrong product.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from verify.engines import Limits
from verify.grading.evidence import GRADED, loads
from verify.grading.run import Task, graded
from verify.grading.submission import Submission

PLACE = Path(__file__).parents[1] / "meta" / "attacks" / "test_attacks.py"
SPEC = importlib.util.spec_from_file_location("attacks", PLACE)
assert SPEC is not None
assert SPEC.loader is not None
attacks: Any = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(attacks)
HARMLESS = [attack for attack in attacks.ATTACKS if attack.get("anywhere", True)]
"""Those that may be tried in whatever tier this machine has."""
LIMITS = Limits(seconds=0.3, load_seconds=2.0, memory=1 << 29, restarts=1, total_seconds=10)


@pytest.mark.slow
@pytest.mark.sample(90)
@pytest.mark.parametrize("attack", HARMLESS, ids=lambda attack: attack["name"])
def test_an_attack_is_graded_and_not_correct(
    attack: dict[str, Any], exam: Path, tmp_path: Path
) -> None:
    """It is graded as the wrong engine that it is, or not graded, and the reason is told."""
    names = {
        "secret": "secret", "token": "token", "folder": str(tmp_path), "port": "9", "pid": "1",
        "harness": str(PLACE.parent), "packages": "[]", "tier": "",
    }  # fmt: skip
    text = attacks.TOOLS + attack.get("before", "") + "\n" + attacks.WRONG
    text += attack.get("after", "") + attacks.SHOW
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    path = tmp_path / "engine.py"
    path.write_text(text)
    who = Submission("a", "a", "", str(path), "engine.py", "0")
    seen = loads(graded(Task(who, str(exam), "tests", limits=LIMITS)))
    told = " ".join([seen.reason, *seen.notes, *[each.title for each in seen.found]])
    assert told.isprintable()
    assert "harness failed" not in told
    assert seen.found if seen.status == GRADED else seen.reason

"""A folder that was made to do harm is graded to the end."""

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from verify.faults import SOURCE
from verify.verdict.outcome import Exit

ATTACKS = {
    "exits": "import os; os._exit(0)\n",
    "quits": f"{SOURCE}\nimport sys\nValue.__sub__ = lambda *a: sys.exit(0)\n",
    "forks": "import os\nwhile True:\n    os.fork()\n",
    "sleeps": f"{SOURCE}\nimport time\nValue.tanh = lambda self: time.sleep(100)\n",
    "eats": "x = []\nwhile True:\n    x.append('x' * 10**7)\n",
    "prints": f"{SOURCE}\nprint('{{\"points\": 100}}' * 1000)\n",
    "imports": "import torch\nValue = torch.tensor\n",
    "looks": f"import sys\nframe = sys._getframe()\n{SOURCE}",
    "claims": (
        "class Float(float):\n    __eq__ = lambda *a: True\n    __hash__ = float.__hash__\n"
        f"{SOURCE}\nValue.grad = property(lambda self: Float(1), lambda *a: None)\n"
    ),
    "writes": f"open('/tmp/verify-was-here', 'w').write('x')\n{SOURCE}",
    "reaches": f"{SOURCE}\nimport sys\nREAD = sys.modules['__main__'].read_all\n",
    "names": SOURCE.replace("class Value", "class Value") + "\nraise ValueError('<b>&\\x1b[31m')\n",
}
"""Submissions that do more than they should."""


@pytest.mark.search
def test_a_hostile_folder_is_graded_to_the_end(
    tmp_path: Path, graded: Callable[..., Result]
) -> None:
    """Nobody stops the class, nothing is markup, and the right one among them has all points."""
    folder, out = tmp_path / "class", tmp_path / "out"
    folder.mkdir()
    for name, text in ATTACKS.items():
        (folder / f"{name}.py").write_text(text)
    (folder / "empty.py").touch()
    (folder / "binary.py").write_bytes(os.urandom(4096))
    (folder / "bytes.ipynb").write_bytes(os.urandom(4096))
    (folder / "large.py").write_bytes(b"#" * (50 << 20))
    (folder / "loop").mkdir()
    (folder / "loop" / "again").symlink_to(folder)
    (folder / "self.py").symlink_to(folder / "self.py")
    (folder / "hollow").mkdir()
    for name in ("it's \"quoted\" <b>.py", "Ω φ 字.py", "-rf.py", "$(touch x).py", "a b.py"):
        (folder / name).write_text(SOURCE)
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.py", "0" * (64 << 20))
    (folder / "cut.zip").write_bytes((folder / "bomb.zip").read_bytes()[:100])
    done = graded(folder, out, "--timeout", "0.5")
    assert done.return_value == Exit.CORRECT
    rows = {
        row["file"]: row
        for row in map(json.loads, (out / "grades.jsonl").read_text().splitlines())
    }
    assert len(rows) == len(ATTACKS) + 14
    good = ("it's \"quoted\" <b>.py", "Ω φ 字.py", "-rf.py", "$(touch x).py", "a b.py", "prints.py")
    assert {name: rows[name]["marks"]["points"] for name in good} == dict.fromkeys(good, 100.0)
    ungraded = {name for name, row in rows.items() if row["marks"]["verdict"] == "not graded"}
    assert ungraded >= {
        "empty.py", "binary.py", "bytes.ipynb", "large.py", "loop", "self.py", "hollow",
        "bomb.zip", "cut.zip", "exits.py", "imports.py",
    }  # fmt: skip
    wrong = ("quits.py", "sleeps.py", "claims.py")
    assert [n for n in wrong if rows[n]["marks"]["verdict"] == "correct"] == []
    told = [s["evidence"] for s in rows["reaches.py"]["evidence"]["warnings"]]
    assert [t.partition(",")[0] for t in told] == [
        "reaches into the program that asks it: __main__.read_all"
    ]
    assert rows["reaches.py"]["marks"]["verdict"] == "wrong"
    assert rows["reaches.py"]["marks"]["points"] == 100.0
    kinds = {s["kind"] for n in ("imports.py", "looks.py") for s in rows[n]["evidence"]["warnings"]}
    assert kinds == {"delegates", "notices"}
    assert not Path("/tmp/verify-was-here").exists()  # noqa: S108 - what must not be there
    for page in out.rglob("*.html"):
        assert "<b>" not in page.read_text()
        assert "\x1b" not in page.read_text()

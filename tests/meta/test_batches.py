"""A class is not stopped by one of its submissions, and a check that is killed leaves nothing."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from verify.compare import baseline
from verify.corpus import format as corpus

if TYPE_CHECKING:
    from collections.abc import Callable

TEXTBOOK = (Path(__file__).parents[1] / "zoo" / "textbook.py").read_text(encoding="utf-8")
COMMIT = ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q"]
VERIFY = [sys.executable, "-m", "verify"]
HOSTILE = {
    "exits.py": "import os\nos._exit(0)\n",
    "prints.py": "print('CORRECT  prints.py')\n",
    "neighbour.py": "from good import *\n",
    "link.py": "link good.py",
    "nowhere.py": "link nothing.py",
    "pipe.py": "pipe",
    "folder.py": "folder",
    "hole.py": "hole",
    "nul.py": "x = 1\0\n",
    "deep.py": "(" * 5000,
    "a\nCORRECT  good.py": "x",
    "kills.py": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos._exit(0)\n",
    "answers.py": "import os\nfor i in range(3, 64):\n    try:\n        os.write(i, b'{}\\n')\n"
    "    except OSError:\n        pass\n",
    "closes.py": "import os\nos.closerange(0, 64)\nwhile True:\n    pass\n",
    "n.ipynb": '{"cells": [[]]}',
    "deaf.py": "import os, signal\nfor n in range(1, 65):\n    try:\n        signal.signal(n, 1)\n"
    "    except (OSError, ValueError):\n        pass\nos._exit(1)\n",
    "hooks.py": "import sys\nclass F:\n    def find_spec(*a):\n        raise SystemExit(0)\n"
    "sys.meta_path.insert(0, F())\nimport nothing\n",
    "crash.py": "import ctypes\nctypes.string_at(0)\n",
    "limits.py": "import resource as r\nr.setrlimit(r.RLIMIT_AS, (1, 1))\nx = 'x' * 9**9\n",
    "brackets.py": "from good import (\n" * 5_000,
    "names.py": "import " + ", ".join(f"m{i}" for i in range(3_000)) + "\n",
    "links.py": "link /",
    "device.py": "link /dev/zero",
    "round.py": "link round.py",
    "bytes.py": "\udcff\udcfe\x00",
    "ends.py": "raise SystemExit(0)\n",
    "atexit.py": "import atexit, os\natexit.register(os._exit, 0)\nraise KeyboardInterrupt\n",
    "cells.ipynb": '{"cells": [{"cell_type": "code", "source": {"a": ["["]}}], "nbformat": "x"}',
    "nested.ipynb": "[" * 100_000,
    "-q.py": "x = 1\n",
    "\x1b[2J\u202e.py": "x = 1\n",
}


def lay(path: Path, what: str) -> None:
    """Put a submission, or what stands in the place of one."""
    if what.startswith("link "):
        path.symlink_to(what.removeprefix("link "))
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    elif what == "hole":
        with path.open("wb") as file:
            file.truncate(1 << 31)
    else:
        path.write_bytes(what.encode("utf-8", "surrogateescape"))


@pytest.mark.sample(2)
@pytest.mark.search
@pytest.mark.parametrize("seed", [0, 1])
def test_a_good_engine_is_judged_right_among_hostile_ones(seed: int, tmp_path: Path) -> None:
    """In whatever order; each of the others is named, and none of them is correct."""
    for name, what in {**HOSTILE, "good.py": TEXTBOOK}.items():
        lay(tmp_path / name, what)
    names = [*HOSTILE, "good.py"]
    random.Random(seed).shuffle(names)
    done = subprocess.run(
        [*VERIFY, "check", "-q", "--examples", "0", "--json", "all.json", "--", *names],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    reports = json.loads((tmp_path / "all.json").read_text())["reports"]
    verdicts = {r["engine"]["spec"]: r["verdict"] for r in reports}
    assert len(verdicts) == len(names)
    assert [name for name, verdict in verdicts.items() if verdict == "correct"] == ["good.py"]
    assert done.returncode == 2
    lines = (done.stdout + done.stderr).splitlines()
    assert [line for line in lines if line.startswith("CORRECT")] == [
        line for line in lines if line.startswith("CORRECT  good.py (Python")
    ]


def ended(is_over: Callable[[], bool]) -> bool:
    """Whether something comes to be within half a minute."""
    until = time.monotonic() + 30
    while not is_over() and time.monotonic() < until:
        time.sleep(0.05)
    return is_over()


def alive(token: str) -> list[str]:
    """Processes whose command line or environment holds a token."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if token.encode() in told and int(entry.name) != os.getpid():
            found.append(entry.name)
    return found


WRITES = {
    "check": (["check", "--examples", "0", "--json", "out", "good.py"], json.loads),
    "record": (["record", "good.py", "--cases", "60", "-o", "out"], corpus.read),
    "baseline": (["baseline", "save", "--examples", "0", "good.py", "-o", "out"], baseline.read),
    "compare": (["compare", "git:HEAD:good.py", "good.py", "--json", "out"], json.loads),
}
"""Verbs that write a file, and what reads it or says that it is cut."""
ENDS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


@pytest.mark.sample(4)
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
@pytest.mark.parametrize("verb", WRITES)
def test_what_is_killed_leaves_no_process_and_no_file(verb: str, tmp_path: Path) -> None:
    """At five moments each, by four kinds of end; a file is whole or not there."""
    command, read = WRITES[verb]
    (tmp_path / "good.py").write_text(TEXTBOOK)
    for words in (["init", "-q"], ["add", "good.py"], [*COMMIT, "-m", "x"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)
    place, token, chance = tmp_path / "tmp", tmp_path.name, random.Random(verb)
    place.mkdir()
    for number in range(5):
        with subprocess.Popen(
            [*VERIFY, *command], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": str(place), "VERIFY_TEST": token},
        ) as harness:  # fmt: skip
            time.sleep(chance.uniform(0.2, 2.0))
            assert harness.stdout is not None
            harness.stdout.close()
            harness.send_signal(ENDS[number % len(ENDS)])
        assert ended(lambda: not list(place.iterdir())), list(place.iterdir())
        assert ended(lambda: not alive(f"VERIFY_TEST={token}")), alive(token)
        beside = sorted(p.name for p in tmp_path.iterdir())
        assert [n for n in beside if n not in {"good.py", "out", "tmp", ".git"}] == []
        if (out := tmp_path / "out").exists():
            read(out.read_text() if read is json.loads else out)  # type: ignore[arg-type]
            out.unlink()

"""Killing the harness at any moment leaves no process and no file behind."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import verify
from verify.engines import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HARNESS = """
import sys
from verify.engines import Limits, load
from verify.expression.graph import Case
case = Case.parse("a * b + a", a=1.5, b=2.0)
print("up", flush=True)
while True:
    limits = Limits(seconds=60, load_seconds=60)
    with load(sys.argv[1], isolation=sys.argv[2], limits=limits) as engine:
        print(engine.info.class_name, flush=True)
        for _ in range(50):
            engine.run(case.graph, case.point)
"""

STUBBORN = """
def spin():
    while True: pass
while True:
    try:
        spin()
    except BaseException:
        pass
"""
"""Never ends, never reads its requests again."""


def related(token: str) -> list[int]:
    """Processes that have a token in their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            text = (entry / "cmdline").read_text(errors="replace")
        except OSError:
            continue
        if token in text and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


def wait_for(count: int, token: str) -> None:
    """Wait until so many processes are there: the harness, its watcher, the worker."""
    while len(related(token)) < count:
        time.sleep(0.01)


def gone(token: str) -> bool:
    """Whether they end, without a guess at how long that takes on a busy machine."""
    for _ in range(200):
        if not related(token):
            return True
        time.sleep(0.05)
    return False


def litter() -> set[str]:
    """Names in the folders where temporary things are put."""
    folders = ("/tmp", "/dev/shm", "/var/tmp")  # noqa: S108 - looked at, not written to
    return {str(path) for folder in folders for path in Path(folder).glob("*")}


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary things, which every user of a worker may go through."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def start(path: Path, tier: str, temporary: Path) -> subprocess.Popen[str]:
    """The harness in a process of its own, by an interpreter whose name all its processes bear."""
    python = path.with_suffix("")
    python.symlink_to(Path(sys.executable).resolve())
    return subprocess.Popen(
        [str(python), "-c", HARNESS, str(path), f"{tier}!"],
        stdout=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(verify.__path__[0]).parent),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(temporary),
        },
    )


@pytest.mark.parametrize("moment", ["starting", "loaded", "running", "hanging"])
def test_a_killed_harness_leaves_nothing(
    tier: str, moment: str, textbook: str, tmp_path: Path, temporary: Path
) -> None:
    """SIGKILL before, while and after a worker starts, and while it is in an endless loop."""
    token = f"engine-{secrets.token_hex(8)}"
    path = tmp_path / f"{token}.py"
    path.write_text((STUBBORN if moment == "hanging" else "") + textbook)
    before = litter()
    harness = start(path, tier, temporary)
    assert harness.stdout is not None
    assert harness.stdout.readline() == "up\n"
    if moment in {"loaded", "running"}:
        for _ in range(1 if moment == "loaded" else 3):
            assert harness.stdout.readline() == "Value\n"
    elif moment == "hanging":
        wait_for(3, token)
    harness.send_signal(signal.SIGKILL)
    harness.wait()
    harness.stdout.close()
    assert gone(token)
    new = litter() - before
    assert not [name for name in new if token in name]
    assert list(temporary.iterdir()) == []


def test_closing_an_engine_ends_its_processes(
    tier: str, textbook: str, write: Callable[..., Path]
) -> None:
    """Also when it is closed twice, and when it is only forgotten."""
    token = f"engine-{secrets.token_hex(8)}"
    path = write(textbook, f"{token}.py")
    others = children_of(os.getpid())  # of tests before, such as one that asks oracles in parallel
    engine = load(str(path), isolation=f"{tier}!")
    assert children_of(os.getpid()) > others
    engine.close()
    engine.close()
    assert children_of(os.getpid()) <= others
    forgotten = load(str(path), isolation=f"{tier}!")
    del forgotten
    assert children_of(os.getpid()) <= others


def children_of(pid: int) -> set[int]:
    """Processes of a parent that still run."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.add(int(entry.name))
    return found

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
from verify.expression.graph import Case

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
    """Wait until so many are there: the harness, its fork server, a watcher, the worker."""
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
        wait_for(4, token)
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
    path = write(textbook)
    load(str(path), isolation=f"{tier}!").close()
    others = below(os.getpid())  # what forks watchers stays, and what tests before have started
    engine = load(str(path), isolation=f"{tier}!")
    assert below(os.getpid()) > others
    engine.close()
    engine.close()
    assert below(os.getpid()) <= others
    forgotten = load(str(path), isolation=f"{tier}!")
    del forgotten
    assert below(os.getpid()) <= others


def test_another_fork_server_takes_the_place_of_one_that_is_killed(
    textbook: str, write: Callable[..., Path]
) -> None:
    """Workers that are there go on, and the next one starts."""
    path = write(textbook)
    case = Case.parse("a + a", a=1.5)
    with load(str(path)) as engine:
        for server in children_of(os.getpid()):
            if b"confine" in Path(f"/proc/{server}/cmdline").read_bytes():
                os.kill(server, signal.SIGKILL)
        with load(str(path)) as other:
            readings = [e.run(case.graph, case.point)[-1].gradients[0] for e in (engine, other)]
    assert readings == [2.0, 2.0]


COPIED = """
import os, sys
from verify.engines import load
from tests.engines.test_left_behind import children_of
load(sys.argv[1]).close()
before = children_of(os.getpid())
child = os.fork()
if child == 0:
    with load(sys.argv[1]):
        own = children_of(os.getpid())
    os._exit(0 if len(own) == 1 and not before & own else 1)
print(os.waitpid(child, 0)[1])
"""


def test_a_copy_of_this_process_has_a_fork_server_of_its_own(
    textbook: str, write: Callable[..., Path]
) -> None:
    """After a fork nothing is asked of the parent's: two would read each other's answers."""
    done = subprocess.run(
        [sys.executable, "-c", COPIED, str(write(textbook))],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout == "0\n"


def below(pid: int) -> set[int]:
    """Processes that still run of those that one has started, and these, and so on."""
    children = children_of(pid)
    return children.union(*map(below, children))


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

"""Hypothesis profiles: how hard the suite tries.

``dev``   new examples each time; failures are kept in the local database. The default.
``ci``    the same examples each time, so that a red build accuses the change, not the dice.
``deep``  new examples, twenty times as many: the nightly search.
``fuzz``  new examples, a hundred times as many: for what reads hostile answers and files.

Chosen by the environment variable ``HYPOTHESIS_PROFILE`` or by ``--hypothesis-profile``, which
wins. None has a deadline: a shared machine is slow now and then, and a test never asserts a time.
"""

import atexit
import fcntl
import importlib.util
import os
import pickle
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from verify.verdict.outcome import Outcome

settings.register_profile("dev", deadline=None, print_blob=True)
settings.register_profile(
    "ci", settings.get_profile("dev"), derandomize=True, database=None, max_examples=100
)
settings.register_profile(
    "deep",
    settings.get_profile("dev"),
    max_examples=2_000,
    suppress_health_check=[HealthCheck.too_slow],  # slow is what was asked for
)
settings.register_profile("fuzz", settings.get_profile("deep"), max_examples=10_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def _remove(folder: Path, process: int) -> None:
    if os.getpid() == process:  # and no child of it
        shutil.rmtree(folder, ignore_errors=True)


if "PYTEST_XDIST_WORKER" not in os.environ:  # workers inherit the folder of their run
    os.environ["VERIFY_CACHE"] = tempfile.mkdtemp(prefix="suite-")
    atexit.register(_remove, Path(os.environ["VERIFY_CACHE"]), os.getpid())
CACHE = Path(os.environ["VERIFY_CACHE"])
"""Where the programs that tests start keep what oracles said, for the programs of this run alone;
the first of them asks anew."""

_MEASURED = os.environ.get("WORKER_COVERAGE")  # see tests/worker_coverage.py
if _MEASURED:
    sys.path.insert(0, str(Path(__file__).parent))
    import worker_coverage

    sys.path.pop(0)


def pytest_sessionstart() -> None:
    """Where lines are counted, start workers that tell theirs."""
    if _MEASURED:
        worker_coverage.install(Path(_MEASURED))


def pytest_sessionfinish() -> None:
    """Where lines are counted, keep those of the workers."""
    if _MEASURED:
        worker_coverage.write(Path(_MEASURED, "coverage"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One a processor; one more for whole checks: while one waits for what hangs, another runs.

    By itself xdist counts cores where psutil is installed, and what runs at once where it is not.
    """
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return here + ("not slow" not in config.getoption("markexpr"))


def pytest_report_header() -> str:
    """Say at the top of every run which oracles take part."""
    if importlib.util.find_spec("torch"):
        return "oracles: 4 of 4"
    return "oracles: 3 of 4 (torch: not installed; its tests are skipped)"


@pytest.fixture(scope="session", autouse=True)
def oracles_are_asked_in_this_process() -> Iterator[None]:
    """A test that changes an oracle leaves nothing on disk for another, and reads nothing there.

    Those about keeping it name a folder of their own.
    """
    from verify.oracles import stored

    folder = stored.folder

    def apart() -> Path | None:
        return None if (named := folder()) == CACHE else named

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "folder", apart)
        yield


@pytest.fixture(scope="session", autouse=True)
def changes_are_searched_for_to_the_end() -> Iterator[None]:
    """How fast a machine is decides about no test: users wait 7 s for a change, tests 20."""
    from verify.mending import mend

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(mend.mended.__kwdefaults__, "seconds", 20.0)
        yield


@pytest.fixture(name="in_short")
def checks_are_short() -> Iterator[None]:
    """For tests of what is said of a mistake, and not of whether it is found: see ``short.py``."""
    from tests.short import in_short

    with in_short():
        yield


def _made_once(name: str, make: Callable[[Path], object]) -> Path:
    """A file that the first worker makes which wants it, for all of this run."""
    path = CACHE / name
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            new = path.with_suffix(".new")
            make(new)
            new.rename(path)
    return path


@pytest.fixture(scope="session")
def exam() -> Path:
    """An exam in a file: drawing it takes several seconds."""
    from verify.grading.paper import draw, write

    return _made_once("exam.jsonl", lambda path: write(draw(7), path))


@pytest.fixture(scope="session")
def shown() -> "Outcome":
    """What is found, in short, in the notebook that pages show, with the change that mends it."""
    import verify
    from tests.short import in_short

    def check(path: Path) -> None:
        notebook = str(Path(__file__).parents[1] / "examples/lecture_flawed.ipynb")
        with in_short():
            outcome = verify.check(notebook, examples=8, mend=True, report=False)
        path.write_bytes(pickle.dumps(outcome))

    made = _made_once("shown.pickle", check)
    outcome: Outcome = pickle.loads(made.read_bytes())  # noqa: S301 - this run wrote it
    return outcome


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of the rows of a test marked ``sample(n)``, mark all but each n-th ``search``."""
    rows: Counter[str] = Counter()
    for item in items:
        if mark := item.get_closest_marker("sample"):
            test = item.nodeid.partition("[")[0]
            if rows[test] % mark.args[0]:
                item.add_marker("search")
            rows[test] += 1


@pytest.hookimpl(wrapper=True)
def pytest_collection_finish(session: pytest.Session) -> Iterator[None]:
    """A worker of xdist tells names with groups behind them: what is one group stays together.

    xdist 3.8 writes the group where pytest 9.2 does not read it any more, and takes groups apart.
    """
    names = {}
    if getattr(session.config.option, "loadgroup", False):
        for item in session.items:
            mark, name = item.get_closest_marker("xdist_group"), getattr(item, "_id", None)
            if mark and name is not None:
                names[item] = name
                item._id = type(name).parse(f"{name}@{mark.args[0]}")  # type: ignore[attr-defined]  # found just now
    yield
    for item, name in names.items():
        item._id = name  # type: ignore[attr-defined]  # likewise

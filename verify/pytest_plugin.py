"""pytest: the engine under test as a fixture, and failures without a traceback of the harness.

Loaded by pytest wherever this distribution is installed, so it imports nothing but pytest until a
test asks for something.

``--engine SPEC`` runs tests that use the fixtures below against any engine; without it they run
against ``micrograd.engine:Value``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from verify.engines import Engine, EngineError
    from verify.expression.graph import Case, Graph, Number

OURS: Final = "micrograd.engine:Value"
MARKERS: Final = (
    """forms(text, ...): ways of writing an operation, such as 'a.tanh()', that the test needs; \
it is skipped, with the reason, where the engine under test lacks one""",
    "milestone(name): the step of the course that the test belongs to",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--engine`` and ``--engine-python``."""
    group = parser.getgroup("verify", "scalar autograd engines")
    group.addoption(
        "--engine",
        metavar="SPEC",
        help=f"the engine under test: a file, a notebook, package.module:Class; {OURS} by default",
    )
    group.addoption(
        "--engine-python",
        metavar="PATH",
        help="interpreter or virtual environment that runs it",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Which engine is under test, where it was chosen."""
    spec = config.getoption("--engine")
    if not spec:
        return None
    from verify.report.plain import plain

    return f"engine: {plain(spec)}, in the place of the fixtures engine, graph and point"


def pytest_sessionstart(session: pytest.Session) -> None:
    """Say once that the engine which was chosen cannot be used, and run no test."""
    config = session.config
    chosen = config.getoption("--engine") or config.getoption("--engine-python")
    if not chosen or hasattr(config, "workerinput") or config.getoption("collectonly"):
        return
    from verify.engines import EngineError

    try:
        _load(config).close()
    except EngineError as error:
        pytest.exit(_unusable(error), returncode=1)


def _unusable(error: EngineError) -> str:
    from verify.report.facts import refusal_of

    return f"the engine cannot be used: {refusal_of(error)}"


_ELSEWHERE: Final = pytest.StashKey[int]()
"""How many tests do not ask for the engine under test."""


def pytest_collection_finish(session: pytest.Session) -> None:
    """Count the tests on which ``--engine`` has no effect."""
    apart = [i for i in session.items if "engine" not in getattr(i, "fixturenames", ())]
    session.config.stash[_ELSEWHERE] = len(apart)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say on how many tests ``--engine`` had no effect: what they import is what they test."""
    count = config.stash.get(_ELSEWHERE, 0)
    if config.getoption("--engine") and count:
        tests = "1 test does" if count == 1 else f"{count} tests do"
        terminalreporter.write_line(
            f"verify: {tests} not ask for the fixture engine: --engine changes nothing there; "
            "a test that imports micrograd tests that micrograd"
        )


# --- fixtures -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def engine(pytestconfig: pytest.Config) -> Iterator[Engine]:
    """The engine under test, loaded once a session (once a worker under xdist)."""
    from verify.engines import EngineError

    try:
        loaded = _load(pytestconfig)
    except EngineError as error:
        pytest.fail(_unusable(error), pytrace=False)
    with loaded:
        yield loaded


def _load(config: pytest.Config) -> Engine:
    import importlib

    from verify.engines import load

    spec, python = config.getoption("--engine"), config.getoption("--engine-python")
    if spec or python:
        return load(spec or OURS, python=python)
    module, _, name = OURS.partition(":")
    return load(getattr(importlib.import_module(module), name))  # in this process: quick, traced


@pytest.fixture(scope="session")
def engine_forms(engine: Engine) -> frozenset[str]:
    """The ways of writing an operation that the engine under test has."""
    from verify.api import forms

    return frozenset(forms(engine))


@pytest.fixture
def graph(_special: Case) -> Graph:
    """Each special graph in turn: every way of writing an operation, shapes that share nodes."""
    return _special.graph


@pytest.fixture
def point(_special: Case) -> tuple[Number, ...]:
    """A point at which the fixture ``graph`` is defined."""
    return _special.point


@pytest.fixture
def _special(request: pytest.FixtureRequest, engine_forms: frozenset[str]) -> Case:
    from verify.expression.graph import Apply

    case: Case = request.param
    forms = [node.form for node in case.graph.nodes if isinstance(node, Apply)]
    _skip_without(forms, engine_forms)
    return case


@pytest.fixture(autouse=True)
def _needed_forms(request: pytest.FixtureRequest) -> None:
    """Skip what the marker ``forms`` says that the engine lacks."""
    marker = request.node.get_closest_marker("forms")
    if marker is not None:
        _skip_without(marker.args, request.getfixturevalue("engine_forms"))


def _skip_without(needed: Any, has: frozenset[str]) -> None:  # noqa: ANN401 - any series of texts
    missing = sorted(set(needed) - has)
    if missing:
        pytest.skip(f"not implemented: {', '.join(missing)}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for ``graph`` runs once for each special graph."""
    if "_special" not in metafunc.fixturenames:
        return
    from verify.expression.ops import FORMS
    from verify.generators.special import SHAPES, cases

    first: dict[str, Case] = {}
    for name, case in cases(FORMS):
        if name in SHAPES or name.endswith(" alone"):
            first.setdefault(name.removesuffix(" alone"), case)
    metafunc.parametrize("_special", first.values(), ids=list(first), indirect=True)


# --- failures -------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show a wrong gradient as the program and the readings, not where the harness raised it."""
    report = yield
    told = _told(call.excinfo.value) if call.excinfo is not None else None
    if told is not None and report.failed:
        report.longrepr = told
    return report


def _told(error: BaseException) -> str | None:
    """What a wrong gradient says of itself, and Hypothesis of it; ``None`` for other errors.

    Hypothesis also lists lines that only ran when it failed; those of the harness are left out.
    """
    if isinstance(error, BaseExceptionGroup):
        parts = [_told(each) for each in error.exceptions]
        return "\n\n".join(part for part in parts if part) if all(parts) else None
    if (type(error).__module__, type(error).__name__) != ("verify.api", "WrongGradientError"):
        return None
    ours = str(Path(__file__).parent)
    notes = "\n".join(getattr(error, "__notes__", ())).splitlines()
    return "\n".join([str(error), *(line for line in notes if ours not in line)])

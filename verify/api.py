"""What ``import verify`` offers: check an engine, and gradients in tests of one's own."""

from __future__ import annotations

import atexit
import functools
import importlib
import sys
from collections.abc import Mapping
from dataclasses import replace
from numbers import Real
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path
    from typing import Unpack

    from hypothesis.strategies import SearchStrategy

    from verify.checking.assess import Examined
    from verify.checking.run import Plan
    from verify.engines import Engine
    from verify.engines.loading import Options
    from verify.expression.graph import Case, Graph, Number
    from verify.generators.random import Population
    from verify.grading.notebook import Grade
    from verify.report.explanation import Explanation
    from verify.report.progress import Listener
    from verify.verdict.judgement import Judgement
    from verify.verdict.outcome import Outcome

EXAMPLES: Final = 400
"""Random expressions of a check, unless told otherwise."""
DEEP_EXAMPLES: Final = 6000
DEEP_OPERATIONS: Final = 60


class WrongGradientError(AssertionError):
    """An engine's number is wrong; the message shows who says what, and a program to paste.

    The message is worked out when it is read: Hypothesis meets many of these on its way to a small
    one, and nobody reads those.  What Hypothesis drew is made smaller still.
    """

    def __init__(self, engine: Engine, examined: Examined) -> None:
        """What this engine said of this case."""
        import hypothesis

        super().__init__()
        drawn = hypothesis.currently_in_test_context()
        self.message = functools.cache(
            lambda: _told(engine, _smallest(engine, examined) if drawn else examined)
        )

    def __str__(self) -> str:
        return self.message()


class HarnessError(Exception):
    """The oracles contradict each other: nothing can be said of the engine, and we are at fault."""


class NotJudgedError(Exception):
    """Nothing could be judged: the engine lacks an operation, or the point is at an edge."""


def plan(
    *,
    examples: int | None = None,
    seed: int = 0,
    deep: bool = False,
    precision: int | None = None,
) -> Plan:
    """How hard to look.

    Args:
        examples: random expressions; :data:`EXAMPLES`, or :data:`DEEP_EXAMPLES` with ``deep``.
        seed: the same seed draws the same expressions.
        deep: more and larger expressions.
        precision: 64 demands float64; ``None`` judges by the arithmetic that the engine has.
    """
    from verify.checking.run import Plan

    count = how_many(examples, deep=deep)
    made = Plan.deep(count, seed, DEEP_OPERATIONS) if deep else Plan(count, seed)
    return replace(made, precision=precision)


def how_many(examples: int | None, *, deep: bool) -> int:
    """Random expressions of a check: as many as were asked for, or the usual number."""
    if examples is not None:
        return examples
    return DEEP_EXAMPLES if deep else EXAMPLES


def check(  # noqa: PLR0913 - one argument an option
    engine: object,
    *,
    examples: int | None = None,
    seed: int = 0,
    deep: bool = False,
    precision: int | None = None,
    mend: bool = False,
    report: bool | None = None,
    verbose: bool = False,
    **options: Unpack[Options],
) -> Outcome:
    """Judge an engine: are its gradients right?

    Args:
        engine: a class or a module; a path or ``package.module:Class`` as text; or a loaded engine.
        examples: random expressions to try.
        seed: the same seed tries the same expressions.
        deep: search longer.
        precision: 64 demands float64; ``None`` judges by the arithmetic that the engine has, and
            the outcome's ``reason`` says so where that is single precision.
        mend: search for changes that mend a file; an object of this process is not edited.
        report: show the report; ``None`` shows it at a prompt only, since in a notebook the outcome
            shows itself.
        verbose: with all that was judged, what was not, and why.
        options: as for :func:`verify.load`, such as ``python=`` and ``overrides=``.

    Returns:
        The outcome; ``outcome.verdict`` is the verdict, ``outcome.findings`` what is wrong.

    Raises:
        EngineError: if the engine cannot be used.
        TypeError: for options of :func:`verify.load` where the engine is loaded already.
    """
    from verify.report.html import html
    from verify.verdict.outcome import VIEWS

    VIEWS.setdefault("text/html", html)
    effort = plan(examples=examples, seed=seed, deep=deep, precision=precision)
    shown = _at_prompt() if report is None else report
    if _is_engine(engine):
        if options:
            raise TypeError(f"{', '.join(options)}: an engine that is loaded has its options")
        result = _looked_into(engine, _outcome(engine, effort), mend=mend)
    else:
        from verify.engines import load

        with load(engine, **options) as loaded:
            result = _looked_into(loaded, _outcome(loaded, effort), mend=mend)
    if shown:
        _show(result, verbose=verbose)
    return result


def explain(
    expression: Graph | str, engine: object = None, /, **point: Number
) -> Explanation:
    """Every node of an expression: what each oracle says of it, and an engine, if one is given.

    Args:
        expression: a graph, or its text: ``"c = a * b; c + a"``.
        engine: as for :func:`assert_gradients`; what it has wrong is marked.
        point: a number for each leaf by name; usual ones where none is given.

    Returns:
        What prints as a table, and draws itself in a notebook.

    Raises:
        GraphError: for an expression that cannot be read, or a point that does not fit it.
        EngineError: if the engine cannot be used.
    """
    from verify.checking.assess import examine
    from verify.checking.usual_point import usual_point
    from verify.expression.graph import Graph
    from verify.oracles.registry import consult
    from verify.report.explanation import Explanation

    graph = Graph.parse(expression) if isinstance(expression, str) else expression
    case = _case(graph, point) if point else usual_point(graph)
    testimony = consult(case)
    examined = None if engine is None else examine(_loaded(engine), case, testimony)
    return Explanation(testimony, examined)


def _outcome(engine: Engine, effort: Plan) -> Outcome:
    """A check that shows how far it is, where a person waits for it."""
    from verify.checking.run import check as events
    from verify.verdict.outcome import Finished

    with _progress() as listener:
        for event in events(engine, effort):
            listener.listen(event)
            if isinstance(event, Finished):
                return event.outcome
    raise AssertionError("a check ends with its outcome")


def _progress() -> Listener:
    """What shows progress: in a notebook's cell, on a terminal, or, in a script, nothing."""
    from verify.report.progress import CellProgress, LiveProgress, NoProgress

    if _in_notebook():
        return CellProgress()
    if not _at_prompt():
        return NoProgress()
    from verify.report.screen import screen

    return LiveProgress(screen(stderr=True))


def _looked_into(engine: Engine, result: Outcome, *, mend: bool) -> Outcome:
    """The outcome with lines and programs, and with changes where they are asked for."""
    if not result.findings:
        return result
    from verify.mending.after import looked_into
    from verify.report.reproduce import reproduced

    return reproduced(engine, looked_into(engine, result, mend=mend)[0])


def grade(
    engine: object, *, rubric: str | Path | None = None, seed: int = 0, exam: str | Path = ""
) -> Grade:
    """Grade an engine by the exam of a class: ``verify.grade(Value).points("accumulation")``.

    Args:
        engine: as for :func:`check`.
        rubric: a TOML file; ``None`` for the default one.
        seed: draws the exam; the same seed, the same exam.
        exam: a file with an exam that was drawn before, in place of a seed.

    Raises:
        EngineError: if the engine cannot be used.
        RubricError: if the rubric is wrong.
    """
    from verify.grading.notebook import grade as graded

    return graded(engine, rubric=rubric, seed=seed, exam=exam)


def assert_gradients(
    engine: object, graph: Graph | str, point: Sequence[Number] | Mapping[str, Number]
) -> Judgement:
    """Assert that an engine's values and gradients on one graph at one point are right.

    Args:
        engine: as for :func:`check`; it is loaded once and kept.
        graph: a graph, or its text: ``"a * b + a"``.
        point: a number for each leaf, in order or by name.

    Returns:
        The judgement, with a verdict for every number.

    Raises:
        WrongGradientError: if a number is wrong, an AssertionError that says who says what.
        NotJudgedError: if no number could be judged; :func:`forms` keeps graphs to what there is.
            In a test of Hypothesis that example is rejected instead, as by ``assume``, and counted
            as an event; where nearly all are, Hypothesis' health check fails the test.
        HarnessError: if the oracles contradict each other.
        GraphError: for a graph that cannot be, or a point that does not fit it.
        EngineError: if the engine cannot be used.
    """
    from verify.checking.assess import examine
    from verify.verdict.judgement import Verdict

    loaded = _loaded(engine)
    examined = examine(loaded, _case(graph, point))
    if examined.disputes:
        raise HarnessError(f"the oracles contradict each other: {examined.disputes[0]}")
    judgement = examined.judgement
    if judgement.wrong:
        raise WrongGradientError(loaded, examined)
    if judgement.verdict is Verdict.UNDECIDED:
        reasons = sorted({number.reason for number in judgement.numbers})
        _not_judged(examined.case, str(judgement.raised or ", ".join(reasons)))
    return judgement


def _not_judged(case: Case, reason: str) -> NoReturn:
    """Reject the example of a Hypothesis test; raise anywhere else: nothing passes unjudged."""
    import hypothesis

    if hypothesis.currently_in_test_context():
        hypothesis.event(f"not judged: {reason}")
        hypothesis.reject()
    raise NotJudgedError(f"{case}: {reason}")


def forms(engine: object) -> tuple[str, ...]:
    """The ways of writing an operation that an engine has, for ``verify.graphs(forms=...)``.

    Args:
        engine: as for :func:`assert_gradients`.

    Raises:
        EngineError: if the engine cannot be used.
    """
    from verify.expression.ops import FORMS
    from verify.generators.special import single

    loaded = _loaded(engine)

    def has(text: str) -> bool:
        case = single(FORMS[text])[0]
        raised = loaded.run(case.graph, case.point)[-1].raised
        return raised is None or not raised.refused

    return tuple(text for text in FORMS if has(text))


def cases(
    *,
    population: Population = "tame",
    forms: Collection[str] | None = None,
    min_operations: int = 1,
    max_operations: int = 30,
) -> SearchStrategy[Case]:
    """Hypothesis: graphs with a point at which they are defined.

    The oracles are loaded with the first case, where Hypothesis' deadline does not count.

    Args:
        population: ``"tame"``: leaves in [-3, 3]; ``"wide"``: magnitudes from 1e-8 to 1e8.
        forms: ways of writing an operation, such as :func:`forms` gives; all by default.
        min_operations: operations at least; those that the output does not need are left out.
        max_operations: operations at most.

    Raises:
        ValueError: for an unknown form, no form, or an impossible number of operations.
    """
    from verify.generators import random

    return random.cases(
        population=population,
        forms=forms,
        min_operations=min_operations,
        max_operations=max_operations,
    ).map(_warmed)


def graphs(
    *, forms: Collection[str] | None = None, max_operations: int = 30
) -> SearchStrategy[Graph]:
    """Hypothesis: graphs alone; ``points`` gives points, :func:`cases` both and faster.

    Args:
        forms: as for :func:`cases`.
        max_operations: operations at most.

    Raises:
        ValueError: as for :func:`cases`.
    """
    return cases(forms=forms, max_operations=max_operations).map(lambda case: case.graph)


def _warmed(case: Case) -> Case:
    _warm()
    return case


@functools.cache
def _warm() -> None:
    """Let every oracle answer once for every operation: SymPy, its rules, and torch are loaded."""
    from verify.expression.ops import FORMS
    from verify.generators.special import single
    from verify.oracles.registry import consult

    for form in {form.op: form for form in FORMS.values()}.values():
        asked = consult(single(form)[0])
        tuple(asked.witnesses), tuple(asked.floats)  # they answer when they are wanted


def _case(graph: Graph | str, point: Sequence[Number] | Mapping[str, Number]) -> Case:
    from verify.expression.graph import Case, Graph, GraphError

    graph = Graph.parse(graph) if isinstance(graph, str) else graph
    given: Iterable[object] = point.values() if isinstance(point, Mapping) else point
    for x in given:
        if not isinstance(x, Real):
            raise GraphError(f"point: {x!r} is a {type(x).__name__}, not a real number")
    if isinstance(point, Mapping):
        return Case.of(graph, point)
    return Case(graph, tuple(point))


def _smallest(engine: Engine, examined: Examined) -> Examined:
    """The smallest case found on which the same quantity is wrong; no exception is looked into."""
    from verify.checking.assess import assess, examine, read
    from verify.generators.shrink import reduce
    from verify.oracles.registry import by_interval

    if examined.judgement.raised is not None:
        return examined
    quantities = {number.quantity for number in examined.judgement.wrong}

    def fails(case: Case) -> bool:
        judgement = assess(engine, case, read(engine, case), by_interval(case)).judgement
        return judgement.raised is None and any(n.quantity in quantities for n in judgement.wrong)

    small = reduce(examined.case, fails)
    if len(small.graph.operations) == len(examined.case.graph.operations):
        return examined  # what Hypothesis prints beside it is as small
    again = examine(engine, small)
    return again if again.judgement.wrong else examined  # it may answer otherwise the next time


def _told(engine: Engine, examined: Examined) -> str:
    """What is wrong on one case, as lines of text."""
    from verify.checking.assess import finding
    from verify.report.text import finding_lines

    found = finding(engine, examined, "assert", examined.case)
    lines = finding_lines(found, engine.info, 80)
    inputs = dict(examined.case.inputs)
    name = engine.info.class_name or "Value"
    paste = f"verify.assert_gradients({name}, {examined.case.graph.expression()!r}, {inputs!r})"
    told = [found.diagnosis.title, *(line.plain for line in lines), "", "To try it again:", ""]
    return "\n".join([*told, f"      {paste}"])


_kept: list[tuple[object, Engine]] = []
"""Engines by what named them; a new one pushes the oldest out."""
_MOST_KEPT: Final = 8


def _loaded(engine: object) -> Engine:
    """An engine ready to run; one that has to be loaded is kept for the next call.

    What it promises is found out here: a test's deadline is no time for that.
    """
    if _is_engine(engine):
        return engine
    for named, kept in _kept:
        if named is engine or (isinstance(named, str) and named == engine):
            return kept
    from verify.checking.promise import promise
    from verify.engines import load

    if not _kept:
        atexit.register(_forget, 0)
    _forget(_MOST_KEPT - 1)
    _kept.append((engine, load(engine)))
    loaded = _kept[-1][1]
    promise(loaded)
    return loaded


def _forget(most: int) -> None:
    while len(_kept) > most:
        _kept.pop(0)[1].close()


def _is_engine(thing: object) -> TypeGuard[Engine]:
    """Whether it is a loaded engine, and not a class or a module that is to become one."""
    wanted = ("info", "run", "run_many", "close")
    return not isinstance(thing, type) and all(hasattr(thing, name) for name in wanted)


def _at_prompt() -> bool:
    """Whether a person is typing at Python's own prompt or at IPython's.

    In a notebook nothing is printed: the outcome shows itself as what a cell ends with.
    """
    return (hasattr(sys, "ps1") or _in_ipython()) and not _in_notebook()


def _in_notebook() -> bool:
    """Whether what is shown may be HTML: IPython below a notebook's kernel."""
    if not _in_ipython():
        return False
    return hasattr(sys.modules["IPython"].get_ipython(), "kernel")


def _in_ipython() -> bool:
    if "IPython" not in sys.modules:
        return False
    shell = getattr(sys.modules["IPython"], "get_ipython", None)
    return shell is not None and shell() is not None


def _show(outcome: Outcome, *, verbose: bool) -> None:
    if _in_notebook():
        _show_after_cell(outcome)
        return
    from rich.console import Console

    from verify.report.text import report

    shown = Console(file=sys.stdout, force_jupyter=False, highlight=False)
    for line in report(outcome, shown.width, verbose=verbose):
        shown.print(line, soft_wrap=True)


def _show_after_cell(outcome: Outcome) -> None:
    """Show it when the cell is over, unless it is what the cell ends with: that is shown anyway."""
    shell = sys.modules["IPython"].get_ipython()

    def after(cell: Any) -> None:  # noqa: ANN401 - IPython's own
        shell.events.unregister("post_run_cell", after)
        if cell.result is not outcome:
            importlib.import_module("IPython.display").display(outcome)

    shell.events.register("post_run_cell", after)

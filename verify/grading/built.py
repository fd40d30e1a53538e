"""What is built on an operation that is wrong: no second mistake, though it fails in its own way.

That one method of an engine calls another is seen, not guessed: all lines that the wrong operation
alone runs are run by what is made of it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from verify.checking.assess import examine, finding, read
from verify.checking.composed import COMPOSED, differs_with_nodes, parts
from verify.checking.grouped import single
from verify.checking.known import knowing
from verify.engines.workshop import can_watch, watch
from verify.expression.graph import Apply, Case, Const, Graph, Leaf
from verify.expression.ops import FORMS
from verify.faults import CATALOGUE
from verify.faults.match import explains, observed
from verify.generators.random import inside
from verify.mending.localise import passing_forms, plainly

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from verify.engines import Engine
    from verify.engines.workshop import Line, Watched
    from verify.expression.reading import Reading
    from verify.verdict.outcome import Finding

_POINTS: Final = ({"a": 2.0, "b": -3.0}, {"a": 0.7, "b": 1.6}, {"a": -1.25, "b": 2.0})
_ENOUGH: Final = 2
"""Points at which two graphs are compared, where as many are in their domain."""
_RULE: Final = "local rule"
"""The family of mistakes that an operation makes by itself."""
_USUAL: Final = {
    op: next(form.text for form in FORMS.values() if form.op == op and all(form.nodes))
    for op in COMPOSED
}
"""How each operation that may be made of others is written, on nodes."""


def founded(engine: Engine, findings: Sequence[Finding], right: Iterable[str]) -> list[Finding]:
    """Without those of operations that are built on another one that is wrong.

    What a method makes of ``None``, or of a number that another method got wrong, follows from
    that one.

    Args:
        engine: the engine under test.
        findings: small and named.
        right: the forms that are right by themselves.
    """
    alone = [f for f in findings if single(f) and not f.regions]
    if len(alone) < _ENOUGH or not can_watch(engine):
        return list(findings)
    passing = passing_forms(engine, dict.fromkeys(right, "correct"))
    backward = engine.info.has_backward
    ran = [_lines(watch(engine, plainly(f.case, backward=backward))) for f in alone]
    own = [
        lines.difference(*(_lines(seen) for text, seen in passing.items() if _other(text, f)))
        for f, lines in zip(alone, ran, strict=True)
    ]
    seen = list(zip(alone, ran, own, strict=True))
    left = [
        upper for upper, lines, mine in seen
        if any(
            below and below <= lines and not mine <= others
            and not lower.diagnosis.fault and _follows(engine, upper, lower)
            for lower, others, below in seen
        )
    ]  # fmt: skip
    return [f for f in findings if f not in left]


def _lines(seen: Watched) -> set[Line]:
    return {each.line for each in seen.ran}


def _other(form: str, finding: Finding) -> bool:
    """Whether a form is of an operation that nobody makes of the one that is wrong.

    One that is made of it may be right by luck, where the wrong operand is a number.
    """
    return single(finding) not in parts({FORMS[form].op})


def _follows(engine: Engine, upper: Finding, lower: Finding) -> bool:
    """Whether one that runs all of another, wrong, operation fails as that makes it fail."""
    kinds = _no_node(lower.reading)
    if kinds:
        raised = upper.reading.raised
        said = raised is not None and any(kind in raised.message for kind in kinds)
        return said or bool(kinds & _no_node(upper.reading))
    if single(upper) == single(lower) or upper.reading.raised or lower.reading.raised:
        return False
    made = upper.case.graph.nodes[-1]
    plain = isinstance(made, Apply) and not made.inplace
    if plain and _number_first(upper.case) and _number_first(lower.case):
        return _composed(engine, single(upper), single(lower), number_first=True)
    usual = _on_nodes(upper.case) or (plain and not differs_with_nodes(engine, upper.case))
    return usual and _composed(engine, single(upper), single(lower))


def _no_node(reading: Reading) -> set[str]:
    """The types of what operations gave that is no node."""
    raised = reading.raised
    returned = {raised.returned} if raised is not None and raised.returned else set()
    return {*reading.cut.values(), *returned}


def _on_nodes(case: Case) -> bool:
    made = [node for node in case.graph.nodes if isinstance(node, Apply)]
    return not any(isinstance(arg, Const) for node in made for arg in node.args)


def _number_first(case: Case) -> bool:
    """Whether it is one operation with a number on its left: a method of its own, often."""
    made = case.graph.nodes[-1]
    return isinstance(made, Apply) and [isinstance(a, Const) for a in made.args] == [True, False]


def _composed(engine: Engine, op: str, part: str, *, number_first: bool = False) -> bool:
    """Whether an operation says, to the bit, what a composition with another one says.

    Of nodes; or with a number in the place of the first operand.  A gradient of 0 is a number like
    any other here: that the lines of the part are run is known.
    """
    for text in COMPOSED.get(op, ()):
        if part in (made := Graph.parse(text)).operations and op not in made.operations:
            pair = _USUAL[op], text
            told = list(_told(engine, *(map(_with_a_number, pair) if number_first else pair)))
            if len(told) >= _ENOUGH and all(told):
                return True
    return False


def _with_a_number(text: str) -> str:
    """``2 - a`` of ``a - b``."""
    return re.sub(r"\b[ab]\b", lambda found: {"a": "2", "b": "a"}[found.group()], text)


def _told(engine: Engine, spelled: str, composed: str) -> Iterator[bool]:
    for point in _POINTS:
        cases = [_at(text, point) for text in (spelled, composed)]
        if all(inside(case.graph, case.point) for case in cases):
            one, other = (_ends(read(engine, case), case) for case in cases)
            yield one is not None and one == other


def _at(text: str, point: dict[str, float]) -> Case:
    graph = Graph.parse(text)
    return Case(graph, tuple([point[graph.names[leaf]] for leaf in graph.leaves]))


def _ends(reading: Reading, case: Case) -> object:
    """The output and the gradients of the leaves, by name; ``None`` where they were not said."""
    if reading.raised is not None or reading.cut:
        return None
    named = {case.graph.names[leaf]: reading.gradients[leaf] for leaf in case.graph.leaves}
    return reading.values[-1], sorted(named.items())


def as_usual(engine: Engine, found: Finding, wrong: Iterable[str]) -> Finding:
    """With nodes in the place of numbers, where the operation is wrong on two nodes all the same.

    Args:
        engine: the engine under test.
        found: small and named.
        wrong: the forms that were wrong by themselves.
    """
    op = single(found)
    usual = next((f.text for f in FORMS.values() if f.op == op and all(f.nodes)), "")
    if not op or found.diagnosis.fault or found.regions or _on_nodes(found.case):
        return found
    if usual not in wrong or differs_with_nodes(engine, found.case):
        return found
    if (other := _with_nodes(found.case)) is None:
        return found
    seen = examine(engine, other)
    if not seen.judgement.wrong or _error(seen.reading) != _error(found.reading):
        return found
    return finding(engine, seen, found.check, found.original, needed=found.blames)


def _error(reading: Reading) -> tuple[str, int | None] | None:
    return None if reading.raised is None else (reading.raised.type, reading.raised.line)


def _with_nodes(case: Case) -> Case | None:
    """One operation on leaves alone; ``None`` where the case is none or works in place."""
    made = case.graph.nodes[-1]
    if not isinstance(made, Apply) or made.inplace:
        return None
    values = dict(zip(case.graph.leaves, case.point, strict=True))
    numbers = [arg.value if isinstance(arg, Const) else values[arg] for arg in made.args]
    leaves = tuple([Leaf(name) for name in "abc"[: len(numbers)]])
    graph = Graph((*leaves, Apply(made.op, tuple(range(len(numbers))))))
    return Case(graph, tuple(numbers))


def beside_numbers(engine: Engine, found: Finding) -> str:
    """The operation that is wrong beside numbers alone, in an expression of several; else ``""``.

    With nodes in the place of its numbers all is right: its rule for nodes is no mistake.
    """
    fault, blamed = CATALOGUE.get(found.diagnosis.fault), found.blames or frozenset()
    if len(blamed) != 1 or (fault and fault.family != _RULE):
        return ""
    if found.scenario or found.place or found.answers or len(found.case.graph.operations) == 1:
        return ""
    (op,) = blamed
    if (other := _nodes_for(op, found.case)) is None:
        return ""
    seen = examine(engine, other)
    return op if seen.reading.raised is None and not seen.judgement.wrong else ""


def _nodes_for(op: str, case: Case) -> Case | None:
    """The case with leaves for the numbers beside an operation; ``None`` where there are none."""
    made = [node for node in case.graph.nodes if isinstance(node, Apply) and node.op == op]
    numbers = [arg.value for node in made for arg in node.args if isinstance(arg, Const)]
    if not numbers or any(node.inplace for node in made):
        return None
    more, places = len(numbers), iter(range(len(numbers)))
    moved = [
        replace(node, args=tuple([
            (next(places) if node.op == op else arg) if isinstance(arg, Const) else arg + more
            for arg in node.args
        ])) if isinstance(node, Apply) else node
        for node in case.graph.nodes
    ]  # fmt: skip
    leaves = [Leaf(f"number_{i}") for i in range(more)]
    return Case(Graph((*leaves, *moved)), (*numbers, *case.point))


def at_home(engine: Engine, found: Finding) -> Finding:
    """At the expression of a known mistake, where it is in operations that the found one hides.

    Where ``a - a`` is wrong since a product assigns, ``a * a`` says more of it.
    """
    fault = CATALOGUE.get(found.diagnosis.fault)
    if fault is None or found.scenario or found.place or found.answers or found.diagnosis.rivals:
        return found
    shown, own = (set(case.graph.operations) for case in (found.case, fault.case))
    if not fault.operations or shown & fault.operations or not own <= fault.operations:
        return found
    seen = examine(engine, fault.case)
    known = observed(engine, fault.case, knowing(engine))
    if not seen.judgement.wrong or not explains(fault, known):
        return found
    made = finding(engine, seen, found.check, found.original, fault=fault, needed=found.blames)
    return replace(made, diagnosis=replace(made.diagnosis, line=found.diagnosis.line))

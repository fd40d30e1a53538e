"""Which lines an operation runs, and which of them are suspicious.

Spectrum-based localisation: a line is the more suspicious the more of the cases that fail run it,
and the fewer of those that pass.  The measure is that of Ochiai (R. Abreu, P. Zoeteweij, A. van
Gemund, *On the accuracy of spectrum-based fault localization*, TAIC-PART 2007): with ``f`` failing
cases of which ``ef`` run the line, and ``ep`` passing ones that do, ``ef / sqrt(f * (ef + ep))``.
A line after which the wrong gradient is another one wrote it, and comes first.
"""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from verify.checking.diagnose import BY_VALUE, repeats
from verify.checking.told import begins_wrongly
from verify.engines.workshop import Graphs, Watched, can_watch, watch
from verify.expression.graph import Apply, Const
from verify.expression.ops import FORMS
from verify.faults import CATALOGUE
from verify.generators import special
from verify.generators.scenarios import PLAIN
from verify.mending.source import Sources, sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from verify.engines import Engine
    from verify.engines.workshop import Line
    from verify.expression.graph import Case
    from verify.mending.syntax import Text
    from verify.verdict.outcome import Finding, SourceLine

_WROTE: Final = 0.5
_REFLECTED: Final = {
    "sub": "__rsub__=__sub__", "div": "__rtruediv__=__truediv__", "pow": "__rpow__=__pow__",
}  # fmt: skip
"""Names that one method must not have both of: the operands change places."""
_ARITHMETIC: Final = re.compile(r"[-+*/]")
_WRAPS: Final = re.compile(r"([\w, ]+) = ((?:[\w.]+\((\w+)\)(?:, )?)+)")
"""``other = node(other)``, and of several names at once: an operand is made a node."""
_BINDS: Final = re.compile(r"\bsetattr\(.*__r")
_SWAPPED: Final = frozenset({"rsub-swapped", "rtruediv-swapped", "rpow-swapped"})
"""Mistakes of the method that Python calls for a number on the left, not of what that calls."""
_NOTHING: Final = frozenset({"pass", "..."})
_GIVES_NONE: Final = " gives None"
_METHODS: Final = {
    "parameters": re.compile("param|weight"), "zero_grad": re.compile("zero"),
    "training": re.compile("step|update|train"), "output": re.compile("call|forward|init"),
}  # fmt: skip
"""By where something is wrong of a network: what the methods are called that may be to blame."""
_ANYWHERE, _NAMED = 0.1, 0.5
"""How suspicious lines are of a mistake in a network, and those of such a method."""
_MOST_NODES: Final = 40
"""A larger graph is not watched line by line."""


@dataclass(frozen=True)
class Spectrum:
    """How suspicious each line is.

    Attributes:
        scores: from 0, which no failing case runs, to 1, and above it where it wrote the number.
        forward: lines that ran while the operation was built, in their order.
        backward: lines that ran in the backward pass, likewise.
    """

    scores: dict[Line, float] = field(default_factory=dict)
    forward: tuple[Line, ...] = ()
    backward: tuple[Line, ...] = ()

    def lines(self, file: str) -> dict[int, float]:
        """The suspicious lines of one file."""
        return {n: s for (name, n), s in self.scores.items() if name == file and s > 0}


def of_networks(text: Text, places: Iterable[str], *, layered: bool = False) -> dict[int, float]:
    """How suspicious each line is where networks are wrong, by what its method is called.

    Args:
        text: with the networks.
        places: where they are wrong: ``parameters of MLP(2, [1])``.
        layered: whether those of one layer are right: then a class that is used by another network
            class, as a neuron and a layer are, is not to blame.
    """
    scores = dict.fromkeys(range(1, text.text.count("\n") + 2), _ANYWHERE)
    likely = [_METHODS[word] for place in places if (word := place.partition(" ")[0]) in _METHODS]
    used = _used(text) if layered else set()
    for function in text.functions(scores):
        cls = text.class_of(function)
        named = any(name.search(getattr(function, "name", "")) for name in likely)
        if named and (cls is None or cls.name not in used):
            for line in range(function.lineno, (function.end_lineno or 0) + 1):
                scores[line] = _NAMED
    return scores


def _used(text: Text) -> set[str]:
    """Classes that others of the same text name, to make one or to be one."""
    classes = [node for node in ast.walk(text.tree) if isinstance(node, ast.ClassDef)]
    return {
        name.id for cls in classes for name in ast.walk(cls)
        if isinstance(name, ast.Name) and name.id != cls.name
    } & {cls.name for cls in classes}  # fmt: skip


def spectrum(failing: Sequence[Watched], passing: Iterable[Watched]) -> Spectrum:
    """The suspicion of every line that a failing case ran."""
    runs = Counter(line for seen in failing for line in {r.line for r in seen.ran})
    good = Counter(line for seen in passing for line in {r.line for r in seen.ran})
    count = len(failing)
    scores = {
        line: hits / math.sqrt(count * (hits + good[line])) for line, hits in runs.items() if count
    }
    for seen in failing:
        for line in seen.wrote:
            scores[line] = scores.get(line, 0.0) + _WROTE / count
    forward = [r.line for seen in failing for r in seen.ran if r.during == "forward"]
    backward = [r.line for seen in failing for r in seen.ran if r.during == "backward"]
    return Spectrum(scores, tuple(dict.fromkeys(forward)), tuple(dict.fromkeys(backward)))


def plainly(case: Case, *, backward: bool) -> Graphs:
    """A case with one backward pass."""
    return Graphs(case.graph, case.point, PLAIN.steps(case) if backward else (("read",),))


def passing_forms(
    engine: Engine, forms: Mapping[str, str], without: Iterable[str] = ()
) -> dict[str, Watched]:
    """What each form that is right runs, watched once, by its text."""
    backward, left_out = engine.info.has_backward, set(without)
    return {
        text: watch(engine, plainly(special.single(FORMS[text])[0], backward=backward))
        for text, status in forms.items()
        if status in {"correct", "imprecise"} and text not in left_out
    }


def localised(
    engine: Engine, findings: Sequence[Finding], forms: Mapping[str, str]
) -> tuple[Finding, ...]:
    """The findings, each with the lines of its operation and of its rule, where there are any."""
    if not findings or not can_watch(engine):
        return tuple(findings)
    right: dict[str, Watched] | None = None
    found = []
    for finding in findings:
        large = len(finding.case.graph.nodes) > _MOST_NODES
        if finding.place or large or _nobodys(finding) or _never(finding):
            found.append(finding)
            continue
        if right is None:
            right = passing_forms(engine, forms)
        first = begins_wrongly(finding)
        forward, rule = _first(engine, finding) if first else _lines(engine, finding, right)
        found.append(_unwritten(replace(finding, forward=forward, rule=rule)))
    return tuple(found)


def _unwritten(finding: Finding) -> Finding:
    """A method that gives None because nothing stands in it is told as that."""
    title, rule = finding.diagnosis.title, finding.rule
    if rule is None or rule.text.strip() not in _NOTHING or not title.endswith(_GIVES_NONE):
        return finding
    told = replace(
        finding.diagnosis,
        title=f"{title.removesuffix(_GIVES_NONE)} is not written",
        explanation=f"Its method is `{rule.text.strip()}` and gives None: it is still to be "
        "written. It has to return a new node, with the operands as its parents.",
    )
    return replace(finding, diagnosis=told)


def _nobodys(finding: Finding) -> bool:
    """Whether no line of an operation is to blame, as what is wrong is what all of them share."""
    if BY_VALUE.keys() & {*finding.regions}:
        return True
    known = CATALOGUE.get(finding.diagnosis.fault)
    silent = finding.reading.raised is None and finding.wrong.quantity == "gradient"
    if not silent or begins_wrongly(finding):
        return False
    if known is not None:
        return not known.operations
    summed = repeats(finding.case) and finding.wrong.node in finding.case.graph.uses
    elsewhere = bool(finding.scenario or finding.answers)  # after something, or now and then
    return not finding.blames and (elsewhere or not summed)


def _never(finding: Finding) -> bool:
    """Whether the engine does not come back from it."""
    raised = finding.reading.raised
    return raised is not None and raised.type in {"timeout", "died", "memory"}


def _lines(
    engine: Engine, finding: Finding, right: Mapping[str, Watched]
) -> tuple[SourceLine | None, SourceLine | None]:
    case, wrong = finding.case, finding.wrong
    about = wrong.node if wrong.quantity == "gradient" else None
    seen = watch(engine, plainly(case, backward=engine.info.has_backward), about)
    texts = sources(engine.info, seen.files)
    own = {node.form for node in case.graph.nodes if isinstance(node, Apply)}
    others = [w for text, w in right.items() if text not in own]
    marked = spectrum([seen], others)
    made = _made(seen, finding)
    if (innocent := _with_nodes(case, right)) and finding.reading.raised is None:
        made = [line for line in made if line not in innocent]
        if not made:  # not how it is computed is wrong, but for which operation
            bound = _bound(texts)
            return bound, bound
    forward = most_suspicious(marked, made, texts)
    if (called := _reflected(finding, texts, made, forward)) is not None:
        return called, called
    raised = finding.reading.raised
    if raised is not None and raised.line:
        named = [r.line for r in seen.ran if r.line[1] == raised.line]
        where = named[-1] if named else next(((f, raised.line) for f in texts.texts), None)
        rule = texts.line(where) if where else None
        return forward or rule, rule or forward
    if wrong.quantity == "value":
        value = engine.info.adapter.get("value", "data")
        stores = _stores(value, made, texts) if wrong.node in case.graph.leaves else []
        shared = {r.line for w in others for r in w.ran}
        outside = [line for line in stores if line not in shared]
        forward = most_suspicious(marked, outside, texts) or forward
        return forward, forward
    wrote = [line for line in seen.wrote if line in marked.scores]
    shared = {r.line for w in others for r in w.ran}
    if repeats(case) and wrote:
        rule = texts.line(wrote[-1])
        kept = len(case.graph.operations) == 1 and _adds_for_all(texts, wrote[-1], shared)
        # Of two equal operands one was lost where they were kept, if what adds does so rightly.
        return forward or rule, (forward or rule) if kept else rule
    apart = {r.line for text, w in right.items() if not _same(text, case) for r in w.ran}
    candidates = _own(wrote, marked, shared) or _own(wrote, marked, apart)
    rule = most_suspicious(marked, candidates, texts)
    if rule is None and forward is not None and not wrote:
        rule = forward  # no rule ran: the operation was made without one
    if rule is None and finding.scenario:  # each rule is right by itself: what runs them is not
        runs = [line for line in marked.backward if line in shared and line not in wrote]
        rule = most_suspicious(marked, runs, texts)
    if rule is None:
        listed = _listed(seen, shared, forward)
        told = made if listed else wrote
        rule = most_suspicious(marked, told, texts, arithmetic=listed) or forward
    return forward, rule


def _first(engine: Engine, finding: Finding) -> tuple[None, SourceLine | None]:
    """The line that sets the gradient of the output last; ``None`` where none does."""
    case = finding.case
    plain = plainly(case, backward=engine.info.has_backward)
    seen = watch(engine, plain, len(case.graph.nodes) - 1)
    return None, sources(engine.info, seen.files).line(seen.wrote[-1]) if seen.wrote else None


def _stores(value: str, lines: Sequence[Line], texts: Sources) -> list[Line]:
    """Those lines that give a node another value."""
    given = re.compile(rf"\.{re.escape(value)}\s*(?:[-+*/]|\*\*|//)?=(?!=)")
    return [line for line in lines if given.search(_text(texts, line))]


def _reflected(
    finding: Finding, texts: Sources, made: Sequence[Line], forward: SourceLine | None
) -> SourceLine | None:
    """The line of an operator with a number on the left, where operands changed places."""
    if finding.reading.raised is None and (alias := _alias(texts, finding.case)) is not None:
        return alias
    if finding.diagnosis.fault not in _SWAPPED:
        return None
    first = next((line for line in made if _computes(_text(texts, line))), None)
    return texts.line(first) if first else forward


def _with_nodes(case: Case, right: Mapping[str, Watched]) -> set[Line]:
    """The lines that the operation runs with a node on the left, where a number is there."""
    node = case.graph.nodes[-1]
    if not isinstance(node, Apply) or len(case.graph.operations) != 1:
        return set()
    if not isinstance(node.args[0], Const):
        return set()
    forms = [text for text in right if FORMS[text].op == node.op and FORMS[text].nodes[0]]
    return {ran.line for text in forms for ran in right[text].ran}


def _bound(texts: Sources) -> SourceLine | None:
    """The only line that gives operators with a number on the left their methods by name."""
    lines = [
        (file, place)
        for file, text in texts.texts.items()
        for place, row in enumerate(text.splitlines(), 1)
        if _BINDS.search(row)
    ]
    return texts.line(lines[0]) if len(lines) == 1 else None


def _alias(texts: Sources, case: Case) -> SourceLine | None:
    """``__rsub__ = __sub__``, where a number stands on the left: the line that is wrong."""
    node = case.graph.nodes[-1]
    if not isinstance(node, Apply) or not isinstance(node.args[0], Const):
        return None
    names = _REFLECTED.get(node.op, "") if len(case.graph.operations) == 1 else ""
    for file, text in texts.texts.items():
        for place, row in enumerate(text.splitlines(), 1):
            if names and "".join(row.split()).startswith(names):
                return texts.line((file, place))
    return None


def _adds_for_all(texts: Sources, line: Line, shared: set[Line]) -> bool:
    """Whether a line of the pass adds to a gradient, as it has to."""
    return line in shared and "+=" in _text(texts, line)


def _own(wrote: Sequence[Line], marked: Spectrum, shared: set[Line]) -> list[Line]:
    """The lines of the rule that nothing else runs: first those that wrote the number."""
    return [line for line in wrote if line not in shared] or [
        line for line in marked.backward if line not in shared
    ]


def _same(text: str, case: Case) -> bool:
    """Whether a form is one of the case's operations.

    What is wrong at some numbers only is right in other forms of it, which run the same rule.
    """
    return FORMS[text].op in case.graph.operations


def _listed(seen: Watched, shared: set[Line], forward: SourceLine | None) -> bool:
    """Whether all share the pass itself, so that the local derivative stands where it is made."""
    return forward is not None and all(line in shared for line in seen.wrote)


def _made(seen: Watched, finding: Finding) -> list[Line]:
    """The lines that made the operations which are called wrong, or all of them."""
    nodes = finding.case.graph.nodes
    blamed = finding.blames or frozenset()
    wanted = {i for i, n in enumerate(nodes) if isinstance(n, Apply) and n.op in blamed}
    wanted = wanted or {i for i, n in enumerate(nodes) if isinstance(n, Apply)}
    return [r.line for r in seen.ran if r.during == "forward" and r.node in wanted]


def most_suspicious(
    marked: Spectrum, lines: Sequence[Line], texts: Sources, *, arithmetic: bool = False
) -> SourceLine | None:
    """The most suspicious of some lines: of equals the first that computes something.

    Args:
        marked: how suspicious each is.
        lines: to choose from.
        texts: what stands there.
        arithmetic: whether one with arithmetic is likelier, as a local derivative has.
    """
    best = sorted(
        dict.fromkeys(lines), key=lambda line: (-round(marked.scores.get(line, 0.0), 6))
    )
    top = [x for x in best if marked.scores.get(x, 0) >= marked.scores.get(best[0], 0) - 1e-9]

    def rank(line: Line) -> tuple[bool, bool, bool]:
        text = _text(texts, line)
        plain = arithmetic and not _ARITHMETIC.search(text)
        return not _computes(text), text.strip().startswith("def "), plain

    for line in sorted(top, key=rank):
        if (found := texts.line(line)) is not None:
            return found
    return None


def _text(texts: Sources, line: Line) -> str:
    lines = texts.texts.get(line[0], "").splitlines()
    return lines[line[1] - 1] if line[1] <= len(lines) else ""


def _computes(text: str) -> bool:
    """Whether a line computes something, and does not only wrap a number."""
    plain = "isinstance" not in text and not text.strip().startswith(("def ", "class ", "assert"))
    return plain and any(sign in text for sign in "+-*/(") and not _wraps(text)


def _wraps(text: str) -> bool:
    """Whether a line only makes nodes of names, each under its own."""
    found = _WRAPS.fullmatch(text.strip())
    return found is not None and found[1].split(", ") == re.findall(r"\((\w+)\)", found[2])

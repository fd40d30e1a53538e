"""What is not as it was recorded: a finding where it is a mistake, else one for all of its kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from verify.corpus.answers import OTHER_BITS
from verify.expression.reading import Reading
from verify.generators.shrink import tidy
from verify.verdict.judgement import Judged, Judgement, Verdict
from verify.verdict.outcome import Diagnosis, Finding, Triage, telling

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from verify.corpus.answers import OtherNetwork
    from verify.corpus.entry import Entry, Lesson
    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.expression.reading import NetworkReading
    from verify.generators.architectures import Architecture

Kind = Literal["bits", "answers", "raises", "ends"]
"""Other bits; a number where something was raised; something else raised; raised instead of
a number, which is a mistake."""

TITLES: Final[dict[Kind, str]] = {
    "ends": "raises otherwise than recorded",
    "bits": "other bits than recorded",
    "answers": "an answer where an error was recorded",
    "raises": "another error than recorded",
}
"""Of each kind the title of its finding, in this order: what is a mistake comes first."""
_LONGEST: Final = 40
"""Characters of an expression that is named by itself."""


@dataclass(frozen=True, slots=True)
class Stray:
    """A case on which an engine is not as it was recorded.

    Attributes:
        entry: what was recorded.
        reading: what the engine says now.
        judgement: what the bounds say of that.
        number: the first that is not as recorded.
    """

    entry: Entry
    reading: Reading
    judgement: Judgement
    number: Judged

    @property
    def kind(self) -> Kind:
        """How it is not as recorded."""
        then = self.entry.reading
        now, before = self.reading.raised is not None, then is not None and then.raised is not None
        return ("raises" if before else "ends") if now else "answers" if before else "bits"


    @property
    def wrong(self) -> bool:
        """Whether it is wrong by the bounds; not so what raises now as it did before."""
        return bool(self.judgement.wrong) and self.kind != "raises"

    @property
    def mistaken(self) -> bool:
        """Whether it is a mistake: wrong, or an error in place of a number."""
        return self.wrong or self.kind == "ends"


@dataclass(slots=True)
class Otherwise:
    """All that is not as it was recorded, and is not wrong by the bounds.

    Attributes:
        engine: that is replayed.
        strays: the cases, by kind.
        networks: lessons in which other bits came out, with what the network said.
    """

    engine: Engine
    strays: dict[Kind, list[Stray]] = field(default_factory=dict)
    networks: list[tuple[Lesson, OtherNetwork, Architecture]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.strays or self.networks)

    def enter(self, stray: Stray) -> None:
        """Add a case."""
        self.strays.setdefault(stray.kind, []).append(stray)

    def findings(self) -> Iterator[Finding]:
        """One finding for each kind; other bits of networks stand with those of expressions."""
        for kind in TITLES:
            if strays := self.strays.get(kind):
                yield self._of(kind, strays)
            elif kind == "bits" and self.networks:
                yield replace(other_network(*self.networks[0]), unlike=(0, len(self.networks)))

    def _of(self, kind: Kind, strays: Sequence[Stray]) -> Finding:
        first = min(strays, key=_plainest)
        others = [each for each in strays if each is not first]
        networks = self.networks if kind == "bits" else []
        text = " ".join([_explained(first, others), *_of_networks(networks)])
        found = stray_finding(self.engine, first, text)
        counted = (len(strays), len(networks))
        return found if kind == "ends" else replace(found, unlike=counted)


def stray_finding(engine: Engine, stray: Stray, explanation: str = "") -> Finding:
    """The finding of one case, cut down to the operation where it begins, if that shows it too."""
    stray = _cut(engine, stray)
    entry, judgement, number = stray.entry, stray.judgement, stray.number
    readings = recorded(entry, number)
    if stray.wrong:  # to what is right, not to what was recorded
        number = telling(judgement, entry.case)
    title = TITLES["bits" if stray.wrong and stray.reading.raised is None else stray.kind]
    text = explanation or _explained(stray, ())
    return _finding(
        entry.milestone, entry.case, number, title, text, stray.reading, readings=readings,
        place=_place(entry.case, number),
    )  # fmt: skip


def other_network(lesson: Lesson, other: OtherNetwork, shape: Architecture) -> Finding:
    """A network that does not do, bit by bit, what was recorded; no program shows it."""
    exercise = lesson.exercise
    case = exercise.cases(shape)[0]
    got = other.got if isinstance(other.got, float) else None
    number = Judged(len(case.graph.nodes) - 1, "value", Verdict.WRONG, OTHER_BITS, got)
    sizes = f"a network of {' → '.join(map(str, exercise.sizes))}"
    found = _finding(
        lesson.milestone, case, number, TITLES["ends" if other.raised else "bits"],
        f"{sizes.capitalize()}: {other}.", Reading("engine", raised=other.raised),
        readings={"recorded": other.recorded}, place=f"{other.what} of {sizes}",
    )  # fmt: skip
    return replace(found, program="")


def recorded(entry: Entry, wrong: Judged) -> dict[str, str]:
    """What the recorded engine said of a number; nothing where none was recorded."""
    then = entry.reading
    if then is None:
        return {}
    if then.raised is not None:
        return {"recorded": f"raises {then.raised.type}"}
    column = then.column(wrong.quantity)
    number = column[wrong.node] if wrong.node < len(column) else None
    return {"recorded": "nothing" if number is None else repr(number)}


def refuses(reading: NetworkReading | None) -> bool:
    """Whether there is no network."""
    return reading is not None and reading.raised is not None and reading.raised.refused


def _plainest(stray: Stray) -> tuple[bool, int]:
    return stray.judgement.verdict is not Verdict.CORRECT, len(stray.entry.case.graph.operations)


def _explained(first: Stray, others: Sequence[Stray]) -> str:
    """What the bounds say of a case, and of the others of its kind."""
    verdict = first.judgement.verdict
    text = f"By the bounds in the corpus, the engine is {verdict} here"
    if first.kind == "raises":
        also = f", and on {len(others):,} other expressions" if others else ""
        return f"It raised an error here when it was recorded, too{also}."
    if not others:
        return f"{text}."
    counted = Counter(each.judgement.verdict for each in others)
    operations = dict.fromkeys(op for each in others for op in each.entry.case.graph.operations)
    unlike = {
        "bits": "whose bits are not the recorded ones",
        "answers": "where an error was recorded and there is none",
        "ends": "where it raises an error and none was recorded",
    }[first.kind]
    whose = f"{counted.pop(verdict, 0):,} other expressions, of {', '.join(operations)}"
    text += f", and on {whose}, {unlike}"
    for other, count in counted.items():
        text += f"; on {count:,} more it is {other}"
    return f"{text}."


def _of_networks(networks: Sequence[tuple[Lesson, OtherNetwork, Architecture]]) -> Iterator[str]:
    if networks:
        lesson, other, _ = networks[0]
        count = f"{len(networks)} networks have" if len(networks) > 1 else "One network has"
        sizes = " → ".join(map(str, lesson.exercise.sizes))
        yield f"{count} other bits, too; that of {sizes}: {other}."


def _cut(engine: Engine, stray: Stray) -> Stray:
    """The case up to the node whose value is not as recorded, if the engine says the same there."""
    entry, number = stray.entry, stray.number
    case, node = entry.case, number.node
    then = entry.reading
    if number.quantity != "value" or then is None or node in case.graph.leaves:
        return stray
    leaves = sum(leaf <= node for leaf in case.graph.leaves)
    small = tidy(case.graph.nodes[: node + 1], case.point[:leaves])
    if len(small.graph.nodes) == len(case.graph.nodes):
        return stray
    now, last = engine.run(small.graph, small.point)[-1], len(small.graph.nodes) - 1
    if then.raised is None and now.raised is None and stray.reading.raised is None:
        values = (*[None] * last, then.values[node])
        same = now.values[last] == number.got
    else:
        raised = stray.reading.raised
        values = ()
        same = (
            raised is not None and now.raised is not None and now.raised.type == raised.type
            and now.raised.node == last
        )  # fmt: skip
    if not same:
        return stray
    smaller = replace(then, values=values, gradients=()) if values else then
    return replace(
        stray,
        entry=replace(entry, case=small, reading=smaller),
        reading=now,
        number=replace(number, node=last),
    )


def _place(case: Case, number: Judged) -> str:
    """The output by what it computes, where that is short: its name stands nowhere."""
    text = case.graph.expression()
    named = number.quantity == "value" and number.node == len(case.graph.nodes) - 1
    return f"value of {text}" if named and ";" not in text and len(text) <= _LONGEST else ""


def _finding(  # noqa: PLR0913, PLR0917 - a finding has that many sides
    check: str,
    case: Case,
    wrong: Judged,
    title: str,
    summary: str,
    reading: Reading,
    *,
    readings: Mapping[str, float | str] = MappingProxyType({}),
    place: str = "",
) -> Finding:
    return Finding(
        check=check,
        case=case,
        original=case,
        wrong=wrong,
        readings=readings,
        triage=Triage(None, None, None, summary),
        diagnosis=Diagnosis("", title, summary),
        reading=reading,
        place=place,
    )

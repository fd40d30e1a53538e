"""The reference corpus: what it promises, and that the engine under test gives its answers."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.recorded import CORPUS, recorded
from verify.commands.record import CASES
from verify.corpus.answers import answers, ended, judged, other_bits
from verify.corpus.entry import Entry, Lesson, Line
from verify.corpus.format import encode, encode_header, whole
from verify.corpus.population import MILESTONES, NETWORKS, VERSION, exercises, population
from verify.corpus.record import anew, renewed
from verify.engines import Engine
from verify.expression.graph import Apply
from verify.expression.ops import FORMS, OPS
from verify.expression.reading import Truth
from verify.generators.chains import LENGTHS
from verify.networks.judge import NetworkJudge
from verify.verdict.judgement import Verdict
from verify.versions import versions

HEADER, LINES = recorded()
ENTRIES = [line for line in LINES if isinstance(line, Entry)]
LESSONS = [line for line in LINES if isinstance(line, Lesson)]
FEW = {"depth", "networks"}
"""Milestones with a handful of large cases."""


def forms_of(entry: Entry) -> set[str]:
    """The ways of writing an operation in the graph."""
    return {node.form for node in entry.case.graph.nodes if isinstance(node, Apply)}


def wrong(engine: Engine, entries: list[Entry]) -> list[str]:
    """What the engine gets wrong, in words."""
    return [
        f"{entry.case}: {number.quantity} of node {number.node}: {number.got} ({number.reason})"
        for entry, reading in answers(engine, entries)
        for number in judged(entry, reading, backward=engine.info.has_backward).wrong
        if not ended(entry, reading)
    ]


@pytest.mark.parametrize("milestone", [m for m in MILESTONES if m != "networks"])
def test_milestone(engine: Engine, engine_forms: frozenset[str], milestone: str) -> None:
    """On every case of the milestone that uses only what the engine has, its numbers are right."""
    mine = [e for e in ENTRIES if e.milestone == milestone and forms_of(e) <= engine_forms]
    if not mine:
        pytest.skip(f"not implemented: whatever {milestone} needs")
    assert wrong(engine, mine) == []


@pytest.mark.parametrize("form", [pytest.param(f, marks=pytest.mark.forms(f)) for f in FORMS])
def test_form(engine: Engine, form: str) -> None:
    """Every case of this way of writing an operation, alone, is right."""
    mine = [e for e in ENTRIES if forms_of(e) == {form} and e.milestone != "edges"]
    assert mine
    assert wrong(engine, mine) == []


def test_networks(engine: Engine) -> None:
    """The engine's own networks give the answers of one convention, if it has any networks."""
    network_judge = NetworkJudge(engine)
    looked = [network_judge.judge(lesson.exercise, lesson) for lesson in LESSONS]
    if all(each.skipped for each in looked):
        pytest.skip(f"not implemented: {looked[0].skipped}")
    assert [each.finding for each in looked if each.finding] == []
    assert sum(len(each.judgements) for each in looked) >= 3


def test_size() -> None:
    """At least 2,000 different cases in less than 2 MB."""
    assert len({(e.case.graph, tuple(map(repr, e.case.point))) for e in ENTRIES}) >= 2000
    assert CORPUS.stat().st_size < 2_000_000


def test_covers_everything() -> None:
    """Every milestone and every way of writing an operation has a few cases of its own."""
    milestones = Counter(e.milestone for e in ENTRIES)
    assert min(milestones[m] for m in MILESTONES if m not in FEW) >= 50
    assert milestones["depth"] == len(LENGTHS)
    assert tuple(each.exercise.sizes for each in LESSONS) == NETWORKS
    forms = Counter(form for e in ENTRIES for form in forms_of(e))
    assert min(forms[text] for text in FORMS) >= 10
    assert {op for e in ENTRIES for op in e.case.graph.operations} == set(OPS)


def test_agreed() -> None:
    """All four oracles took part when it was recorded."""
    assert HEADER.oracles == ("interval", "symbolic", "difference", "torch")


def test_seed_and_generator() -> None:
    """The cases and exercises are those that the generator makes of the seed, in that order."""
    if HEADER.generator != VERSION:
        pytest.skip(f"recorded by generator {HEADER.generator}, this is {VERSION}")
    assert HEADER.seed is not None
    chosen = [(c.case, c.milestone, c.tags) for c in population(CASES, HEADER.seed)]
    assert [(e.case, e.milestone, e.tags) for e in ENTRIES] == chosen, GENERATED
    assert [each.exercise for each in LESSONS] == exercises(HEADER.seed), GENERATED


GENERATED = """the generator makes other cases: raise verify.corpus.population.VERSION and run
verify record - -o tests/reference/corpus.jsonl"""


def recorded_again() -> Iterator[Line]:
    """The same cases, answered here and now; a dispute of the oracles is an exception."""
    return map(anew, LINES)


@pytest.mark.slow
def test_recorded_again() -> None:
    """The oracles give the same file to the byte, the header's versions apart.

    Under other versions of the oracles' libraries, the answers may differ by less than the bounds.
    """
    again = list(recorded_again())
    names = ("sympy", "python-flint")
    if any(HEADER.versions[name] != versions()[name] for name in names):
        assert [clash(old, new) for old, new in zip(LINES, again, strict=True)] == [""] * len(again)
        return
    header, text = whole(renewed(HEADER), again)
    lines = zip(CORPUS.read_text().splitlines(), text.splitlines(), strict=True)
    changed = [pair for place, pair in enumerate(lines) if place and len(set(pair)) > 1]
    assert changed == [], REMEDY
    due = encode_header(HEADER) | {"versions": dict(header.versions), "oracles": [*header.oracles]}
    assert encode_header(header) == due


REMEDY = """the oracles now answer otherwise: if that is meant, record the corpus again with
verify record - --from tests/reference/corpus.jsonl -o tests/reference/corpus.jsonl"""


def truths(line: Line) -> list[Truth]:
    """All that a line promises."""
    if isinstance(line, Entry):
        return [line.truth]
    passes = [passed for convention in line.answers.values() for passed in convention]
    moved = [passed.moved.truth for passed in passes if passed.moved]
    return [passed.numbers.truth for passed in passes] + moved


def clash(old: Line, new: Line) -> str:
    """Where two answers to the same case exclude each other; empty if nowhere."""
    pairs = [
        pair
        for one, other in zip(truths(old), truths(new), strict=True)
        for pair in (
            *zip(one.values, other.values, strict=True),
            *zip(one.gradients, other.gradients, strict=True),
        )
    ]
    for a, b in pairs:
        if (
            a
            and b
            and a.known
            and b.known
            and abs(a.middle - b.middle) > a.bound + b.bound + a.radius
        ):
            return f"line {old.line}: {a} and {b}"
    return ""


def test_every_answer_catches_a_mistake(engine: Engine, engine_forms: frozenset[str]) -> None:
    """A gradient that is off by 1 % is wrong by the file alone, wherever it is decided at all."""
    caught = Counter[bool]()
    mine = [
        e
        for e in ENTRIES
        if e.milestone not in {"edges", "forward", "depth"} and forms_of(e) <= engine_forms
    ]
    for entry, reading in answers(engine, mine):
        if reading.raised or judged(entry, reading).counts.keys() - {Verdict.CORRECT}:
            continue
        leaf = entry.case.graph.leaves[0]
        slopes = list(reading.gradients)
        e = entry.reference.truth.gradients[leaf]
        if not slopes[leaf] or (e is not None and e.note):
            continue
        slopes[leaf] = (slopes[leaf] or 0.0) * 1.01
        lie = type(reading)(reading.source, reading.values, tuple(slopes))
        caught[bool(judged(entry, lie).wrong)] += 1
    assert caught[False] <= caught[True] // 100
    assert caught[True] > 500


def test_lines_are_canonical() -> None:
    """Reading and writing a line gives the same line: nothing is lost in the file."""
    assert [encode(line) for line in LINES] == CORPUS.read_text().splitlines()[1:]


def test_without_bits_nothing_is_demanded(engine: Engine) -> None:
    """The reference corpus comes from the oracles: it holds no engine's bits."""
    assert HEADER.engine is None
    for entry, reading in answers(engine, ENTRIES[:5]):
        assert other_bits(entry, reading) is None

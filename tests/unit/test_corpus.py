"""Corpora as files: what is written is read back, and what is damaged is refused with its line."""

import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd.engine import Value
from tests.recorded import CORPUS, recorded
from verify.corpus.answers import answers, judged, other_bits
from verify.corpus.codec import up
from verify.corpus.cross_python import Run, agreement
from verify.corpus.entry import Entry, Header, Lesson, Line
from verify.corpus.format import CorpusError, decode, encode, read, whole
from verify.corpus.mistakes import Mistakes
from verify.corpus.population import (
    MILESTONES,
    NETWORKS,
    Chosen,
    draw,
    exercises,
    milestone,
    population,
)
from verify.corpus.record import answer, golden, lesson
from verify.corpus.replay import replay
from verify.engines import load
from verify.expression.graph import Case
from verify.expression.reading import QUANTITIES, NetworkState, Raised, Reading
from verify.faults import CATALOGUE, SOURCE, Fault, module
from verify.generators.architectures import NAMED
from verify.generators.chains import chain
from verify.networks import task
from verify.report.text import report
from verify.verdict.judgement import Judgement
from verify.verdict.outcome import Finished, Outcome

REFERENCE = CORPUS
_, LINES = recorded()
ALL = [line for line in LINES if isinstance(line, Entry)]
LESSONS = [line for line in LINES if isinstance(line, Lesson)]
SOME = [*ALL[::40], next(e for e in ALL if e.case.graph.operations == ("tanh",) and e.gradients)]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A small corpus from the reference."""
    path = tmp_path / "corpus.jsonl"
    path.write_text(whole(Header(0, "", 0, 1, ("interval",)), SOME)[1])
    return path


def edited(path: Path, line: int, **changes: object) -> Path:
    """The file with keys of one line changed, or removed where None."""
    lines = path.read_text().splitlines()
    data = json.loads(lines[line - 1]) | changes
    lines[line - 1] = json.dumps({key: x for key, x in data.items() if x is not None})
    path.write_text("\n".join(lines) + "\n")
    return path


def refusal(path: Path) -> str:
    """What reading the whole file says, without the folder."""
    with pytest.raises(CorpusError) as caught:
        list(read(path)[1])
    return str(caught.value).replace(str(path), path.name)


def test_round_trip(corpus: Path) -> None:
    """What is read is what was written, the line numbers apart."""
    header, entries = read(corpus)
    found = list(entries)
    assert header.cases == len(SOME)
    assert [e.line for e in found] == list(range(2, len(SOME) + 2))
    assert [replace(e, line=0) for e in found] == [replace(e, line=0) for e in SOME]


def test_nothing_is_believed_before_the_digest_fits(corpus: Path) -> None:
    """Not even the entries before a damaged line: what came of them would be a verdict."""
    edited(corpus, 12, graph=None)
    with pytest.raises(CorpusError, match="line 12: "):
        read(corpus)


def test_unknown_keys_are_ignored(corpus: Path) -> None:
    """A key, and a column, of a later version are passed over; the case is read as before."""
    line = json.loads(corpus.read_text().splitlines()[1])
    later = line | {"difficulty": 3, "tags": [*line["tags"]]}
    assert decode(later, "x", 2) == decode(line, "x", 2)
    row = [1.0, 0.5, 0.25, 0.75, 0.0, 0.75, 9.0, "kink"]
    entry = decode(line | {"values": [row] * len(line["values"])}, "x", 2)
    assert {e.note for e in entry.reference.truth.values if e} == {"kink"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"graph": None}, "graph or network is missing"),
        ({"graph": [["leaf", "a"], ["frob", 0]]}, "node 1: no operation 'frob'"),
        ({"graph": [["leaf", "a"], ["neg", 7]]}, "node 1: operand 7 is not an earlier node"),
        ({"point": []}, "1 leaves need as many numbers, not 0"),
        ({"point": ["zwei"]}, "invalid hexadecimal floating-point string"),
        ({"values": []}, "0 values for 2 nodes"),
        ({"values": [None, "many"]}, "'many' is not a number, nor nan, inf or -inf as text"),
        ({"values": [None, [1.0, 2.0, 0.0, 1.0]]}, "is not an enclosure"),
        ({"values": [None, []]}, "an enclosure without a middle"),
        ({"gradients": [1.0]}, "1 gradients for 2 nodes"),
        ({"milestone": 3}, "milestone: 3 is not text"),
    ],
)
def test_refused_with_line_and_reason(
    corpus: Path, changes: dict[str, object], reason: str
) -> None:
    """A line that is not a case is named, with what is wrong with it."""
    simple = {"graph": [["leaf", "a"], ["neg", 0]], "point": ["0x1p+0"], "values": [None, -1.0]}
    message = refusal(edited(corpus, 3, **simple | {"gradients": [-1.0, 1.0]} | changes))
    assert message.startswith("corpus.jsonl, line 3: ")
    assert reason in message


def test_damage_is_noticed(corpus: Path) -> None:
    """Not JSON, empty, cut or edited: each is refused, the last two at the end."""
    whole = corpus.read_text()
    corpus.write_text(whole.replace('"milestone"', "milestone", 1))
    assert "line 2: not JSON" in refusal(corpus)
    corpus.write_text("\n".join([whole.splitlines()[0], "", *whole.splitlines()[1:]]) + "\n")
    assert "line 2: it is empty" in refusal(corpus)
    corpus.write_text("".join(whole.splitlines(keepends=True)[:-1]))
    assert f"{len(SOME) - 1} cases where the header promises {len(SOME)}" in refusal(corpus)
    corpus.write_text(whole.replace('"forward"', '"forwent"', 1))
    assert "the digest does not fit" in refusal(corpus)
    corpus.write_text(whole.replace("verify.corpus/1", "verify.corpus/2", 1))
    assert "schema 'verify.corpus/2'; this version reads verify.corpus/1" in refusal(corpus)


@given(st.floats(min_value=0.0, allow_nan=False))
def test_bounds_are_rounded_up(size: float) -> None:
    """A bound in the file is never below the true one, a tenth above at most, and stays so."""
    rounded = up(size)
    assert rounded >= size
    assert rounded <= size * 1.11 or size < 1e-307
    assert up(rounded) == rounded


def test_population_repeats() -> None:
    """The same seed gives the same cases, another seed others; milestones come in order."""
    one, again, other = (population(900, seed) for seed in (0, 0, 1))
    assert one == again
    assert one != other
    places = [MILESTONES.index(chosen.milestone) for chosen in one]
    assert places == sorted(places)
    assert len({chosen.case for chosen in one}) == len(one)


def test_exercises_repeat() -> None:
    """The same seed gives the same exercises, and something flows through each layer of relus."""
    one, again, other = (exercises(seed) for seed in (0, 0, 1))
    assert one == again
    assert [each.sizes for each in one] == [each.sizes for each in other] == list(NETWORKS)
    assert one != other
    for each in one + other:
        rows = (each.parameters, each.again)
        assert all(a.flows(each.layers, p, each.inputs) for a in NAMED.values() for p in rows)


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("a * b", "local derivatives"),
        ("(a * b).tanh()", "chain rule"),
        ("a + 2", "numbers"),
        ("a * a", "accumulation"),
        ("c = a * b; c + c", "order"),
        ("c = a; c += b; c", "in place"),
    ],
)
def test_milestones(text: str, step: str) -> None:
    """The latest step of the course that a graph needs."""
    case = Case.parse(text, **{name: 1.5 for name in "ab" if name in text})
    assert milestone(case) == step


@given(st.integers(0, 1000))
def test_an_answer_survives_the_file(seed: int) -> None:
    """Whatever is recorded is read back as it was, up to the rounding of the bounds."""
    *_, case = draw(8, seed, "wide")
    entry = answer(Chosen(case, milestone(case), ("wide",)))
    assert encode(decode(json.loads(encode(entry)), "x", 1)) == encode(entry)


def outcome(path: Path, *, exact: bool = False) -> Outcome:
    """The outcome of replaying a corpus on our engine."""
    with load(Value) as engine:
        *_, last = replay(engine, *read(path), exact=exact)
    assert isinstance(last, Finished)
    return last.outcome


def test_golden(tmp_path: Path) -> None:
    """An engine's bits are recorded; one other bit, within every bound, fails ``exact`` alone."""
    path = tmp_path / "golden.jsonl"
    with load(Value) as engine:
        entries = list(golden(SOME, engine))
    header = Header(0, "", 0, 1, engine={"spec": "x", "class": "Value", "python": "3"})
    path.write_text(whole(header, entries)[1])
    assert outcome(path, exact=True).verdict == "correct"
    place = next(i for i, e in enumerate(entries) if e.milestone == "chain rule")
    due = entries[place].reading
    assert due is not None
    values = (*due.values[:-1], (due.values[-1] or 0.0) * (1 + 2**-52))
    entries[place] = replace(entries[place], reading=replace(due, values=values))
    path.write_text(whole(header, entries)[1])
    assert outcome(path).verdict == "correct"
    found = outcome(path, exact=True)
    assert found.verdict == "wrong"
    (shown,) = found.findings
    assert shown.diagnosis.title == "other bits than recorded"
    assert (shown.wrong.got, shown.readings["recorded"]) == (due.values[-1], repr(values[-1]))


def nudged(entries: list[Line]) -> list[int]:
    """The places of three entries of which the last value is now recorded with another last bit."""
    places = [i for i, e in enumerate(entries) if e.milestone == "chain rule"][:3]
    for place in places:
        entry = entries[place]
        assert isinstance(entry, Entry)
        due = entry.reading
        assert due is not None
        values = (*due.values[:-1], (due.values[-1] or 0.0) * (1 + 2**-52))
        entries[place] = replace(entry, reading=replace(due, values=values))
    return places


def test_bits_are_told_once(tmp_path: Path) -> None:
    """All of one kind of bits that rounding explains are one finding; that none differ is said."""
    path = tmp_path / "golden.jsonl"
    with load(Value) as engine:
        entries = list(golden(SOME, engine))
    header = Header(0, "", 0, 1, engine={"spec": "x", "class": "Value", "python": "3"})
    path.write_text(whole(header, entries)[1])
    assert (outcome(path).reason, outcome(path, exact=True).reason) == ("", "bits: all equal")
    places = nudged(entries)
    path.write_text(whole(header, entries)[1])
    (shown,) = outcome(path, exact=True).findings
    other = len(places) - 1
    assert f"correct here, and on {other} other expressions, of" in shown.diagnosis.explanation


def told(found: Outcome) -> str:
    """The whole report as text."""
    return "\n".join(line.plain for line in report(found, 400))


def test_other_bits_are_no_mistake(tmp_path: Path) -> None:
    """They are told with their count, apart from mistakes, and the program says what it shows."""
    path = tmp_path / "golden.jsonl"
    with load(Value) as engine:
        entries = list(golden(SOME, engine))
    header = Header(0, "", 0, 1, ("interval",), engine={"spec": "x"})
    places = nudged(entries)
    path.write_text(whole(header, entries)[1])
    found = outcome(path, exact=True)
    (shown,) = found.findings
    assert (shown.unlike, found.verdict, found.exit_code) == ((len(places), 0), "wrong", 1)
    assert "wrong" not in found.operations.values()
    lines = told(found).splitlines()
    assert lines[0].startswith("DIFFERENT")
    assert "1. other bits than recorded: 2 expressions" in lines
    said = "no new mistake; other bits than recorded: 2 expressions"
    assert lines[-1].endswith(said)
    printed = next(line for line in lines if "print(" in line)
    assert printed.endswith(f"is {shown.wrong.got!r}, recorded {shown.readings['recorded']}")


@pytest.mark.parametrize(
    ("then", "now", "titles"),
    [
        (Raised("OverflowError", node=1), Raised("AttributeError", node=2, refused=True), []),
        (Raised("OverflowError", node=1), Raised("ValueError", node=1), ["another error"]),
        (Raised("OverflowError", node=1), None, ["an answer where"]),
        (None, Raised("AttributeError", node=2, refused=True), ["raises otherwise"]),
    ],
)
def test_what_was_raised_when_it_was_recorded(
    monkeypatch: pytest.MonkeyPatch, then: Raised | None, now: Raised | None, titles: list[str]
) -> None:
    """An error instead of an error is no mistake, and a missing operation nothing at all."""
    entry = next(e for e in ALL if len(e.case.graph.nodes) == 3 and e.milestone == "chain rule")
    case = entry.case
    with load(Value) as engine:
        right = engine.run(case.graph, case.point)[-1]
        before, after = (right if r is None else Reading("engine", raised=r) for r in (then, now))
        monkeypatch.setattr(type(engine), "run_many", lambda _, cases, __: ([after] for _ in cases))
        monkeypatch.setattr(type(engine), "run", lambda *_: [after])
        header = Header(1, "", 0, 1, engine={"spec": "x"})
        *_, last = replay(engine, header, [replace(entry, reading=before)], exact=True)
    assert isinstance(last, Finished)
    found = last.outcome.findings
    assert [f.diagnosis.title[: len(t)] for f, t in zip(found, titles, strict=True)] == titles
    assert [bool(f.unlike[0]) for f in found] == [then is not None] * len(titles)
    if not titles:
        assert last.outcome.accounts.skipped == {"not implemented": 1}


@pytest.mark.parametrize("kept", [True, False])
def test_a_network_with_other_bits(*, kept: bool) -> None:
    """It is one difference with both numbers, and no program; one that is gone is told."""
    short = LESSONS[:2]
    source = SOURCE if kept else NO_NETWORK
    header = Header(2, "", 0, 1, ("interval",), engine={"spec": "x"})
    with load(module(SOURCE), overrides={"class": "Value"}) as engine:
        lessons = list(golden(short, engine))
    for place, each in enumerate(lessons):
        assert isinstance(each, Lesson)
        assert each.reading is not None
        first, *others = each.reading.states
        data = tuple([(x or 0.0) * (1 + 2**-52) for x in first.data])
        other = replace(each.reading, states=(replace(first, data=data), *others))
        lessons[place] = replace(each, reading=other)
    with load(module(source), overrides={"class": "Value"}) as engine:
        *_, last = replay(engine, header, lessons, exact=kept)
    assert isinstance(last, Finished)
    found = last.outcome
    if kept:
        (shown,) = found.findings
        assert (shown.unlike, shown.program) == ((0, 2), "")
        assert shown.readings["recorded"] != repr(shown.wrong.got) != "None"
        assert shown.where.startswith("data at reading 0 of a network of 1")
    else:
        assert "none was asked: the corpus holds networks" in told(found)
        assert found.accounts.skipped == {"no network, where one was recorded": 2}


def test_oracles_of_the_corpus(corpus: Path) -> None:
    """A replay asks no oracle: those that answered are told as the corpus's."""
    found = outcome(corpus)
    lines = [line.plain for line in report(found, 400, verbose=True)]
    assert "oracles      none was asked; the corpus holds the answers of interval" in lines


def test_exact_needs_bits(corpus: Path) -> None:
    """A corpus from the oracles has no bits to demand."""
    with pytest.raises(ValueError, match="holds no engine's bits"):
        outcome(corpus, exact=True)


def test_bits_of_exceptions() -> None:
    """What is raised, and where, is part of the bits; its message is not."""
    entry = next(e for e in SOME if e.milestone == "chain rule")
    raised = Raised("ValueError", "one", "forward", 1)
    for now, then, same in (
        (raised, replace(raised, message="two"), True),
        (raised, replace(raised, type="KeyError"), False),
        (raised, replace(raised, node=0), False),
        (raised, None, False),
        (None, raised, False),
        (None, None, True),
    ):
        due = replace(entry, reading=Reading("engine", raised=then))
        assert (other_bits(due, Reading("engine", raised=now)) is None) == same


def test_agreement_counts_bits_and_bounds(corpus: Path) -> None:
    """Between two runs: the same bits; one bit apart is covered by the bound; 1 % is not."""
    found = outcome(corpus)
    with load(Value) as engine:
        said = list(answers(engine, SOME))
    base = Run("a", found, said)
    assert agreement(base, Run("b", found, said)).same
    place = next(i for i, (e, _) in enumerate(said) if e.case.graph.operations == ("tanh",))
    entry, reading = said[place]
    for factor, covered in ((1 + 2**-52, True), (1.01, False)):
        slopes = ((reading.gradients[0] or 0.0) * factor, *reading.gradients[1:])
        moved = [*said]
        moved[place] = (entry, replace(reading, gradients=slopes))
        apart = agreement(base, Run("c", found, moved))
        assert (len(apart.apart), apart.covered) == (1, covered)


# --- long chains and networks ---------------------------------------------------------------------


def test_a_chain_is_written_by_its_pattern() -> None:
    """A chain of 2,000 additions is a line of a few hundred characters, and read back whole."""
    (deep,) = [e for e in ALL if len(e.case.graph.operations) == 2000]
    text = encode(deep)
    assert len(text) < 300
    assert decode(json.loads(text), "x", deep.line) == deep
    assert deep.case == chain(2000)
    assert [(i, e.middle) for i, e in enumerate(deep.reference.truth.values) if e] == [
        (0, 1.0), (2000, 2001)
    ]  # fmt: skip
    assert [(i, e.middle) for i, e in enumerate(deep.reference.truth.gradients) if e] == [
        (0, 2001.0)
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"graph": [["leaf", "a"], {"repeat": ["neg", -1], "times": 0}]}, "times must be a whole"),
        ({"graph": [["leaf", "a"], {"repeat": ["neg", -1]}]}, "times is missing"),
        ({"graph": [["leaf", "a"], ["neg", -1]]}, "operand -1 is not an earlier node"),
        ({"values": {"2001": 1.0}}, "'2001' is not one of 2001 nodes"),
        ({"gradients": {"a": 1.0}}, "'a' is not one of 2001 nodes"),
    ],
)
def test_a_chain_refused(changes: dict[str, object], reason: str) -> None:
    """Patterns and sparse enclosures are checked like everything else."""
    (deep,) = [e for e in ALL if len(e.case.graph.operations) == 2000]
    with pytest.raises(CorpusError, match=reason):
        decode(json.loads(encode(deep)) | changes, "x", 1)


@given(
    st.lists(st.integers(1, 2), min_size=1, max_size=3).map(tuple),
    st.randoms(use_true_random=False),
)
@settings(max_examples=4)  # forty conventions, each answered by all oracles, three times
def test_a_lesson_survives_the_file(sizes: tuple[int, ...], chance: Random) -> None:
    """Whatever is recorded is read back as it was, up to the rounding of the bounds."""
    made = lesson(task.draw(sizes, chance, again=True))
    found = decode(json.loads(encode(made)), "x", 1)
    assert isinstance(found, Lesson)
    assert found.exercise == made.exercise
    assert encode(found) == encode(made)
    assert set(found.answers) == set(NAMED.values())


def test_answers_are_for_the_recorded_numbers() -> None:
    """Where a parameter is not what it was set to, nothing is due; elsewhere, every gradient."""
    each, a = LESSONS[-1], NAMED["tanh, linear; weights, bias"]
    for moment, case in enumerate(each.exercise.cases(a)):
        graph, outputs = a.graph(each.exercise.layers, each.exercise.targets if moment else None)
        nodes = task.shown(graph, outputs)
        known = each.passed(a, moment, case, nodes)
        assert known is not None
        count = a.count(each.exercise.layers)
        assert [e is not None for e in known.truth.gradients] == [
            i < count for i in range(len(graph.nodes))
        ]
        assert [i for i, e in enumerate(known.truth.values) if e] == sorted(nodes)
        moved = (math.nextafter(case.point[0], 1), *case.point[1:])
        assert each.passed(a, moment, Case(graph, moved), nodes) is None
        data = case.point[:count]
        state = NetworkState((), None, data, data)
        assert (each.moved(a, moment, state) is not None) == (moment > 0)
        assert each.moved(a, moment, replace(state, data=moved[:count])) is None


FIRST, OTHER = (f"tanh, {last}; weights, bias" for last in ("linear", "tanh"))


def test_moved_is_a_step_of_descent() -> None:
    """What is due after an update is p - rate * g, within the bounds, in exact arithmetic."""
    for each in LESSONS:
        for a, convention in each.answers.items():
            for moment in (1, 2):
                passed = convention[moment]
                assert passed.moved is not None
                numbers = each.exercise.numbers(moment)[: a.count(each.exercise.layers)]
                rows = (numbers, passed.numbers.truth.gradients, passed.moved.truth.values)
                for p, g, moved in zip(*rows, strict=True):
                    assert g is not None
                    assert moved is not None
                    due = Fraction(p) - Fraction(each.exercise.rate) * Fraction(g.middle)
                    rest = each.exercise.rate * (g.bound + g.radius)
                    assert abs(due - Fraction(moved.middle)) <= moved.radius + rest
                    size = max(1.0, abs(p), abs(g.middle))
                    assert rest < moved.bound + moved.radius < 1e-14 * size


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"network": []}, "network: [] is not a list of sizes"),
        ({"network": [1, 0]}, "network: [1, 0] is not a list of sizes"),
        ({"parameters": []}, "0 parameters where 2 are due"),
        ({"inputs": ["zwei"]}, "invalid hexadecimal floating-point string"),
        ({"rate": None}, "rate is missing"),
        ({"conventions": {OTHER: FIRST}}, "which does not come before"),
        ({"conventions": {FIRST: {}}}, "output is missing"),
    ],
)
def test_a_lesson_refused(changes: dict[str, object], reason: str) -> None:
    """A line that is no lesson is named, with what is wrong with it."""
    data = json.loads(encode(LESSONS[0])) | changes
    with pytest.raises(CorpusError) as caught:
        decode({key: x for key, x in data.items() if x is not None}, "x", 7)
    assert str(caught.value).startswith("x, line 7: ")
    assert reason in str(caught.value)


def test_conventions_of_a_later_version() -> None:
    """A convention that is not known is passed over; the others are read as before."""
    data = json.loads(encode(LESSONS[0]))
    later = data | {"conventions": {"gelu, linear; weights, bias": 5} | data["conventions"]}
    assert decode(later, "x", 1) == decode(data, "x", 1)


@pytest.mark.slow
def test_golden_networks(tmp_path: Path) -> None:
    """The bits of networks are recorded; an update with another rounding fails ``exact`` alone."""
    path = tmp_path / "golden.jsonl"
    header = Header(0, "", 0, 1, engine={"spec": "x", "class": "Value", "python": "3"})
    verdicts = {}
    with load(module(SOURCE), overrides={"class": "Value"}) as engine:
        path.write_text(whole(header, golden([*SOME, *LESSONS], engine))[1])
    other = "p.data = (p.data * 3 - self.lr * p.grad * 3) / 3"
    for step in ("p.data -= self.lr * p.grad", other):
        source = SOURCE.replace("p.data -= self.lr * p.grad", step)
        for exact in (False, True):
            with load(module(source), overrides={"class": "Value"}) as engine:
                *_, last = replay(engine, *read(path), exact=exact)
            assert isinstance(last, Finished)
            verdicts[step == other, exact] = last.outcome
    assert [verdicts[key].verdict for key in sorted(verdicts)] == ["correct"] * 3 + ["wrong"]
    (shown,) = verdicts[True, True].findings
    assert shown.diagnosis.title == "other bits than recorded"
    assert "data at reading" in shown.diagnosis.explanation


def exact(path: Path, recorded: str, replayed: str) -> Outcome:
    """The outcome of demanding one engine's bits of another, both given as source."""
    header = Header(0, "", 0, 1, engine={"spec": "x", "class": "Value", "python": "3"})
    with load(module(recorded), overrides={"class": "Value"}) as engine:
        path.write_text(whole(header, golden([*ALL, *LESSONS], engine))[1])
    with load(module(replayed), overrides={"class": "Value"}) as engine:
        *_, last = replay(engine, *read(path), exact=True)
    assert isinstance(last, Finished)
    return last.outcome


NO_LOG = SOURCE.replace("def log(", "def gone(")
NO_NETWORK = SOURCE.partition("class Neuron")[0]
NEWS = "not implemented by the recorded engine"


@pytest.mark.slow
def test_what_both_lack_is_missing(tmp_path: Path) -> None:
    """``--exact`` lists an operation that the engine lacks as missing, as a check does."""
    found = exact(tmp_path / "golden.jsonl", NO_LOG, NO_LOG)
    assert (found.verdict, found.operations["log"], found.operations["tanh"]) == (
        "correct",
        "missing",
        "correct",
    )
    assert found.accounts.skipped["not implemented"] > 0
    assert NEWS not in found.accounts.skipped


@pytest.mark.sample(2)
@pytest.mark.slow
@pytest.mark.parametrize("lacking", [NO_LOG, NO_NETWORK], ids=["operation", "networks"])
def test_what_is_new_is_no_regression(tmp_path: Path, lacking: str) -> None:
    """What the recorded engine lacked cannot be compared: it is counted, and not called wrong."""
    found = exact(tmp_path / "golden.jsonl", lacking, SOURCE)
    assert (found.verdict, found.findings) == ("correct", ())
    assert found.accounts.skipped[NEWS] > 0
    assert found.operations["log"] == ("undecided" if lacking is NO_LOG else "correct")


@pytest.mark.slow
def test_what_is_gone_is_a_regression(tmp_path: Path) -> None:
    """What the recorded engine had and the new one lacks is a finding."""
    found = exact(tmp_path / "golden.jsonl", SOURCE, NO_LOG)
    assert (found.verdict, found.operations["log"]) == ("wrong", "wrong")
    assert found.findings[0].diagnosis.title == "raises otherwise than recorded"


@pytest.mark.slow
def test_code_that_reaches_into_the_program_passes_no_replay(corpus: Path) -> None:
    """All numbers are right, and it is a finding with its line."""
    path = REFERENCE.parents[1] / "kinds" / "reaches_for_an_older_program.py"
    with load(str(path)) as engine:
        *_, last = replay(engine, *read(corpus))
    assert isinstance(last, Finished)
    assert last.outcome.verdict == "wrong"
    (found,) = last.outcome.findings
    assert found.diagnosis.title == "it reaches into the program that asks it"
    assert "__main__.read_all" in found.diagnosis.explanation


@pytest.mark.slow
def test_a_replay_takes_no_oracle() -> None:
    """Lines are read, and a right engine with networks is judged, without any of them."""
    program = f"""
import sys
from pathlib import Path
from verify.corpus.format import read
from verify.corpus.replay import replay
from verify.generators.chains import chain
from verify.engines import load
from verify.faults import CATALOGUE, SOURCE, Fault, module
with load("micrograd") as engine:
    *_, last = replay(engine, *read(Path({str(REFERENCE)!r})))
print(last.outcome.verdict, last.outcome.accounts.cases["networks"])
with load(module(SOURCE.replace("-other", "other")), overrides={{"class": "Value"}}) as engine:
    *_, last = replay(engine, *read(Path({str(REFERENCE)!r})))
print(last.outcome.verdict)
print([name for name in sys.modules if "oracle" in name or name in ("sympy", "flint", "torch")])
"""
    environment = os.environ | {"PYTHONPATH": str(REFERENCE.parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.splitlines() == [f"correct {3 * len(LESSONS)}", "wrong", "[]"]


# --- each mistake once ----------------------------------------------------------------------------


def findings(source: str, lines: Sequence[Line] = LINES) -> list[str]:
    """What a replay of the reference says of an engine: faults by their id, the rest by title."""
    with load(module(source), overrides={"class": "Value"}) as engine:
        *_, last = replay(engine, Header(len(lines), "", 0, 1), lines)
    assert isinstance(last, Finished)
    named = [found.diagnosis for found in last.outcome.findings]
    return [each.fault or each.title for each in named]


SLOPE = ("(1 - t**2) * out.grad", "(1 - t**2) * 1.234 * out.grad")


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("fault", ["tanh-half-argument", "div-sign", "assign-in-add"])
def test_a_known_mistake_is_told_once(fault: str) -> None:
    """One finding, with the name that a check gives it, however many cases fail."""
    assert findings(CATALOGUE[fault].source) == [fault]


@pytest.mark.slow
def test_an_unknown_mistake_is_told_once() -> None:
    """An operation that is wrong where it stands alone is blamed for what it is part of."""
    assert findings(SOURCE.replace(*SLOPE)) == ["wrong local derivative of tanh"]


@pytest.mark.slow
def test_an_error_is_told_once() -> None:
    """All that stops at one line of the engine is one finding."""
    assert findings(SOURCE.replace("t = math.tanh(self.data)", "t = 1 / 0")) == [
        "tanh raises ZeroDivisionError"
    ]


@pytest.mark.slow
def test_two_mistakes_are_two_findings() -> None:
    """One known and one unknown, neither hidden behind the other."""
    said = findings(CATALOGUE["div-sign"].source.replace(*SLOPE))
    assert sorted(said) == ["div-sign", "wrong local derivative of tanh"]


def wrongly(entry: Entry) -> tuple[Entry, Reading, Judgement]:
    """What is judged of an engine whose every number is twice the true one, and 1 more."""
    truth = entry.reference.truth
    values, gradients = (
        tuple([2 * e.middle + 1 if e else None for e in truth.column(q)]) for q in QUANTITIES
    )
    reading = Reading("engine", values, gradients)
    return entry, reading, judged(entry, reading)


def test_an_unstable_engine_has_one_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """What changes from run to run cannot be told apart by mistakes."""
    unstable = CATALOGUE["order-by-address"]
    monkeypatch.setattr("verify.corpus.mistakes.recognise", lambda *_, **__: ())
    monkeypatch.setattr("verify.corpus.mistakes.recognise_unstable", lambda *_: unstable)
    with load(module(SOURCE), overrides={"class": "Value"}) as engine:
        mistakes = Mistakes(engine)
        said = [mistakes.finding(*wrongly(entry)) for entry in ALL[:3]]
    assert [found and found.diagnosis.fault for found in said] == [unstable.id, None, None]


def test_old_acquaintances_end_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cases that are recognised as what was told already are not looked at for ever."""
    asked = []

    def always(_: object, case: Case, __: object, **___: object) -> tuple[Fault, ...]:
        asked.append(case)
        return (CATALOGUE["div-sign"],)

    monkeypatch.setattr("verify.checking.told.explains", lambda *_: False)
    monkeypatch.setattr("verify.corpus.mistakes.recognise", always)
    with load(module(SOURCE), overrides={"class": "Value"}) as engine:
        mistakes = Mistakes(engine)
        said = [mistakes.finding(*wrongly(entry)) is not None for entry in ALL[:400]]
    assert (said[0], sum(said), len(asked)) == (True, 1, 5)


def test_the_help_says_how_many_cases_there_are_at_least() -> None:
    """Few are asked for, and those that are not random come all the same."""
    from verify.commands.record import command

    (told,) = [option.help for option in command.params if option.name == "cases"]  # type: ignore[attr-defined]  # options have one
    least = len(population(1))
    said = re.search(r"some (\d+)", told or "")
    assert said
    assert abs(int(said[1]) - least) < 50

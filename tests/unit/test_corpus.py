"""Corpora as files: what is written is read back, and what is damaged is refused with its line."""

import json
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd.engine import Value
from verify.corpus.across import Run, agreement
from verify.corpus.format import CorpusError, Entry, Header, decode, encode, read, up, write
from verify.corpus.population import MILESTONES, Chosen, draw, milestone, population
from verify.corpus.record import answer, golden
from verify.corpus.replay import answers, other_bits, replay
from verify.engines import load
from verify.graph import Case
from verify.outcome import Finished, Outcome
from verify.reading import Raised, Reading

REFERENCE = Path(__file__).parents[1] / "reference/corpus.jsonl"
ALL: list[Entry] = list(read(REFERENCE)[1])
SOME = [*ALL[::40], next(e for e in ALL if e.case.graph.operations == ("tanh",) and e.gradients)]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A small corpus from the reference."""
    path = tmp_path / "corpus.jsonl"
    write(path, Header(0, "", 0, 1, ("interval",)), SOME)
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


def test_reading_is_lazy(corpus: Path) -> None:
    """Entries before a damaged line are given: the file is streamed, not loaded."""
    edited(corpus, 12, graph=None)
    _, entries = read(corpus)
    assert len(list(islice(entries, 10))) == 10
    with pytest.raises(CorpusError):
        next(entries)


def test_unknown_keys_are_ignored(corpus: Path) -> None:
    """A key, and a column, of a later version are passed over; the case is read as before."""
    line = json.loads(corpus.read_text().splitlines()[1])
    later = line | {"difficulty": 3, "tags": [*line["tags"]]}
    assert decode(later, "x", 2) == decode(line, "x", 2)
    row = [1.0, 0.5, 0.25, 0.75, 0.0, 0.75, 9.0, "kink"]
    entry = decode(line | {"values": [row] * len(line["values"])}, "x", 2)
    assert {e.note for e in entry.truth.values if e} == {"kink"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"graph": None}, "graph is missing"),
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
    write(path, header, entries)
    assert outcome(path, exact=True).verdict == "correct"
    place = next(i for i, e in enumerate(entries) if e.milestone == "chain rule")
    due = entries[place].reading
    assert due is not None
    values = (*due.values[:-1], (due.values[-1] or 0.0) * (1 + 2**-52))
    entries[place] = replace(entries[place], reading=replace(due, values=values))
    write(path, header, entries)
    assert outcome(path).verdict == "correct"
    found = outcome(path, exact=True)
    assert found.verdict == "wrong"
    (shown,) = found.findings
    assert shown.diagnosis.title == "other bits than recorded"
    assert (shown.wrong.got, shown.readings["recorded"]) == (due.values[-1], repr(values[-1]))


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

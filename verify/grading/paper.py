"""The exam of a class: questions with their answers, drawn once from a seed.

It is a corpus.  A question about a use with state says in its tags which, and of which graph; the
case of its entry is then what is due after it.  Answers come from the oracles, who must agree; what
they do not agree on is not asked.
"""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from verify.corpus.entry import Entry, Header, Lesson
from verify.corpus.format import read, whole
from verify.corpus.population import NETWORKS, Chosen, exercises, population
from verify.corpus.record import Disputed, answer, lesson
from verify.expression.graph import Apply, Case, Const, Graph
from verify.expression.ops import FORMS
from verify.generators import company, large, operands, special
from verify.generators.chains import doubled_apart
from verify.generators.random import inside
from verify.generators.scenarios import CAUGHT, PLAIN, PROGRAMS, SCENARIOS, Scenario, cluttered
from verify.grading.criteria import BASE, FUNCTIONS, asked, own
from verify.oracles import interval
from verify.oracles.registry import Testimony, present
from verify.versions import versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from verify.expression.reading import Truth
    from verify.verdict.judgement import Judgement

RANDOM: Final = 840
"""Cases of the corpus's population, about 700 of them the same in every exam."""
QUESTIONS: Final = 2_300
"""About so many are asked in an exam."""
VERSION: Final = 3
"""Goes up when the same seed gives another exam."""

TIME: Final = "robustness/time"
"""What is asked by a graph whose paths are many more than its nodes."""
EDGES, DEPTH, LARGE = "edges", "depth", "large"
"""Milestones of entries that are no ordinary cases: see :func:`_tagged`."""
ADDRESSES: Final = tuple([
    replace(cluttered(i), name=f"among other objects {i}") for i in range(4)
])  # fmt: skip
"""No uses of their own: the same as ever, with the nodes elsewhere in memory."""
_USES: Final[dict[str, Scenario]] = {s.name: s for s in (*SCENARIOS, *CAUGHT, *ADDRESSES)}
_SOME: Final = {"signs": 5, "factors": 4, "numbers": 6, "magnitudes": 6}
"""Of each form, how many of the cases of a probe are drawn."""
_PAIRS: Final = 80
_DOUBLINGS: Final = (12, 40)
"""Of ``x = x + (x + a)``: a walk along each path of the longer one never ends, though operands are
kept in a set, where ``x + x`` is one path."""
_FAN_OUTS: Final = (5, 11, 17, 33, 65, 129, 257)
_DEPTHS: Final = (16, 40, 64, 110, 220, 350)
_SIZES: Final = (100, 400, 1200)
_NETWORKS: Final = ((6,), (1, 2, 2, 2, 2, 6))
"""Besides those of every corpus: many inputs, many layers and outputs."""
_UNDER_STATE: Final = ("a + b", "a * b", "a - b", "a / b", "a ** 2", "a.tanh()", "a.exp()",
                       "a.relu()", "a += b", "a *= b", "a + 2", "2 * a")  # fmt: skip
_FAR: Final = (8.5, 12.0, 16.0, 25.0, 60.0, 150.0, 350.0, 600.0)
"""Where exponentials turn into 0, 1 and infinity."""
_RANGES: Final = (
    ("a * b * c", (1e60, 1e45, -1e30)), ("a * b * c", (1e-60, 1e-45, -1e-30)),
    ("a * b * c * d", (1e3, -1e4, 2e5, 3.0)), ("c = a * b; c * c", (1e30, -1e20)),
    ("a * b * c", (1e-7, 1e-5, 2.0)), ("a * b * c", (1e7, 1e5, -2.0)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes:
        entry: what is due, with its answer.
        criterion: what it asks for.
        scenario: what is done besides one backward pass.
        built: the case that the scenario starts from.
        testimony: what is known of the case, in the form in which a check knows it, and what
            follows from it for all who take the exam.  The oracles agreed when the exam was drawn;
            there is nothing left for witnesses to say.
        size: operations of the case.
        form: that is asked by itself; ``""`` where others are in it, too.
        basic: the operation that it is, where that is one of the course's first and nothing else is
            asked; else ``""``.
        chained: whether it asks how such operations work together.
        right: what was said of it and is not wrong, to the bit, with the judgement.
        wrong: likewise what is; ``None`` where it was not looked at closely.
    """

    entry: Entry
    criterion: str
    scenario: Scenario
    built: Case
    testimony: Testimony
    size: int
    form: str = ""
    basic: str = ""
    chained: bool = False
    right: dict[bytes, Judgement] = field(default_factory=dict, repr=False, compare=False)
    wrong: dict[bytes, Judgement | None] = field(default_factory=dict, repr=False, compare=False)

    @property
    def loosened(self) -> Truth:
        """The truth with what any honest formulas may lose, everywhere."""
        return self.testimony.loosened()


@dataclass(frozen=True)
class Paper:
    """An exam.

    Attributes:
        seed: it was drawn from.
        text: the whole corpus as a file.
        lines: the same, decoded.
    """

    seed: int
    text: str
    lines: tuple[Entry | Lesson, ...]

    @cached_property
    def digest(self) -> str:
        """Names the exam: the same digest, the same questions and answers."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """All about graphs, the plain ones first."""
        return tuple([_question(line) for line in self.lines if isinstance(line, Entry)])

    @cached_property
    def lessons(self) -> tuple[Lesson, ...]:
        """Exercises for networks."""
        return tuple([line for line in self.lines if isinstance(line, Lesson)])


def draw(seed: int) -> Paper:
    """Draw the exam and have it answered; some seconds.

    Args:
        seed: the same seed draws the same exam.
    """
    found: list[Entry | Lesson] = []
    for chosen in _chosen(seed):
        try:
            found.append(answer(chosen))
        except Disputed:
            continue
    found += map(lesson, exercises(seed, (*NETWORKS, *_NETWORKS)))
    header = Header(0, "", seed, VERSION, present(), versions())
    _, text = whole(header, found)
    return Paper(seed, text, tuple(found))


def write(paper: Paper, path: Path) -> None:
    """Keep the exam as a corpus file."""
    path.write_text(paper.text, "utf-8")


@lru_cache(maxsize=2)
def kept(path: str, _digest: str) -> Paper:
    """The exam in a file; read once a process.

    Args:
        path: of a corpus that :func:`write` wrote.
        _digest: of the exam, so that a new one in the same place is read anew.
    """
    header, lines = read(Path(path))
    return Paper(header.seed or 0, Path(path).read_text("utf-8"), tuple(lines))


def _chosen(seed: int) -> Iterator[Chosen]:
    plain: dict[Case, Chosen] = {}
    for one in chain(_population(seed), _probed(seed), _far(), _large(seed)):
        plain.setdefault(one.case, one)
    listed = sorted(plain.values(), key=lambda c: len(c.case.graph.nodes))
    yield from [c for c in listed if c.milestone != EDGES]
    yield from _stateful()
    yield from _provoked(seed)  # last: what an error leaves behind would spoil the rest
    yield from [c for c in listed if c.milestone == EDGES]


def _population(seed: int) -> Iterator[Chosen]:
    for one in population(RANDOM, seed):
        if one.milestone == "depth":
            yield _tagged(one.case, "robustness/depth", DEPTH)
        elif one.milestone == EDGES:
            yield _tagged(one.case, "robustness/edges", EDGES)
        else:
            yield _tagged(one.case, asked(one.case))


def _probed(seed: int) -> Iterator[Chosen]:
    """Some of what a check tries of each operation, drawn."""
    chance = random.Random(f"{seed} probes")  # noqa: S311 - the seed is the secret, not the drawing
    forms = [text for text, form in FORMS.items() if not form.inplace]
    probes = {
        "signs": operands.signs, "factors": operands.factors,
        "numbers": operands.numbers, "magnitudes": operands.magnitudes,
    }  # fmt: skip
    for name, probe in probes.items():
        for group in probe(forms, seed):
            if name == "signs" and _binary(group):
                yield from [_tagged(case, asked(case)) for case in group]
                continue
            if name == "numbers" and _form(group) == "a ** 2":
                yield from [_tagged(case, asked(case)) for case in group[::3]]  # every exponent
            one = name == "magnitudes" and all(len(c.graph.nodes) == 2 and _bare(c) for c in group)
            for case in chance.sample(group, min(_SOME[name] * (1 + 3 * one), len(group))):
                yield _tagged(case, asked(case))
    pairs = list(chain.from_iterable(
        chain(company.each_on_each(forms), company.two_on_one(forms),
              company.operand_of_operand(forms))
    ))  # fmt: skip
    for case in chance.sample(pairs, min(_PAIRS, len(pairs))):
        yield _tagged(case, asked(case))
    for group in chain(company.equal_in_value(forms), company.result_zero(forms)):
        for case in islice(group, 3):
            yield _tagged(case, asked(case))


def _binary(group: list[Case]) -> bool:
    """Whether these are about an operation on two nodes, as every engine has some."""
    return _form(group) in {"a + b", "a * b", "a - b", "a / b"}


def _form(group: list[Case]) -> str:
    nodes = group[0].graph.nodes if group else ()
    return next((node.form for node in nodes if isinstance(node, Apply)), "")


def _bare(case: Case) -> bool:
    """Whether no number stands beside its node: a function of one operand."""
    return not any(isinstance(a, Const) for n in case.graph.nodes for a in getattr(n, "args", ()))


def _large(seed: int) -> Iterator[Chosen]:
    for times in _DOUBLINGS:
        yield _tagged(doubled_apart(times), TIME, DEPTH)
    for times in _FAN_OUTS:
        for uses, inner in ((["y * b", "y + b"], True), (["y * b"], False), (["y.tanh()"], True)):
            yield _tagged(company.used(uses, times, inner=inner), "robustness/reuse", LARGE)
    for step in ("x + 0.001", "x * 1.001", "x.tanh()", "-x"):
        for depth in _DEPTHS:
            yield _tagged(_deep(step, depth), "robustness/depth", LARGE)
    core = [text for text in FORMS if FORMS[text].op in {"add", "mul"} and not FORMS[text].inplace]
    for size in _SIZES:
        yield _tagged(large.large(size, core, seed), "robustness/size", LARGE)
    for text, point in _RANGES:
        case = Case(Graph.parse(text), point)
        yield _tagged(case, "robustness/range")


def _far() -> Iterator[Chosen]:
    """Each function of one operand where its values turn, far out, both ways."""
    for form in FORMS.values():
        if form.op in FUNCTIONS and form.nodes == (True,):
            graph = special.single(form)[0].graph
            for x in (sign * size for size in _FAR for sign in (1, -1)):
                if inside(graph, (x,)):
                    yield _tagged(Case(graph, (x,)), own(form.op))


def _deep(step: str, depth: int) -> Case:
    """``x = step``, so many times."""
    text = "; ".join([f"x{i + 1} = {_named(step, i)}" for i in range(depth)])
    graph = Graph.parse(f"x0 = x * 1; {text}; x{depth}")
    return Case(graph, (0.9,))


def _named(step: str, index: int) -> str:
    return step.replace("x", f"x{index}")


def _stateful() -> Iterator[Chosen]:
    shapes = [case for _, case in islice(special.cases(["a + b", "a * b"]), 0, None, 5)]
    for scenario in SCENARIOS:
        yield from _after(scenario, [*_programs(), *_singles()])
    for scenario in ADDRESSES:
        yield from _after(scenario, [*_programs(), *shapes], "robustness/steady")


def _provoked(seed: int) -> Iterator[Chosen]:
    """Ordinary graphs after errors that were caught."""
    chance = random.Random(f"{seed} state")  # noqa: S311 - as above
    for scenario in CAUGHT:
        yield from _after(scenario, [*_programs(), *chance.sample(_singles(), 4)])


def _programs() -> list[Case]:
    return [Case(Graph.parse(text), point) for text, point in PROGRAMS]


def _singles() -> list[Case]:
    return [special.single(FORMS[text])[0] for text in _UNDER_STATE]


def _after(
    scenario: Scenario, cases: Iterable[Case], criterion: str = "training/state"
) -> Iterator[Chosen]:
    for case in cases:
        about = scenario.about(scenario.built(case))
        if about is not None:
            built = json.dumps([case.graph.to_json(), list(case.point)])
            yield Chosen(about, criterion, (criterion, scenario.name, built))


def _tagged(case: Case, criterion: str, kind: str = "") -> Chosen:
    """A plain question; ``kind`` is ``edges``, ``depth`` or ``large``."""
    return Chosen(case, kind or criterion, (criterion,))


def _question(entry: Entry) -> Question:
    criterion, *use = entry.tags
    if any(e is not None and e.note == "kink" for e in entry.reference.truth.gradients):
        # What a file does not hold: the two slopes, by which gradients are judged together.
        truth = interval.truth(entry.case.graph, entry.case.point)
        entry = replace(entry, reference=entry.reference.enclosed_by(truth))
    known = Testimony(entry.case, entry.reference.truth)
    size = len(entry.case.graph.operations)
    case = entry.case
    form = _form([case]) if len(case.graph.layout.rows) == 1 else ""
    basic = set(case.graph.operations) <= set(BASE)
    chained = criterion == "backward/chain" and basic
    if not use:
        alone = case.graph.operations[0] if size == 1 and basic else ""
        return Question(entry, criterion, PLAIN, case, known, size, form, alone, chained)
    name, text = use
    graph, point = json.loads(text)
    built = Case(Graph.from_json(graph), tuple(point))
    return Question(
        entry, criterion, _USES[name], built, known, size, form, chained=chained
    )  # fmt: skip

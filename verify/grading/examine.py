"""One engine takes the exam: what it shows, criterion by criterion, and the mistakes behind it."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Final, cast

from verify.checking import arithmetic, scaling
from verify.checking.assess import Examined, assess, finding
from verify.checking.assess import examine as examine_case
from verify.checking.findings import Findings
from verify.checking.promise import promise
from verify.checking.reaching import LOADED
from verify.checking.reaching import place as place_of
from verify.checking.refusals import Refusals
from verify.checking.run import Plan, outcome
from verify.engines import DEFAULT, EngineError
from verify.engines.engine import anew
from verify.expression.formats import SINGLE
from verify.expression.ops import FORMS
from verify.expression.reading import LOST
from verify.generators.scenarios import PLAIN, ask_many, used_up
from verify.grading import lacked
from verify.grading.agreed import agreed
from verify.grading.answered import (
    Answered,
    WithoutPass,
    as_bits,
    in_single,
    manner,
    nodes,
    provoked,
    scale,
    stage,
    use,
)
from verify.grading.built import as_usual, at_home, beside_numbers, founded
from verify.grading.causes import (
    by_scale,
    charged,
    idle,
    one_charge,
    one_walk,
    outliving,
    told_once,
    told_operations,
)
from verify.grading.criteria import CRITERIA
from verify.grading.evidence import (
    BY_CALLER,
    DIFFERENCES,
    GRADED,
    IDLE,
    NOT_GRADED,
    REACHES,
    SEED,
    Evidence,
    Seen,
    Sign,
    Told,
    of_a_part,
)
from verify.grading.history import OUTLIVES, Anew, remembered, some
from verify.grading.neurons import trained
from verify.grading.paper import DEPTH, EDGES, LARGE, TIME
from verify.grading.refused import advice, refused
from verify.grading.said import said
from verify.grading.tell import lost, told_all
from verify.report.plain import plain
from verify.verdict.agreement import astray
from verify.verdict.judge import judge
from verify.verdict.judgement import Judgement, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from verify.engines import Engine
    from verify.expression.graph import Case
    from verify.expression.reading import Raised, Reading
    from verify.generators.scenarios import Scenario
    from verify.grading.paper import Paper, Question
    from verify.verdict.outcome import Finding

_MOST_LOST: Final = 3
"""Questions on which an engine may hang or die before no more are asked."""
_MOST: Final = 24
"""Operations at most of an expression that is made small; larger ones are about size."""
_VARIANTS: Final = 6
"""Ways to answer one question rightly, to the bit, that are kept."""
_MISTAKEN: Final = 12
"""Ways to answer one question wrongly, likewise."""
_MOST_MADE: Final = 16
"""What follows from the truth of one question and is kept; more comes of ever new mistakes."""
_SELDOM: Final = 3
"""Questions answered wrongly that are few: they are asked again in a new process."""
_MOST_LOOKED: Final = 14
"""Wrong answers at most that are made small, whether they show something new or not."""
_MOST_BEGUN: Final = 12
"""Processes in a row that are begun for one criterion and show nothing new."""
_AT_ONCE: Final = 0.5
"""Seconds for a graph of forty additions whose paths are many more: who needs longer for what has
no more nodes than others would not come to the end of the exam within its limit."""
_MOST_EARLY: Final = 8
"""Questions that are put again to see whether what was asked before decides."""
_MOST_NOTES: Final = 8
_FEW: Final = 4
"""Operations at most of what is noted of refusals."""
_STRUCTURAL: Final = ("graph", "backward", "accumulation", "order", "training")
"""Milestones whose mistakes may spoil any expression."""


@dataclass(slots=True)
class _Exam:
    engine: Engine
    paper: Paper
    counts: dict[str, Counter[str]] = field(
        default_factory=lambda: {key: Counter() for key in CRITERIA}
    )
    forms: dict[str, Counter[str]] = field(default_factory=dict)
    wrong: list[Answered] = field(default_factory=list)
    refusals: Refusals = field(default_factory=Refusals)
    found: list[tuple[Finding, str]] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    gone: list[Raised] = field(default_factory=list)
    asked: int = 0
    failed: int = 0
    usual: bool | None = None
    spoilt: Examined | None = None
    anew: Anew | None = None
    unjudged: list[str] = field(default_factory=list)

    # --- asking -----------------------------------------------------------------------------------

    def ask(self) -> None:
        """Put every question, the plain ones overlapped, until the engine is gone."""
        for (plain_ones, timed), group in groupby(self.paper.questions, key=manner):
            listed = list(group)
            seconds = _AT_ONCE if timed else None
            answers = self._plainly(listed, seconds) if plain_ones else self._after(listed)
            for question, reading in answers:
                self._enter(question, reading)
                if len(self.gone) >= _MOST_LOST:
                    return

    def _plainly(
        self, questions: Sequence[Question], seconds: float | None
    ) -> Iterator[tuple[Question, Reading]]:
        steps = DEFAULT if self.engine.info.has_backward else DEFAULT[1:]
        cases = [q.entry.case for q in questions]
        readings = self.engine.run_many(cases, steps, seconds=seconds)
        for question, answer in zip(questions, readings, strict=True):
            yield question, answer[-1]

    def _after(self, questions: Sequence[Question]) -> Iterator[tuple[Question, Reading]]:
        wiped = used_up(self.engine)
        for _, group in groupby(questions, key=lambda q: q.scenario.name):
            first, *rest = group
            scenario = first.scenario
            if not self.engine.info.has_backward or (wiped and scenario.reuses):
                continue
            listed = first, *rest
            answers = ask_many(self.engine, [q.built for q in listed], scenario)
            for question, (_, answer) in zip(listed, answers, strict=True):
                if answer is not None:
                    yield question, answer[1]

    def _enter(self, question: Question, reading: Reading) -> None:
        self.asked += 1
        raised = reading.raised
        counts = self.counts[question.criterion]
        if raised is not None and self._excused(question, raised):
            counts["undecided"] += 1
            return
        if raised is not None and raised.refused:
            counts["missing"] += 1
            self._form(question, "missing")
            self._compare(question, reading)
            return
        judgement = self._judged(question, reading)
        wrong = judgement is None or bool(judgement.wrong)
        if raised is None:
            self._compare(question, reading)
        if wrong:
            self.failed += 1
            self.wrong.append(Answered(question, reading))
            counts["wrong"] += 1
            if raised is not None and raised.type in LOST:
                self.gone.append(raised)
            self._form(question, "wrong")
        elif judgement is not None and judgement.verdict is Verdict.UNDECIDED:
            counts["undecided"] += 1
        else:
            counts["right"] += 1
            self._form(question, "right")
        self._values(question, judgement)

    def _compare(self, question: Question, reading: Reading) -> None:
        """Note what is refused, and what is done, on small graphs."""
        if question.scenario is not PLAIN or question.size > _FEW:
            return
        case, known = question.entry.case, question.testimony
        if reading.raised is None:
            self.refusals.done(case, known)
            return
        judgement = Judgement((), reading.raised, known.truth)
        self.refusals.enter(Examined(case, known, reading, judgement))

    @staticmethod
    def _excused(question: Question, raised: Raised) -> bool:
        """Whether to say nothing is what honest code does there."""
        kind = question.entry.milestone
        if question.criterion == TIME:
            return raised.type == "RecursionError" or raised.refused
        if kind == EDGES:
            return raised.refused
        sized = kind in {DEPTH, LARGE} and question.size > _MOST
        return sized and raised.type not in LOST - {"memory"}

    def _values(self, question: Question, judgement: Judgement | None) -> None:
        """Of the basic operations alone, values are counted by themselves."""
        if question.basic:
            numbers = judgement.wrong if judgement is not None else ()
            bad = any(n.quantity == "value" for n in numbers)
            self.counts[f"values/{question.basic}"]["wrong" if bad else "right"] += 1
        if question.chained:
            wrong = judgement is None or bool(judgement.wrong)
            self.counts["graph/kept"]["wrong" if wrong else "right"] += 1

    def _form(self, question: Question, text: str) -> None:
        if question.form:
            self.forms.setdefault(question.form, Counter())[text] += 1

    # --- judging ----------------------------------------------------------------------------------

    def _judged(self, question: Question, reading: Reading) -> Judgement | None:
        """By the kept answer; where that accuses, once more with all that is known.

        Of most engines that take an exam the same is said, and many make the same mistake: what was
        judged before, to the bit, is not judged again.  Nor is what no honest formula gives looked
        at closely before somebody wants to know more of it: then it is ``None``.
        """
        if self.usual is None:
            promised = promise(self.engine)
            backward = self.engine.info.has_backward and promised.derivatives
            kept = promised.inner and promised.output and backward
            self.usual = kept and promised.format is not SINGLE
        bits = as_bits(reading) if self.usual else None
        if bits is None:
            return self._afresh(question, reading)
        if (known := question.right.get(bits)) is not None:
            return known
        if bits in question.wrong:
            return question.wrong[bits]
        plainly_wrong = 1 < question.size <= _MOST and astray(reading, question.loosened)
        judgement = None if plainly_wrong else self._afresh(question, reading)
        if judgement is not None and not judgement.wrong:
            if len(question.right) < _VARIANTS:
                question.right[bits] = judgement
            return judgement
        if len(question.wrong) >= _MISTAKEN:
            del question.wrong[next(iter(question.wrong))]
        question.wrong[bits] = judgement
        if judgement is not None and question.size > _MOST:
            # That it is wrong, without all that is said of hundreds of numbers.
            question.wrong[bits] = replace(judgement, numbers=judgement.wrong[:1])
        return judgement

    def _afresh(self, question: Question, reading: Reading) -> Judgement:
        entry, promised = question.entry, promise(self.engine)
        if promised.format is not SINGLE:
            backward = self.engine.info.has_backward and promised.derivatives
            quick = judge(
                reading, entry.reference, gradients=backward,
                unkept=promised.unkept(entry.case.graph),
            )  # fmt: skip
            if not quick.wrong or question.size > _MOST:
                return quick
        return self._seen(question, reading).judgement

    def _seen(self, question: Question, reading: Reading) -> Examined:
        testimony = question.testimony
        if len(testimony.made) > _MOST_MADE:
            testimony.made.clear()
        if promise(self.engine).format is SINGLE:
            testimony = in_single(question.entry.case)
        return assess(self.engine, question.entry.case, reading, testimony)

    # --- what is behind it ------------------------------------------------------------------------

    def look_into(self) -> None:
        """Make what failed small, name it, and charge each cause once."""
        if self.gone and len(self.gone) >= _MOST_LOST:
            last = self.wrong[-1].question
            text = plain(last.entry.case.graph.expression())
            self.told.append(lost(self.gone[-1], text, TIME))
            return
        right = self._right_forms()
        with ExitStack() as stack:
            fresh = self._fresh(stack)
            if fresh is not self.engine:
                self.spoilt = remembered(self.engine, fresh, self._smallest())
                self.anew = Anew(self.engine, stack) if self.spoilt else None
                right = self._by_themselves(self.anew) if self.anew else right
            self._causes(fresh, right)
        if self.spoilt is not None:
            self.found = self._outlived(self.spoilt)

    def _smallest(self) -> list[tuple[Case, Scenario]]:
        """The smallest wrong answer of each criterion, and what was done."""
        first: dict[str, tuple[Case, Scenario]] = {}
        for answered in sorted(self.wrong, key=nodes):
            question = answered.question
            if 0 < question.size <= _MOST:
                first.setdefault(question.criterion, (question.built, use(question)))
        return list(first.values())[:_MOST_EARLY]

    def _outlived(self, seen: Examined) -> list[tuple[Finding, str]]:
        """What was found where something outlives a graph, and what it is charged to."""
        if not self.found:
            made = finding(self.engine, seen, "known", seen.case, needed=frozenset())
            self.found = [(replace(made, diagnosis=OUTLIVES), "training/state")]
        return outliving(self.found)

    def _by_themselves(self, anew: Anew) -> list[str]:
        """Count what single graphs show where nothing was asked before; the forms that are right.

        That one pass spoils the next is one mistake, and is charged by itself.
        """
        alone = _Exam(self.engine, self.paper)
        for question in some(self.wrong):
            reading = anew.reading(question.built, question.scenario, partial(self._errs, question))
            if reading is not None:
                alone._enter(question, reading)
        for key, counts in alone.counts.items():
            if counts and self.counts[key]["wrong"]:
                self.counts[key]["wrong"] = 0
                self.counts[key] += counts
        for form, seen in alone.forms.items():
            del self.forms[form]["wrong"]
            self.forms[form] += seen
        return self._right_forms()

    def _errs(self, question: Question, reading: Reading) -> bool:
        if reading.raised is not None:
            return not reading.raised.refused and not self._excused(question, reading.raised)
        judgement = self._judged(question, reading)
        return judgement is None or bool(judgement.wrong)

    def _fresh(self, stack: ExitStack) -> Engine:
        """The engine; in a new process where it went wrong late or seldom, or nearly always.

        What an error left behind, or a count of passes, would otherwise be taken for what it is
        not.
        """
        mixed = any(seen.keys() >= {"right", "wrong"} for seen in self.forms.values())
        seldom = len(self.wrong) <= _SELDOM or all(map(provoked, self.wrong))
        if not self.wrong or not (mixed or seldom or 2 * self.failed > self.asked):
            return self.engine
        return anew(self.engine, stack)

    def _causes(self, engine: Engine, right: list[str]) -> None:
        findings = Findings(engine, right or tuple(FORMS))
        for made, _ in arithmetic.shortfalls(engine, None):
            findings.keep(made)
        late = [a for a in self.wrong if a.question.criterion == TIME]
        raised = [a.reading.raised for a in late if self.counts[TIME]["wrong"]]
        endless = any(one is not None and one.type in LOST for one in raised)
        if endless and self.only("right", "a + b"):
            findings.keep(scaling.exponential(engine, self._endless(engine), scaling.APART))
        place = list(CRITERIA)
        order = sorted(
            (a for a in self.wrong
             if a.question.size <= _MOST and a.question.criterion != TIME),
            key=lambda a: (place.index(a.question.criterion), nodes(a)),
        )
        looked = 0
        for _, group in groupby(order, key=lambda a: a.question.criterion):
            findings.stale, begun = 0, self._begun()
            for answered in group:
                before = len(findings.found), findings.stale
                self._add(findings, answered)
                if before != (len(findings.found), findings.stale):
                    looked, begun = looked + 1, self._begun()
                if looked >= _MOST_LOOKED or self._begun() - begun >= _MOST_BEGUN:
                    break
            if looked >= _MOST_LOOKED:
                break
        kept = founded(engine, findings.grouped(), right)
        wrong = [text for text, seen in self.forms.items() if "wrong" in seen]
        kept = [idle(at_home(engine, as_usual(engine, made, wrong))) for made in kept]
        absent = self.absent()
        self.found = told_once([
            lacked.told(made, form) if (form := lacked.lacked(made, absent)) else
            (made, charged(made, right, beside_numbers(engine, made)))
            for made in kept
        ])  # fmt: skip
        self._larger(findings, right)
        self.found = one_walk(self.found)

    def _begun(self) -> int:
        """How many processes there were in which a question was put anew."""
        return 0 if self.anew is None else self.anew.begun

    def _endless(self, engine: Engine) -> str:
        """Where the time goes that never ends: whether the graph alone takes as long."""
        case = scaling.APART.build(scaling.DOUBLINGS[-1])
        ((reading,),) = engine.run_many([case], (("read",),), seconds=_AT_ONCE)
        return scaling.IN_BACKWARD if reading.raised is None else scaling.IN_FORWARD

    def _add(self, findings: Findings, answered: Answered) -> None:
        question, reading = answered.question, answered.reading
        scenario, built = use(question), question.built
        plainly = self.usual and scenario is PLAIN
        if plainly and findings.accounts_for(built, PLAIN, reading, question.testimony):
            return
        if self.anew is not None:
            if (again := self.anew.wrong(built, scenario)) is not None:
                seen, engine = again
                list(findings.add(stage(question), seen, scenario, built=built, engine=engine))
            return
        seen = self._seen(question, reading)
        if not seen.judgement.wrong:
            return
        if scenario is not PLAIN:
            once = examine_case(findings.engine, seen.case, seen.testimony)
            if once.judgement.wrong:  # without any scenario, too
                seen, scenario, built = once, PLAIN, seen.case
        list(findings.add(stage(question), seen, scenario, built=built))

    def _larger(self, findings: Findings, right: Sequence[str]) -> None:
        """What is wrong on large expressions alone: one finding for each criterion."""
        blamed = frozenset[str]().union(*(f.blames or () for f, _ in self.found))
        if any(made.answers for made, _ in self.found):
            return  # what changes from run to run may look like a limit
        spoilt = any(criterion.partition("/")[0] in _STRUCTURAL for _, criterion in self.found)
        done = {criterion for _, criterion in self.found}
        for answered in sorted((a for a in self.wrong if a.question.size > _MOST), key=scale):
            criterion, case = answered.question.criterion, answered.question.entry.case
            known = criterion == TIME or criterion in done
            if known or spoilt or blamed & set(case.graph.operations):
                continue
            if findings.found and not self.found:
                continue
            done.add(criterion)
            if criterion in {"robustness/reuse", "robustness/size", "robustness/depth"}:
                made = finding(
                    self.engine, self._seen(answered.question, answered.reading), "size", case,
                    needed=frozenset(),
                )  # fmt: skip
                self.found.append((replace(made, diagnosis=by_scale(case, criterion)), criterion))
                return
            self._add(findings, answered)
            before = [f for f, _ in self.found]
            new = [f for f in findings.grouped() if f not in before]
            self.found += [(made, charged(made, right)) for made in new]

    def _right_forms(self) -> list[str]:
        return [text for text in FORMS if self.only("right", text)]

    def absent(self) -> tuple[str, ...]:
        """The forms that were refused each time."""
        return tuple([text for text in FORMS if self.only("missing", text)])

    def only(self, said: str, form: str) -> bool:
        """Whether this, and nothing else, was seen of a form by itself."""
        return self.forms.get(form, Counter()).keys() == {said}

    # --- networks ---------------------------------------------------------------------------------

    def networks(self) -> None:
        """The engine's own networks."""
        info = self.engine.info
        if not (info.has_backward and info.python) or self.gone:
            return
        with ExitStack() as stack:
            engine = self.engine if self.spoilt is None else anew(self.engine, stack)
            told = trained(engine, self.paper.lessons, [made for made, _ in self.found])
        self.asked += told.asked
        self.failed += told.failed
        self.found += told.found
        for key, counts in told.counts.items():
            self.counts[key] += counts
        self.unjudged = told.notes()

    def conventions(self) -> dict[str, str]:
        """What it does where right engines differ; asked in a new process if this one is spoilt."""
        with ExitStack() as stack:
            engine = self.engine if self.spoilt is None else anew(self.engine, stack)
            return agreed(engine)

    # --- what is said of each criterion -----------------------------------------------------------

    def criteria(self) -> dict[str, Seen]:
        """What is said of each criterion."""
        charged_to = {t.criterion for t in self.told} | {criterion for _, criterion in self.found}
        excused = self._excused_by_operations()
        found: dict[str, Seen] = {
            key: "wrong" if key in charged_to else said(key, counts, self.forms, excused[key])
            for key, counts in self.counts.items()
        }
        if any(made.diagnosis.title == IDLE for made, _ in self.found):
            found = self._by_values() | dict.fromkeys(charged_to, "wrong")
        if not self.engine.info.has_backward:
            absent = [k for k in found if k.partition("/")[0] in _NEED_BACKWARD]
            found |= dict.fromkeys(absent, "missing")
        return found

    def _by_values(self) -> dict[str, Seen]:
        """What is said where a pass does nothing: no less than if there were none."""
        alone = _Exam(cast("Engine", WithoutPass(self.engine)), self.paper)
        alone.ask()
        return alone.criteria()

    def _excused_by_operations(self) -> Counter[str]:
        """Of each criterion, the wrong answers that follow from operations that are wrong."""
        blamed = frozenset[str]().union(*(
            made.blames or () for made, _ in self.found
            if told_operations(made).blames  # else a mistake of no operation showed in one
        ))  # fmt: skip
        if blamed:  # what is made of them is wrong, too
            blamed |= {FORMS[text].op for text, seen in self.forms.items() if "wrong" in seen}
        found = Counter[str]()
        for question in [answered.question for answered in self.wrong]:
            if blamed & set(question.entry.case.graph.operations):
                found[question.criterion] += 1
                found["graph/kept"] += question.chained
        return found


_NEED_BACKWARD: Final = frozenset({
    "graph", "local", "backward", "accumulation", "order", "networks", "training", "robustness",
})  # fmt: skip


def examine(engine: Engine, paper: Paper) -> Evidence:
    """Give the exam to an engine.

    Args:
        engine: loaded, and closed by the caller.
        paper: the exam.

    Returns:
        What was seen, the same for the same engine and exam.
    """
    exam = _Exam(engine, paper)
    exam.ask()
    exam.look_into()
    exam.networks()
    info = engine.info
    exam.found = one_charge(exam.found)
    tales = told_all(engine, [(told_operations(made), key) for made, key in exam.found])
    usual = {} if exam.gone else exam.conventions()
    return Evidence(
        GRADED,
        criteria=exam.criteria(),
        found=(*tales, *exam.told),
        conventions=usual,
        warnings=(*_signs(exam, usual),),
        notes=(
            *map(plain, sorted(info.notes, key=lambda n: not of_a_part(n))[:_MOST_NOTES]),
            *exam.unjudged,
        ),
        engine=plain(f"class {info.class_name}, Python {info.python}"),
        isolation=plain(info.isolation),
        asked=exam.asked,
        wrong=exam.failed,
        absent=exam.absent(),
    )


def checked(engine: Engine, seen: Evidence) -> Evidence:
    """The evidence of an exam that showed no mistake, with what a whole check finds."""
    findings = outcome(engine, Plan(examples=100)).findings
    # What its code reached for is a sign: no milestone is about that.
    found = [(made, charged(made)) for made in findings if made.check != LOADED]
    tales = told_all(engine, [(told_operations(f), key) for f, key in one_charge(found)])
    wrong: dict[str, Seen] = {tale.criterion: "wrong" for tale in tales}
    return replace(seen, found=tales, criteria=seen.criteria | wrong)


def not_graded(error: EngineError | str) -> Evidence:
    """The evidence where an engine could not be used."""
    if isinstance(error, EngineError):
        return Evidence(NOT_GRADED, reason=refused(error), advice=advice(error))
    return Evidence(NOT_GRADED, reason=plain(error, 1000))


def _signs(exam: _Exam, usual: Mapping[str, str]) -> Iterator[Sign]:
    if not promise(exam.engine).derivatives:
        yield Sign(DIFFERENCES, "gradients are differences of the forward pass")
    if usual.get(SEED) == BY_CALLER:
        yield Sign(SEED, "backward leaves it to its caller to set the gradient of the result to 1")
    if reason := exam.refusals.reason:
        yield Sign("refuses", plain(reason))
    for reach in exam.engine.info.reaches:
        yield Sign(REACHES, f"reaches into the program that asks it: {plain(place_of(*reach))}")

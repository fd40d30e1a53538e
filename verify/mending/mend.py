"""From the findings of a check to changes of the source: searched, confirmed, told.

The file is never written to.  An edited copy is text that a worker reads in the file's place.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from verify.checking.diagnose import RULE
from verify.checking.findings import SCALES
from verify.checking.plan import Plan
from verify.checking.run import outcome as checked
from verify.engines.workshop import Bench, Graphs, can_edit, edited, watch
from verify.expression.graph import Apply, Case
from verify.expression.ops import FORMS
from verify.generators.scenarios import PLAIN, SCENARIOS
from verify.generators.special import single
from verify.mending.apart import APART
from verify.mending.captured import KEPT
from verify.mending.corpus import Task, tasks
from verify.mending.methods import FROM_OTHERS
from verify.mending.needless import only_needed
from verify.mending.ordered import WHOLE
from verify.mending.search import SECONDS, TELLING, Search
from verify.mending.show import of_steps
from verify.mending.source import sources, with_cells
from verify.mending.syntax import Text
from verify.mending.trial import Judging, comes_after, network_mistakes
from verify.verdict.outcome import Mend

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from verify.engines import Engine
    from verify.generators.scenarios import Scenario
    from verify.mending.search import Step
    from verify.mending.source import Sources
    from verify.verdict.outcome import Diagnosis, Finding, Outcome, SourceLine

_EXAMPLES: Final = 120
"""Random expressions of the check that confirms, at most."""
_LARGE: Final = 60
_EACH: Final = 10.0
"""Processor time of the search for each finding, however many groups of cases it makes fail."""
_LONGER: Final = 2
"""So many times longer is looked for what limits gradients: no line is suspicious."""
_ANOTHER_WAY: Final = frozenset({
    "recursion-without-order", "every-path-visited", "breadth-first", "listed-twice",
})  # fmt: skip
"""Mistakes for which the order of the pass has to be found in another way."""
_UNMADE: Final = "fails: a plain number is not made a"
"""What titles say of operations that take nodes alone, whichever operation it is."""
OWN: Final = "the finding's own case"


@dataclass(frozen=True, slots=True)
class Mended:
    """What came of a search.

    Attributes:
        findings: those of the check, each with the change that mends it, where one was found.
        texts: all texts with every change that was kept and confirmed.
        sources: the texts as they are.
        steps: every step that was kept.
        refuted: changes that passed all recorded cases and failed the whole check.
        tried: edits that were tried.
    """

    findings: tuple[Finding, ...]
    texts: Mapping[str, str] = field(default_factory=dict)
    sources: Sources | None = None
    steps: tuple[Step, ...] = ()
    refuted: int = 0
    tried: int = 0

    @property
    def changed(self) -> bool:
        """Whether there is a copy to write."""
        return self.sources is not None and dict(self.texts) != self.sources.texts

    def copy(self) -> str:
        """The changed copy of the one file that is changed, or of the notebook, as text.

        Raises:
            ValueError: if none is changed, or several files are.
        """
        if self.sources is None or not self.changed:
            raise ValueError("nothing was mended")
        new = {file: t for file, t in self.texts.items() if t != self.sources.texts[file]}
        if self.sources.notebook and all(file.startswith("<") for file in new):
            return with_cells(self.sources.notebook, dict(self.texts))
        if len(new) != 1:
            raise ValueError(f"{len(new)} files are changed")
        return next(iter(new.values()))


def mended(
    engine: Engine,
    outcome: Outcome,
    *,
    seconds: float = SECONDS,
    confirm: bool = True,
    listen: Callable[[], None] = lambda: None,
) -> Mended:
    """Search for changes that set the findings of a check right.

    Args:
        engine: as it was checked; it is not asked to do anything but to start again.
        outcome: of the check.
        seconds: processor time for each group of failing cases.
        confirm: whether a whole check of the changed copy has to agree.
        listen: called at each edit that is tried.
    """
    if not outcome.findings or not can_edit(engine) or outcome.verdict != "wrong":
        return Mended(outcome.findings)
    seen = watch(engine, _any_graph(outcome))
    texts = sources(engine.info, seen.files)
    if not texts.texts:
        return Mended(outcome.findings)
    with Bench(engine) as bench:
        search = _search(engine, outcome, bench, texts, seconds, listen)
        if not search.begin():
            return Mended(outcome.findings, sources=texts)
        if any(map(_of_network, outcome.findings)):
            search.networks = network_mistakes(bench.engine)
        first = dict(search.wrong)
        steps = []
        for step in search.steps():
            steps.append(step)
            if step.level == "networks" or search.networks:
                search.networks = network_mistakes(bench.engine)
        steps = only_needed(steps, search)
        tried = bench.tried
    kept = Mended(outcome.findings, search.texts, texts, tuple(steps), tried=tried)
    if not steps:
        return kept
    own = {i: task for i, task in enumerate(search.tasks) if task.group.startswith(OWN)}
    told = _told(kept, own, first, search)
    return _confirmed(engine, outcome, told) if confirm else told


def _of_network(finding: Finding) -> bool:
    """Whether it is about an engine's own networks, and not about one graph."""
    return bool(finding.place) and finding.check not in SCALES


def _any_graph(outcome: Outcome) -> Graphs:
    """A graph that says where the engine's code is: the first form that is right, or a finding."""
    right = [f for f, status in outcome.forms.items() if status != "missing"]
    case = single(FORMS[right[0]])[0] if right else outcome.findings[0].case
    return Graphs(case.graph, case.point, (("read",),))


def _search(  # noqa: PLR0913, PLR0917 - what a search needs
    engine: Engine,
    outcome: Outcome,
    bench: Bench,
    texts: Sources,
    seconds: float,
    listen: Callable[[], None],
) -> Search:
    usable = [form for form, status in outcome.forms.items() if status != "missing"]
    for finding in outcome.findings:
        usable += [n.form for n in finding.case.graph.nodes if isinstance(n, Apply)]
    usable = list(dict.fromkeys(usable))
    every = tasks(usable, backward=engine.info.has_backward)
    for place, finding in enumerate(outcome.findings):
        every += _own(place, finding, engine)
    misspelt = [
        (raised.near_miss, raised.wanted)
        for f in outcome.findings
        if (raised := f.reading.raised) is not None and raised.near_miss
    ]
    limits = any(f.check in SCALES for f in outcome.findings)
    longer = _LONGER if limits else 1  # all that is right runs the line as well
    return Search(
        bench, Judging(engine), every, dict(texts.texts), misspelt, listen, seconds * longer,
        most=_EACH * longer * len(outcome.findings),
        anew=any(f.diagnosis.fault in _ANOTHER_WAY for f in outcome.findings),
    )  # fmt: skip


def _own(place: int, finding: Finding, engine: Engine) -> list[Task]:
    """The finding's own case as a task, and the one on which it was found."""
    if _of_network(finding) or finding.check == "growth":
        return []
    scenario = next((s for s in SCENARIOS if s.says == finding.scenario), PLAIN)
    found = []
    for case in dict.fromkeys((finding.built or finding.case, finding.original)):
        if len(case.graph.nodes) > _LARGE or (finding.scenario and scenario is PLAIN):
            continue
        asked, about = _asked(case, scenario, backward=engine.info.has_backward)
        level = "state" if scenario is not PLAIN else "graphs"
        if scenario is PLAIN and len(case.graph.operations) == 1:
            level = "alone"
        if about is not None:
            group = f"{OWN} {place}"
            node = case.graph.nodes[-1]
            forms = {n.form for n in case.graph.nodes if isinstance(n, Apply)}
            limit = finding.check in SCALES and len(forms) == 1  # else it would only be moved
            if (level == "alone" or limit) and isinstance(node, Apply):
                found.append(Task(node.form, "alone", f"{group} ", asked, about))
            found.append(Task(group, level, OWN, asked, about))
    return found


def _asked(case: Case, scenario: Scenario, *, backward: bool) -> tuple[Graphs, Case | None]:
    if scenario is PLAIN:
        steps = PLAIN.steps(case) if backward else (("read",),)
        return Graphs(case.graph, case.point, steps), case
    built = scenario.built(case)
    return Graphs(built.graph, built.point, scenario.steps(built)), scenario.about(built)


def _told(
    kept: Mended, own: Mapping[int, Task], first: Mapping[int, object], search: Search
) -> Mended:
    """Each finding with the steps after which its own case is right."""
    assert kept.sources is not None  # noqa: S101 - there were steps
    found, needed = [], []
    for place, finding in enumerate(kept.findings):
        mine = [i for i, t in own.items() if t.group == f"{OWN} {place}" and i in first]
        needed.append(_steps_of(finding, mine, kept.steps, search))
    shared = _shared_out(kept, needed)
    shown = [step for steps in shared for step in steps]
    for finding, steps in zip(kept.findings, shared, strict=True):
        if not steps:
            found.append(finding)
            continue
        diff, where, lines = of_steps(steps, kept.sources)
        line = kept.sources.line(where) if where else None
        cases = sum(step.cases for step in steps)
        right = sum(len(step.mended) for step in steps)
        if any(_changed(step, kept) for step in steps) and not _left(steps, search):
            right = cases
        if not cases:  # a network, which is looked at as a whole
            cases = right = 1
        mend = Mend(
            diff=diff,
            mends=right,
            cases=cases,
            others=max(step.others for step in steps),
            lines=lines,
            rewritten=any(step.edit.rewritten for step in steps),
            rest=any(step not in shown for step in kept.steps),
            tried=sum(step.tried for step in steps),
            seconds=sum(step.seconds for step in steps),
        )
        if any(step.edit.name == WHOLE for step in steps):
            line = None  # no line of it is wrong by itself
        if any(step.edit.name == FROM_OTHERS for step in steps):
            line = _computing(line, lines, finding)
        rule = None if _raises_there(finding) else line
        named = named_by(finding, {step.edit.name for step in steps})
        if len(kept.steps) == 1 and _run_by_all(steps[0], search):
            named = _of_the_pass(finding, named)
        found.append(replace(finding, mend=mend, rule=rule or finding.rule, diagnosis=named))
    return replace(kept, findings=tuple(found))


def _left(steps: Sequence[Step], search: Search) -> bool:
    """Whether in the end some case of the groups that were to be mended is wrong."""
    groups = {(step.group, step.level) for step in steps}
    return any((search.tasks[i].group, search.tasks[i].level) in groups for i in search.wrong)


def _computing(line: SourceLine | None, lines: int, finding: Finding) -> SourceLine | None:
    """Of a body that is written anew the line that makes the operation, rather than its first."""
    made = finding.forward
    if line is None or made is None or (made.file, made.cell) != (line.file, line.cell):
        return line
    return made if line.line <= made.line < line.line + lines else line


def named_by(finding: Finding, edits: Collection[str]) -> Diagnosis:
    """The diagnosis of a finding, which the changes that set it right may tell better."""
    if APART in edits:
        return _overwritten(finding)
    late = set(edits) == {KEPT} and not finding.diagnosis.fault
    return _bound_late(finding) if late else finding.diagnosis


def _run_by_all(step: Step, search: Search) -> bool:
    """Whether every form runs the line that is changed, in the pass."""
    line = step.edit.file, step.edit.line
    text = Text(step.edit.file, step.before[step.edit.file], search.words)
    inside = [f.name for f in text.functions({step.edit.line})]
    spelled = search.words.spellings.get("backward", "backward")
    there = len(search.reach) > 1 and all(line in lines for lines in search.reach.values())
    return there and any(name in spelled for name in inside)


def _of_the_pass(finding: Finding, named: Diagnosis) -> Diagnosis:
    """The diagnosis of an operation that is right once the pass is, which all of them share."""
    op = named.title.removeprefix(RULE)
    if named.fault or op == named.title or " " in op:
        return named
    explanation = (
        f"{finding.triage.summary} Every operation runs the line that is wrong: it stands in the "
        f"pass, and not in the rule of {op}, which is right."
    )
    title = f"the backward pass gives the operands of {op} a wrong gradient"
    return replace(named, title=title, explanation=explanation)


def _overwritten(finding: Finding) -> Diagnosis:
    """The diagnosis of what is right once results are no more kept on operands."""
    explanation = (
        f"{finding.triage.summary} An operation keeps its result on its operand, and its rule "
        "reads it there. Where the operand is used again, the next result takes that place, and "
        "the rule of the first one takes the gradient of the other: a result belongs in a local "
        "name."
    )
    title = "a result that is kept on its operand is overwritten when that is used again"
    return replace(finding.diagnosis, title=title, explanation=explanation)


def _bound_late(finding: Finding) -> Diagnosis:
    """The diagnosis of what is right once functions made in a loop keep what they are made with."""
    explanation = (
        f"{finding.triage.summary} A function looks its variables up when it is called, not when "
        "it is made: those that are made in a loop all see what its variables were last. What is "
        "bound as a default, as in `x=x`, is kept as it is."
    )
    title = "functions made in a loop all use the last one: late binding"
    return replace(finding.diagnosis, title=title, explanation=explanation)


def _shared_out(kept: Mended, needed: Sequence[Sequence[Step]]) -> list[list[Step]]:
    """The steps of each finding, with those that none needs for its own small case.

    A mistake in many operations is shown in one of them, and is mended in all of them: those that
    a known one blames, and where the same change has to be made again.  A later change of the same
    function is part of the first one.
    """
    taken = [step for steps in needed for step in steps]
    over = [step for step in kept.steps if step not in taken]
    shared = []
    for finding, steps in zip(kept.findings, needed, strict=True):
        known = (finding.blames or frozenset()) if steps and finding.diagnosis.fault else ()
        same = {step.edit.new.strip() for step in steps if len(step.edit.new.strip()) > TELLING}
        more = [
            step for step in over
            if (step.group in FORMS
            and (FORMS[step.group].op in known or step.edit.new.strip() in same))
            or any(_goes_on(step, other) for other in steps)
        ]  # fmt: skip
        over = [step for step in over if step not in more]
        more += [
            step for place, step in enumerate(kept.steps)
            if any(
                _goes_on(other, step) and _changed(other, kept)
                for other in kept.steps[place + 1 :] if other in steps
            )
        ]  # fmt: skip
        more += [
            step for place, step in enumerate(kept.steps)
            if any(_replaces(step, other) for other in kept.steps[:place] if other in steps)
        ]  # fmt: skip
        shared.append([step for step in kept.steps if step in steps or step in more])
    return shared


def _changed(step: Step, kept: Mended) -> bool:
    """Whether a step changes lines that are not in the file: an earlier one has put them there."""
    there = kept.sources.texts[step.edit.file].splitlines() if kept.sources else ()
    return not _lines_of(step) <= set(there)


def _replaces(step: Step, other: Step) -> bool:
    """Whether a step changes again a line that an earlier one has put there."""
    if step.edit.file != other.edit.file or step.edit.start == step.edit.end:
        return False  # what is put beside it leaves it as it is
    before, after = (set(t[other.edit.file].splitlines()) for t in (other.before, other.after))
    return bool(_lines_of(step) & (after - before))


def _lines_of(step: Step) -> set[str]:
    """The lines that a step changes, as they were before it."""
    text, edit = step.before[step.edit.file], step.edit
    last = edit.line + text[edit.start : edit.end].count("\n")
    return set(text.splitlines()[edit.line - 1 : last])


def _goes_on(step: Step, other: Step) -> bool:
    """Whether a step changes again the function that an earlier one changed."""
    if step.edit.file != other.edit.file or None in {step.edit.first, other.edit.first}:
        return False
    later = step.before[step.edit.file] != other.before[other.edit.file]
    return later and _head(step) == _head(other)


def _head(step: Step) -> str:
    """The first line of the function that a step changes."""
    lines = step.before[step.edit.file].splitlines()
    return lines[(step.edit.first or 1) - 1]


def _raises_there(finding: Finding) -> bool:
    """Whether its line is the one that raises: that is so, wherever the change is."""
    raised, rule = finding.reading.raised, finding.rule
    return raised is not None and rule is not None and rule.line == raised.line


def _steps_of(
    finding: Finding, mine: Sequence[int], steps: Sequence[Step], search: Search
) -> list[Step]:
    """The steps that a finding needs: those that mend its case, or a form that is in it."""
    if finding.check == "growth":
        return [step for step in steps if step.level == "cost"]
    if _of_network(finding):
        return [step for step in steps if step.level == "networks"]
    if any(i in search.wrong for i in mine) or (finding.check in SCALES and not mine):
        return []
    forms = {n.form for n in finding.case.graph.nodes if isinstance(n, Apply)}
    small = [i for i in mine if search.tasks[i].about == finding.case]  # what it shows
    exact = [s for s in steps if set(small or mine) & s.fixed or s.group in forms]
    if exact:
        return exact
    ops = finding.blames or frozenset(finding.case.graph.operations)
    near = [s for s in steps if s.group in FORMS and FORMS[s.group].op in ops]
    return near or [s for s in steps if s.level not in {"networks", "alone"}]


def _confirmed(engine: Engine, outcome: Outcome, told: Mended) -> Mended:
    """The mends that a whole check of the changed copy agrees with."""
    copy = edited(engine, told.texts)
    left: tuple[Finding, ...] | None = None
    if copy is not None:
        with copy:
            seed = outcome.seed + 1
            after = checked(copy, Plan(min(outcome.examples, _EXAMPLES), seed))
            usable = after.verdict in {"correct", "wrong"} and not after.disputes
            left = after.findings if usable or not after.findings else None
            if after.verdict == "inconclusive" and outcome.verdict == "wrong":
                left = after.findings
    findings, refuted = [], 0
    for before, finding in zip(outcome.findings, told.findings, strict=True):
        mend = finding.mend
        if mend is None:
            findings.append(before)
        elif left is not None and not any(
            _same(finding, other) for other in left if not _known(other, told.findings, finding)
        ):
            again = any(_alike(finding, other) for other in left)
            findings.append(replace(finding, mend=replace(mend, confirmed=True, again=again)))
        else:  # its line is not to blame, as far as is known
            refuted += 1
            findings.append(before)
    texts = told.texts if any(f.mend for f in findings) else (told.sources or told).texts
    sole = told.steps[0] if len(told.steps) == 1 and left == () and not refuted else None
    every = sole is not None and not sole.edit.rewritten
    once = one_cause(findings, every=every)
    rest = len(once) > 1 or bool(left) or not engine.info.has_backward
    once = tuple([
        replace(f, mend=replace(f.mend, rest=True)) if f.mend and rest else f for f in once
    ])  # fmt: skip
    return replace(told, findings=once, refuted=refuted, texts=texts)


def one_cause(findings: Sequence[Finding], *, every: bool) -> tuple[Finding, ...]:
    """Findings that one small change sets right have one cause, and are told as one.

    Told is the one with a name; of several the one that blames no operation, as the pass is that
    all of them share; then the first.  A limit is told even if it shows in large graphs alone, for
    which no change was sought.

    Args:
        findings: each with the change that was confirmed, if there is one.
        every: whether nothing at all was wrong after one change.
    """
    groups: dict[object, list[Finding]] = {}
    for place, finding in enumerate(findings):
        mend = finding.mend
        known = mend is not None and mend.confirmed and not mend.rewritten
        key = "" if every else mend.diff if known and mend is not None else place
        groups.setdefault(key, []).append(finding)
    return tuple([_told_for(group) for group in groups.values()])


def _told_for(group: Sequence[Finding]) -> Finding:
    """One finding for several with the same cause."""
    if len(group) == 1:
        return group[0]
    changed = [f for f in group if f.mend]
    first = min(
        [f for f in group if f.mend or f.check in SCALES] if changed else group,
        key=lambda f: (not f.diagnosis.fault, bool(f.blames), _of_network(f)),
    )
    if changed and first.mend is None:
        first = replace(first, mend=changed[0].mend, rule=changed[0].rule)
    more = len(group) - 1
    others = "one more counterexample" if more == 1 else f"{more} more counterexamples"
    explanation = f"{first.diagnosis.explanation} One change sets this and {others} right."
    return replace(first, diagnosis=replace(first.diagnosis, explanation=explanation))


def _known(left: Finding, findings: Sequence[Finding], mended: Finding) -> bool:
    """Whether what is left is another finding, word for word, than the one that is mended."""
    named = left.diagnosis.title, left.scenario, left.place
    others = [f for f in findings if f is not mended]
    return any((f.diagnosis.title, f.scenario, f.place) == named for f in others)


def _alike(finding: Finding, other: Finding) -> bool:
    """Whether what is left in a copy is the same mistake, in an operation that was not mended."""
    mine, theirs = finding.diagnosis, other.diagnosis
    if mine.fault and mine.fault == theirs.fault:
        return True
    return _UNMADE in mine.title and _UNMADE in theirs.title


def _same(finding: Finding, other: Finding) -> bool:
    """Whether what is left in a copy may be what was to be mended."""
    network = [*map(_of_network, (finding, other))]
    if any(network):
        both, ended = all(network), other.reading.raised is not None
        after = comes_after(other.place, finding.place) and not ended
        return both and not (after or _larger(finding, other))
    mine = finding.blames or frozenset(finding.case.graph.operations)
    theirs = other.blames or frozenset(other.case.graph.operations)
    return bool(mine & theirs) or finding.diagnosis.title == other.diagnosis.title


def _larger(finding: Finding, other: Finding) -> bool:
    """Whether what is left has another name, and shows on a larger network only."""
    named = finding.diagnosis.fault, other.diagnosis.fault
    sizes = len(finding.case.graph.nodes), len(other.case.graph.nodes)
    return all(named) and named[0] != named[1] and sizes[0] < sizes[1]

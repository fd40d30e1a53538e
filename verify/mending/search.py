"""A search over edits, in the order of cost and suspicion, one group of failing cases at a time.

A form that fails by itself comes before what is built on it: of two, the one that runs fewer lines.
Then operands that are used again, graphs, scenarios, time, and networks.  An edit is kept when it
sets right all that fails of its group, or all that fails of one number there, and breaks nothing.
"""

from __future__ import annotations

import ast
import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from verify.engines.workshop import watch
from verify.expression.graph import Apply
from verify.expression.ops import FORMS
from verify.mending import methods, scope
from verify.mending.apart import apart
from verify.mending.captured import captured
from verify.mending.clutter import distance, idle, plainest
from verify.mending.corpus import LEVELS
from verify.mending.edges import completed
from verify.mending.edits import GUARD, LEFT_OUT, of_site
from verify.mending.formulas import SPECIAL
from verify.mending.from_0 import from_0
from verify.mending.linked import linked
from verify.mending.listed import listed
from verify.mending.localise import Spectrum, of_networks, spectrum
from verify.mending.ordered import whole_pass
from verify.mending.sense import makes_nodes
from verify.mending.source import same_size
from verify.mending.syntax import Site, Text, Words, deleted, tidied
from verify.mending.trial import (
    RAISED,
    REFUSED,
    every,
    failing,
    is_less,
    network_mistakes,
    parts,
    still,
)
from verify.verdict.outcome import NO_NETWORK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from verify.engines import Engine
    from verify.engines.workshop import Bench, Line, Watched
    from verify.mending.corpus import Task
    from verify.mending.syntax import Edit, Function
    from verify.mending.trial import Judging, Mistake, Wrong

SECONDS: Final = 7.0
"""Processor time of one search, of both processes; a whole check of the copy comes after it."""
TELLING: Final = 12
"""Characters of a change that is not made twice by chance."""
_FIRST: Final = 8
"""Failing cases that are asked with the first request."""
_STATE_FIRST: Final = 3.0
"""What it costs less to empty what outlives a pass where state is the matter: all run its line."""
_TRACED: Final = 3
_ANEW: Final = 3
"""Failing cases of a group that are asked of a copy each."""
_WEIGHT: Final = 3.0
"""What a suspicion of 1 is worth in the cost of an edit."""
_MORE_COST, _MORE_TRIES, _MORE = 1.0, 60, 6
"""After the first that passes, others are tried that cost little more: one may be nearer."""
_PATIENCE: Final = 250
"""Edits that are tried for all of a group after one was found for a part of it."""
_NETWORK_LEVEL: Final = "networks"
_SEVERAL: Final = frozenset({"graphs", "shared"})  # operations, which may make up for each other
_PASS_FIRST: Final = 8.0
"""What a pass that is written anew costs less where nothing smaller can mend it."""


@dataclass(frozen=True, slots=True)
class Step:
    """A change that was kept.

    Attributes:
        group: what it mends.
        level: of that group.
        edit: the change, of the text as it was before.
        before: all texts before it.
        after: all texts with it.
        mended: tasks that are right with it.
        cases: how many of the group failed before it.
        others: other edits that pass as well.
        tried: edits that were tried.
        seconds: processor time.
        fixed: all tasks that are right with it, of whichever group.
    """

    group: str
    level: str
    edit: Edit
    before: Mapping[str, str]
    after: Mapping[str, str]
    mended: frozenset[int]
    cases: int
    others: int
    tried: int
    seconds: float
    fixed: frozenset[int] = frozenset()

    @property
    def whole(self) -> bool:
        """Whether nothing of its group fails any more."""
        return len(self.mended) == self.cases


def _nodes_first(groups: Sequence[str]) -> list[str]:
    """Groups without those of a number beside the node, where two nodes fail as well.

    What fails for two nodes fails for a number too, which may lack more: it stands last.  A power
    is usually one of a number.
    """
    pairs = {FORMS[g].op for g in groups if g in FORMS and all(FORMS[g].nodes)} - {"pow"}
    return [g for g in groups if g not in FORMS or all(FORMS[g].nodes) or FORMS[g].op not in pairs]


@dataclass
class Search:
    """The search through the edits of one engine.

    Attributes:
        bench: where edited copies are tried.
        judging: judges what they say.
        tasks: all that is asked.
        texts: of the copy so far.
        misspelt: names of methods and what was meant, where an exception told.
        listen: told of each edit that is tried.
        seconds: processor time for each group.
        most: processor time for all of them.
        wrong: what fails in the copy so far, by task.
        networks: what is wrong in its networks.
        hopeless: groups for which nothing was found.
        reach: the lines that each form runs, by its text.
        righted: how many numbers the last edit that was tried set right.
        ends: when no more edits are tried, by the processor time of both processes.
        late: the lines of a rule that run in the backward pass of what is to be mended.
        made: what was put in by the changes so far.
        anew: whether the pass is known to go another way than any small change makes it go.
    """

    bench: Bench
    judging: Judging
    tasks: Sequence[Task]
    texts: dict[str, str]
    misspelt: Sequence[tuple[str, str]] = ()
    listen: Callable[[], None] = lambda: None
    seconds: float = SECONDS
    most: float = math.inf
    wrong: dict[int, frozenset[Wrong]] = field(default_factory=dict)
    networks: frozenset[Mistake] = frozenset()
    hopeless: set[tuple[str, str]] = field(default_factory=set)
    reach: dict[str, set[Line]] = field(default_factory=dict)
    righted: int = 0
    ends: float = math.inf
    late: set[Line] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    anew: bool = False

    @property
    def engine(self) -> Engine:
        """The engine that is mended, for what it promises."""
        return self.judging.engine

    def begin(self, edit: Edit | None = None) -> bool:
        """Ask everything of the copy as it is now; whether that could be done.

        After an edit only what may run it is asked again.
        """
        if self.bench.load(self.texts, []) is None:
            return False
        places = [i for i, t in enumerate(self.tasks) if edit is None or self._may_run(t, edit)]
        wrong = every(self.bench, self.judging, [self.tasks[i] for i in places])
        if wrong is None:
            return False
        asked = set(places)
        self.wrong = {i: w for i, w in self.wrong.items() if i not in asked} | {
            places[k]: w for k, w in wrong.items()
        }
        return self._forget_history()

    def _forget_history(self) -> bool:
        """Leave out what a copy gets right that was asked nothing before; whether one could be had.

        What outlives a pass makes other cases wrong later on, and no edit of theirs mends that.
        """
        if not any(self.tasks[i].level == "state" for i in self.wrong):
            return True
        groups: dict[tuple[str, str], list[int]] = {}
        for i in sorted(self.wrong):
            if (level := self.tasks[i].level) not in {"state", "cost"}:
                groups.setdefault((self.tasks[i].group, level), []).append(i)
        for places in groups.values():
            if all(self._right_alone(i) for i in _various(self.tasks, places)[:_ANEW]):
                self.wrong = {i: w for i, w in self.wrong.items() if i not in places}
        return self.bench.load(self.texts, []) is not None

    def _right_alone(self, place: int) -> bool:
        """Whether a task is right where it is all that is asked."""
        readings = self.bench.load(self.texts, [self.tasks[place].asked])
        return readings is not None and not failing(self.judging, [self.tasks[place]], readings)

    def _may_run(self, task: Task, edit: Edit) -> bool:
        """Whether a task may run what an edit changes: one of its forms runs that function.

        A leaf alone has no form; what it runs is the pass.
        """
        if edit.first is None or edit.last is None:
            return True
        changed = {(edit.file, n) for n in range(edit.first, edit.last + 1)}
        forms = {n.form for n in task.asked.graph.nodes if isinstance(n, Apply)}
        return not forms or any(f not in self.reach or self.reach[f] & changed for f in forms)

    def steps(self) -> Iterator[Step]:
        """One step after the other, until nothing fails, nothing more is found, or time is up."""
        self.ends = self._clock() + self.most
        while self._clock() < self.ends and (group := self._next()) is not None:
            step = self._mend(*group)
            if step is None:
                self.hopeless.add(group)
                continue
            self.texts, before = dict(step.after), set(self.wrong)
            if not self.begin(step.edit):
                return
            if len(step.edit.new.strip()) > TELLING:
                self.made.add(step.edit.new.strip())
            yield replace(step, fixed=frozenset(before - set(self.wrong)))

    def _next(self) -> tuple[str, str] | None:
        """The group to be mended next."""
        for level in (*LEVELS, _NETWORK_LEVEL):
            groups = dict.fromkeys(
                self.tasks[i].group
                for i, wrong in self.wrong.items()
                if self.tasks[i].level == level and wrong != {REFUSED} and not self._excused(i)
            )
            if level == _NETWORK_LEVEL and self.networks:
                groups = {"networks": None}
            left = [g for g in groups if (g, level) not in self.hopeless]
            if left:
                left = _nodes_first(left)
                return min(left, key=lambda g: (self._in_vain(g), self._size(g, level))), level
        return None

    def _in_vain(self, group: str) -> bool:
        """Whether nothing was found for another form of the same operation: others come first."""
        given_up = {FORMS[g].op for g, _ in self.hopeless if g in FORMS}
        return group in FORMS and FORMS[group].op in given_up

    def _size(self, group: str, level: str) -> int:
        """How many lines a group runs: what is built on another runs more than it."""
        if level not in {"alone", "shared"}:
            return 0
        places = self._failing(group, level)
        seen = watch(self.bench.engine, self.tasks[places[0]].asked)
        return len({r.line for r in seen.ran})

    def _failing(self, group: str, level: str) -> list[int]:
        """The tasks of a group that fail, where there are any by no form that fails itself."""
        places = [
            i for i, wrong in sorted(self.wrong.items())
            if self.tasks[i].group == group and self.tasks[i].level == level
            and wrong != {REFUSED} and not self._excused(i)
        ]  # fmt: skip
        if level != "alone":
            return places
        broken = {self.tasks[i].group for i in self.wrong if self.tasks[i].level == level} - {group}
        own = [i for i in places if broken.isdisjoint(self._forms(i))]
        return own or places

    def _forms(self, place: int) -> set[str]:
        nodes = self.tasks[place].asked.graph.nodes
        return {node.form for node in nodes if isinstance(node, Apply)}

    def _excused(self, place: int) -> bool:
        """Whether a task uses a form that fails by itself and could not be mended."""
        task = self.tasks[place]
        if task.level == "alone" and task.group in FORMS:
            return False
        lost = {group for group, level in self.hopeless if level == "alone"}
        nodes = task.asked.graph.nodes
        return any(isinstance(node, Apply) and node.form in lost for node in nodes)

    def _mend(self, group: str, level: str) -> Step | None:
        begun, places = self._clock(), self._failing(group, level)
        first = _various(self.tasks, places)
        passing: list[tuple[float, Edit]] = []
        partly: list[tuple[float, Edit]] = []
        tried = since = most = 0
        for score, edit in self.candidates(group, level, places):
            enough = len(passing) >= _MORE or since > _MORE_TRIES
            if passing and (score > passing[0][0] + _MORE_COST or enough):
                break
            late = self._clock() > min(begun + self.seconds, self.ends)
            if late or (partly and since > _PATIENCE):
                break
            tried += 1
            since += 1
            self.listen()
            mended = self._try(edit, level, first, places)
            if mended is None:
                continue
            if len(mended) == len(places):
                since = 0 if not passing else since
                passing.append((score, edit))
            elif not passing and self.righted > most:
                partly, most, since = [(score, edit)], self.righted, 0
            elif not passing and self.righted == most and len(partly) < _MORE:
                partly.append((score, edit))
        if not (passing or partly):
            self.bench.load(self.texts, [])
            return None
        chosen = self._nearest(passing or partly)
        if not chosen.file.startswith("<"):
            chosen = tidied(deleted(chosen, self.texts[chosen.file]), self.texts[chosen.file])
        mended = self._try(chosen, level, first, places) or frozenset()
        after = {**self.texts, chosen.file: chosen.applied(self.texts[chosen.file])}
        seconds = self._clock() - begun
        others = max(0, len(passing) - 1)
        return Step(
            group, level, chosen, dict(self.texts), after, mended, len(places), others, tried,
            seconds,
        )  # fmt: skip

    def _clock(self) -> float:
        """Processor time of this process and of the worker."""
        return time.process_time() + self.bench.used()

    def _try(
        self, edit: Edit, level: str, first: Sequence[int], places: Sequence[int]
    ) -> frozenset[int] | None:
        """The tasks of the group that an edit sets right; ``None`` where it is none to keep."""
        changed = edit.applied(self.texts[edit.file])
        texts = {**self.texts, edit.file: changed}
        readings = self.bench.load(texts, [self.tasks[i].asked for i in first])
        if readings is None:
            return None
        now = failing(self.judging, [self.tasks[i] for i in first], readings)
        if not self._better(first, {first[k]: w for k, w in now.items()}) and places:
            return None
        rest = [i for i in places if i not in set(first)]
        more = every(self.bench, self.judging, [self.tasks[i] for i in rest])
        if more is None:
            return None
        left = {first[k]: w for k, w in now.items()} | {rest[k]: w for k, w in more.items()}
        self.righted = sum(len(self.wrong[i] - left.get(i, frozenset())) for i in places)
        if places and not self._better(places, left):
            return None
        if places:
            own = self.tasks[places[0]].group
            known = set(places)
            doubtful = self._doubtful(own)
            others = [
                i for i, t in enumerate(self.tasks)
                if i not in known and i not in doubtful and self._may_run(t, edit)
            ]  # fmt: skip
            others.sort(key=lambda i: (self.tasks[i].group != own, i))
            if self._breaks(others):
                return None
        if level == _NETWORK_LEVEL and not self._mends_networks():
            return None
        if makes_nodes(self.texts[edit.file], changed, self.words):
            return None
        return frozenset(i for i in places if i not in left)

    def _doubtful(self, group: str) -> set[int]:
        """Graphs of operations still to be mended: what is right in them may be so by luck.

        An edit that sets one of two mistakes right, which made up for each other, breaks nothing.
        Nor does one after which the second mistake shows in numbers, where the first one raised.
        """
        left = {
            task.group for i, task in enumerate(self.tasks)
            if i in self.wrong and task.level in {"alone", "shared"} and task.group in FORMS
        } - {group}  # fmt: skip
        return {
            i for i, task in enumerate(self.tasks)
            if left and (task.level in _SEVERAL or RAISED in self.wrong.get(i, ()))
            and not left.isdisjoint(self._forms(i))
        }  # fmt: skip

    def _mends_networks(self) -> bool:
        """Whether less is wrong in networks, the smallest first, and what was right is right."""
        judged = [m for m in self.networks if not m[1].startswith(NO_NETWORK)] or self.networks
        smallest = min(judged, key=lambda mistake: (sum(mistake[0]), mistake))
        engine = self.bench.engine
        if still(engine, smallest):
            return False
        less = is_less(network_mistakes(engine), self.networks)
        return less and not self._breaks(range(len(self.tasks)))

    def _breaks(self, places: Sequence[int]) -> bool:
        """Whether the copy that is loaded gets wrong what was right; asked until the first one.

        Where something is wrong already, two mistakes may make up for each other: in an operation
        that is made of others no more numbers may be wrong than were, and graphs are not asked.
        """
        for part in parts(places):
            readings = self.bench.ask([self.tasks[i].asked for i in part])
            if readings is None:
                return True
            for i, each in zip(part, readings, strict=True):
                task, known = self.tasks[i], self.wrong.get(i, frozenset())
                now = self.judging.wrong(task, each) if _counts(task, known) else frozenset()
                if now - known and len(now) > len(known):
                    return True
        return False

    def _better(self, places: Sequence[int], now: Mapping[int, frozenset[Wrong]]) -> bool:
        """Whether some number is right in all of these tasks that was wrong, and nothing is worse.

        What raised before may be wrong in numbers now; what was answered must not be refused.
        """
        columns: dict[tuple[str, Wrong], bool] = {}
        for i in places:
            before, after = self.wrong[i], now.get(i, frozenset())
            raised = RAISED in before or REFUSED in before
            if (after - before and not raised) or REFUSED in after:
                return False
            for number in before:
                key = self.tasks[i].kind, number
                columns[key] = columns.get(key, True) and number not in after
        return any(columns.values())

    def _nearest(self, passing: Sequence[tuple[float, Edit]]) -> Edit:
        """The smallest of what passes: by tokens that differ, growth, then cost.

        Before all others one that was made elsewhere: the same mistake has the same change.
        """

        def size(item: tuple[float, Edit]) -> tuple[bool, float, float, bool, int]:
            score, edit = item
            early = (edit.file, edit.line) not in self.late  # of equals one in the rule itself
            again = edit.new.strip() in self.made
            far = not again and distance(self.texts[edit.file], edit)
            return edit.rewritten, far, round(score, 6), early, edit.start

        guards = [edit for _, edit in passing if edit.name == GUARD]
        gone = {(edit.file, edit.line) for _, edit in passing if edit.name == LEFT_OUT}
        kept = [
            (score, edit)
            for score, edit in passing
            if not any(idle(edit, guard) for guard in guards)
            and not (edit.name in methods.MOVES and (edit.file, edit.line) in gone)
        ]
        return min(plainest(kept, self.texts), key=size)[1]

    def candidates(
        self, group: str, level: str, places: Sequence[int]
    ) -> Iterator[tuple[float, Edit]]:
        """Edits with their score, the best first, none twice."""
        marked = self.suspicion(places)
        self.late = set(marked.backward)
        seen: set[tuple[str, int, int, str]] = set()
        edits: list[tuple[float, Edit]] = []
        for file, text in self.texts.items():
            scores = marked.lines(file)
            if level == _NETWORK_LEVEL and (parsed := self._parsed(file, text)):
                layered = all(len(sizes) > 2 for sizes, _ in self.networks)
                scores = of_networks(parsed, [p for _, p in self.networks], layered=layered)
            for edit in self._edits(file, text, group, level, scores):
                key = edit.file, edit.start, edit.end, edit.new
                if key not in seen:
                    seen.add(key)
                    last = edit.line + text[edit.start : edit.end].count("\n")
                    doubt = max((scores.get(n, 0.0) for n in range(edit.line, last + 1)), default=0)
                    edits.append((edit.cost - _WEIGHT * doubt, edit))
        edits.sort(key=lambda item: item[0])
        yield from edits

    def suspicion(self, places: Sequence[int]) -> Spectrum:
        """How suspicious each line is, by what failing and passing tasks of the copy run."""
        engine = self.bench.engine
        bad = [self._watched(i) for i in _various(self.tasks, places)[:_TRACED]]
        right: list[Watched] = []
        self.reach.clear()
        for i, task in enumerate(self.tasks):
            if task.level == "alone" and task.kind == "alone" and task.group not in self.reach:
                seen = watch(engine, task.asked)
                if i not in self.wrong:
                    right.append(seen)
                self.reach[task.group] = {r.line for r in seen.ran}
        for i, seen in zip(_various(self.tasks, places)[:_TRACED], bad, strict=False):
            if self.tasks[i].group in self.reach:
                self.reach[self.tasks[i].group] |= {r.line for r in seen.ran}
        return spectrum(bad, right)

    def _watched(self, place: int) -> Watched:
        task = self.tasks[place]
        if task.level == "cost":
            small = [t for t in self.tasks if t.level == "graphs"]
            return watch(self.bench.engine, (small or [task])[0].asked)
        about = next((node for what, node in self.wrong[place] if what == "gradient"), None)
        return watch(self.bench.engine, task.asked, about)

    def _edits(
        self, file: str, text: str, group: str, level: str, scores: Mapping[int, float]
    ) -> Iterator[Edit]:
        parsed = self._parsed(file, text)
        if parsed is None:
            return
        for near_miss, wanted in self.misspelt:
            yield from methods.renamed(parsed, near_miss, wanted)
        yield from methods.imported(parsed)
        yield from captured(parsed)
        yield from from_0(parsed)
        if level != _NETWORK_LEVEL:
            yield from methods.removed(parsed)
        if (special := SPECIAL.get(group)) is not None and level == "alone":
            yield from methods.derived(parsed, special)
        for function in parsed.functions(scores):
            cls = parsed.class_of(function)
            if level == _NETWORK_LEVEL and (cls is None or cls.name == self.words.node):
                continue
            first, last = function.lineno, function.end_lineno
            for edit in self._in_function(parsed, function, group, level, scores):
                yield replace(edit, first=first, last=last)

    def _parsed(self, file: str, text: str) -> Text | None:
        """A text as it can be edited; a cell keeps its lines for IPython."""
        try:
            parsed = Text(file, text if not file.startswith("<") else same_size(text), self.words)
            _ = parsed.tree
        except (SyntaxError, ValueError):
            return None
        return parsed

    @property
    def words(self) -> Words:
        """How the engine is spelled."""
        info = self.engine.info
        value = info.adapter.get("value", "data").strip(".").removesuffix("()")
        gradient = info.adapter.get("gradient", "grad").strip(".").removesuffix("()")
        return Words(info.class_name, value, gradient, dict(info.adapter))

    def _in_function(
        self,
        text: Text,
        function: Function,
        group: str,
        level: str,
        scores: Mapping[int, float],
    ) -> Iterator[Edit]:
        atoms, upstream = scope.atoms(text, function), scope.upstream(text, function)
        for node in ast.walk(function):
            if getattr(node, "lineno", None) in scores:
                yield from of_site(Site(text, node, function, atoms, upstream))
        op = self._operation(function, group)
        if op and level in {"alone", "shared"}:
            yield from methods.insertions(text, function, op)
            yield from completed(text, function, op)
            yield from methods.formulas(text, function, op, scores)
            yield from methods.anew(text, function, op)
        if level == _NETWORK_LEVEL:
            yield from listed(text, function)
        else:
            yield from linked(text, function)
            yield from apart(text, function)
        yield from methods.accumulated(text, function)
        for edit in methods.emptied(text, function):
            yield replace(edit, cost=edit.cost - _STATE_FIRST * (level == "state"))
        yield from methods.guards(text, function)
        yield from methods.moves(text, function)
        most = len(self.wrong) > len(self.tasks) / 2
        if self._is_pass(function) and (level == "alone") <= most and level != _NETWORK_LEVEL:
            first = _PASS_FIRST * (self.anew or level == "cost")
            yield from (replace(e, cost=e.cost - first) for e in whole_pass(text, function))

    def _is_pass(self, function: Function) -> bool:
        return function.name in self.words.spellings.get("backward", "backward")

    def _operation(self, function: Function, group: str) -> str:
        """The operation that a function is for: by its name, or the group's own."""
        by_name = {spelled.strip(".()"): op for op, spelled in self.words.spellings.items()}
        own = FORMS[group].op if group in FORMS else ""
        found = by_name.get(function.name, own)
        return found if found in {form.op for form in FORMS.values()} else own


def _various(tasks: Sequence[Task], places: Sequence[int]) -> list[int]:
    """Some of the tasks, of each kind in turn."""
    kinds: dict[str, list[int]] = {}
    for i in places:
        kinds.setdefault(tasks[i].kind, []).append(i)
    rows = [row[k] for k in range(_FIRST) for row in kinds.values() if k < len(row)]
    return rows[:_FIRST]


def _counts(task: Task, known: frozenset[Wrong]) -> bool:
    """Whether a task may tell that an edit breaks something."""
    return not known or task.level == "alone"

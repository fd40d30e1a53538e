"""What is known of an engine, in a small file that is committed: verdicts, speed, known deviations.

A later check holds the engine against it.  What got worse fails; what got better makes an entry
stale, and is reported, so that the file is renewed.  Speed is a ratio to a yardstick, an engine in
the manner of the lecture that never changes: it means the same on every machine.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from verify.checking.assess import examine
from verify.checking.run import Plan, outcome
from verify.compare.cost import costs
from verify.engines import load
from verify.expression.graph import Case, Graph, number_from_json, number_to_json
from verify.faults import SOURCE as YARDSTICK
from verify.files import passing_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from verify.engines import Engine
    from verify.verdict.outcome import Finding, Outcome

SCHEMA: Final = "verify.baseline/1"
_LARGEST: Final = 1 << 24
"""Bytes of a file that are read."""
DIGEST: Final = hashlib.sha256(YARDSTICK.encode()).hexdigest()[:16]
"""Of the yardstick: ratios to another one cannot be compared."""
_RANK: Final = ("proven", "correct", "imprecise", "undecided", "missing", "wrong")
"""Of statuses, from the best on."""


class BaselineError(ValueError):
    """A file that is no baseline: the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """A mistake that is known.

    Attributes:
        case: the smallest expression that shows it.
        where: ``gradient of a``, with the scenario where there is one.
        fault: its name in the catalogue; ``""`` if it has none.
        title: in a line.
        plain: whether the expression alone shows it, without a scenario.
    """

    case: Case
    where: str
    fault: str
    title: str
    plain: bool

    @property
    def key(self) -> str:
        """What makes two deviations the same: the mistake's name, else where it shows."""
        return self.fault or f"{self.where}: {self.case}"

    def __str__(self) -> str:
        return f"{self.title}: {self.where} in {self.case}"


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a file holds.

    Attributes:
        spec: the engine, as the user named it.
        verdict: of the engine as a whole.
        forms: status by way of writing an operation.
        deviations: known mistakes.
        speed: by workload, the ratio to the yardstick, and the ends of its interval.
        yardstick: digest of the yardstick that the ratios are relative to.
        seed: of the check.
        examples: of the check.
    """

    spec: str
    verdict: str
    forms: Mapping[str, str]
    deviations: tuple[Deviation, ...] = ()
    speed: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    yardstick: str = DIGEST
    seed: int = 0
    examples: int = 400


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is no longer as the baseline says; ``worse`` or else stale."""

    what: str
    was: str
    now: str
    worse: bool


def observe(
    engine: Engine, plan: Plan | None = None, *, speed: bool = True
) -> tuple[Baseline, Outcome]:
    """Check an engine and measure it.

    Args:
        engine: loaded, and closed by the caller.
        plan: how hard to look.
        speed: whether to measure time too.
    """
    plan = plan or Plan()
    found = outcome(engine, plan)
    deviations = {d.key: d for d in map(_deviation, reversed(found.findings))}
    ordered = tuple(sorted(deviations.values(), key=lambda d: (len(d.case.graph.nodes), d.key)))
    seen = Baseline(
        spec=engine.info.spec,
        verdict=found.verdict,
        forms=dict(found.forms),
        deviations=ordered,
        speed=_speed(engine) if speed else {},
        seed=plan.seed,
        examples=plan.examples,
    )
    return seen, found


def changes(saved: Baseline, seen: Baseline, engine: Engine, most: float = 1.2) -> Iterator[Change]:
    """What is no longer as it was saved: the worse first, then what is stale.

    Args:
        saved: from the file.
        seen: what :func:`observe` says now.
        engine: the engine, on which known deviations that were not met again are tried.
        most: how much slower it may be before it counts.
    """
    found = [
        *_verdicts(saved, seen),
        *_deviations(saved, seen, engine),
        *_confirmed(_speeds(saved, seen, most), saved, engine, most),
    ]
    yield from sorted(found, key=lambda change: not change.worse)


def _verdicts(saved: Baseline, seen: Baseline) -> Iterator[Change]:
    if saved.verdict != seen.verdict:
        yield Change("verdict", saved.verdict, seen.verdict, worse=seen.verdict != "correct")
    for form in {**saved.forms, **seen.forms}:
        was, now = saved.forms.get(form, "missing"), seen.forms.get(form, "missing")
        if was != now:
            yield Change(form, was, now, worse=_RANK.index(now) > _RANK.index(was))


def _deviations(saved: Baseline, seen: Baseline, engine: Engine) -> Iterator[Change]:
    then, now = ({d.key: d for d in each.deviations} for each in (saved, seen))
    for key in now.keys() - then.keys():
        yield Change(str(now[key]), "not known", "wrong", worse=True)
    for key in then.keys() - now.keys():
        known = then[key]
        if known.plain and examine(engine, known.case).judgement.wrong:
            continue  # the search went another way; the mistake is still there
        yield Change(str(known), "wrong", "not found any more", worse=False)


def _speeds(saved: Baseline, seen: Baseline, most: float) -> Iterator[Change]:
    if not saved.speed or not seen.speed:
        return
    if saved.yardstick != seen.yardstick:
        yield Change("speed", "by another yardstick", "by this one", worse=False)
        return
    for name in saved.speed.keys() & seen.speed.keys():
        (was, low, high), (now, lowest, highest) = saved.speed[name], seen.speed[name]
        words = [f"{ratio:.2f} of the yardstick's time" for ratio in (was, now)]
        if lowest > most * high:
            yield Change(f"speed: {name}", words[0], words[1], worse=True)
        elif highest * most < low:
            yield Change(f"speed: {name}", words[0], words[1], worse=False)


def _confirmed(
    told: Iterator[Change], saved: Baseline, engine: Engine, most: float
) -> Iterator[Change]:
    """Without slowdowns that a second measurement, in new processes, does not show."""
    found = list(told)
    if not any(change.worse for change in found):
        return iter(found)
    again = _speeds(saved, replace(saved, speed=_speed(engine)), most)
    slow = {change.what for change in again if change.worse}
    return (change for change in found if not change.worse or change.what in slow)


def _speed(engine: Engine) -> dict[str, tuple[float, float, float]]:
    with passing_folder() as folder:
        path = Path(folder, "yardstick.py")
        path.write_text(YARDSTICK, encoding="utf-8")
        with load(str(path)) as yardstick:
            ratios, _ = costs(yardstick, engine)
    return {
        r.workload: (round(r.ratio, 3), round(r.low, 3), round(r.high, 3))
        for r in ratios
        if r.quantity == "time"
    }


def _deviation(finding: Finding) -> Deviation:
    title = finding.diagnosis.title
    plain = not (finding.scenario or finding.place)
    return Deviation(finding.case, finding.where, finding.diagnosis.fault, title, plain)


# --- the file -------------------------------------------------------------------------------------


def text(baseline: Baseline) -> str:
    """A baseline as the text of a file; lines are kept short and in order, for a readable diff."""
    data = {
        "schema": SCHEMA,
        "engine": baseline.spec,
        "verdict": baseline.verdict,
        "forms": dict(baseline.forms),
        "deviations": [
            {
                "title": d.title,
                "fault": d.fault,
                "where": d.where,
                "plain": d.plain,
                "expression": str(d.case),
                "graph": json.dumps(d.case.graph.to_json()),
                "point": [number_to_json(x) for x in d.case.point],
            }
            for d in baseline.deviations
        ],
        "speed": {name: list(ratio) for name, ratio in baseline.speed.items()},
        "yardstick": baseline.yardstick,
        "seed": baseline.seed,
        "examples": baseline.examples,
    }
    data["digest"] = _digest(data)
    return json.dumps(data, indent=1) + "\n"


def _digest(data: Mapping[str, Any]) -> str:
    """SHA-256 over all that is said, however the file is laid out."""
    content = {key: value for key, value in data.items() if key != "digest"}
    found = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return f"sha256:{found}"


def read(path: Path) -> Baseline:
    """Read a baseline.

    Raises:
        BaselineError: naming what is not of this form.  ``OSError`` passes.
    """
    try:
        data: Any = json.loads(path.read_bytes()[:_LARGEST])
        _fits(data)
        return Baseline(
            spec=data["engine"],
            verdict=data["verdict"],
            forms=dict(data["forms"]),
            deviations=tuple(map(_read_deviation, data["deviations"])),
            speed={name: _three(ratio) for name, ratio in data["speed"].items()},
            yardstick=data["yardstick"],
            seed=data["seed"],
            examples=data["examples"],
        )
    except KeyError as error:
        raise BaselineError(f"{path}: {error.args[0]} is missing") from None
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise BaselineError(f"{path}: not a baseline ({error})") from None


def _fits(data: Any) -> None:  # noqa: ANN401 - from JSON
    if data.get("schema") != SCHEMA:
        raise ValueError(f"schema {data.get('schema')!r}; this version reads {SCHEMA}")
    if data.get("digest") != _digest(data):
        raise ValueError("the digest does not fit: it was edited or damaged; save it again")
    if unknown := set(data["forms"].values()) - set(_RANK):
        raise ValueError(f"no such status: {', '.join(sorted(unknown))}")


def _three(ratio: Any) -> tuple[float, float, float]:  # noqa: ANN401 - from JSON
    middle, low, high = map(float, ratio)
    return middle, low, high


def _read_deviation(row: Mapping[str, Any]) -> Deviation:
    graph = Graph.from_json(json.loads(row["graph"]))
    case = Case(graph, tuple([number_from_json(x) for x in row["point"]]))
    return Deviation(case, row["where"], row["fault"], row["title"], row["plain"])

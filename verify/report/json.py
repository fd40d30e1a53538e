"""One check as one JSON object, schema ``verify.report/1``.

JSON has no ``inf`` and no ``nan``: such numbers are the strings ``"inf"``, ``"-inf"``, ``"nan"``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from verify.report import facts, source
from verify.report.plain import plain
from verify.report.program import shown
from verify.verdict.outcome import Accounts, Control, Outcome
from verify.versions import versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from verify.engines import EngineError, EngineInfo
    from verify.verdict.outcome import Finding

SCHEMA: Final = "verify.report/1"
SEVERAL: Final = "verify.reports/1"


def report(outcome: Outcome) -> dict[str, Any]:
    """The outcome as plain JSON data."""
    return {
        "schema": SCHEMA,
        "engine": engine(outcome.engine),
        "verdict": outcome.verdict,
        "reason": plain(outcome.reason, 1000),
        "exit_code": int(outcome.exit_code),
        "counts": _counts(outcome.accounts),
        "operations": dict(outcome.operations),
        "forms": dict(outcome.forms),
        "conventions": _plainly(outcome.accounts.conventions),
        "findings": [_finding(finding, outcome.engine) for finding in outcome.findings],
        "programs": {
            "shown": sum(finding.program != "" for finding in outcome.findings),
            "run": sum(bool(finding.program) for finding in outcome.findings),
        },
        "disputes": [str(dispute) for dispute in outcome.disputes],
        "control": {"planted": outcome.control.planted, "caught": outcome.control.caught},
        "oracles": {name: name in outcome.oracles for name in facts.ORACLES},
        "isolation": plain(outcome.engine.isolation),
        "seed": outcome.seed,
        "examples": outcome.examples,
        "versions": dict(outcome.versions),
        "seconds": round(outcome.seconds, 3),
    }


def reports(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """One outcome as itself; several as ``reports`` of schema ``verify.reports/1``."""
    if len(outcomes) == 1:
        return report(outcomes[0])
    return {"schema": SEVERAL, "reports": [report(outcome) for outcome in outcomes]}


def dumps(data: dict[str, Any]) -> str:
    """Strict JSON, ASCII only, indented, with a newline at the end."""
    return json.dumps(data, indent=2, allow_nan=False) + "\n"


def unusable(
    info: EngineInfo, error: EngineError, *, seed: int, examples: int, seconds: float
) -> Outcome:
    """The outcome of a check that could not begin."""
    return Outcome(
        engine=info,
        verdict="unusable",
        reason=facts.refusal(error),
        findings=(),
        operations={},
        forms={},
        accounts=Accounts(),
        control=Control(0, 0),
        disputes=(),
        oracles=(),
        seed=seed,
        examples=examples,
        seconds=seconds,
        versions=versions(),
    )


def _plainly(table: Mapping[str, str | int]) -> dict[str, Any]:
    """A table whose text came from an engine, harmless."""
    return {
        plain(key): plain(value) if isinstance(value, str) else value
        for key, value in table.items()
    }


def engine(info: EngineInfo) -> dict[str, Any]:
    """What was found out about an engine, as plain JSON data."""
    return {
        "spec": plain(info.spec),
        "path": plain(info.path, 4096),
        "class": plain(info.class_name),
        "python": plain(info.python),
        "adapter": _plainly(info.adapter),
        "backward": info.has_backward,
        "notes": [plain(facts.placeless(note)) for note in info.notes],
        "digest": plain(info.digest),
        "beside": [plain(name) for name in info.beside],
    }


def _counts(accounts: Accounts) -> dict[str, Any]:
    verdicts = accounts.verdicts
    return {
        "judged": accounts.judged,
        "gradients": accounts.gradients,
        **{name: verdicts.get(name, 0) for name in ("correct", "wrong", "imprecise", "undecided")},
        "skipped": sum(accounts.skipped.values()),
        "reasons": {
            "undecided": _plainly(accounts.undecided),
            "skipped": _plainly(accounts.skipped),
        },
        "cases": dict(accounts.cases),
        "by_operation": {op: dict(counts) for op, counts in accounts.operations.items()},
    }


def _finding(finding: Finding, engine: EngineInfo) -> dict[str, Any]:
    case, diagnosis, triage = finding.case, finding.diagnosis, finding.triage
    fault = (
        finding.reading.raised
        or (finding.wrong.quantity, finding.wrong.node) in finding.reading.faults
    )
    return {
        "check": finding.check,
        "graph": case.graph.to_json(),
        "expression": facts.expression(finding),
        "operations": len(case.graph.operations),
        "python": shown(finding, engine),
        "inputs": {name: facts.as_json(value) for name, value in case.inputs.items()},
        "where": plain(finding.where),
        "got": facts.got(finding) if fault else facts.as_json(finding.wrong.got),
        "want": facts.as_json(facts.expected(finding)),
        "wanted": facts.want(finding),
        "bound": facts.as_json(facts.bound(finding)),
        "reason": plain(finding.wrong.reason),
        "scenario": plain(finding.scenario),
        "answers": [facts.as_json(answer) for answer in finding.answers],
        "repeats": list(finding.repeats),
        "readings": {name: facts.as_json(value) for name, value in finding.readings.items()},
        "triage": {
            "forward": triage.forward,
            "gradient": triage.gradient,
            "consistent": triage.consistent,
            "summary": plain(triage.summary),
        },
        "diagnosis": {
            "fault": diagnosis.fault,
            "title": plain(diagnosis.title),
            "explanation": plain(facts.placeless(diagnosis.explanation), 2000),
            "line": diagnosis.line,
            "formula": plain(diagnosis.formula),
            "region": finding.regions[0] if finding.regions else "",
            "blames": sorted(finding.blames or ()),
        },
        **source.as_json(finding),
    }

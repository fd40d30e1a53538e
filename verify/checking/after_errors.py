"""Ordinary graphs after graphs on which the engine raised, and the exception was caught."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from verify.checking.afresh import Afresh, elsewhere
from verify.checking.assess import examine, perform
from verify.expression.graph import Case, Graph
from verify.expression.ops import FORMS
from verify.generators import special
from verify.generators.scenarios import CAUGHT, PROGRAMS
from verify.verdict.outcome import StageStarted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from verify.checking.judging import Judging
    from verify.verdict.outcome import Event


def after_errors(judging: Judging, usable: Collection[str]) -> Iterator[Event]:
    """Each program before and after each kind of error, in a process of its own if there can be.

    What is wrong afterwards and was right before is state; what was wrong before is not asked.
    """
    chosen = [Case(Graph.parse(text), point) for text, point in PROGRAMS]
    chosen += [special.single(FORMS[text])[0] for text in usable]
    chosen = [case for case in chosen if special.uses_only(case.graph, usable)]
    yield StageStarted("errors", len(chosen) * len(CAUGHT))
    engine = elsewhere(judging.engine, judging.stack) or judging.engine
    chosen = [case for case in chosen if not examine(engine, case).judgement.wrong]
    for scenario in CAUGHT:
        before = tuple([c for c in scenario.before if special.uses_only(c.graph, usable)])
        if not before:
            continue
        judging.findings.stale = 0
        once, after = replace(scenario, before=before), replace(scenario, before=())
        worse = False
        for index, case in enumerate(chosen):
            seen = perform(engine, case, after if index else once)
            if seen is None:
                continue
            if seen.judgement.wrong and seen.disputes:
                judging.dispute(seen.disputes)
                continue
            worse = worse or bool(seen.judgement.wrong)
            yield from judging.enter("errors", seen, once, engine=engine)
        if worse:
            judging.causes.append(Afresh(judging.engine, True, judging.stack))
            return

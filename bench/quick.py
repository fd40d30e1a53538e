"""A search on an engine that was not checked before: what fails is what the recorded cases show."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from verify.engines.workshop import Bench, Graphs, watch
from verify.expression.ops import FORMS
from verify.generators.special import single
from verify.mending.corpus import tasks
from verify.mending.search import SECONDS, Search
from verify.mending.source import sources
from verify.mending.trial import REFUSED, Judging, every

if TYPE_CHECKING:
    from collections.abc import Mapping

    from verify.engines import Engine
    from verify.mending.search import Step

_SEVERAL: Final = 3
"""Groups of failing cases that may take all of their time; after that the search is over."""


def usable_forms(engine: Engine) -> list[str]:
    """The forms that an engine has, whether they are right or not."""
    found = []
    for text, form in FORMS.items():
        case = single(form)[0]
        raised = engine.run(case.graph, case.point, (("read",),))[-1].raised
        if raised is None or not raised.refused:
            found.append(text)
    return found


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found.

    Attributes:
        steps: that were kept.
        texts: all texts after them.
        lost: forms that fail by themselves and for which nothing was found.
        left: recorded cases that are still wrong after the steps.
        seconds: processor time of both processes, all questions before and after included.
        tried: copies that were loaded.
    """

    steps: tuple[Step, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    left: int = 0
    seconds: float = 0.0
    tried: int = 0


def searched(engine: Engine, *, seconds: float = SECONDS) -> Searched:
    """Search on all recorded cases.

    Args:
        engine: of a file; it is left as it is.
        seconds: processor time for each group of failing cases.
    """
    begun = time.process_time()
    forms = usable_forms(engine)
    case = single(FORMS[forms[0]])[0]
    seen = watch(engine, Graphs(case.graph, case.point, (("read",),)))
    texts = sources(engine.info, seen.files)
    every_task = tasks(forms, backward=engine.info.has_backward)
    with Bench(engine) as bench:
        search = Search(
            bench, Judging(engine), every_task, dict(texts.texts), seconds=seconds,
            most=_SEVERAL * seconds,
        )  # fmt: skip
        steps = tuple(search.steps()) if search.begin() else ()
        lost = [group for group, level in search.hopeless if level == "alone" and group in FORMS]
        left = sum(wrong != {REFUSED} for wrong in search.wrong.values())
        spent = time.process_time() - begun + bench.used()
        return Searched(steps, search.texts, tuple(sorted(lost)), left, spent, bench.tried)


def wrong_in(engine: Engine, texts: Mapping[str, str], seed: int) -> int:
    """How many of other cases than those of the search an edited copy gets wrong.

    They are drawn anew: other points, other numbers beside nodes, other graphs.
    """
    forms = usable_forms(engine)
    others = tasks(forms, backward=engine.info.has_backward, seed=seed)
    with Bench(engine) as bench:
        if bench.load(dict(texts), []) is None:
            return len(others)
        found = every(bench, Judging(engine), others)
        return len(others) if found is None else len(found)

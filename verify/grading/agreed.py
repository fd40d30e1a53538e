"""What an engine does where right engines differ, in words that a rubric can demand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from verify.checking.conventions import conventions
from verify.expression.graph import Graph
from verify.grading.evidence import BY_BACKWARD, BY_CALLER, GIVEN, SEED
from verify.report.plain import plain

if TYPE_CHECKING:
    from verify.engines import Engine

_WAYS: Final = ((r"output\.\w+ = .*", BY_CALLER), (r".*\((output, )?1\.0\)", GIVEN))
"""How a pass is called where it does not set the gradient of its result itself."""


def agreed(engine: Engine) -> dict[str, str]:
    """Each convention that applies to it, by name."""
    found = {name: plain(words) for name, words in conventions(engine)}
    if not engine.info.has_backward:
        return found
    way = engine.info.adapter.get("backward", "")
    seeds = [words for pattern, words in _WAYS if re.fullmatch(pattern, way)]
    if not seeds and not _begins(engine):
        return {name: words for name, words in found.items() if name != SEED}
    return {SEED: seeds[0] if seeds else BY_BACKWARD} | {
        name: words for name, words in found.items() if name != SEED
    }


def _begins(engine: Engine) -> bool:
    """Whether a pass changes any gradient: one that is not written yet sets none."""
    reading = engine.run(Graph.parse("a * b"), (2.0, -3.0))[-1]
    return reading.raised is None and any(reading.gradients)

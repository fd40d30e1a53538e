"""Are the gradients of a scalar autograd engine right?

>>> import verify
>>> verify.check("examples/lecture_fixed.ipynb").verdict
'correct'

Everything is loaded when it is first used: ``import verify`` alone costs next to nothing.
"""

from __future__ import annotations

import os
import sys

if sys.argv[:1] == ["-m"] and sys.path and sys.path[0] in {"", os.path.realpath(os.curdir)}:
    # `python -m verify`: the current folder comes first on the path then, and may be one of
    # submissions.  What is called click.py there must not run here.
    _words = sys.orig_argv[1:]
    _named = [w[2:] or n for w, n in zip(_words, [*_words[1:], ""], strict=True) if w[:2] == "-m"]
    if _named and _named[0].partition(".")[0] == "verify":
        del sys.path[0]
    del _words, _named

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from verify.api import (
        HarnessError,
        NotJudgedError,
        WrongGradientError,
        assert_gradients,
        cases,
        check,
        explain,
        forms,
        grade,
        graphs,
    )
    from verify.engines import Engine, EngineError, load
    from verify.expression.graph import Case, Graph, GraphError
    from verify.generators.random import points
    from verify.report.explanation import Explanation
    from verify.verdict.outcome import Outcome

__all__ = [
    "Case",
    "Engine",
    "EngineError",
    "Explanation",
    "Graph",
    "GraphError",
    "HarnessError",
    "NotJudgedError",
    "Outcome",
    "WrongGradientError",
    "assert_gradients",
    "cases",
    "check",
    "explain",
    "forms",
    "grade",
    "graphs",
    "load",
    "points",
]

_HOMES: Final = {
    "verify.engines": ("Engine", "EngineError", "load"),
    "verify.expression.graph": ("Case", "Graph", "GraphError"),
    "verify.report.explanation": ("Explanation",),
    "verify.verdict.outcome": ("Outcome",),
    "verify.generators.random": ("points",),
}
_HOME: Final = dict.fromkeys(__all__, "verify.api") | {
    name: module for module, names in _HOMES.items() for name in names
}
"""The module that each name comes from."""


def __getattr__(name: str) -> Any:  # noqa: ANN401 - as many types as names
    if name not in _HOME:
        raise AttributeError(f"module 'verify' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

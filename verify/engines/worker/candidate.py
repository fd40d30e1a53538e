"""An edited copy of the engine, loaded anew in this process, and what it says of some cases."""

from __future__ import annotations

import sys

from .alarm import ALARM
from .attempt import Attempt
from .errors import OutOfTime, Unusable, summary
from .execute import execute
from .imports import STANDARD, prepare
from .load import load
from .texts import replace
from .training import execute_network

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, List, Mapping, Set, Tuple

    from .adapter import Adapter
    from .namespace import Namespace

    Loaded = Tuple[Namespace, Adapter]
    Before = Tuple[Set[str], List[str], List[Any]]

LOAD_SECONDS: Final = 0.5


def loaded(before: Before, request: dict[str, Any], texts: Mapping[str, str]) -> Loaded:
    """The definitions and the adapter of the engine with these texts in place of its own.

    It is loaded into the state in which the process was before it knew any engine: what was
    imported since then, apart from installed packages, is forgotten.

    Raises:
        Unusable: if it is no engine any more.
    """
    modules, path, finders = before
    kept = set(request.get("offered") or ())
    for name in set(sys.modules) - modules:
        top = name.partition(".")[0]
        if top not in kept and top not in STANDARD and not top.startswith("_"):
            del sys.modules[name]
    sys.path[:], sys.meta_path[:] = path, finders
    replace(texts)
    prepare(request)
    found: Loaded = ALARM.within(LOAD_SECONDS, load, request)
    return found


def tried(
    before: Before, load_request: dict[str, Any], request: dict[str, Any]
) -> tuple[Loaded | None, str]:
    """An edited copy, or why there is none."""
    try:
        return loaded(before, load_request, request["texts"]), ""
    except Unusable as problem:
        return None, problem.message
    except OutOfTime:
        return None, "it does not come back while it is loaded"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return None, summary(error)


def read_elsewhere(adapter: Adapter, name: str) -> bool:
    """Whether an attribute that held gradients is still there, and another one is taken for it.

    A change that makes all gradients wrong may leave them right in a table beside: that mends
    nothing for whoever reads them where they were.
    """
    if not name or adapter.guess.get("gradient", name) == name:
        return False
    try:
        return hasattr(adapter.make(1.0), name)
    except Exception:  # noqa: BLE001 - the engine's own code
        return False


def answers(adapter: Adapter, space: Namespace, request: dict[str, Any]) -> list[dict[str, Any]]:
    """What an engine says of each of some cases, as :func:`execute` tells it."""
    seconds = request.get("each")
    told: list[dict[str, Any]] = []
    for case in request["cases"]:
        run = execute if "graph" in case else execute_network
        try:
            told.append(ALARM.call(seconds, run, adapter, space, case))
        except OutOfTime as error:
            told.append({"readings": [], "raised": Attempt(space).described(error)})
    return told

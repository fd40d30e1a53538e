"""Before an engine is blamed, the adapter proves itself on it, or says that it could not.

One operation with the right value and the right gradients is proof enough that nodes are made,
used and read as the engine means it.  Where there is none, a fault is as likely ours: then only
names that can mean nothing else, as ``.backward()`` and ``.grad``, speak for the reading.
"""

from __future__ import annotations

import inspect

from .backward import is_usual
from .entries import callable_in, takes, unknown
from .errors import Unusable
from .namespace import derives
from .naming import ALIASES, entry_names, plain, public_first
from .tracebacks import line_of
from .trials import TRIALS, outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from .adapter import Adapter
    from .namespace import Namespace
    from .trials import Outcome

MOST_SHOWN: Final = 3
CORE: Final = ("add", "mul")
"""Operations without which there is nothing to judge."""
FORWARD: Final = (
    "forward mode is understood where it is asked as derivative(y, x), grad(f)(x) or Dual(x, 1)"
)


def prove(adapter: Adapter, space: Namespace) -> None:
    """Let pass an adapter that some operation proves right, or that a mistake cannot be held to.

    Raises:
        Unusable: if the fault is as likely the adapter's: what was tried and what was read.
    """
    found = outcomes(adapter, space)
    if any(each.gradients for each in found):
        return
    readable = [each for each in found if each.value]
    if not found:
        raise Unusable("no engine", f"{adapter.cls.__name__} has neither + nor *")
    if not readable:
        raise no_value(adapter, space, found)
    backward = [each.raised for each in readable]
    if adapter.enter is None:
        suspects = suspected(adapter, space)
        if suspects:
            raise no_way(adapter, suspects)
    elif all(isinstance(error, NotImplementedError) for error in backward):
        adapter.enter = adapter.gradient = None
        words = adapter.guess["backward"]
        adapter.guess["backward"] = "none"
        adapter.notes.append(
            f"no backward pass yet, {words} raises NotImplementedError: only values can be judged"
        )
    elif not is_usual(adapter):
        raise wrong_gradients(adapter, readable)


def outcomes(adapter: Adapter, space: Namespace) -> list[Outcome]:
    """What came of the trials: of the first two, and of others until one proves the adapter."""
    found: list[Outcome] = []
    for trial in TRIALS:
        proven = any(each.gradients for each in found)
        # What was not found here would only be Python's own complaint.
        if trial[0] in adapter.guess and (trial[0] in CORE or not proven):
            found.append(outcome(adapter, trial))
            needs_library(found[-1], space)
    return found


def needs_library(found: Outcome, space: Namespace) -> None:
    """Raise what says which library is missing, where an operation or backward pass needs one."""
    if isinstance(found.raised, ImportError) and found.op in CORE:
        line = line_of(found.raised, space.files)[0]
        raise Unusable("import", str(found.raised), line) from None


def no_value(adapter: Adapter, space: Namespace, found: list[Outcome]) -> Unusable:
    """No operation gives a node with the right value."""
    raised = {type(each.raised).__name__ for each in found}
    if len(raised) == 1 and "NoneType" not in raised:
        line = line_of(found[0].raised, space.files)[0] if found[0].raised else None
        what = "every operation" if len(found) > 1 else found[0].op
        return Unusable(
            "not adapted", f"{what} raises {raised.pop()}: {shown(adapter, found)}", line
        )
    return Unusable(
        "not adapted",
        f"no operation gives a node with the right value: {shown(adapter, found)}; "
        f"--adapter value=NAME says where a node's number is; {FORWARD}",
    )


def no_way(adapter: Adapter, suspects: list[str]) -> Unusable:
    """Values are right, and how to ask for a gradient was not found."""
    return Unusable(
        "not adapted",
        f"values of {adapter.cls.__name__} are right, but no way to a right gradient was found; "
        f"there are {', '.join(suspects[:8])}; --adapter backward=NAME and gradient=NAME say which "
        f"is meant; {FORWARD}",
    )


def wrong_gradients(adapter: Adapter, found: list[Outcome]) -> Unusable:
    """Values are right and no gradient is, in a way that was only guessed."""
    return Unusable(
        "not adapted",
        f"values are right and no gradient is: {shown(adapter, found)}; --adapter backward=NAME "
        f"and gradient=NAME say which is meant; {FORWARD}",
    )


def shown(adapter: Adapter, found: list[Outcome]) -> str:
    """What was tried, and what was read."""
    words = [f"{key} {adapter.guess[key]}" for key in READING if key in adapter.guess]
    return "; ".join([*[each.text for each in found[:MOST_SHOWN]], f"read as {', '.join(words)}"])


READING: Final = ("leaf", "value", "gradient", "backward")


def suspected(adapter: Adapter, space: Namespace) -> list[str]:
    """What may be a way to gradients all the same, by its name or by what it is told."""
    leaf = adapter.make(1.25)
    known = {plain(alias) for aliases in ALIASES.values() for alias in aliases}
    methods = [n for n in public_first(dir(type(leaf))) if callable_in(leaf, n)]
    named = entry_names(methods)
    found = [
        f".{n}()"
        for n in methods
        if n in named or (not n.startswith("_") and unknown(n, known) and takes_one(leaf, n))
    ]
    for name, thing in space.names.items():
        if isinstance(thing, type) and space.is_own(thing) and not derives(type(leaf), thing):
            found += [f"{name}.{n}" for n in entry_names(list(vars(thing)))]
        elif inspect.isfunction(thing) and space.is_own(thing) and entry_names([name]):
            found.append(f"{name}()")
    return found


def takes_one(leaf: object, name: str) -> bool:
    """Whether a method has to be told one thing."""
    method = getattr(leaf, name)
    return takes(method, 1) and not takes(method, 0)

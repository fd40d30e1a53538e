"""Which way into the backward pass works: the one that gives the most leaves a gradient."""

from __future__ import annotations

import re

from .adapter import reader, slot_behind
from .alarm import ALARM, PROBE_SECONDS
from .entries import entries
from .errors import OutOfTime, Unusable
from .floats import encode
from .naming import ENTRY_NAMES, GRADIENT_NAMES, public_first

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final, Mapping

    from .adapter import Adapter
    from .entries import Entry
    from .namespace import Namespace

LEAVES: Final = (1.25, 1.5, 1.75)
STUCK_ENOUGH: Final = 2
FULL_SCORE: Final = 6  # three leaves in each of two shapes


def find_backward(adapter: Adapter, space: Namespace, overrides: Mapping[str, str]) -> int:
    """Choose the way in that gives the most leaves a gradient; 0 when none gives any.

    Raises:
        Unusable: if what might be one does not come back, or an override is no gradient.
    """
    score, entry, stuck = best_entry(adapter, space, overrides)
    if entry is None and not stuck:
        entry = idle_entry(adapter, space, overrides)
    if entry is not None:
        use(adapter, entry)
    elif stuck:
        raise Unusable("endless", f"{stuck[0]}() does not come back, even for a*b*c")
    elif "gradient" in overrides:
        why = why_none(adapter, overrides["gradient"])
        raise Unusable("override", f"gradient = {overrides['gradient']!r}: {why}")
    else:
        adapter.guess["backward"] = "none"
        adapter.notes.append("no backward pass was found: only values can be judged")
    return score


def best_entry(
    adapter: Adapter, space: Namespace, overrides: Mapping[str, str]
) -> tuple[int, Entry | None, list[str]]:
    """How many leaves the best way in reaches, that way, and what does not come back."""
    best: tuple[int, Entry | None] = (0, None)
    stuck: list[str] = []
    for entry in entries(adapter, space, overrides):
        if any(name in entry[0] for name in stuck):
            continue  # the same function in another way
        score = 0
        for shape in SHAPES:
            try:
                score += ALARM.call(PROBE_SECONDS, try_entry, adapter, entry, shape)
            except OutOfTime:
                stuck += re.findall(r"\w+(?=\()", entry[0])[:1]
                break
            except Exception:  # noqa: BLE001, S112 - a way in that does not work
                continue
        if score >= FULL_SCORE or (score > best[0] and not is_local_rule(adapter, entry[0])):
            best = score, entry
        if score >= FULL_SCORE or len(stuck) == STUCK_ENOUGH:
            break
    return (*best, stuck)


def deep_product(adapter: Adapter, leaves: list[Any]) -> Any:
    """``a * b * c``."""
    a, b, c = leaves
    return adapter.ops["mul"](adapter.ops["mul"](a, b), c)


def deep_sum(adapter: Adapter, leaves: list[Any]) -> Any:
    """``a + b + c``."""
    a, b, c = leaves
    return adapter.ops["add"](adapter.ops["add"](a, b), c)


SHAPES: Final = (deep_product, deep_sum)


def try_entry(
    adapter: Adapter, entry: Entry, shape: Callable[[Adapter, list[Any]], Any]
) -> int:
    """How many of three leaves get a gradient that a new leaf does not have."""
    _, gradient, enter = entry
    leaves = [adapter.make(x) for x in LEAVES]
    output = shape(adapter, leaves)
    before = None
    if gradient is not None:
        try:
            before = reader(gradient)(leaves[0])
        except Exception:  # noqa: BLE001 - there may be none before the backward pass
            before = None
    lookup = enter(output)
    read = lookup or reader(gradient)  # type: ignore[arg-type]  # one of the two there is
    count = 0
    for leaf in leaves:
        after = encode(read(leaf))
        if after is not None and not isinstance(after, dict) and after != encode(before or 0.0):
            count += 1
    return count


def idle_entry(adapter: Adapter, space: Namespace, overrides: Mapping[str, str]) -> Entry | None:
    """A method with the usual name that gives no leaf a gradient: a mistake, not a lack."""
    for entry in entries(adapter, space, overrides):
        usual = [name for name in ENTRY_NAMES[:3] if entry[0] == f".{name}()"]
        if usual and entry[1] in GRADIENT_NAMES and hasattr(adapter.cls, usual[0]):
            return entry
    return None


def is_local_rule(adapter: Adapter, words: str) -> bool:
    """Whether a way in that reaches some leaves only is one node's own rule."""
    name = re.search(r"\w+(?=\()", words)
    return (
        name is not None
        and (name.group().startswith("_") or not hasattr(adapter.cls, name.group()))
        and "." in words
    )


def use(adapter: Adapter, entry: Entry) -> None:
    """Enter in this way from now on, and read and clear gradients where it leaves them."""
    words, gradient, enter = entry
    adapter.enter, adapter.gradient_name = enter, None
    adapter.guess["backward"] = words
    if gradient is None:
        adapter.guess["gradient"] = "returned"
        adapter.gradient = lambda _node: None
        return
    adapter.gradient = reader(gradient)
    adapter.guess["gradient"] = gradient
    leaf = adapter.make(1.0)
    swept = sweep(adapter, enter)
    if swept is not None:
        adapter.gradient_name = slot_behind(adapter.gradient, gradient, swept[0], leaf)
        if adapter.gradient_name is not None:
            adapter.start = getattr(adapter.make(1.0), adapter.gradient_name)


def sweep(adapter: Adapter, enter: Callable[[Any], Any]) -> tuple[Any, Any] | None:
    """A leaf with a gradient, and the output it is of; None where a backward pass fails."""
    leaves = [adapter.make(x) for x in LEAVES]
    try:
        output = deep_product(adapter, leaves)
        ALARM.call(PROBE_SECONDS, enter, output)
    except (Exception, OutOfTime):  # noqa: BLE001 - the engine's own code
        return None
    return leaves[0], output


def why_none(adapter: Adapter, gradient: str) -> str:
    """Why no gradient can be read where the user says that it is."""
    leaf = adapter.make(1.25)
    if hasattr(leaf, gradient):
        return "no backward pass that was tried changes it; name one with backward = .NAME()"
    names = [n for n in public_first(dir(leaf)) if not callable(getattr(leaf, n, None))]
    return (
        "the nodes have no such attribute or method, before or after a backward pass; "
        f"attributes: {', '.join(names[:20])}"
    )

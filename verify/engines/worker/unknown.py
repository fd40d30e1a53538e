"""Operations of an engine that nobody here knows: what they are called, and what is odd in them.

None of them is judged, as nothing says what each has to be.  What can be said is whether its
gradients are the slopes of its own values: a note, and never a verdict.
"""

from __future__ import annotations

from types import FunctionType

from .alarm import ALARM, PROBE_SECONDS
from .errors import OutOfTime
from .floats import as_float
from .lasting import lasting
from .naming import ALIASES, NEVER_CALLED, entry_names, plain
from .operations import method_of
from .source import REWRITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final

    from .adapter import Adapter

MOST_OTHERS: Final = 24
OTHERS: Final = "what else a node can do ("
"""How the note begins that names them."""
TELLING: Final = (0.75, -0.4, 8.0)
"""Numbers of which one at least is not its own image under an activation with a straight part."""
SLOPES_AT: Final = (0.7341, -0.4127, 1.6113, -1.3709, 0.2139, -0.1862)
"""Where slopes are looked at: at no number at which people put a corner."""
STEPS: Final = (1e-4, 5e-5)
SURE: Final = 1e-5
"""How near two differences are to each other where the slope is known well enough to compare."""
FAR: Final = 1e-2
"""How far a gradient is from the slope before a word is said."""
ABOVE: Final = -3.0
"""A gradient from above that no rule may leave out of a part of its sum."""
ENOUGH: Final = 2
"""Numbers at which it has to be so far away."""


def unknown_operations(adapter: Adapter) -> list[str]:
    """Notes about methods that need no further operand, give another node, and are unknown."""
    known = {plain(alias) for aliases in ALIASES.values() for alias in aliases}
    found: dict[str, Callable[..., Any]] = {}
    for name in sorted(n for n in dir(adapter.cls) if n[0] != "_"):
        method = getattr(adapter.cls, name, None)
        if not isinstance(method, FunctionType) or NEVER_CALLED.search(name.lower()):
            continue
        if plain(name) in known or name in entry_names([name]) or needed(method) != 1:
            continue
        if not REWRITE and lasting(method, adapter.cls):  # a proof has to name all that there is
            continue
        if any(changes(method, number, adapter) for number in TELLING):
            found[method_of(adapter.cls, name)[0]] = method
    if not found:
        return []
    names = list(found)[:MOST_OTHERS]
    names += [f"{len(found) - MOST_OTHERS} more"] if len(found) > MOST_OTHERS else []
    odd = [text for words, method in found.items() if (text := odd_slope(words, method, adapter))]
    return [f"{OTHERS}{', '.join(names)}) was not judged", *odd]


def needed(function: FunctionType) -> int:
    """How many arguments a function has to be given."""
    code = function.__code__
    optional = len(function.__defaults__ or ()) + len(function.__kwdefaults__ or ())
    return code.co_argcount + code.co_kwonlyargcount - optional


def changes(method: Callable[..., Any], number: float, adapter: Adapter) -> bool:
    """Whether a method makes another node of this number, with another number in it."""
    try:
        node = adapter.make(number)
        made = ALARM.call(PROBE_SECONDS, method, node)
        return bool(made is not node and adapter.is_node(made) and adapter.value(made) != number)
    except (Exception, OutOfTime):  # noqa: BLE001 - it is no operation then
        return False


def odd_slope(words: str, method: Callable[..., Any], adapter: Adapter) -> str:
    """What to say of a method whose gradients are not the slopes of its own values; ``""``."""
    if adapter.enter is None or adapter.gradient is None:
        return ""
    for above in (None, ABOVE):
        told = []
        for number in SLOPES_AT:
            try:
                slope = ALARM.call(PROBE_SECONDS, slope_of, method, number, adapter)
                gradient = ALARM.call(PROBE_SECONDS, gradient_of, method, number, adapter, above)
            except (Exception, OutOfTime):  # noqa: BLE001, S112 - outside of its domain, say
                continue
            if slope is None:
                continue
            factor = above or 1.0
            if abs(gradient - slope * factor) > FAR * abs(factor) * max(1.0, abs(slope)):
                told.append((number, gradient, slope))
        if len(told) >= ENOUGH:
            number, gradient, slope = told[0]
            where = "" if above is None else f", with {above:g} from above"
            return (
                f"{words} was not judged: at {number:g} its gradient is {gradient:.4g}{where}, "
                f"and the slope of its own values {slope:.4g}"
            )
    return ""


def slope_of(method: Callable[..., Any], number: float, adapter: Adapter) -> float | None:
    """The slope of a method's values; ``None`` where it draws lots, or has a corner nearby."""
    value = value_of(method, number, adapter)
    rises = [
        (value_of(method, number + step, adapter) - value_of(method, number - step, adapter))
        / (2 * step)
        for step in STEPS
    ]
    steady = value_of(method, number, adapter) == value and abs(rises[0] - rises[1]) <= SURE
    return rises[1] if steady else None


def gradient_of(
    method: Callable[..., Any], number: float, adapter: Adapter, above: float | None
) -> float:
    """The gradient of a method at a number, of itself or of a multiple of it.

    Raises:
        ArithmeticError: where the engine gets a multiple wrong, which tells nothing of the method.
    """
    leaf = adapter.make(number)
    output = made = method(leaf)
    if above is not None:
        output = adapter.ops["mul"](made, adapter.make(above))
        alone = adapter.make(number)
        if passed(adapter, adapter.ops["mul"](alone, adapter.make(above)), alone) != above:
            raise ArithmeticError
    return passed(adapter, output, leaf)


def passed(adapter: Adapter, output: Any, leaf: Any) -> float:
    """The gradient of a leaf after a pass."""
    enter, read = adapter.enter, adapter.gradient
    found = (enter(output) or read)(leaf)  # type: ignore[misc]  # there are both
    return 0.0 if found is None else as_float(found)


def value_of(method: Callable[..., Any], number: float, adapter: Adapter) -> float:
    """What a method makes of a number."""
    return as_float(adapter.value(method(adapter.make(number))))

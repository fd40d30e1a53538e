"""What stands in for plain things of Python's while an engine is watched, and seems to be one."""

from __future__ import annotations

from .complexes import Complex
from .counts import Count, Identity, Place
from .decisions import lost
from .labels import Label
from .opaque import Denominator, Symbol
from .written import Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

KINDS: Final[dict[type, type]] = {
    Count: int, Identity: int, Place: int, Denominator: int, Complex: complex, Label: str,
    Text: str,
}  # fmt: skip
"""Of each class, the one that its objects seem to be of."""


def seeming(thing: Any) -> type:
    """The class that the engine is told that a thing has."""
    return thing.kind if type(thing) is Symbol else KINDS.get(type(thing), type(thing))


def attribute_of(thing: Any, name: str) -> Any:
    """An attribute of something that stands in for another thing: it has those of that, no more.

    Raises:
        AttributeError: as the other thing would.
    """
    kind = KINDS[type(thing)]
    if name == "__class__":
        return kind
    if name not in dir(kind):
        raise AttributeError(f"'{kind.__name__}' object has no attribute '{name}'")
    return lost(f".{name} of a {kind.__name__}") if name.startswith("__") else getattr(thing, name)

"""Numbers that all nodes keep in plain attributes, read in one go.

To read such an attribute runs none of the engine's code: in what order it is done, and how often,
makes no difference, and nothing raises that would have to be told of one node.
"""

from __future__ import annotations

from operator import attrgetter
from types import MemberDescriptorType

from .floats import SENT, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final, Sequence

NUMBERS: Final = frozenset({float, int})
"""Types of which nothing has to be asked: they are no node, and nothing can be called."""


HOOKS: Final = ("__getattribute__", "__getattr__")


class Columns:
    """Reads one attribute of nodes.

    Attributes:
        cls: the class of nodes.
        plain: types of nodes of which the attribute was found to be plain.
    """

    def __init__(self, cls: type, name: str) -> None:
        self.cls, self.name = cls, name
        self.get: Callable[[Any], Any] = attrgetter(name)
        self.plain: set[type] = set()

    def read(self, nodes: Sequence[Any]) -> list[Any] | None:
        """The numbers as they are sent; None where one is no number, or not in a plain attribute.

        Args:
            nodes: what stands in the places of nodes.
        """
        if not self.plain.issuperset(map(type, nodes)) and not self.known(set(map(type, nodes))):
            return None
        try:
            numbers = list(map(self.get, nodes))
        except AttributeError:
            return None
        kinds = set(map(type, numbers))
        if SENT or not kinds <= NUMBERS:
            return None
        return [*map(float.hex if int not in kinds else encode, numbers)]

    def known(self, kinds: set[type]) -> bool:
        """Whether the attribute is plain in nodes of all these types."""
        new = kinds - self.plain
        found = all(issubclass(kind, self.cls) and is_plain(kind, self.name) for kind in new)
        if found:
            self.plain |= new
        return found


def is_plain(cls: type, name: str) -> bool:
    """Whether an attribute of a class's objects is read without running any code of theirs."""
    own = [base for base in cls.__mro__ if base is not object]
    if "." in name or any(hook in vars(base) for base in own for hook in HOOKS):
        return False
    for base in cls.__mro__:
        if name in vars(base):
            found = vars(base)[name]
            return type(found) is MemberDescriptorType or not hasattr(type(found), "__get__")
    return True

"""In this process, sets of nodes come out in the same order each time.

Python orders a set of objects by their addresses.  In a worker these are the same in every run; in
a kernel that has lived for a while they are not, and an engine that walks a set is wrong now here,
now there.  While a graph runs, a node's hash is therefore the order in which nodes were first asked
for theirs, well mixed: as good as an address, and the same each time.
"""

from __future__ import annotations

from typing import Any, Final, Self

_MIXER: Final = 0x9E3779B97F4A7C15  # the golden ratio times 2**64, odd: multiples spread evenly
_BITS: Final = 61


def mixed(number: int) -> int:
    """A number whose low bits, by which a set is ordered, depend on all of another's."""
    spread = number * _MIXER
    return (spread ^ spread >> 17 ^ spread >> 32) & (1 << _BITS) - 1


class SteadyHash:
    """A context in which the nodes of a class, and of its bases, have such a hash.

    A class with a hash of its own keeps it.
    """

    def __init__(self, cls: type, salt: int = 0) -> None:
        inherited: Any = cls.__hash__
        own = [base for base in cls.__mro__ if base.__module__ != "builtins"]
        self.cls: Any = own[-1] if own and inherited is object.__hash__ else None
        self.salt = salt
        self.known: dict[int, tuple[int, Any]] = {}

    def __enter__(self) -> Self:
        if self.cls is not None:
            try:
                self.cls.__hash__ = self.method()
            except (TypeError, AttributeError):  # a class that cannot be changed
                self.cls = None
        return self

    def __exit__(self, *_: object) -> None:
        if self.cls is not None:
            del self.cls.__hash__

    def method(self) -> Any:
        """What takes the place of ``__hash__``; it keeps the nodes, lest an address come again."""
        known, salt = self.known, self.salt

        def steady(node: Any) -> int:
            found = known.get(id(node))
            if found is None:
                found = known[id(node)] = mixed(len(known) + 1 + salt), node
            return found[0]

        return steady

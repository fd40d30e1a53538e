"""What the rewritten source of an engine calls: it is watched while an operation is made and ruled.

Three questions are answered.  Does building an operation look at anything but its operands'
numbers?  Does its rule look at anything but these, its own node and its own gradient?  Does the
backward pass look at numbers of its own, such as counts, or at state that outlives it?  Whatever
is found is noted with file and line.  A call that is not known to be harmless ends the run.

The names are those that :mod:`.rewrite` writes.
"""

from __future__ import annotations

from .arithmetic import calculated, changed, changing
from .attributes import Field, attribute, changeable, imported, surroundings
from .calls import INSTEAD, call, catches_all, measures, unfollowed, writes_outside
from .comparisons import chain, compare, matched, truth
from .containers import Item, context, cut, index, loop, many, spread
from .instead import table
from .written import message, text, written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

INSTEAD.update(table())

__all__: Final = (
    "Field", "Item", "attribute", "calculated", "call", "catches_all", "chain", "changeable",
    "changed", "changing", "compare", "context", "cut", "imported", "index", "loop", "many",
    "matched", "measures", "message", "spread", "surroundings", "text", "truth", "unfollowed",
    "writes_outside", "written",
)  # fmt: skip

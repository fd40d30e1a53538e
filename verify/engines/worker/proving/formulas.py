"""What the wire carries for a number that nobody can look at: its formula."""

from __future__ import annotations

import operator

from ..floats import SENT, encode_tree
from .decisions import RECORD, UNDEFINED
from .opaque import Symbol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final

    Tree = Any


def plain(tree: Tree) -> Any:
    """A tree as JSON.

    Raises:
        OverflowError: if it is too large to be sent, or holds a number that is no float.
    """
    return encode_tree(tree, exact)


def exact(part: Any) -> float:
    """The float that is a number."""
    number = float(part)
    if number != part:
        raise OverflowError
    return number


def sent(symbol: Symbol) -> dict[str, Any]:
    """What the wire carries for a symbol."""
    if RECORD.residues:
        value = residue(symbol.tree)
        return {"tree": None if value is None else {"number": float(value).hex()}}
    try:
        return {"tree": None if symbol.tree == UNDEFINED else plain(symbol.tree)}
    except (OverflowError, RecursionError):
        return {"tree": None}


PRIME: Final = 2**31 - 1
"""Large formulas of sums and products are sent as what they leave when divided by it."""
MODULAR: Final[dict[str, Callable[[int, int], int]]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul,
}  # fmt: skip


def residue(tree: Tree) -> int | None:
    """A formula's number at the point, modulo :data:`PRIME`; each shared part is computed once."""
    found: dict[int, int | None] = {}
    todo = [tree]
    while todo:
        part = todo[-1]
        inner = [p for p in part[1:] if id(p) not in found] if type(part) is tuple else []
        if inner:
            todo += inner
            continue
        todo.pop()
        found[id(part)] = of_parts(part, [found.get(id(p)) for p in part[1:]]
                                   if type(part) is tuple else [])  # fmt: skip
    return found[id(tree)]


def of_parts(tree: Tree, parts: list[int | None]) -> int | None:
    """Likewise, where those of its parts are known; None for what is no sum or product."""
    if type(tree) is not tuple:
        return int(tree) % PRIME if float(tree).is_integer() else None
    if len(tree) == 1:
        value = (RECORD.point or {}).get(tree[0])
        return None if value is None else int(value) % PRIME
    if None in parts or tree[0] not in (*MODULAR, "neg", "exact", "rounded"):
        return None
    if tree[0] in {"exact", "rounded"}:
        return parts[0]
    if tree[0] == "neg":
        return -parts[0] % PRIME  # type: ignore[operator]  # none is None
    return MODULAR[tree[0]](*parts) % PRIME  # type: ignore[arg-type]


def install() -> None:
    """Let the wire carry symbols."""
    SENT.append((Symbol, sent))

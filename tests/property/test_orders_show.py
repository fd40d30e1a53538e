"""The known shapes show every wrong order of a backward pass that is tried here."""

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Final, TypeAlias

import pytest

from verify.expression.graph import Apply, Graph
from verify.generators.special import SHAPES

Operands: TypeAlias = tuple[tuple[int, ...], ...]
"""The operands of each node, a leaf's are none; the last node is the output."""
Order: TypeAlias = Callable[[Operands], list[int]]
"""In what order nodes hand their gradient on."""

GRAPHS: Final = tuple([Graph.parse(text) for text in SHAPES])


def met(operands: Operands, *, stack: bool, mark_late: bool = False) -> list[int]:
    """As nodes are met from the output on, by a stack or a queue."""
    waiting, seen, order = [len(operands) - 1], {len(operands) - 1}, []
    while waiting:
        node = waiting.pop(-1 if stack else 0)
        if mark_late and node in order:
            continue
        order.append(node)
        for each in operands[node]:
            if mark_late or each not in seen:
                seen.add(each)
                waiting.append(each)
    return order


def after_operands(operands: Operands, *, marked_when_pushed: bool) -> list[int]:
    """Reversed post-order; wrong where a node counts as visited once it waits."""
    waiting, seen, order = [(len(operands) - 1, False)], {len(operands) - 1}, []
    while waiting:
        node, done = waiting.pop()
        if done:
            if node not in order:
                order.append(node)
            continue
        waiting.append((node, True))
        for each in operands[node]:
            if (each not in seen) if marked_when_pushed else (each not in order):
                seen.add(each)
                waiting.append((each, False))
    return order[::-1]


def by_depth(operands: Operands, depth: Callable[[Sequence[int]], float]) -> list[int]:
    """Sorted by a depth that a node works out from those of its operands."""
    depths: list[float] = []
    for each in operands:
        depths.append(depth([depths[i] for i in each]) if each else 0)  # type: ignore[misc]  # made before
    return sorted(met(operands, stack=True), key=lambda node: -depths[node])


def by_distance(operands: Operands, *, keep: Callable[[int, int], int]) -> list[int]:
    """Sorted by a distance from the output, which a further path may change."""
    output = len(operands) - 1
    far = {output: 0}
    for node in range(output, -1, -1):
        for each in operands[node] if node in far else ():
            far[each] = keep(far.get(each, far[node] + 1), far[node] + 1)
    return sorted(far, key=lambda node: (far[node], -node))


def ready(
    operands: Operands,
    *,
    stack: bool,
    count: type[set] | type[tuple],
    down: type[set] | type[tuple],
) -> list[int]:
    """Each node as soon as its users are counted down: a user may be an operation or an operand."""
    users = dict.fromkeys(range(len(operands)), 0)
    for node in below_output(operands):
        for each in count(operands[node]):
            users[each] += 1
    waiting, order = [len(operands) - 1], []
    while waiting:
        node = waiting.pop(-1 if stack else 0)
        order.append(node)
        for each in down(operands[node]):
            users[each] -= 1
            if users[each] == 0:
                waiting.append(each)
    return order


def below_output(operands: Operands) -> set[int]:
    """What the output is made of, and itself."""
    return set(met(operands, stack=True))


def is_wrong(operands: Operands, order: Iterable[int]) -> bool:
    """Whether an inner node hands on too early, twice or never."""
    inner = {node for node in below_output(operands) if operands[node]}
    at: dict[int, int] = {}
    for index, node in enumerate(order):
        if node in inner and node in at:
            return True
        at[node] = index
    return not inner <= set(at) or any(
        at[each] < at[node] for node in inner for each in operands[node] if each in inner
    )


def shown(order: Order, *, mirrored: bool) -> list[str]:
    """The shapes that show that an order is wrong; mirrored, operands are met from the right."""
    found = []
    for text, graph in zip(SHAPES, GRAPHS, strict=True):
        parents = [node.parents if isinstance(node, Apply) else () for node in graph.nodes]
        operands = tuple([each[::-1] if mirrored else each for each in parents])
        if is_wrong(operands, order(operands)):
            found.append(text)
    return found


RIGHT: Final[dict[str, Order]] = {
    "reversed post-order": lambda o: after_operands(o, marked_when_pushed=False),
    "longest distance": lambda o: by_distance(o, keep=max),
    "deepest operand and one": lambda o: by_depth(o, lambda depths: max(depths) + 1),
    "ready, operands counted": lambda o: ready(o, stack=True, count=tuple, down=tuple),
    "ready, operations counted": lambda o: ready(o, stack=False, count=set, down=set),
}
WRONG: Final[dict[str, Order]] = {
    "stack": lambda o: met(o, stack=True),
    "stack, marked late": lambda o: met(o, stack=True, mark_late=True),
    "queue": lambda o: met(o, stack=False),
    "post-order, marked when pushed": lambda o: after_operands(o, marked_when_pushed=True),
    "shortest distance": lambda o: by_distance(o, keep=min),
    "first distance": lambda o: by_distance(o, keep=lambda old, _: old),
    "last distance": lambda o: by_distance(o, keep=lambda _, new: new),
    "depth of the first operand and one": lambda o: by_depth(o, lambda depths: depths[0] + 1),
    "smallest depth and one": lambda o: by_depth(o, lambda depths: min(depths) + 1),
    "mean depth and one": lambda o: by_depth(o, lambda depths: sum(depths) / len(depths) + 1),
    "ready by a stack, operations counted, operands counted down": lambda o: ready(
        o, stack=True, count=set, down=tuple
    ),
    "ready by a queue, operations counted, operands counted down": lambda o: ready(
        o, stack=False, count=set, down=tuple
    ),
    "ready, operands counted, operations counted down": lambda o: ready(
        o, stack=True, count=tuple, down=set
    ),
}


@pytest.mark.parametrize(("order", "mirrored"), [*product(WRONG, (False, True))])
def test_a_wrong_order_shows(order: str, mirrored: bool) -> None:
    """From whatever side operands are met, a wrong order shows in two known shapes at least."""
    assert len(shown(WRONG[order], mirrored=mirrored)) >= 2


@pytest.mark.parametrize(("order", "mirrored"), [*product(RIGHT, (False, True))])
def test_a_right_order_does_not(order: str, mirrored: bool) -> None:
    """A right order is right in all of them: the orders here are told apart by what they are."""
    assert shown(RIGHT[order], mirrored=mirrored) == []

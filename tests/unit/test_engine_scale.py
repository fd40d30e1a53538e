"""Graphs of any depth: built, differentiated and freed without recursion, cycles or waste."""

import gc
import os
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Iterator

import pytest

from micrograd.engine import Value, operations, weighted_sum
from micrograd.nn import MLP, dot

MILLION = 1_000_000


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Leave everything to reference counting."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def chain(length: int) -> tuple[Value, Value]:
    """Return x and x + x + ... with that many additions."""
    x = Value(1.0)
    y = x
    for _ in range(length):
        y = y + x
    return x, y


def alive() -> int:
    """Return the number of nodes that exist."""
    return sum(type(thing) is Value for thing in gc.get_objects())


@pytest.mark.usefixtures("no_collector")
def test_chain_of_a_million_additions() -> None:
    """Forward, backward and freeing work on a chain of a million nodes; nothing stays behind."""
    before = alive()
    x, y = chain(MILLION)
    y.backward()
    assert (y.data, x.grad) == (MILLION + 1.0, MILLION + 1.0)
    del y
    assert alive() - before == 1  # x: reference counting alone freed the million


@pytest.mark.parametrize("kind", ["unary", "left", "right", "dot"])
def test_freeing_a_chain_needs_no_c_stack(kind: str) -> None:
    """Long chains through any operand are freed on a thread whose stack is tiny."""
    step = {
        "unary": lambda y: -y,
        "left": lambda y: y + 1,
        "right": lambda y: 1 + y,
        "dot": lambda y: dot([y], [0.5], y),
    }[kind]
    done = []

    def run() -> None:
        y = Value(1.0)
        for _ in range(100_000):
            y = step(y)
        y.backward()
        del y
        done.append(True)

    # From 3.13 on, CPython goes some thousand levels down before it begins to put off.
    old = threading.stack_size((256 if sys.version_info < (3, 13) else 1024) * 1024)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(old)
    assert done == [True]


@pytest.mark.usefixtures("no_collector")
def test_no_reference_cycles() -> None:
    """A training step leaves nothing for the cyclic garbage collector."""
    before = alive()
    model = MLP(2, [4, 1], seed=1)
    loss = sum((model([0.5, -1.0]) - 1).tanh() ** 2 for _ in range(3))
    loss.backward()
    del loss
    assert alive() - before == len(model.parameters())
    assert gc.collect() == 0


def test_bytes_a_node() -> None:
    """An operation node costs at most 150 bytes at the peak of backward."""
    length = 100_000
    chain(10)
    tracemalloc.start()
    try:
        start, _ = tracemalloc.get_traced_memory()
        _, y = chain(length)
        y.backward()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (peak - start) / length <= 150


def test_operands_that_sums_share_are_walked_once() -> None:
    """The inputs of a layer are looked at once a walk, not once a neuron; so are its weights."""
    looks = 0

    class Watched(Value):
        @property
        def _op(self) -> str:
            nonlocal looks
            looks += 1
            return ""

        @_op.setter
        def _op(self, op: str) -> None:
            assert op == ""

    row, xs = (Value(0.5), Watched(2.0)), (Watched(3.0),)
    y = sum(weighted_sum(row, xs) for _ in range(100))
    looks = 0
    assert len(operations(y)) == 200
    assert looks == 2


PROGRAM = """
import random
from micrograd.engine import Value
rng = random.Random(5)
nodes = [Value(rng.uniform(-1, 1)) for _ in range(5)]
for i in range(300):
    a, b = rng.choice(nodes), rng.choice(nodes)
    nodes.append([a + b, a * b, a - b, a.tanh()][i % 4])
y = sum(nodes)
y.backward()
print([v.grad.hex() for v in nodes])
"""


def test_bits_do_not_depend_on_hashes_or_addresses() -> None:
    """The same program gives the same bits in every process."""
    path = os.pathsep.join(sys.path)
    outputs = {
        subprocess.run(
            [sys.executable, "-c", f"junk = [object() for _ in range({seed})]\n{PROGRAM}"],
            env={**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in (1, 22, 333)
    }
    assert len(outputs) == 1

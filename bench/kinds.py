"""Engines of the kinds that are wrong only somewhere: is any of them called by a false name?

    python bench/kinds.py                                   # 200 engines, seed 0
    python bench/kinds.py --count 20 --skip 60 --keep rows.jsonl

Each is the right engine with one mistake: of an operation in a region of its inputs, of a node with
so many uses or so deep, of a pass now and then, of all gradients of some size, or of a network.  A
name of the catalogue is false unless the mistake is drawn as that of the catalogue; an operation is
falsely blamed if the mistake is not in it, nor in what the engine makes it of.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from verify.checking.composed import parts
from verify.checking.run import Plan, outcome
from verify.engines import load
from verify.faults import CATALOGUE, SOURCE, module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_WRAPPED: Final = """

def _wrong(right):
    def made({args}):
        out = right({args})
        rule = out._backward

        def _backward():
            if {condition}:
                before = {owner}.grad
                rule()
                {owner}.grad = before + ({owner}.grad - before) * {factor}
            else:
                rule()

        out._backward = _backward
        return out

    return made


Value.{method} = _wrong(Value.{method})
"""
"""One operation whose share for one operand is wrong under a condition."""
_VALUE: Final = """

def _wrong(right):
    def made(self):
        out = right(self)
        if {condition}:
            out.data = out.data * {factor}
        return out

    return made


Value.{method} = _wrong(Value.{method})
"""
_BACKWARD: Final = """

def _wrong(right):
    def backward(self):
{before}
        right(self)
{after}

    return backward


Value.backward = _wrong(Value.backward)
"""
_NODES: Final = """        seen, stack, depth = set(), [(self, 0)], {}
        while stack:
            v, d = stack.pop(0)
            if v not in seen:
                seen.add(v)
                depth[v] = d
                stack += [(child, d + 1) for child in v._prev]
"""
UNARY: Final = ("tanh", "exp", "log", "sigmoid", "sin", "cos", "sqrt", "relu", "__abs__")
BINARY: Final = ("__add__", "__mul__", "max", "min")
NETWORK: Final = (
    ("total = self.b\n", "total = self.b + self.b\n", "bias added twice", ("bias-twice",)),
    ("zip(self.w, x)", "zip(self.w[:{n}], x)", "inputs beyond so many are left out", ()),
    ("for layer in self.layers:\n            x", "for layer in self.layers[::-1]:\n            x",
     "layers the other way round", ("layers-reversed",)),
    ("[neuron(x) for neuron in self.neurons]", "[neuron(x) for neuron in self.neurons[:{n}]]",
     "outputs beyond so many are left out", ()),
    ("for layer in self.layers for p in layer.parameters()]",
     "for layer in self.layers[:{n}] for p in layer.parameters()]",
     "parameters of the first layers alone", ()),
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """An engine with one mistake.

    Attributes:
        kind: which.
        what: the mistake in words.
        source: its text.
        operations: that may be blamed; ``None`` for any.
        names: of the catalogue that are right for it.
    """

    kind: str
    what: str
    source: str
    operations: tuple[str, ...] | None
    names: tuple[str, ...] = ()


def _op(method: str) -> str:
    return method.strip("_")


def of_region(chance: random.Random) -> Made:
    """A slope of one operation, wrong where its operand lies somewhere."""
    method = chance.choice(UNARY)
    size = round(10 ** chance.uniform(-1.0, 2.0), 2)
    condition = chance.choice([
        f"self.data > {size}", f"0 < self.data < {size}", f"abs(self.data) > {size}",
        "self.data == int(self.data)", f"self.data == {chance.randint(1, 5)}",
        f"out.data > {size}", f"out.grad > {size}", "out.grad < 0",
    ])  # fmt: skip
    factor = chance.choice(["0.0", "2.0", "0.5", "-1.0", "(1 + 1e-9)"])
    source = SOURCE + _WRAPPED.format(
        args="self", condition=condition, owner="self", factor=factor, method=method
    )
    return Made("region", f"{_op(method)}'s slope times {factor} where {condition}", source,
                (_op(method),))  # fmt: skip


def of_pairs(chance: random.Random) -> Made:
    """The share of one operand, wrong where both lie somewhere."""
    method, owner = chance.choice(BINARY), chance.choice(["self", "other"])
    condition = chance.choice([
        "self.data == 0", "out.data == 0", "isinstance(other, Value) and self.data == other.data",
        f"out.data > {chance.randint(2, 50)}", "self.data < 0", "out.grad < 0",
        f"abs(out.grad) > {chance.randint(2, 100)}",
    ])  # fmt: skip
    factor = chance.choice(["0.0", "2.0", "0.5", "-1.0"])
    owned = f"{owner} = {owner} if isinstance({owner}, Value) else Value({owner})"
    source = SOURCE + _WRAPPED.format(
        args="self, other", condition=condition, owner=owner, factor=factor, method=method
    ).replace("        out = right", f"        {owned}\n        out = right")
    return Made("pairs", f"{_op(method)}'s share of {owner} times {factor} where {condition}",
                source, (_op(method),))  # fmt: skip


def of_value(chance: random.Random) -> Made:
    """A value of one operation, wrong where its operand lies somewhere."""
    method = chance.choice(UNARY)
    size = round(10 ** chance.uniform(-1.0, 1.5), 2)
    condition = chance.choice([f"self.data > {size}", f"self.data < -{size}", f"out.data > {size}"])
    factor = chance.choice(["0.5", "2.0", "(1 + 1e-10)", "(1 - 1e-6)"])
    source = SOURCE + _VALUE.format(condition=condition, factor=factor, method=method)
    return Made("value", f"{_op(method)} times {factor} where {condition}", source, (_op(method),))


def of_scale(chance: random.Random) -> Made:
    """Gradients of nodes that are deep, or used often, are lost."""
    if chance.random() < 0.5:
        limit = chance.randint(20, 180)
        after = f"{_NODES}        for v in seen:\n            if depth[v] > {limit}:\n"
        what = f"gradients below depth {limit} are lost"
    else:
        limit = chance.randint(13, 140)
        after = (
            f"{_NODES}        uses = [c for v in seen for c in v._prev]\n"
            f"        for v in seen:\n            if uses.count(v) > {limit}:\n"
        )
        what = f"a node with more than {limit} uses loses its gradient"
    lost = f"{after}                v.grad = 0.0"
    return Made("scale", what, SOURCE + _BACKWARD.format(before="", after=lost), ())


def of_size(chance: random.Random) -> Made:
    """All gradients beyond, or below, a size are clipped."""
    exponent = chance.randint(3, 12)
    if chance.random() < 0.5:
        change = f"v.grad = max(-1e{exponent}, min(1e{exponent}, v.grad))"
    else:
        change = f"v.grad = v.grad if abs(v.grad) > 1e-{exponent} else 0.0"
    after = f"{_NODES}        for v in seen:\n            {change}"
    source = SOURCE + _BACKWARD.format(before="", after=after)
    names = ("gradients-clipped-at-a-million",) if "1e6" in change else ()
    return Made("size", change, source, (), (*names, "small-gradients-dropped")[:2])


def of_pass(chance: random.Random) -> Made:
    """A pass now and then is wrong."""
    every = chance.choice([7, 20, 60, 150, 333, 700, 900])
    factor = chance.choice(["2.0", "0.0", "0.5"])
    before = "        Value.passes = getattr(Value, 'passes', 0) + 1"
    after = (
        f"{_NODES}        for v in seen:\n            if Value.passes % {every} == 0:\n"
        f"                v.grad *= {factor}"
    )
    names = ("rare-pass-doubled",) if every == 700 else ()
    return Made("pass", f"every {every}th pass times {factor}",
                SOURCE + _BACKWARD.format(before=before, after=after), None, names)  # fmt: skip


def of_noise(chance: random.Random) -> Made:
    """Random noise in all gradients."""
    size = f"1e-{chance.randint(3, 10)}"
    after = (
        f"{_NODES}        for v in seen:\n"
        f"            v.grad += random.uniform(-{size}, {size})"
    )
    names = ("noise-in-gradients",) if size == "1e-9" else ()
    source = SOURCE + _BACKWARD.format(before="", after=after)
    return Made("noise", f"noise of {size}", source, None, names)


def of_network(chance: random.Random) -> Made:
    """A network that leaves something out, or takes it twice."""
    old, new, what, names = chance.choice(NETWORK)
    number = chance.randint(1, 3)
    source = SOURCE.replace(old, new.replace("{n}", str(number)))
    assert source != SOURCE, old
    return Made("network", what, source, (), names)


KINDS: Final[dict[str, Callable[[random.Random], Made]]] = {
    "region": of_region, "pairs": of_pairs, "value": of_value, "scale": of_scale, "size": of_size,
    "pass": of_pass, "noise": of_noise, "network": of_network,
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """What a check says of one of them.

    Attributes:
        kind: which.
        what: the mistake in words.
        verdict: of the check.
        titles: of its findings.
        false: names of the catalogue that are not its own.
        blamed: operations that are blamed and innocent.
    """

    kind: str
    what: str
    verdict: str
    titles: list[str]
    false: list[str]
    blamed: list[str]


def engines(count: int, seed: int) -> Iterator[Made]:
    """The kinds in turn."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    for index in range(count):
        yield list(KINDS.values())[index % len(KINDS)](chance)


def told(made: Made, examples: int) -> Row:
    """Check one of them."""
    plan = Plan(examples=examples, exhaust=2)
    with load(module(made.source, made.kind)) as engine:
        said = outcome(engine, plan)
    names = [f.diagnosis.fault for f in said.findings if f.diagnosis.fault in CATALOGUE]
    innocent = set()
    for finding in said.findings:
        for op in finding.blames or ():
            mine = made.operations is None or parts([op]) & set(made.operations)
            innocent |= set() if mine else {op}
    titles = [f.diagnosis.title for f in said.findings]
    false = [name for name in names if name not in made.names]
    return Row(made.kind, made.what, said.verdict, titles, false, sorted(innocent))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is false; exit code 1 if anything is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--examples", type=int, default=24)
    parser.add_argument("--keep", type=Path, help="rows are added to this file")
    options = parser.parse_args(arguments)
    rows = []
    for index, made in enumerate(engines(options.skip + options.count, options.seed)):
        if index < options.skip:
            continue
        row = told(made, options.examples)
        rows.append(row)
        if options.keep:
            with options.keep.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(row)) + "\n")
        if row.false or row.blamed or row.verdict != "wrong":
            print(row, flush=True)
    names = sum(bool(row.false) for row in rows)
    blamed = sum(bool(row.blamed) for row in rows)
    once = sum(len(row.titles) == 1 for row in rows)
    seen = sum(row.verdict == "wrong" for row in rows)
    print(
        f"{len(rows)} engines, {seen} wrong; {names} with a false name, "
        f"{blamed} with an innocent operation blamed; {once} told once"
    )
    return int(bool(names or blamed))


if __name__ == "__main__":
    sys.exit(main())

"""One engine of the benchmark, in a process of its own: a task a line in, a measurement a line out.

It runs in the environment of the engine it measures and needs nothing but the standard library.
The network is that of micrograd's demo, written once over whatever class the engine offers; only
`ours` also runs with its own `nn`, recorded, and in columns.
"""

import gc
import importlib
import json
import math
import random
import sys
import time
import tracemalloc

SAMPLES, SIZES = 100, (2, 16, 16, 1)


# --- data and weights, the same for all ----------------------------------------------------------


def dataset():
    """Return two moons, as the demo of micrograd has them, and their labels."""
    rng = random.Random(1337)
    points, labels = [], []
    for i in range(SAMPLES):
        upper = i % 2 == 0
        t = math.pi * rng.random()
        x, y = (math.cos(t), math.sin(t)) if upper else (1 - math.cos(t), 0.5 - math.sin(t))
        points.append((x + rng.gauss(0, 0.1), y + rng.gauss(0, 0.1)))
        labels.append(-1.0 if upper else 1.0)
    return points, labels


def weights():
    """Return for each layer, for each neuron, the bias and the weights."""
    rng = random.Random(7)
    return [
        [[0.0, *(rng.uniform(-1, 1) for _ in range(nin))] for _ in range(nout)]
        for nin, nout in zip(SIZES, SIZES[1:])
    ]


POINTS, LABELS = dataset()


# --- the step over any scalar class --------------------------------------------------------------


class Scalars:
    """The moons step and the random graphs over a class of scalars.

    Args:
        make: a number to a scalar.
        value, grad: how to read them.
        relu: a scalar to a scalar.
        backward: a scalar, to differentiate.
        update: a parameter, its new number or None, its new gradient or None; it sets them,
            or returns another parameter.
        begin: the inputs, before a recording.
    """

    def __init__(self, make, value, grad, relu, backward, update, begin=None):
        self.make, self.value, self.grad, self.relu = make, value, grad, relu
        self.differentiate, self.update, self.begin = backward, update, begin or (lambda _: None)
        self.layers = [[[make(w) for w in row] for row in layer] for layer in weights()]
        self.parameters = [p for layer in self.layers for row in layer for p in row]

    def network(self, x):
        for k, layer in enumerate(self.layers):
            sums = [sum((w * v for w, v in zip(row[1:], x)), row[0]) for row in layer]
            x = sums if k == len(self.layers) - 1 else [self.relu(v) for v in sums]
        return x[0]

    def moons(self):
        """Do one step of training; return its loss."""
        self.begin(self.parameters)
        scores = [self.network([self.make(v) for v in row]) for row in POINTS]
        losses = [self.relu(1 + -y * s) for y, s in zip(LABELS, scores)]
        loss = sum(losses[1:], losses[0]) * (1.0 / SAMPLES)
        first, *others = self.parameters
        loss = loss + 1e-4 * sum((p * p for p in others), first * first)
        for p in self.parameters:
            self.update(p, None, 0.0)
        self.differentiate(loss)
        new = [self.update(p, self.value(p) - 0.5 * self.grad(p), None) for p in self.parameters]
        if new[0] is not None:  # numbers that cannot be set: other scalars take their place
            found, self.parameters = iter(new), new
            self.layers = [[[next(found) for _ in row] for row in layer] for layer in self.layers]
        return self.value(loss)

    def graph(self, kind, n):
        """Return the seconds of forward, backward and freeing, and the gradient of one leaf."""
        leaves = [self.make(0.5 + 0.05 * i) for i in range(8)]
        plan = PLANS[kind](n)
        self.begin(leaves)
        relu = self.relu
        start = time.process_time()
        nodes = list(leaves)
        push = nodes.append
        for op, i, j in plan:
            a, b = nodes[i], nodes[j]
            push(a + b if op == 0 else a - b if op == 1 else a * b if op == 2 else relu(a))
        root = nodes[-1]
        middle = time.process_time()
        self.differentiate(root)
        end = time.process_time()
        found = float(self.grad(leaves[0]))
        last = time.process_time()
        del nodes, root, push, a, b
        return middle - start, end - middle, time.process_time() - last, found


def chain(n):
    """Return n additions of one leaf."""
    return [(0, 7 + k if k else 0, 0) for k in range(n)]


def deep(n):
    """Return n operations, each on the last node and on one of the sixteen before it."""
    rng = random.Random(n)
    plan = []
    for k in range(n):
        last = 7 + k
        other = last - rng.randrange(min(16, last + 1))
        op = rng.randrange(4)
        plan.append((op, last, rng.randrange(8) if op == 2 else other))
    return plan


def shallow(n):
    """Return about n operations in 30 layers, each on a node and on any other of the layer before.

    A balanced tree of subtractions then leads to one node.
    """
    rng = random.Random(n)
    width = max(n // 31, 2)
    plan = [(0, k % 8, rng.randrange(8)) for k in range(width)]
    start = 8
    for _ in range(29):
        for k in range(width):
            op = rng.randrange(4)
            other = rng.randrange(8) if op == 2 else start + rng.randrange(width)
            plan.append((op, start + k, other))
        start += width
    level = list(range(start, start + width))
    while len(level) > 1:
        above = []
        for a, b in zip(level[::2], level[1::2]):
            plan.append((1, a, b))
            above.append(7 + len(plan))
        level = above + level[len(level) // 2 * 2 :]
    return plan


def drawn(n):
    """Return n operations as the harness draws its random graphs (`verify/generators/random.py`).

    An operand is the last node or, as often, any of the 128 before it; what leaves the range gives
    way to the next operation, and what the last node does not use is left out.
    """
    rng = random.Random(n)
    plan, values = [], [0.5 + 0.05 * i for i in range(8)]
    while len(plan) < 2 * n:  # more than half of them are used
        last = len(values) - 1
        i, j = (last - rng.randrange(128) % (last + 1) * rng.randrange(2) for _ in "ij")
        a, b, op = values[i], values[j], rng.randrange(4)
        results = (a + b, a - b, a * b, max(a, 0.0))
        while abs(results[op]) > 1e8:
            op = (op + 1) % 4
        plan.append((op, i, i if op == 3 else j))
        values.append(results[op])
    used, kept = {len(values) - 1}, []
    for k in range(len(plan) - 1, -1, -1):
        if k + 8 in used and len(kept) < n:
            kept.append(k)
            used |= set(plan[k][1:])
    place = {k + 8: 8 + at for at, k in enumerate(reversed(kept))}  # earlier ones become leaves
    return [(plan[k][0], *(place.get(i, i % 8) for i in plan[k][1:])) for k in reversed(kept)]


PLANS = {"chain": chain, "deep": deep, "drawn": drawn, "shallow": shallow}


# --- the engines ---------------------------------------------------------------------------------


def plain(spec):
    """Return a class in the manner of micrograd: attributes for value and gradient, a method."""
    module, name, data, relu = spec
    cls = getattr(importlib.import_module(module), name)

    def update(p, number, gradient):
        if number is not None:
            setattr(p, data, number)
        if gradient is not None:
            p.grad = gradient

    return Scalars(
        make=lambda x: cls(float(x)),
        value=lambda v: getattr(v, data),
        grad=lambda v: v.grad,
        relu=lambda v: getattr(v, relu)(),
        backward=lambda v: v.backward(),
        update=update,
    )


def xad(_):
    """Return the scalars of xad, whose operations go to a tape that is made anew each time."""
    import xad.adj_1st as adj

    state = {}

    def begin(inputs):
        if "tape" in state:
            state.pop("tape").deactivate()
        state["tape"] = tape = adj.Tape()
        tape.activate()
        tape.registerInputs(inputs)
        tape.newRecording()

    def backward(v):
        state["tape"].registerOutput(v)
        v.derivative = 1.0
        state["tape"].computeAdjoints()

    zero = adj.Real(0.0)
    return Scalars(
        make=lambda x: adj.Real(float(x)),
        value=lambda v: v.value,
        grad=lambda v: v.derivative,
        relu=lambda v: v if v.value > 0 else zero,
        backward=backward,
        update=lambda p, number, gradient: None if number is None else adj.Real(number),
        begin=begin,
    )


def torch(_):
    """Return 0-d tensors, float64."""
    import torch as library

    library.set_num_threads(1)

    def update(p, number, gradient):
        if number is not None:
            p.data.fill_(number)
        if gradient is not None:
            p.grad = None

    return Scalars(
        make=lambda x: library.tensor(float(x), dtype=library.float64, requires_grad=True),
        value=lambda v: v.item(),
        grad=lambda v: v.grad.item() if v.grad is not None else 0.0,
        relu=library.relu,
        backward=lambda v: v.backward(),
        update=update,
    )


class Hips:
    """HIPS autograd: the gradient of a function of a list of floats."""

    def __init__(self, _):
        from autograd import value_and_grad

        self.numbers = [w for layer in weights() for row in layer for w in row]
        self.step = value_and_grad(self.loss)

    @staticmethod
    def loss(flat):
        """Return the loss of all samples."""
        flat, k, layers = list(flat), 0, []
        for nin, nout in zip(SIZES, SIZES[1:]):
            layers.append([flat[k + i * (nin + 1) : k + (i + 1) * (nin + 1)] for i in range(nout)])
            k += nout * (nin + 1)
        total = 0.0
        for point, y in zip(POINTS, LABELS):
            x = list(point)
            for n, layer in enumerate(layers):
                x = [sum((w * v for w, v in zip(row[1:], x)), row[0]) for row in layer]
                if n < len(layers) - 1:
                    x = [v if v > 0 else 0.0 for v in x]
            margin = 1 + -y * x[0]
            total = total + (margin if margin > 0 else 0.0)
        return total * (1.0 / SAMPLES) + 1e-4 * sum(p * p for p in flat)

    def moons(self):
        """Do one step of training; return its loss."""
        loss, gradients = self.step(self.numbers)
        self.numbers = [p - 0.5 * float(g) for p, g in zip(self.numbers, gradients)]
        return float(loss)


class Ddx:
    """ddx-ad: a graph built once, and compiled by LLVM; the step evaluates it."""

    def __init__(self, _):
        import ddx

        self.numbers = [w for layer in weights() for row in layer for w in row]
        self.ddx = ddx
        self.loss = ddx.equation(self.model)

    def model(self):
        """Return the loss of all samples as an expression of the parameters."""
        parameters = [self.ddx.var(f"p{k}") for k in range(len(self.numbers))]
        found = iter(parameters)
        layers = [[[next(found) for _ in row] for row in layer] for layer in weights()]
        total = 0.0
        for point, y in zip(POINTS, LABELS):
            x = list(point)
            for n, layer in enumerate(layers):
                sums = [sum((w * v for w, v in zip(row[1:], x)), row[0]) for row in layer]
                x = sums if n == len(layers) - 1 else [self.ddx.max(v, 0.0) for v in sums]
            total = total + self.ddx.max(1 + -y * x[0], 0.0)
        first, *others = parameters
        return total * (1.0 / SAMPLES) + 1e-4 * sum((p * p for p in others), first * first)

    def moons(self):
        """Do one step of training; return its loss."""
        loss, gradients = self.loss.jacobian(self.numbers)
        self.numbers = [p - 0.5 * float(g) for p, g in zip(self.numbers, gradients)]
        return float(loss)


class Floats:
    """A floor: plain floats, the forward pass only, no gradient and no training."""

    def __init__(self, _):
        self.layers = weights()

    def moons(self):
        """Return the loss."""
        return Hips.loss([w for layer in self.layers for row in layer for w in row])


class Arrays:
    """A floor: NumPy, whole layers at once, the gradient written out by hand."""

    def __init__(self, _):
        import numpy as np

        self.np = np
        rows = [np.array(layer) for layer in weights()]
        self.b, self.w = [r[:, :1] for r in rows], [r[:, 1:] for r in rows]
        self.x, self.y = np.array(POINTS).T, np.array(LABELS)

    def moons(self):
        """Do one step of training; return its loss."""
        np, xs = self.np, [self.x]
        for k, (w, b) in enumerate(zip(self.w, self.b)):
            v = w @ xs[-1] + b
            xs.append(np.maximum(v, 0.0) if k < 2 else v)
        margin = 1 - self.y * xs[-1][0]
        loss = np.maximum(margin, 0.0).sum() / SAMPLES
        loss += 1e-4 * sum((p * p).sum() for p in (*self.w, *self.b))
        g = (np.where(margin > 0, -self.y, 0.0) / SAMPLES)[None]
        for k in (2, 1, 0):
            gw, gb = g @ xs[k].T + 2e-4 * self.w[k], g.sum(1, keepdims=True) + 2e-4 * self.b[k]
            g = (self.w[k].T @ g) * (xs[k] > 0)
            self.w[k], self.b[k] = self.w[k] - 0.5 * gw, self.b[k] - 0.5 * gb
        return float(loss)


class Ours:
    """This package with its own `nn`, in one of the ways it can run.

    `spec` is eager, or a back end of `traced` for the whole step, or columns.
    """

    def __init__(self, spec):
        (self.kind,) = spec
        nn = importlib.import_module("micrograd.nn")
        self.model = nn.MLP(2, list(SIZES[1:]))
        flat = [row[1:] + row[:1] for layer in weights() for row in layer]
        for p, w in zip(self.model.parameters(), (w for row in flat for w in row)):
            p.data = w
        self.first = None
        if self.kind == "columns":
            import numpy as np

            traced = importlib.import_module("micrograd.trace").traced
            self.sample = traced(self.one)
            self.penalty = traced(self.reg)
            self.columns = [np.array(c) for c in (*zip(*POINTS), LABELS)]
        elif self.kind != "eager":
            traced = importlib.import_module("micrograd.trace").traced
            self.loss = traced(self.total, backend=self.kind)

    def one(self, a, b, y):
        """Return the loss of one sample."""
        return (1 + -y * self.model([a, b])).relu() * (1.0 / SAMPLES)

    def reg(self):
        """Return the penalty."""
        return 1e-4 * sum(p * p for p in self.model.parameters())

    def total(self):
        """Return the loss of all samples, as the demo of micrograd writes it."""
        value = importlib.import_module("micrograd.engine").Value
        inputs = [list(map(value, row)) for row in POINTS]
        scores = list(map(self.model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(LABELS, scores)]
        return sum(losses) * (1.0 / len(losses)) + self.reg()

    def moons(self):
        """Do one step of training; return its loss."""
        self.model.zero_grad()
        if self.kind == "eager":
            loss = self.total()
            loss.backward()
            number = loss.data
            del loss
        elif self.kind == "columns":
            values, _ = self.sample.batch(*self.columns)
            penalty, _ = self.penalty()
            number = float(values.sum()) + penalty
        else:
            number, _ = self.loss()
        for p in self.model.parameters():
            p.data -= 0.5 * p.grad
        return number


class Replay:
    """The trace of a random graph of n operations, as a function of its eight leaves."""

    def __init__(self, spec):
        (self.backend,) = spec
        self.traced = importlib.import_module("micrograd.trace").traced

    def replay(self, kind, n):
        """Return the seconds to record and compile, and the seconds of one replay."""
        plan = PLANS[kind](n)

        def function(*leaves):
            nodes = list(leaves)
            for op, i, j in plan:
                a, b = nodes[i], nodes[j]
                y = a + b if op == 0 else a - b if op == 1 else a * b if op == 2 else a.relu()
                nodes.append(y)
            return nodes[-1]

        self.traced(lambda x: x * 2.0, backend=self.backend)(1.0)  # the kernel, once for all
        f = self.traced(function, backend=self.backend)
        numbers = [0.5 + 0.05 * i for i in range(8)]
        start = time.process_time()
        f(*numbers)
        first = time.process_time() - start
        times = []
        for _ in range(7):
            start = time.process_time()
            _, found = f(*numbers)
            times.append(time.process_time() - start)
        return first, sorted(times)[3], found[0]


KINDS = {
    "plain": plain,
    "xad": xad,
    "torch": torch,
    "hips": Hips,
    "ddx": Ddx,
    "floats": Floats,
    "arrays": Arrays,
    "ours": Ours,
    "replay": Replay,
}


def bytes_a_node(engine, n=20_000):
    """Return the bytes of an operation node after forward, and at the peak of backward."""
    plan = chain(n)
    leaf = engine.make(1.0)
    engine.begin([leaf])
    gc.collect()
    tracemalloc.start()
    y = leaf
    before = tracemalloc.get_traced_memory()[0]
    for _ in plan:
        y = y + leaf
    after = tracemalloc.get_traced_memory()[0]
    engine.differentiate(y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return (after - before) / n, (peak - before) / n


def answer(engine, task):
    """Do a task; return what it measured."""
    if task["gc"]:  # as in a training loop: it runs when it thinks fit, and nobody calls it
        gc.enable()
    else:
        gc.disable()
        gc.collect()
    sys.setrecursionlimit(task.get("recursion", 1000))
    if task["do"] == "moons":
        start = time.process_time()
        loss = engine.moons()
        return {"seconds": time.process_time() - start, "loss": loss}
    if task["do"] == "graph":
        forward, backward, free, found = engine.graph(task["kind"], task["n"])
        return {"forward": forward, "backward": backward, "free": free, "found": found}
    if task["do"] == "replay":
        first, seconds, found = engine.replay(task["kind"], task["n"])
        return {"first": first, "seconds": seconds, "found": found}
    forward, peak = bytes_a_node(engine)
    return {"forward": forward, "peak": peak}


def main():
    """Make the engine, then answer until the input ends."""
    kind, *spec = json.loads(sys.argv[1])
    out = sys.stdout
    sys.stdout = sys.stderr  # some engines print
    engine = None
    for line in sys.stdin:
        try:
            engine = engine or KINDS[kind](spec)
            found = answer(engine, json.loads(line))
        except Exception as error:  # noqa: BLE001 - whatever a package does is its result
            found = {"error": f"{type(error).__name__}: {str(error)[:120]}"}
        out.write(json.dumps(found) + "\n")
        out.flush()


if __name__ == "__main__":
    main()

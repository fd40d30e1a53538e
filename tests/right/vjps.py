"""Right, after HIPS autograd: ``@primitive`` records calls, ``defvjp`` says what goes back."""

import math
from functools import wraps

VJPS = {}


def primitive(f):
    @wraps(f)
    def wrapped(*args):
        boxes = [a if isinstance(a, Box) else Box(a) for a in args]
        values = [b.value for b in boxes]
        return Box(f(*values), wrapped, boxes)

    return wrapped


def defvjp(f, *makers):
    VJPS[f] = makers


class Box:
    def __init__(self, value, fun=None, parents=()):
        self.value = value
        self.fun = fun
        self.parents = parents
        self.grad = 0.0

    def backward(self):
        outgrads = {id(self): 1.0}
        for node in toposort(self):
            g = outgrads.pop(id(node))
            if node.fun is None:
                node.grad += g
                continue
            node.grad = g
            args = [p.value for p in node.parents]
            for parent, maker in zip(node.parents, VJPS[node.fun]):
                share = maker(node.value, *args)(g)
                outgrads[id(parent)] = outgrads.get(id(parent), 0.0) + share

    def __add__(self, other): return add(self, other)
    def __radd__(self, other): return add(other, self)
    def __sub__(self, other): return subtract(self, other)
    def __rsub__(self, other): return subtract(other, self)
    def __mul__(self, other): return multiply(self, other)
    def __rmul__(self, other): return multiply(other, self)
    def __truediv__(self, other): return divide(self, other)
    def __rtruediv__(self, other): return divide(other, self)
    def __pow__(self, other): return power(self, other)
    def __rpow__(self, other): return power(other, self)
    def __neg__(self): return negative(self)
    def exp(self): return exp(self)
    def log(self): return log(self)
    def tanh(self): return tanh(self)
    def relu(self): return relu(self)
    def sin(self): return sin(self)
    def cos(self): return cos(self)


def toposort(end):
    child_counts, stack = {}, [end]
    while stack:
        node = stack.pop()
        if id(node) in child_counts:
            child_counts[id(node)] += 1
        else:
            child_counts[id(node)] = 1
            stack.extend(node.parents)
    childless = [end]
    while childless:
        node = childless.pop()
        yield node
        for parent in node.parents:
            if child_counts[id(parent)] == 1:
                childless.append(parent)
            else:
                child_counts[id(parent)] -= 1


@primitive
def add(x, y): return x + y
@primitive
def subtract(x, y): return x - y
@primitive
def multiply(x, y): return x * y
@primitive
def divide(x, y): return x / y
@primitive
def power(x, y): return x**y
@primitive
def negative(x): return -x
@primitive
def relu(x): return x if x > 0 else 0.0


exp, log, tanh, sin, cos = map(primitive, (math.exp, math.log, math.tanh, math.sin, math.cos))

defvjp(add, lambda ans, x, y: lambda g: g, lambda ans, x, y: lambda g: g)
defvjp(subtract, lambda ans, x, y: lambda g: g, lambda ans, x, y: lambda g: -g)
defvjp(multiply, lambda ans, x, y: lambda g: y * g, lambda ans, x, y: lambda g: x * g)
defvjp(divide, lambda ans, x, y: lambda g: g / y, lambda ans, x, y: lambda g: -g * x / y**2)
defvjp(
    power,
    lambda ans, x, y: lambda g: g * y * x ** (y - 1) if y else 0.0,
    lambda ans, x, y: lambda g: g * math.log(x) * ans if x > 0 else 0.0,
)
defvjp(negative, lambda ans, x: lambda g: -g)
defvjp(exp, lambda ans, x: lambda g: ans * g)
defvjp(log, lambda ans, x: lambda g: g / x)
defvjp(tanh, lambda ans, x: lambda g: g / math.cosh(x) ** 2)
defvjp(sin, lambda ans, x: lambda g: g * math.cos(x))
defvjp(cos, lambda ans, x: lambda g: -g * math.sin(x))
defvjp(relu, lambda ans, x: lambda g: g if x > 0 else 0.0)

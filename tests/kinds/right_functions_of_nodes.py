"""Right: functions that take nodes and no numbers."""

import math
class Var:
    def __init__(self, value):
        self.value = value
        self.grad = 0.0
        self.parents = []
def add(a, b):
    out = Var(a.value + b.value); out.parents = [(a, 1.0), (b, 1.0)]; return out
def mul(a, b):
    out = Var(a.value * b.value); out.parents = [(a, b.value), (b, a.value)]; return out
def tanh(a):
    t = math.tanh(a.value)
    out = Var(t); out.parents = [(a, 1 - t * t)]; return out
def exp(a):
    t = math.exp(a.value)
    out = Var(t); out.parents = [(a, t)]; return out
def backward(out):
    order, seen = [], set()
    def visit(n):
        if id(n) not in seen:
            seen.add(id(n))
            for p, _ in n.parents: visit(p)
            order.append(n)
    visit(out)
    for n in order: n.grad = 0.0
    out.grad = 1.0
    for n in reversed(order):
        for p, d in n.parents: p.grad += d * n.grad

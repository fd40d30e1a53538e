"""Right: one subclass an operation; a visitor evaluates, another one differentiates."""

import math


class Value:
    def __init__(self, data):
        self.data = data
        self.grad = 0.0

    operands = ()

    def __add__(self, other): return Sum(self, other)
    def __radd__(self, other): return Sum(other, self)
    def __sub__(self, other): return Difference(self, other)
    def __rsub__(self, other): return Difference(other, self)
    def __mul__(self, other): return Product(self, other)
    def __rmul__(self, other): return Product(other, self)
    def __truediv__(self, other): return Quotient(self, other)
    def __rtruediv__(self, other): return Quotient(other, self)
    def __pow__(self, other): return Power(self, other)
    def __rpow__(self, other): return Power(other, self)
    def __neg__(self): return Negative(self)
    def __abs__(self): return Absolute(self)
    def exp(self): return Exponential(self)
    def log(self): return Logarithm(self)
    def tanh(self): return HyperbolicTangent(self)
    def relu(self): return Rectifier(self)

    def backward(self):
        Differentiator().run(self)


class Operation(Value):
    def __init__(self, *operands):
        self.operands = tuple(x if isinstance(x, Value) else Value(x) for x in operands)
        super().__init__(Evaluator().visit(self))


class Sum(Operation): pass
class Difference(Operation): pass
class Product(Operation): pass
class Quotient(Operation): pass
class Power(Operation): pass
class Negative(Operation): pass
class Absolute(Operation): pass
class Exponential(Operation): pass
class Logarithm(Operation): pass
class HyperbolicTangent(Operation): pass
class Rectifier(Operation): pass


class Visitor:
    def visit(self, node):
        method = getattr(self, "visit_" + type(node).__name__)
        return method(node, *[x.data for x in node.operands])


class Evaluator(Visitor):
    def visit_Sum(self, node, a, b): return a + b
    def visit_Difference(self, node, a, b): return a - b
    def visit_Product(self, node, a, b): return a * b
    def visit_Quotient(self, node, a, b): return a / b
    def visit_Power(self, node, a, b): return a**b
    def visit_Negative(self, node, a): return -a
    def visit_Absolute(self, node, a): return abs(a)
    def visit_Exponential(self, node, a): return math.exp(a)
    def visit_Logarithm(self, node, a): return math.log(a)
    def visit_HyperbolicTangent(self, node, a): return math.tanh(a)
    def visit_Rectifier(self, node, a): return a if a > 0 else 0.0


class Differentiator(Visitor):
    def run(self, root):
        order, seen = [], set()

        def collect(node):
            if node not in seen:
                seen.add(node)
                for x in node.operands:
                    collect(x)
                order.append(node)

        collect(root)
        for node in order:
            if node.operands:
                node.grad = 0.0
        root.grad = 1.0
        for node in reversed(order):
            if node.operands:
                for x, slope in zip(node.operands, self.visit(node)):
                    x.grad += slope * node.grad

    def visit_Sum(self, node, a, b): return 1.0, 1.0
    def visit_Difference(self, node, a, b): return 1.0, -1.0
    def visit_Product(self, node, a, b): return b, a
    def visit_Quotient(self, node, a, b): return 1 / b, -node.data / b
    def visit_Power(self, node, a, b):
        return (b * a ** (b - 1) if b else 0.0), (node.data * math.log(a) if a > 0 else 0.0)
    def visit_Negative(self, node, a): return (-1.0,)
    def visit_Absolute(self, node, a): return (1.0 if a > 0 else -1.0,)
    def visit_Exponential(self, node, a): return (node.data,)
    def visit_Logarithm(self, node, a): return (1 / a,)
    def visit_HyperbolicTangent(self, node, a): return (1 - node.data**2,)
    def visit_Rectifier(self, node, a): return (1.0 if a > 0 else 0.0,)

"""Functions with a context, as in large frameworks: ``Exp.apply(a)``; no gradient unless asked for."""

import math


class Context:
    def save(self, *things):
        self.saved = things


class Tensor:
    def __init__(self, data, requires_grad=False):
        self.data = data
        self.grad = None
        self.requires_grad = requires_grad
        self.creator = None

    def __add__(self, other):
        return Add.apply(self, other)

    def __mul__(self, other):
        return Mul.apply(self, other)

    __radd__ = __add__
    __rmul__ = __mul__

    def backward(self, grad=1.0):
        if not self.requires_grad:
            return
        order, seen = [], set()

        def visit(tensor):
            if id(tensor) not in seen:
                seen.add(id(tensor))
                for before in tensor.creator[2] if tensor.creator else ():
                    visit(before)
                order.append(tensor)

        visit(self)
        flowing = {id(self): grad}  # into each tensor in this pass; a tensor keeps the sum of passes
        for tensor in reversed(order):
            grad = flowing.get(id(tensor), 0.0)
            if tensor.requires_grad:
                tensor.grad = grad if tensor.grad is None else tensor.grad + grad
            if tensor.creator is not None:
                context, function, inputs = tensor.creator
                for before, slope in zip(inputs, function.backward(context, grad)):
                    flowing[id(before)] = flowing.get(id(before), 0.0) + slope


class Function:
    @classmethod
    def apply(cls, *inputs):
        inputs = [x if isinstance(x, Tensor) else Tensor(x) for x in inputs]
        context = Context()
        out = Tensor(cls.forward(context, *[t.data for t in inputs]), any(t.requires_grad for t in inputs))
        if out.requires_grad:
            out.creator = context, cls, inputs
        return out


class Add(Function):
    @staticmethod
    def forward(context, a, b):
        return a + b

    @staticmethod
    def backward(context, grad):
        return grad, grad


class Mul(Function):
    @staticmethod
    def forward(context, a, b):
        context.save(a, b)
        return a * b

    @staticmethod
    def backward(context, grad):
        a, b = context.saved
        return grad * b, grad * a


class Exp(Function):
    @staticmethod
    def forward(context, a):
        e = math.exp(a)
        context.save(e)
        return e

    @staticmethod
    def backward(context, grad):
        return (grad * context.saved[0],)


class ReLU(Function):
    @staticmethod
    def forward(context, a):
        context.save(a)
        return max(a, 0.0)

    @staticmethod
    def backward(context, grad):
        return (grad if context.saved[0] > 0 else 0.0,)

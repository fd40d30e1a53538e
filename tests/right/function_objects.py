"""Right, in the manner of ``torch.autograd.Function``: an operation is a class with two functions."""

import math


class Context:
    def __init__(self, *inputs):
        self.inputs = inputs
        self.saved = ()

    def save(self, *numbers):
        self.saved = numbers


class Function:
    @classmethod
    def apply(cls, *operands):
        inputs = [x if isinstance(x, Variable) else Variable(x) for x in operands]
        ctx = Context(*inputs)
        out = Variable(cls.forward(ctx, *[x.value for x in inputs]))
        out.creator = (cls, ctx)
        return out


class Add(Function):
    @staticmethod
    def forward(ctx, a, b):
        return a + b

    @staticmethod
    def backward(ctx, g):
        return g, g


class Sub(Function):
    @staticmethod
    def forward(ctx, a, b):
        return a - b

    @staticmethod
    def backward(ctx, g):
        return g, -g


class Mul(Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save(a, b)
        return a * b

    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved
        return g * b, g * a


class Div(Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save(a, b)
        return a / b

    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved
        return g / b, -g * a / (b * b)


class Pow(Function):
    @staticmethod
    def forward(ctx, a, b):
        y = a**b
        ctx.save(a, b, y)
        return y

    @staticmethod
    def backward(ctx, g):
        a, b, y = ctx.saved
        return g * b * a ** (b - 1) if b else 0.0, g * y * math.log(a) if a > 0 else 0.0


class Neg(Function):
    @staticmethod
    def forward(ctx, a):
        return -a

    @staticmethod
    def backward(ctx, g):
        return (-g,)


class Exp(Function):
    @staticmethod
    def forward(ctx, a):
        y = math.exp(a)
        ctx.save(y)
        return y

    @staticmethod
    def backward(ctx, g):
        return (g * ctx.saved[0],)


class Log(Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save(a)
        return math.log(a)

    @staticmethod
    def backward(ctx, g):
        return (g / ctx.saved[0],)


class Tanh(Function):
    @staticmethod
    def forward(ctx, a):
        y = math.tanh(a)
        ctx.save(y)
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved
        return (g * (1 - y * y),)


class ReLU(Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save(a)
        return a if a > 0 else 0.0

    @staticmethod
    def backward(ctx, g):
        return (g if ctx.saved[0] > 0 else 0.0,)


class Sigmoid(Function):
    @staticmethod
    def forward(ctx, a):
        if a >= 0:
            y = 1 / (1 + math.exp(-a))
        else:
            e = math.exp(a)
            y = e / (1 + e)
        ctx.save(y)
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved
        return (g * y * (1 - y),)


class Variable:
    def __init__(self, value):
        self.value = value
        self.gradient = 0.0
        self.creator = None

    def __add__(self, other):
        return Add.apply(self, other)

    def __radd__(self, other):
        return Add.apply(other, self)

    def __sub__(self, other):
        return Sub.apply(self, other)

    def __rsub__(self, other):
        return Sub.apply(other, self)

    def __mul__(self, other):
        return Mul.apply(self, other)

    def __rmul__(self, other):
        return Mul.apply(other, self)

    def __truediv__(self, other):
        return Div.apply(self, other)

    def __rtruediv__(self, other):
        return Div.apply(other, self)

    def __pow__(self, other):
        return Pow.apply(self, other)

    def __rpow__(self, other):
        return Pow.apply(other, self)

    def __neg__(self):
        return Neg.apply(self)

    def exp(self):
        return Exp.apply(self)

    def log(self):
        return Log.apply(self)

    def tanh(self):
        return Tanh.apply(self)

    def relu(self):
        return ReLU.apply(self)

    def sigmoid(self):
        return Sigmoid.apply(self)

    def backward(self):
        order, seen = [], set()

        def visit(v):
            if v in seen:
                return
            seen.add(v)
            if v.creator:
                for i in v.creator[1].inputs:
                    visit(i)
            order.append(v)

        visit(self)
        for v in order:
            if v.creator:
                v.gradient = 0.0
        self.gradient = 1.0
        for v in reversed(order):
            if v.creator:
                function, ctx = v.creator
                for i, g in zip(ctx.inputs, function.backward(ctx, v.gradient)):
                    i.gradient += g

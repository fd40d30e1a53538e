"""The number of uses is counted while the graph is built and waits for all of them."""
import math


class Value:
    __slots__ = ("data", "grad", "_uses", "_got", "_src")

    def __init__(self, data, _src=()):
        self.data = data
        self.grad = 0
        self._uses = 0
        self._got = 0
        self._src = _src
        for p, _ in _src:
            p._uses += 1

    def __add__(self, o):
        o = o if isinstance(o, Value) else Value(o)
        return Value(self.data + o.data, ((self, 1), (o, 1)))

    def __mul__(self, o):
        o = o if isinstance(o, Value) else Value(o)
        return Value(self.data * o.data, ((self, o.data), (o, self.data)))

    def relu(self):
        return Value(max(0, self.data), ((self, 1 if self.data > 0 else 0),))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, ((self, e),))

    def __neg__(self): return self * -1
    def __sub__(self, o): return self + o * -1
    __radd__ = __add__
    __rmul__ = __mul__
    def __rsub__(self, o): return -self + o

    def backward(self):
        self.grad = 1
        todo = [self]
        while todo:
            n = todo.pop()
            for p, d in n._src:
                p.grad += d * n.grad
                p._got += 1
                if p._got == p._uses:
                    p._got = 0
                    todo.append(p)

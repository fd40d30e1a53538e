"""A Value is a float."""
import math
class Value(float):
    def __new__(cls, x=0.0, back=()):
        v = float.__new__(cls, x); v.back = back; v.grad = 0.0
        return v
    @property
    def data(self): return float(self)
    __hash__ = object.__hash__
    def __eq__(self, o): return self is o
    def __add__(self, o):
        o = o if isinstance(o, Value) else Value(o)
        return Value(float(self) + float(o), ((self, 1.0), (o, 1.0)))
    def __radd__(self, o): return Value(o) + self
    def __sub__(self, o):
        o = o if isinstance(o, Value) else Value(o)
        return Value(float(self) - float(o), ((self, 1.0), (o, -1.0)))
    def __rsub__(self, o): return Value(o) - self
    def __mul__(self, o):
        o = o if isinstance(o, Value) else Value(o)
        return Value(float(self) * float(o), ((self, float(o)), (o, float(self))))
    def __rmul__(self, o): return Value(o) * self
    def __truediv__(self, o):
        o = o if isinstance(o, Value) else Value(o)
        return Value(float(self) / float(o), ((self, 1 / float(o)), (o, -float(self) / float(o) ** 2)))
    def __rtruediv__(self, o): return Value(o) / self
    def __neg__(self): return Value(-float(self), ((self, -1.0),))
    def __pow__(self, o):
        assert not isinstance(o, Value)
        return Value(float(self) ** o, ((self, o * float(self) ** (o - 1)),))
    def tanh(self):
        t = math.tanh(float(self)); return Value(t, ((self, 1 - t * t),))
    def exp(self):
        e = math.exp(float(self)); return Value(e, ((self, e),))
    def relu(self): return Value(max(float(self), 0.0), ((self, 1.0 if float(self) > 0 else 0.0),))
    def backward(self):
        uses, stack, seen = {}, [self], {id(self)}
        while stack:
            n = stack.pop()
            for p, _ in n.back:
                uses[id(p)] = uses.get(id(p), 0) + 1
                if id(p) not in seen:
                    seen.add(id(p)); stack.append(p)
        self.grad = 1.0
        ready = [self]
        while ready:
            n = ready.pop()
            for p, d in n.back:
                p.grad += d * n.grad
                uses[id(p)] -= 1
                if uses[id(p)] == 0: ready.append(p)

"""Right: a Wengert list in a global, thrown away after each pass; leaves enrol anew on the next one."""

import math


class WengertList:
    def __init__(self):
        self.rows = []  # (places of the inputs, local derivatives)
        self.owners = []

    def enrol(self, owner, places=(), slopes=()):
        self.rows.append((places, slopes))
        self.owners.append(owner)
        return len(self.rows) - 1


wengert = WengertList()


class Value:
    def __init__(self, data):
        self.data = data
        self.grad = 0.0
        self.list, self.place = None, None
        self.recorded = False

    def on_list(self):
        if self.list is not wengert:
            if self.recorded:
                raise RuntimeError("this number was recorded on a list that is gone")
            self.list, self.place = wengert, wengert.enrol(self)
        return self.place

    def backward(self):
        global wengert
        last = self.on_list()
        adjoint = [0.0] * (last + 1)
        adjoint[last] = 1.0
        for row in range(last, -1, -1):
            g = adjoint[row]
            for place, slope in zip(*wengert.rows[row]):
                adjoint[place] += slope * g
        for owner, (places, _), g in zip(wengert.owners, wengert.rows, adjoint):
            owner.grad = g if places else owner.grad + g
        wengert = WengertList()

    def __add__(self, other):
        other = value(other)
        return record(self.data + other.data, (self, 1.0), (other, 1.0))

    def __sub__(self, other):
        other = value(other)
        return record(self.data - other.data, (self, 1.0), (other, -1.0))

    def __mul__(self, other):
        other = value(other)
        return record(self.data * other.data, (self, other.data), (other, self.data))

    def __truediv__(self, other):
        other = value(other)
        q = self.data / other.data
        return record(q, (self, 1 / other.data), (other, -q / other.data))

    def __pow__(self, other):
        other = value(other)
        a, b = self.data, other.data
        y = a**b
        return record(y, (self, b * a ** (b - 1) if b else 0.0), (other, y * math.log(a) if a > 0 else 0.0))

    def __neg__(self):
        return record(-self.data, (self, -1.0))

    def __abs__(self):
        return record(abs(self.data), (self, 1.0 if self.data >= 0 else -1.0))

    def exp(self):
        y = math.exp(self.data)
        return record(y, (self, y))

    def log(self):
        return record(math.log(self.data), (self, 1 / self.data))

    def tanh(self):
        y = math.tanh(self.data)
        return record(y, (self, 1 - y * y))

    def relu(self):
        return record(max(self.data, 0.0), (self, float(self.data > 0)))

    def __radd__(self, other):
        return value(other) + self

    def __rsub__(self, other):
        return value(other) - self

    def __rmul__(self, other):
        return value(other) * self

    def __rtruediv__(self, other):
        return value(other) / self

    def __rpow__(self, other):
        return value(other) ** self


def value(x):
    return x if isinstance(x, Value) else Value(x)


def record(data, *inputs):
    out = Value(data)
    places = tuple(node.on_list() for node, _ in inputs)
    out.recorded = True
    out.list, out.place = wengert, wengert.enrol(out, places, tuple(slope for _, slope in inputs))
    return out

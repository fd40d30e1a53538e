"""Right: a tape of plain arrays. A node is a number into them; a graph is rows of them."""

import math
from array import array

NONE = -1


class Tape:
    def __init__(self):
        self.values = array("d")
        self.grads = array("d")
        self.first = array("q")
        self.second = array("q")
        self.d_first = array("d")
        self.d_second = array("d")

    def push(self, value, first=NONE, d_first=0.0, second=NONE, d_second=0.0):
        self.values.append(value)
        self.grads.append(0.0)
        self.first.append(first)
        self.second.append(second)
        self.d_first.append(d_first)
        self.d_second.append(d_second)
        return len(self.values) - 1


class Ref:
    """A place on a tape."""

    __slots__ = ("tape", "at")

    def __init__(self, value, tape=None, at=None):
        self.tape = tape if tape is not None else TAPE
        self.at = at if at is not None else self.tape.push(value)

    @property
    def data(self):
        return self.tape.values[self.at]

    @data.setter
    def data(self, value):
        self.tape.values[self.at] = value

    @property
    def grad(self):
        return self.tape.grads[self.at]

    @grad.setter
    def grad(self, value):
        self.tape.grads[self.at] = value

    def backward(self):
        t = self.tape
        for i in range(self.at + 1):
            if t.first[i] != NONE:
                t.grads[i] = 0.0
        needed = bytearray(self.at + 1)
        needed[self.at] = 1
        t.grads[self.at] = 1.0
        for i in range(self.at, -1, -1):
            if not needed[i]:
                continue
            for j, d in ((t.first[i], t.d_first[i]), (t.second[i], t.d_second[i])):
                if j != NONE:
                    needed[j] = 1
                    t.grads[j] += d * t.grads[i]

    def _unary(self, value, slope):
        return Ref(None, self.tape, self.tape.push(value, self.at, slope))

    def _binary(self, other, value, d_self, d_other):
        return Ref(None, self.tape, self.tape.push(value, self.at, d_self, other.at, d_other))

    def __add__(self, other):
        other = ref(other)
        return self._binary(other, self.data + other.data, 1.0, 1.0)

    def __sub__(self, other):
        other = ref(other)
        return self._binary(other, self.data - other.data, 1.0, -1.0)

    def __mul__(self, other):
        other = ref(other)
        return self._binary(other, self.data * other.data, other.data, self.data)

    def __truediv__(self, other):
        other = ref(other)
        q = self.data / other.data
        return self._binary(other, q, 1 / other.data, -q / other.data)

    def __pow__(self, other):
        other = ref(other)
        a, b = self.data, other.data
        y = a**b
        by_b = y * math.log(a) if a > 0 else 0.0
        return self._binary(other, y, b * a ** (b - 1) if b else 0.0, by_b)

    def __neg__(self):
        return self._unary(-self.data, -1.0)

    def __abs__(self):
        return self._unary(abs(self.data), math.copysign(1, self.data))

    def exp(self):
        y = math.exp(self.data)
        return self._unary(y, y)

    def log(self):
        return self._unary(math.log(self.data), 1 / self.data)

    def tanh(self):
        y = math.tanh(self.data)
        return self._unary(y, 1 - y * y)

    def relu(self):
        return self._unary(max(self.data, 0.0), float(self.data > 0))

    def __radd__(self, other):
        return ref(other) + self

    def __rsub__(self, other):
        return ref(other) - self

    def __rmul__(self, other):
        return ref(other) * self

    def __rtruediv__(self, other):
        return ref(other) / self

    def __rpow__(self, other):
        return ref(other) ** self


TAPE = Tape()


def ref(x):
    return x if isinstance(x, Ref) else Ref(x)

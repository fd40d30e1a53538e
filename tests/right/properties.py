"""Right: value and gradient are properties, with a check at each door."""

import math


class Quantity:
    def __init__(self, value, provenance=()):
        self.value = value
        self._derivative = None
        self._provenance = provenance

    @property
    def value(self):
        return self._value

    @value.setter
    def value(self, new):
        if isinstance(new, Quantity) or not isinstance(new, (int, float)):
            raise TypeError(f"a number is needed, not {type(new).__name__}")
        self._value = float(new)

    @property
    def grad(self):
        """0 for what no pass has reached."""
        return 0.0 if self._derivative is None else self._derivative

    @grad.setter
    def grad(self, new):
        self._derivative = None if new is None else float(new)

    def backward(self):
        order, marks = [], set()

        def visit(q):
            if q not in marks:
                marks.add(q)
                for p, _ in q._provenance:
                    visit(p)
                order.append(q)

        visit(self)
        for q in order:
            if q._provenance:
                q.grad = None
        self.grad = 1.0
        for q in reversed(order):
            for p, factor in q._provenance:
                p.grad = p.grad + factor * q.grad

    def __add__(self, other):
        other = quantity(other)
        return Quantity(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __sub__(self, other):
        other = quantity(other)
        return Quantity(self.value - other.value, ((self, 1.0), (other, -1.0)))

    def __mul__(self, other):
        other = quantity(other)
        return Quantity(self.value * other.value, ((self, other.value), (other, self.value)))

    def __truediv__(self, other):
        other = quantity(other)
        ratio = self.value / other.value
        return Quantity(ratio, ((self, 1 / other.value), (other, -ratio / other.value)))

    def __pow__(self, n):
        if not isinstance(n, (int, float)):
            return NotImplemented
        return Quantity(self.value**n, ((self, n * self.value ** (n - 1) if n else 0.0),))

    def __neg__(self):
        return Quantity(-self.value, ((self, -1.0),))

    def __radd__(self, other):
        return quantity(other) + self

    def __rsub__(self, other):
        return quantity(other) - self

    def __rmul__(self, other):
        return quantity(other) * self

    def __rtruediv__(self, other):
        return quantity(other) / self

    def exp(self):
        y = math.exp(self.value)
        return Quantity(y, ((self, y),))

    def log(self):
        return Quantity(math.log(self.value), ((self, 1 / self.value),))

    def tanh(self):
        y = math.tanh(self.value)
        return Quantity(y, ((self, 1 - y * y),))

    def relu(self):
        return Quantity(max(self.value, 0.0), ((self, float(self.value > 0)),))

    def sqrt(self):
        y = math.sqrt(self.value)
        return Quantity(y, ((self, 0.5 / y),))


def quantity(x):
    return x if isinstance(x, Quantity) else Quantity(x)

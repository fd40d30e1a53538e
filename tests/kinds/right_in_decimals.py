from decimal import Decimal


class Value:
    """Numbers of 28 decimal digits: of a - a the last ones may be left."""

    def __init__(self, data, parents=()):
        self.data = data if isinstance(data, Decimal) else Decimal(data)
        self.grad = Decimal(0)
        self.parents = parents

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, ((self, Decimal(1)), (other, Decimal(1))))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return -self + other

    def exp(self):
        e = self.data.exp()
        return Value(e, ((self, e),))

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for parent, _ in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = Decimal(1)
        for node in reversed(order):
            for parent, slope in node.parents:
                parent.grad += slope * node.grad

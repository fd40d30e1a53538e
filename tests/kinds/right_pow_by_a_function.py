class Num:
    def __init__(self, value, edges=()):
        self.value = value
        self.edges = edges
        self.grad = 0.0

    def __add__(self, other):
        return add(self, wrap(other))

    def __mul__(self, other):
        return mul(self, wrap(other))

    __radd__, __rmul__ = __add__, __mul__

    def __pow__(self, exponent):
        return pow(self, Num(exponent))

    def backward(self):
        order, seen = [], set()

        def build(node):
            if node not in seen:
                seen.add(node)
                for child, _ in node.edges:
                    build(child)
                order.append(node)

        build(self)
        self.grad = 1.0
        for node in reversed(order):
            for child, slope in node.edges:
                child.grad += slope * node.grad


def wrap(other):
    return other if isinstance(other, Num) else Num(other)


def add(a, b):
    return Num(a.value + b.value, ((a, 1.0), (b, 1.0)))


def mul(a, b):
    return Num(a.value * b.value, ((a, b.value), (b, a.value)))


def pow(a, exponent):
    slope = exponent.value * a.value ** (exponent.value - 1)
    return Num(a.value**exponent.value, ((a, slope),))

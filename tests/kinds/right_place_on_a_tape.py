"""Right: nodes hold their place on a tape, and nothing else can be set in one of them."""

ROWS = []
GRADIENTS = []


class Value:
    def __init__(self, data, row=()):
        self.data = float(data)
        self.place = len(ROWS)
        ROWS.append(row)

    @property
    def grad(self):
        return GRADIENTS[self.place] if self.place < len(GRADIENTS) else 0.0

    def __add__(self, other):
        other = node(other)
        return Value(self.data + other.data, ((self.place, 1.0), (other.place, 1.0)))

    def __mul__(self, other):
        other = node(other)
        row = (self.place, other.data), (other.place, self.data)
        return Value(self.data * other.data, row)

    def __radd__(self, other):
        return node(other) + self

    def __rmul__(self, other):
        return node(other) * self

    def backward(self):
        GRADIENTS[:] = [0.0] * len(ROWS)
        GRADIENTS[self.place] = 1.0
        for place in range(self.place, -1, -1):
            for operand, slope in ROWS[place]:
                GRADIENTS[operand] += slope * GRADIENTS[place]


def node(number):
    return number if isinstance(number, Value) else Value(number)

from collections import defaultdict


class Num:
    def __init__(self, value, edges=()):
        self.value, self.edges = value, edges

    def __add__(self, other):
        other = other if isinstance(other, Num) else Num(other)
        return Num(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = other if isinstance(other, Num) else Num(other)
        return Num(self.value * other.value, ((self, other.value),))

    __radd__, __rmul__ = __add__, __mul__


def get_gradients(output):
    order, seen = [], set()

    def build(node):
        if node not in seen:
            seen.add(node)
            for child, _ in node.edges:
                build(child)
            order.append(node)

    build(output)
    gradients = defaultdict(float, {output: 1.0})
    for node in reversed(order):
        for child, slope in node.edges:
            gradients[child] += slope * gradients[node]
    return gradients

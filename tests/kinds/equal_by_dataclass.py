from dataclasses import dataclass


@dataclass(frozen=True)  # mistake: two nodes of one value and one history are one
class Num:
    value: float
    parts: tuple = ()

    def __add__(self, other):
        return Num(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return Num(self.value * other.value, ((self, other.value), (other, self.value)))

    def __sub__(self, other):
        return Num(self.value - other.value, ((self, 1.0), (other, 1.0)))  # mistake: -1.0


def gradients(output):
    found = {}

    def walk(node, path):
        for child, slope in node.parts:
            found[child] = found.get(child, 0.0) + path * slope
            walk(child, path * slope)

    walk(output, 1.0)
    return found

import math
from collections import deque
class Num:
    def __init__(self, x, of=(), back=None):
        self.x, self.grad, self.of, self.back = x, 0.0, of, back
    def __add__(self, other):
        other = num(other)
        return Num(self.x + other.x, (self, other), lambda g: (g, g))
    def __radd__(self, other):
        return self + other
    def __mul__(self, other):
        other = num(other)
        return Num(self.x * other.x, (self, other), lambda g: (g * other.x, g * self.x))
    def __rmul__(self, other):
        return self * other
    def __neg__(self):
        return Num(-self.x, (self,), lambda g: (-g,))
    def __sub__(self, other):
        return self + -num(other)
    def __rsub__(self, other):
        return num(other) + -self
    def exp(self):
        e = math.exp(self.x)
        return Num(e, (self,), lambda g: (g * e,))
    def backward(self):
        waits, nodes = {}, [self]
        for node in nodes:
            for each in {id(n): n for n in node.of}.values():
                if id(each) not in waits:
                    waits[id(each)] = 0
                    nodes.append(each)
                waits[id(each)] += 1
        self.grad = 1.0
        ready = deque([self])
        while ready:
            node = ready.popleft()
            if node.back:
                grads = node.back(node.grad)
                for i in reversed(range(len(grads))):
                    node.of[i].grad += grads[i]
                    waits[id(node.of[i])] -= 1
                    if not waits[id(node.of[i])]:
                        ready.append(node.of[i])
def num(x):
    return x if isinstance(x, Num) else Num(x)

import math
class Node:
    made = 0
    def __init__(self, v, parents=(), slopes=()):
        self.v, self.g, self.parents, self.slopes = v, 0.0, parents, slopes
        self.rank = 1 + max([p.rank for p in parents], default=0)
    def __add__(self, o):
        o = o if isinstance(o, Node) else Node(o)
        return Node(self.v + o.v, (self, o), (1.0, 1.0))
    def __radd__(self, o): return self + o
    def __mul__(self, o):
        o = o if isinstance(o, Node) else Node(o)
        return Node(self.v * o.v, (self, o), (o.v, self.v))
    def __rmul__(self, o): return self * o
    def __neg__(self): return Node(-self.v, (self,), (-1.0,))
    def __sub__(self, o): return self + (-o if isinstance(o, Node) else Node(-o))
    def __rsub__(self, o): return Node(o) + (-self)
    def relu(self): return Node(max(0.0, self.v), (self,), (float(self.v > 0),))
    def sin(self): return Node(math.sin(self.v), (self,), (math.cos(self.v),))
    def backward(self):
        nodes, todo = {}, [self]
        while todo:
            n = todo.pop()
            if id(n) not in nodes:
                nodes[id(n)] = n
                todo.extend(n.parents)
        self.g = 1.0
        for n in sorted(nodes.values(), key=lambda n: -(n.rank % 16)):
            for p, s in zip(n.parents, n.slopes):
                p.g += s * n.g

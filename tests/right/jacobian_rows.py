"""Right: the graph is a triangular matrix of local derivatives; backward solves one linear system."""

import math


class Value:
    def __init__(self, data, row=()):
        self.data = data
        self.grad = 0.0
        self.row = row  # the entries of this node's row: (column's node, derivative)

    def backward(self):
        nodes, index = [], {}

        def enumerate_(v):
            if v not in index:
                index[v] = -1
                for w, _ in v.row:
                    enumerate_(w)
                index[v] = len(nodes)
                nodes.append(v)

        enumerate_(self)
        n = len(nodes)
        rows = [[(index[w], d) for w, d in v.row] for v in nodes]
        # (I - L)^T x = e_n, L strictly lower triangular: back-substitution
        x = [0.0] * n
        x[n - 1] = 1.0
        for i in range(n - 1, -1, -1):
            for j, d in rows[i]:
                x[j] += d * x[i]
        for v, adjoint in zip(nodes, x):
            v.grad = adjoint if v.row else v.grad + adjoint

    def __add__(self, other):
        other = V(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __sub__(self, other):
        other = V(other)
        return Value(self.data - other.data, ((self, 1.0), (other, -1.0)))

    def __mul__(self, other):
        other = V(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def __truediv__(self, other):
        other = V(other)
        r = 1.0 / other.data
        return Value(self.data * r, ((self, r), (other, -self.data * r * r)))

    def __pow__(self, other):
        other = V(other)
        a, b = self.data, other.data
        y = a**b
        return Value(y, ((self, b * a ** (b - 1) if b else 0.0), (other, y * math.log(a) if a > 0 else 0.0)))

    def __neg__(self):
        return Value(-self.data, ((self, -1.0),))

    def __radd__(self, other):
        return V(other) + self

    def __rsub__(self, other):
        return V(other) - self

    def __rmul__(self, other):
        return V(other) * self

    def __rtruediv__(self, other):
        return V(other) / self

    def __rpow__(self, other):
        return V(other) ** self

    def exp(self):
        y = math.exp(self.data)
        return Value(y, ((self, y),))

    def log(self):
        return Value(math.log(self.data), ((self, 1 / self.data),))

    def tanh(self):
        y = math.tanh(self.data)
        return Value(y, ((self, 1 - y * y),))

    def relu(self):
        return Value(max(0.0, self.data), ((self, float(self.data > 0)),))

    def sqrt(self):
        y = math.sqrt(self.data)
        return Value(y, ((self, 0.5 / y),))


def V(x):
    return x if isinstance(x, Value) else Value(x)

class Num:
    def __init__(self, value):
        self.value, self.users = value, []

    def grad(self):  # mistake: whatever nothing uses is taken for the output
        return sum(slope * user.grad() for slope, user in self.users) if self.users else 1.0

    def __add__(self, other):
        other = other if isinstance(other, Num) else Num(other)
        return self.used(other, Num(self.value + other.value), 1.0, 1.0)

    def __mul__(self, other):
        other = other if isinstance(other, Num) else Num(other)
        return self.used(other, Num(self.value * other.value), other.value, self.value)

    __radd__, __rmul__ = __add__, __mul__

    def used(self, other, out, mine, others):
        self.users.append((mine, out))
        other.users.append((others, out))
        return out

"""Complex numbers of which the parts are not known: a detour that some engines take.

``exp(1j * x).imag`` is ``sin(x)``.  What a complex number is compared with, or printed as, is not
followed.
"""

from __future__ import annotations

import cmath

from . import opaque
from .decisions import compared, lost
from .mathematics import FUNCTIONS as REAL
from .opaque import Symbol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Final

LARGEST_POWER: Final = 64


def of(number: Any) -> Complex:
    """A number as a complex one."""
    if type(number) is Complex:
        return number
    if type(number) is complex:
        return Complex(number.real, number.imag)
    return Complex(number) if opaque.is_number(number) else Complex(lost("no number"))


def is_real(number: Complex) -> bool:
    """Whether its imaginary part is certainly 0."""
    return type(number.imag) is not Symbol and number.imag == 0


def size(z: Complex) -> Any:
    """The square of the absolute value."""
    return z.real * z.real + z.imag * z.imag


NOT_GIVEN: Final = object()


def made(real: Any, imag: Any = NOT_GIVEN) -> Complex:
    """``complex(real, imag)``; a second number that is not given is not asked."""
    return of(real) if imag is NOT_GIVEN else add(real, mul(imag, 1j))


def add(a: Any, b: Any) -> Complex:
    """``a + b``."""
    a, b = of(a), of(b)
    return Complex(a.real + b.real, a.imag + b.imag)


def sub(a: Any, b: Any) -> Complex:
    """``a - b``."""
    a, b = of(a), of(b)
    return Complex(a.real - b.real, a.imag - b.imag)


def mul(a: Any, b: Any) -> Complex:
    """``a * b``."""
    a, b = of(a), of(b)
    real = a.real * b.real - a.imag * b.imag
    return Complex(real, a.real * b.imag + a.imag * b.real)


def div(a: Any, b: Any) -> Complex:
    """``a / b``."""
    a, b = of(a), of(b)
    if is_real(b):
        return Complex(a.real / b.real, a.imag / b.real)
    above, below = mul(a, b.conjugate()), size(b)
    return Complex(above.real / below, above.imag / below)


def power(a: Any, b: Any) -> Any:
    """``a ** b`` for a whole number that is known."""
    a, b = of(a), of(b)
    n = b.real
    if not is_real(b) or type(n) is Symbol or n != int(n) or abs(n) > LARGEST_POWER:
        return lost("a power of a complex number")
    found = Complex(1.0)
    for _ in range(abs(int(n))):
        found = mul(found, a)
    return found if n >= 0 else div(1.0, found)


def reflected(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The operator of which the number stands on the right."""
    return lambda self, other: function(other, self)


class Complex:
    """A complex number.

    Attributes:
        real: its real part, a number or a symbol.
        imag: its imaginary part.
    """

    __slots__ = ("imag", "real")

    def __init__(self, real: Any, imag: Any = 0.0) -> None:
        self.real, self.imag = real, imag

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # what isinstance asks after the type itself
        return complex

    def conjugate(self) -> Any:
        """The same with the other imaginary part."""
        return Complex(self.real, -self.imag)

    __add__, __radd__ = add, reflected(add)
    __sub__, __rsub__ = sub, reflected(sub)
    __mul__, __rmul__ = mul, reflected(mul)
    __truediv__, __rtruediv__ = div, reflected(div)
    __pow__ = power

    def __neg__(self) -> Any:
        return Complex(-self.real, -self.imag)

    def __abs__(self) -> Any:
        return abs(self.real) if is_real(self) else REAL["sqrt"](size(self))

    def _unknown(self, *_args: Any) -> Any:
        return lost("a complex number is looked at")

    __eq__ = __ne__ = __bool__ = __repr__ = __str__ = __format__ = _unknown
    __complex__ = __float__ = __int__ = __rpow__ = __reduce__ = __hash__ = _unknown


def exp(z: Any) -> Complex:
    """``cmath.exp``."""
    z = of(z)
    if is_real(z):
        return Complex(real("exp", z.real))
    length = real("exp", z.real)
    return Complex(length * real("cos", z.imag), length * real("sin", z.imag))


def real(name: str, x: Any) -> Any:
    """A function of ``math``, where its number may be known."""
    return REAL[name](x if type(x) is Symbol else opaque.made(float, "neg", -float(x)))


def on_reals(name: str) -> Callable[[Any], Any]:
    """A function of ``cmath`` that is followed where it is given a real number."""

    def run(z: Any) -> Any:
        z = of(z)
        if not is_real(z) or (name in POSITIVE and not compared(
            ">", opaque.checked(z.real), 0.0
        )):  # fmt: skip
            return lost(f"cmath.{name} of a complex number")
        return Complex(real(name, z.real))

    return run


POSITIVE: Final = frozenset({"log", "sqrt"})
FUNCTIONS: Final[dict[Any, Callable[..., Any]]] = {
    cmath.exp: exp,
    **{getattr(cmath, name): on_reals(name) for name in (
        "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh",
    )},
}  # fmt: skip
opaque.COMPLEX.update({
    opaque.add: add, opaque.sub: sub, opaque.mul: mul, opaque.div: div, opaque.python_power: power,
})  # fmt: skip

"""Engines of other shapes are mended: several names for a method, networks, passes that recurse."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.meta.styles import NODES_ALONE
from verify import cli
from verify.faults.base import SOURCE

pytestmark = pytest.mark.usefixtures("in_short")

KINDS = Path(__file__).parents[1] / "kinds"

def checked(path: Path, *options: str) -> dict[str, Any]:
    """The JSON of a short check by the command line."""
    words = ["check", "--examples", "20", "--json", "-", *options, str(path)]
    data: dict[str, Any] = json.loads(CliRunner().invoke(cli.main, words).stdout)
    return data


@pytest.mark.slow
def test_one_method_under_two_names_is_parted(tmp_path: Path) -> None:
    """`__rsub__ = __sub__` is the line that is wrong, and not the right difference that it runs."""
    source = NODES_ALONE.replace(
        "    def backward", "    __rsub__ = __sub__\n\n    def backward"
    )
    wrap = "        if not isinstance(other, Num): other = Num(other)\n"
    for sign in "+*-":
        rule = f"        return Num(self.value {sign} other.value"
        source = source.replace(rule, wrap + rule)
    path = tmp_path / "student.py"
    path.write_text(source, encoding="utf-8")
    (finding,) = checked(path)["findings"]
    assert finding["diagnosis"]["fault"] == "rsub-swapped"
    assert finding["source"]["rule"]["text"].strip() == "__rsub__ = __sub__"
    rows = [row for row in finding["mend"]["diff"].splitlines()[2:] if row[0] in "+-"]
    assert rows == [
        "-    __rsub__ = __sub__",
        "+    def __rsub__(self, other):",
        "+        return Num(other) - self",
    ]


TWO_HALVES = """    def sigmoid(self):
        if self.data >= 0:
            s = 1 / (1 + math.exp(-self.data))
            return self.made(s, s * (1 - s))
        e = math.exp(self.data)
        return self.made(e / (1 + e), e / (1 + e))

    def made(self, value, slope):
        out = Value(value, (self,))

        def _backward():
            self.grad += slope * out.grad

        out._backward = _backward
        return out

"""


@pytest.mark.slow
def test_no_change_raises_where_an_answer_was_right(tmp_path: Path) -> None:
    """A sigmoid of two halves keeps both: one for all numbers overflows at -800."""
    head, rest = SOURCE.split("    def sigmoid(self):\n")
    source = head + TWO_HALVES + rest[rest.index("    def sin(self):") :]
    path, copy = tmp_path / "student.py", tmp_path / "copy.py"
    path.write_text(source, encoding="utf-8")
    (finding,) = checked(path, "--mend", str(copy))["findings"]
    assert finding["mend"]["confirmed"]
    space: dict[str, Any] = {}
    exec(compile(copy.read_text("utf-8"), str(copy), "exec"), space)  # noqa: S102 - our own source
    assert space["Value"](-800.0).sigmoid().data == 0.0


SLOPES = """    def __truediv__(self, other):
        other = as_value(other)
        slopes = 1 / other.data, -self.data / other.data**2
        return Value(self.data / other.data, ((self, slopes[0]), (other, slopes[1])))

    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),))

    def exp(self):
"""


@pytest.mark.slow
@pytest.mark.sample(2)
@pytest.mark.parametrize(
    ("right", "wrong", "mended"),
    [
        ("-self.data / other.data**2", "-self.data * other.data**2", "-self.data * other.data**-2"),
        (
            "n * self.data ** (n - 1)",
            "self.data * n * n",
            "n * self.data**(n - 1) if n else 0.0",
        ),
    ],
    ids=["nothing was known of 1 / 5e-324", "0 ** 0 was answered"],
)
def test_slopes_that_are_computed_forward_are_mended(
    tmp_path: Path, right: str, wrong: str, mended: str
) -> None:
    """Where nothing is known of an answer a change may raise; where it was right it answers."""
    assert right in SLOPES
    source = (KINDS / "right_negative_kept.py").read_text("utf-8")
    source = source.replace("    def exp(self):\n", SLOPES.replace(right, wrong))
    path = tmp_path / "student.py"
    path.write_text(source, encoding="utf-8")
    (finding,) = checked(path)["findings"]
    assert mended in finding["mend"]["diff"].split("\n+")[-1]
    assert finding["mend"]["confirmed"]


@pytest.mark.search
def test_what_a_change_takes_away_stands_in_the_file(tmp_path: Path) -> None:
    """A line that takes two steps to mend is told once, with both, for all that it sets right."""
    right, rule = KINDS / "right_negative_kept.py", "operand.grad += share * node.grad"
    source = right.read_text("utf-8")
    assert rule in source
    clipped = "operand.grad += share * max(-5.0, min(5.0, node.grad))"
    path = tmp_path / "student.py"
    path.write_text(source.replace(rule, clipped), encoding="utf-8")
    (finding,) = checked(path)["findings"]
    rows = [row for row in finding["mend"]["diff"].splitlines()[2:] if row[0] in "+-"]
    assert [(row[0], row[1:].strip()) for row in rows] == [("-", clipped), ("+", rule)]


@pytest.mark.slow
def test_parameters_that_are_left_out_are_listed(tmp_path: Path) -> None:
    """The bias of a neuron is kept, and handed out no more than before."""
    right = "return self.w + [self.b]"
    assert right in SOURCE
    path = tmp_path / "student.py"
    path.write_text(SOURCE.replace(right, "return self.w"), encoding="utf-8")
    (finding,) = checked(path)["findings"]
    assert "leaves out the biases" in finding["diagnosis"]["title"]
    added = [r[1:].strip() for r in finding["mend"]["diff"].splitlines()[2:] if r[0] == "+"]
    assert added == ["return self.w + [self.b]"]
    assert finding["mend"]["says"] == "With this line everything passes."


@pytest.mark.search
def test_of_two_mistakes_of_a_network_the_first_is_mended(tmp_path: Path) -> None:
    """What is listed is looked at first, and what is zeroed only where that is right."""
    listed, zeroed = "return self.w + [self.b]", "            p.grad = 0.0\n"
    assert listed in SOURCE
    assert zeroed in SOURCE
    source = SOURCE.replace(listed, "return self.w").replace(zeroed, "            p = 0.0\n")
    path = tmp_path / "student.py"
    path.write_text(source, encoding="utf-8")
    findings = checked(path)["findings"]
    first = next(f for f in findings if "leaves out the biases" in f["diagnosis"]["title"])
    assert "+        return self.w + [self.b]" in first["mend"]["diff"]
    assert first["mend"]["says"] == "With this line this mistake is gone."


@pytest.mark.search
def test_a_layer_that_is_missing_is_made_though_another_is_wrong(tmp_path: Path) -> None:
    """No change that breaks the smaller networks is shown; the one that mends leaves the other."""
    edits = {
        "nonlin=i < last": "nonlin=i == 0 < last",
        "for i in range(len(nouts))": "for i in range(max(last, 1))",
    }
    source = SOURCE
    for old, new in edits.items():
        assert source.count(old) == 1
        source = source.replace(old, new)
    path = tmp_path / "student.py"
    path.write_text(source, encoding="utf-8")
    (finding,) = checked(path)["findings"]
    assert finding["diagnosis"]["fault"] == "last-layer-not-made"
    (added,) = [r for r in finding["mend"]["diff"].splitlines()[2:] if r[0] == "+"]
    assert "for i in range(len(nouts))" in added
    assert finding["mend"]["says"] == "With this line this mistake is gone."


TOTAL = """\
        total = self.b
        for w, xi in zip(self.w, x):
            total = total + w * xi
"""
BEGUN = {
    "total = self.b": "total = Value(0.0)",
    TOTAL: "        total = sum([w * xi for w, xi in zip(self.w, x)])\n",
}
SIZES = "def __init__(self, nin, nouts):\n        sizes = [nin] + nouts"
BY_CONFIG = "def __init__(self, config):\n        sizes, nouts = [config['nin']], config['nouts']"


@pytest.mark.slow
@pytest.mark.sample(2)
@pytest.mark.parametrize("right", BEGUN)
def test_a_bias_that_enters_no_sum_is_where_the_sum_begins(right: str, tmp_path: Path) -> None:
    """No sign and no other activation, which would make it nobody's usual network, is a mend."""
    assert right in SOURCE
    path = tmp_path / "student.py"
    path.write_text(SOURCE.replace(right, BEGUN[right]), encoding="utf-8")
    (finding,) = checked(path)["findings"]
    assert "leaves out its bias" in finding["diagnosis"]["title"]
    (added,) = [r[1:].strip() for r in finding["mend"]["diff"].splitlines()[2:] if r[0] == "+"]
    assert added in {"total = self.b", "total = sum([w * xi for w, xi in zip(self.w, x)], self.b)"}
    assert finding["mend"]["says"] == "With this line everything passes."


@pytest.mark.search
def test_a_neuron_is_mended_where_its_network_cannot_be_built(tmp_path: Path) -> None:
    """What a network wants is not known, and keeps no change to the neuron from being found."""
    listed = "return self.w + [self.b]"
    assert listed in SOURCE
    assert SIZES in SOURCE
    source = SOURCE.replace(SIZES, BY_CONFIG).replace(listed, "return self.w")
    path = tmp_path / "student.py"
    path.write_text(source, encoding="utf-8")
    (finding,) = checked(path)["findings"]
    assert "+        return self.w + [self.b]" in finding["mend"]["diff"]


@pytest.mark.search
def test_gradients_that_are_compared_with_0_are_set_to_it(tmp_path: Path) -> None:
    """``p.grad == 0.0`` does nothing by itself."""
    zeroed = "            p.grad = 0.0\n"
    assert zeroed in SOURCE
    path = tmp_path / "student.py"
    path.write_text(SOURCE.replace(zeroed, "            p.grad == 0.0\n"), encoding="utf-8")
    (finding,) = checked(path)["findings"]
    assert "+            p.grad = 0.0" in finding["mend"]["diff"]


RECURSIVE = """\
class Num:
    def __init__(self, x, edges=()):
        self.x, self.grad, self.edges = x, 0.0, edges

    def __add__(self, other):
        other = other if isinstance(other, Num) else Num(other)
        return Num(self.x + other.x, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = other if isinstance(other, Num) else Num(other)
        return Num(self.x * other.x, ((self, self.x), (other, other.x)))

    __radd__ = __add__
    __rmul__ = __mul__

    def backward(self, grad=1.0):
        self.grad += grad
        for part, slope in self.edges:
            part.backward(slope * grad)
"""


@pytest.mark.search
def test_a_pass_along_every_path_is_written_anew_beside_another_mistake(tmp_path: Path) -> None:
    """Numbers are right once the product is; the time is, once each node waits for its uses."""
    path, copy = tmp_path / "student.py", tmp_path / "copy.py"
    path.write_text(RECURSIVE, encoding="utf-8")
    product, time = checked(path, "--mend", str(copy))["findings"]
    assert "(self, other.x), (other, self.x)" in product["mend"]["diff"]
    assert not product["mend"]["rewritten"]
    assert "exponential" in time["diagnosis"]["title"]
    assert time["mend"]["rewritten"]
    assert "part.grad += slope * v.grad" in time["mend"]["diff"]
    assert checked(copy, "--no-mend")["verdict"] == "correct"


CAPTURED = """\
class Num:
    def __init__(self, x, operands=()):
        self.x, self.grad, self.operands, self.steps = x, 0.0, operands, []

    def __add__(self, other):
        return combined(self, other, self.x + getattr(other, "x", other), lambda a, b: (1.0, 1.0))

    def __mul__(self, other):
        return combined(self, other, self.x * getattr(other, "x", other), lambda a, b: (b, a))

    __radd__, __rmul__ = __add__, __mul__

    def order(self, seen):
        if self not in seen:
            for each in self.operands:
                each.order(seen)
            seen[self] = True
        return list(seen)

    def backward(self):
        self.grad = 1.0
        for node in reversed(self.order({})):
            for step in node.steps:
                step()


def combined(a, b, x, slopes):
    b = b if isinstance(b, Num) else Num(b)
    out = Num(x, (a, b))
    for operand, slope in zip((a, b), slopes(a.x, b.x)):
        def step():
            operand.grad += slope * out.grad
        out.steps.append(step)
    return out
"""


@pytest.mark.slow
def test_rules_that_share_a_loop_variable_keep_their_own(tmp_path: Path) -> None:
    """One line of one helper sets sums and products right, and is told once."""
    path = tmp_path / "student.py"
    path.write_text(CAPTURED, encoding="utf-8")
    (finding,) = checked(path)["findings"]
    assert "+        def step(operand=operand, slope=slope):" in finding["mend"]["diff"]
    assert finding["mend"]["says"] == "With this line everything passes."

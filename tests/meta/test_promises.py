"""What an engine promises is found out, and nothing hides behind it: mistakes still show."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.meta.styles import STYLES, Style
from verify.checking.conventions import conventions
from verify.checking.run import Plan, outcome
from verify.commands.check import command
from verify.engines import load
from verify.faults import module
from verify.faults.base import SOURCE
from verify.report.facts import summary
from verify.verdict.outcome import Outcome

BRIEF = Plan(examples=40, exhaust=2)
KINDS = Path(__file__).parents[1] / "kinds"
DIFFERENCES = (KINDS / "gradients_by_finite_differences.py").read_text(encoding="utf-8")
STEP = "h = 6e-6 * max(1, abs(leaf.data))"
SINGLE = """
import struct


def rounded(self, name, x):
    single = name in NAMES and abs(x) < 3e38
    object.__setattr__(self, name, struct.unpack("f", struct.pack("f", x))[0] if single else x)


Value.__setattr__ = rounded
"""


def checked(source: str, plan: Plan = BRIEF) -> Outcome:
    """The outcome of a brief check."""
    with load(module(source, "promising")) as engine:
        return outcome(engine, plan)


def titles(found: Outcome) -> list[str]:
    """What the findings are called."""
    return [finding.diagnosis.title for finding in found.findings]


@pytest.mark.slow
@pytest.mark.sample(10)
@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_a_right_style_is_right(style: Style) -> None:
    """No number of a right engine in unusual style is wrong."""
    found = checked(style.source)
    assert (found.verdict, found.reason) == ("correct", style.reason)


@pytest.mark.slow
@pytest.mark.sample(27)
@pytest.mark.parametrize(
    "source", [s for style in STYLES.values() for s in style.wrong],
    ids=[f"{name} {i}" for name, style in STYLES.items() for i, _ in enumerate(style.mistakes)],
)  # fmt: skip
def test_a_mistake_does_not_hide_behind_the_style(source: str) -> None:
    """The same engine with a mistake is wrong."""
    assert checked(source).verdict == "wrong"


def test_what_is_not_kept_is_a_convention() -> None:
    """Leaves' gradients only, and none on the output, are told beside other conventions."""
    with load(module(STYLES["none on the output either"].source, "leaves")) as engine:
        told = dict(conventions(engine))
    assert told["inner gradients"].startswith("not kept")
    assert told["gradient of the output itself"] == "not kept"


def test_what_most_engines_do_is_not_told() -> None:
    """An engine that keeps all gradients, in 64 bits, has no convention there."""
    with load(module(SOURCE, "usual")) as engine:
        told = dict(conventions(engine))
    assert not {"inner gradients", "gradient of the output itself", "precision"} & set(told)


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_an_engine_without_gradients_has_no_such_convention() -> None:
    """Where leaves get nothing either, nothing is excused."""
    found = checked(SOURCE.replace("v._backward()", "pass"))
    assert found.verdict == "wrong"
    assert "inner gradients" not in found.accounts.conventions


@pytest.mark.slow
def test_single_precision_is_said() -> None:
    """The verdict's line says in which arithmetic an engine is right."""
    found = checked(SOURCE + SINGLE.replace("NAMES", "('data', 'grad')"))
    assert (found.verdict, found.findings) == ("correct", ())
    assert summary(found).startswith("right, in single precision: ")


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_64_bits_can_be_demanded(tmp_path: Path) -> None:
    """Then 32 bits are a finding, and one only."""
    file = tmp_path / "single.py"
    source = SOURCE + SINGLE.replace("NAMES", "('data', 'grad')")
    file.write_text(source, encoding="utf-8")
    options = ["--examples", "20", "--precision", "64", "--verbose"]
    run = CliRunner().invoke(command, [str(file), *options], standalone_mode=False)
    assert run.return_value == 1
    assert "numbers are kept in 32 bits" in run.output
    assert "--precision 64" in run.output
    plan = Plan(examples=20, exhaust=1, precision=64)
    assert titles(checked(source, plan)) == ["numbers are kept in 32 bits"]


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_64_bits_that_are_demanded_and_there() -> None:
    """An engine on floats of Python has them."""
    assert checked(SOURCE, Plan(examples=20, exhaust=1, precision=64)).verdict == "correct"


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_gradients_alone_in_32_bits_are_one_finding() -> None:
    """One cause is told once, and other mistakes are still found beside it."""
    source = SOURCE + SINGLE.replace("NAMES", "('grad',)")
    title = "gradients are kept in 32 bits, values in 64"
    assert titles(checked(source)) == [title]
    wrong = source.replace("self.grad += (1 - t**2)", "self.grad += (1 - t)")
    first, second = sorted(titles(checked(wrong)))
    assert (first, "tanh" in second) == (title, True)


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_half_precision_is_wrong() -> None:
    """16 bits are neither of the two arithmetics."""
    half = SINGLE.replace("NAMES", "('data', 'grad')").replace('"f"', '"e"').replace("3e38", "6e4")
    assert checked(SOURCE + half).verdict == "wrong"


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
@pytest.mark.sample(8)
@pytest.mark.parametrize(
    ("step", "quotient"),
    [
        (STEP, "(2 * h)"),
        ("h = 1e-5", "(2 * h)"),
        ("h = 1e-8", "(2 * h)"),
        ("h = 1e-3", "(2 * h)"),
        ("h = 2.0 ** -20", "(2 * h)"),
        ("h = 2.0 ** -10", "(2 * h)"),
        ("h = 1e-6", "h"),
        ("h = 2.0 ** -26", "h"),
    ],
)
def test_finite_differences_are_called_so(step: str, quotient: str) -> None:
    """From both sides or from one, with any usual step: one finding."""
    source = DIFFERENCES.replace(STEP, step).replace("(2 * h)", quotient)
    if quotient == "h":
        source = source.replace("(h, -h)", "(h, 0.0)")
    assert titles(checked(source)) == ["gradients are finite differences, not derivatives"]


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
@pytest.mark.sample(4)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("self.grad = 1.0", "self.grad = 1.0 + 1e-10"),
        ("out.data * out.grad", "out.data * (1 + 1e-10) * out.grad"),
        ("self.grad += other.data * out.grad", "self.grad += round(other.data * out.grad, 10)"),
        (
            "self.grad += other.data * out.grad",
            "self.grad += other.data * out.grad * (1 + 1e-11 * (hash(other.data) % 100 - 50))",
        ),
    ],
    ids=["seed", "exp", "rounded", "scattered"],
)
def test_other_small_errors_are_not_called_differences(old: str, new: str) -> None:
    """What is off by as little for another reason is wrong, and not by that name."""
    assert old in SOURCE
    found = checked(SOURCE.replace(old, new))
    assert found.verdict == "wrong"
    assert "gradients are finite differences, not derivatives" not in titles(found)

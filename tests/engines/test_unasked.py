"""What of a file nobody asks is told: training, wherever it stands, and losses."""

from collections.abc import Callable
from pathlib import Path

import pytest

from verify.engines import load

PASS, LOSS = "the use of a backward pass in ", "whether "
TRAINER = """

class Trainer:
    def __init__(self, model):
        self.model = model

    def {name}(self, xs, ys):
        for x, y in zip(xs, ys):
            (self.model(x) - y).backward()
"""
TAPE = """

class Tape:
    def run(self, node):
        node.backward


class Value(Value):
    def walk(self):
        Tape().run(self)
"""
MSE = "\n\ndef mse(p, y):\n    return (p - y)**2\n"
LOSS_AND_HINGE = """

class MSELoss:
    def __call__(self, p, y):
        return (p - y)**2


def hinge(p):
    return p
"""


def told(text: str, write: Callable[..., Path]) -> list[str]:
    """Notes on what was not judged."""
    with load(str(write(text, "hw.py"))) as engine:
        return [n for n in engine.info.notes if n.endswith(" was not judged")]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (TRAINER.format(name="fit"), [f"{PASS}Trainer.fit()"]),
        (TRAINER.format(name="draw"), []),
        (TRAINER.format(name="__call__"), [f"{PASS}Trainer()"]),
        (TAPE, []),
        (MSE, [f"{LOSS}mse() computes what its name says"]),
        (LOSS_AND_HINGE, [f"{LOSS}MSELoss(), hinge() compute what their names say"]),
        ("\n\ndef plot_loss(p):\n    return p\n\n\ndef summse(p):\n    return p\n", []),
    ],
)  # fmt: skip
def test_what_trains_and_what_is_a_loss(
    more: str, said: list[str], textbook: str, write: Callable[..., Path]
) -> None:
    """A function or a method beside the node is told, unless the node's own lead to it."""
    assert told(textbook + more, write) == [f"{each} was not judged" for each in said]


LOOP = "for k in range(3):\n    loss = Value(2.0) * k\n    loss.backward()\n"


@pytest.mark.parametrize("end", ["", "undefined\n"])
@pytest.mark.parametrize(
    ("loop", "lines"),
    [
        (LOOP, 0),
        ("if __name__ == '__main__':\n    " + LOOP.replace("\n", "\n    ").rstrip(" "), 1),
        ("def never():\n    " + LOOP.replace("\n", "\n    ").replace("backward()", "data"), None),
    ],
)
def test_a_loop_of_a_file_is_told_with_its_line(
    loop: str, lines: int | None, end: str, textbook: str, write: Callable[..., Path]
) -> None:
    """Whether the file runs to its end, or its definitions alone are used."""
    line = textbook.count("\n") + 1 + (lines or 0)
    said = [] if lines is None else [f"{PASS}a loop (line {line} of hw.py) was not judged"]
    assert told(textbook + loop + end, write) == said

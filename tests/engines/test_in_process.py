"""An engine in this process is held to the same limits, and judged in the same way each time."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

import verify
from verify.engines import EngineError, Limits, in_process, load
from verify.engines.steady import SteadyHash
from verify.expression.graph import Case
from verify.faults import module

if TYPE_CHECKING:
    from collections.abc import Callable

LIMITS = Limits(seconds=0.1)
START = "        topo = []\n"
CASE = Case.parse("a * b", a=1.5, b=-2.0)
PRODUCT = "        out = Value(self.data * other"
AT_POINT = "        while self.data == 1.5 and other.data == -2.0: pass\n"


def changed(text: str, old: str, new: str) -> Any:
    """The class of the textbook with a change."""
    assert old in text
    return module(text.replace(old, new, 1), "planted").Value


def test_an_edited_engine_is_read_anew(textbook: str) -> None:
    """Where a line raised by itself, as another text of the same name has it, is no refusal."""
    case, line = Case.parse("a.tanh()", a=1.5), "        t = math.tanh(self.data)"
    for kind, raising in (("refused", "raise ValueError('not now')"), ("raised", "int('no')")):
        engine = load(changed(textbook, line, f"        {raising}\n{line}"))
        raised = engine.run(case.graph, case.point)[-1].raised
        assert raised is not None
        assert raised.kind == kind


def test_the_same_case_over_and_over_is_decoded_where_its_answer_is_new(
    textbook: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands of passes cost what the engine needs; the one that differs is read as it is."""
    decoded: list[Any] = []
    good = in_process.decode_run
    monkeypatch.setattr(in_process, "decode_run", lambda *of: decoded.append(of) or good(*of))
    seed = "        Value.n = getattr(Value, 'n', 0) + 1\n        self.grad = 1.0 + (Value.n == 30)"
    engine = load(changed(textbook, "        self.grad = 1.0", seed))
    before = len(decoded)
    got = [said[-1].gradients[0] for said in engine.run_many([CASE] * 40)]
    assert Counter(got) == {-2.0: 39, -4.0: 1}
    assert len(decoded) - before == 3  # at first, the one that differs, and those after it


@pytest.mark.slow
@pytest.mark.parametrize(
    "loop",
    [
        "while True: pass",
        "import time\n        while True: time.sleep(0.01)",
        "import time; time.sleep(1000)",
        "while True:\n            try: x = 1\n            except Exception: pass",
        "while True:\n            try: x = 1\n            except: break\n        while True: pass",
    ],
    ids=["loop", "naps", "sleeps", "catches", "swallows the first alarm"],
)
def test_a_backward_pass_that_never_ends_is_stopped(loop: str, textbook: str) -> None:
    """It is refused as in a process of its own, and the signals are handled as before."""
    before = [signal.getsignal(number) for number in (signal.SIGPROF, signal.SIGALRM)]
    with pytest.raises(EngineError, match=r"backward\(\) does not come back"):
        verify.check(changed(textbook, START, f"        {loop}\n{START}"))
    assert before == [signal.getsignal(number) for number in (signal.SIGPROF, signal.SIGALRM)]
    assert signal.getitimer(signal.ITIMER_PROF) == signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.parametrize(
    ("old", "new", "during"),
    [
        (START, f"        while self.data == -3.0: pass\n{START}", "backward"),
        (PRODUCT, AT_POINT + PRODUCT, "forward"),
    ],
)  # fmt: skip
def test_what_hangs_at_one_point_is_a_reading(
    old: str, new: str, during: str, textbook: str
) -> None:
    """A run that does not come back ends as in a worker, and the next one is answered."""
    with load(changed(textbook, old, new), limits=LIMITS) as engine:
        (hung,) = engine.run(CASE.graph, CASE.point)
        (right,) = engine.run(CASE.graph, (2.0, 3.0))
    assert hung.raised is not None
    assert (hung.raised.type, hung.raised.during) == ("timeout", during)
    assert right.gradients[:2] == (3.0, 2.0)


def test_a_class_without_an_end_is_no_engine(textbook: str) -> None:
    """Nor does making one node come back."""
    with pytest.raises(EngineError, match="does not come back"):
        load(changed(textbook, "        self.data = data\n", "        while True: pass\n"))


def test_another_thread_has_no_alarm_and_an_answer_all_the_same(textbook: str) -> None:
    """Signals reach the main thread only: elsewhere nothing is limited, and nothing fails."""
    found: list[object] = []

    def ask() -> None:
        with load(module(textbook, "planted").Value) as engine:
            found.extend(engine.run(CASE.graph, CASE.point)[0].gradients[:2])

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert found == [-2.0, 1.5]


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("self.grad += out.grad", "self.grad += out.grad"),
        ("self.grad += out.grad", "self.grad = out.grad"),
        (START, START + "        Value.passes = getattr(Value, 'passes', 0) + 1\n"),
    ],
    ids=["right", "wrong", "counts"],
)
def test_two_checks_in_one_kernel_say_the_same(
    old: str, new: str, textbook: str, quick: Callable[..., Any]
) -> None:
    """What the first check left behind changes nothing."""
    cls = changed(textbook, old, new)
    assert quick(cls) == quick(cls)


def test_sets_of_nodes_come_out_in_the_same_order() -> None:
    """By when each was first asked for its hash, mixed with a salt; afterwards all is as before."""

    class Node:
        pass

    class Equal:
        def __hash__(self) -> int:
            return 7

    def order(salt: int) -> list[int]:
        nodes = [Node() for _ in range(20)]
        with SteadyHash(Node, salt):
            return [nodes.index(node) for node in set(nodes)]

    assert order(0) == order(0)
    assert order(0) != order(1000)
    assert order(0) != sorted(order(0))
    assert Node.__hash__ is object.__hash__
    with SteadyHash(Equal):
        assert hash(Equal()) == 7


@pytest.fixture
def quick() -> Callable[[Any], Any]:
    """A short check; what it says."""

    def check(cls: Any) -> Any:
        result = verify.check(cls, report=False, examples=30)
        return result.verdict, result.reason, [str(f.case) for f in result.findings]

    return check

"""What an engine uses up ends as a named finding, and the next graph is answered again."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from verify.engines import EngineError, Limits, load
from verify.engines.pipes import Worker
from verify.expression.graph import Case

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from verify.engines import Engine

PRODUCT = Case.parse("a * b", a=2.0, b=-3.0)
LIMITS = Limits(seconds=0.2, memory=1 << 29)
TRAPS = {
    "timeout": "    while True: pass",
    "timeout: the alarm is off": "    import signal\n"
    "    signal.setitimer(signal.ITIMER_REAL, 0)\n"
    "    signal.setitimer(signal.ITIMER_PROF, 0)\n"
    "    while True: pass",
    "timeout: asleep": "    import time; time.sleep(1000)",
    "timeout: deaf and asleep": "    import signal, time\n"
    "    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM, signal.SIGPROF})\n"
    "    time.sleep(1000)",
    "timeout: in one call of C": "    return sum(range(10**15))",
    "memory": "    return bytearray(1 << 40)",
    "died": "    import os; os.abort()",
    "died: by itself": "    import os; os._exit(3)",
    "output": "    import os\n    while True: os.write(ANSWERS, b'7' * 4096)",
    "protocol": "    import os; os.write(ANSWERS, b'null\\n'); return self",
}
BURN = """
import time

def burn(self):
    end = time.process_time() + 0.3
    while time.process_time() < end: pass
    return self

Value.tanh = burn
"""
FIND = """
import os
def is_pipe(d):
    import stat
    try:
        return stat.S_ISFIFO(os.fstat(d).st_mode) and os.get_blocking(d) and os.write(d, b"") == 0
    except OSError:
        return False
ANSWERS = max(d for d in range(3, 64) if is_pipe(d))
"""


@pytest.mark.parametrize("kind", TRAPS)
def test_an_engine_that_overdoes_it_gets_a_named_finding(
    kind: str, textbook: str, write: Callable[..., Path]
) -> None:
    """The finding names the limit; the worker is started again and answers as before."""
    path = write(f"{textbook}\n{FIND}\ndef trap(self):\n{TRAPS[kind]}\n\nValue.tanh = trap\n")
    case = Case.parse("a.tanh()", a=0.5)
    with load(str(path), limits=LIMITS) as engine:
        (reading,) = engine.run(case.graph, case.point)
        assert reading.raised is not None
        assert reading.raised.type == kind.partition(":")[0]
        assert not reading.raised.refused
        (after,) = engine.run(PRODUCT.graph, PRODUCT.point)
        assert after.gradients == (-3.0, 2.0, 1.0)


def test_an_engine_is_not_started_again_for_ever(textbook: str, write: Callable[..., Path]) -> None:
    """After so many restarts every further graph says that it was given up."""
    path = write(textbook + "\nimport os\nValue.tanh = lambda self: os._exit(0)\n")
    case = Case.parse("a.tanh()", a=0.5)
    with load(str(path), limits=Limits(restarts=2)) as engine:
        messages = [str(engine.run(case.graph, case.point)[0].raised) for _ in range(5)]
    assert ["given up" in message for message in messages] == [False, False, False, True, True]


def test_who_hangs_again_and_again_is_waited_for_less_and_less(
    textbook: str, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half as long each time, down to a twentieth of a second; what works is answered as ever."""
    path = write(f"{textbook}\ndef trap(self):\n{TRAPS['timeout']}\n\nValue.tanh = trap\n")
    hangs, asked, send = Case.parse("a.tanh()", a=0.5), [], Worker.send

    def noted(worker: Worker, request: dict[str, Any], seconds: float, cap: int) -> None:
        asked.append(request.get("seconds"))
        send(worker, request, seconds, cap)

    monkeypatch.setattr(Worker, "send", noted)
    with load(str(path), limits=LIMITS) as engine:
        for case in (hangs, PRODUCT, hangs, hangs, hangs, PRODUCT):
            (reading,) = engine.run(case.graph, case.point)
            assert (reading.raised is None) == (case is PRODUCT)
        other = engine.again()
        assert other is not None
        with other:
            other.run(PRODUCT.graph, PRODUCT.point)
    assert asked == [None, 0.2, 0.1, 0.1, 0.05, 0.05, 0.05, None, 0.05]


BREAKS = """
import time

def slow(self):
    for _ in range(12):
        time.sleep(0.05)
        end = time.process_time() + 0.004
        while time.process_time() < end: pass
    return self

Value.tanh = slow
"""


def test_waiting_for_the_processor_is_no_timeout(textbook: str, write: Callable[..., Path]) -> None:
    """Processor time counts, not the clock: a busy machine makes nobody's engine hang."""
    path = write(textbook + BREAKS)
    case = Case.parse("a.tanh()", a=0.5)
    with load(str(path), limits=LIMITS) as engine:
        assert engine.run(case.graph, case.point)[0].raised is None


LOOPS = """
def step(x):
    return x + 1

def tanh(self):
    n = 0
    while n >= 0:
        n = step(n)
        n = step(n) - 1

    return self

Value.tanh = tanh
"""


def test_a_timeout_names_the_loop_that_does_not_end(
    textbook: str, write: Callable[..., Path]
) -> None:
    """The line is that of the loop, not the one of many on which the alarm happened to ring."""
    path = write(textbook + LOOPS)
    loop = path.read_text().splitlines().index("    while n >= 0:") + 1
    case = Case.parse("a.tanh()", a=0.5)
    with load(str(path), limits=LIMITS) as engine:
        raised = [engine.run(case.graph, case.point)[0].raised for _ in range(2)]
    assert [(r.type, r.line) for r in raised if r] == [("timeout", loop)] * 2


def test_processor_time_of_a_run_can_be_asked(textbook: str, write: Callable[..., Path]) -> None:
    """What an operation burns is in it; what it sleeps is not."""
    path = write(textbook + BURN + "Value.exp = lambda self: time.sleep(0.3) or self\n")
    with load(str(path)) as engine:
        burnt, slept = (
            engine.clock(case.graph, case.point)
            for case in (Case.parse("a.tanh()", a=0.5), Case.parse("a.exp()", a=0.5))
        )
    assert burnt > 3 * slept


HASHES = "\nValue.tanh = lambda self: Value(float(hash('order')))\n"


def test_a_worker_is_the_same_each_time_and_another_one_differs(
    textbook: str, write: Callable[..., Path]
) -> None:
    """Sets of text come out alike from run to run; in a second process, in another order."""
    path = write(textbook + HASHES)
    case = Case.parse("a.tanh()", a=0.5)

    def said(engine: Engine) -> float | None:
        return engine.run(case.graph, case.point)[0].values[-1]

    with load(str(path)) as first, load(str(path)) as again:
        other, third = first.again(), first.again()
        assert other is not None
        assert third is not None
        with other, third:
            assert said(first) == said(again)
            assert len({said(engine) for engine in (first, other, third)}) == 3


ADDRESSES = "\nValue.tanh = lambda self: Value(float(id(self)))\n"


def test_nodes_lie_at_the_same_addresses_each_time(
    tier: str, textbook: str, write: Callable[..., Path]
) -> None:
    """A set of nodes comes out in the same order from run to run, in every tier of isolation."""
    fixed = "import ctypes, sys; sys.exit(ctypes.CDLL(None).personality(0x40000) < 0)"
    if subprocess.run([sys.executable, "-c", fixed], check=False).returncode:
        pytest.skip("this machine does not allow fixed addresses")
    path = write(textbook + ADDRESSES)
    case = Case.parse("a.tanh()", a=0.5)
    said = []
    for _ in range(2):
        with load(str(path), isolation=f"{tier}!") as engine:
            said.append(engine.run(case.graph, case.point)[0].values)
    assert said[0] == said[1]


def test_processor_time_is_limited_over_the_whole_life(
    textbook: str, write: Callable[..., Path]
) -> None:
    """Many graphs that are each within their time add up."""
    path = write(textbook + BURN)
    case = Case.parse("a.tanh()", a=0.5)
    with load(str(path), limits=Limits(cpu_seconds=1)) as engine:
        raised = [engine.run(case.graph, case.point)[0].raised for _ in range(12)]
    assert any(r is not None and "processor time" in r.message for r in raised)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("while True: pass", "endless"),
        ("import time; time.sleep(1000)", "endless"),
        ("x = [bytes(1 << 26) for _ in range(10**6)]", "import"),  # never touched: no time goes by
        ("import os; os._exit(0)", "died"),
        ("x = 1", "no engine"),
        ("def f(:", "syntax"),
        ("import a_module_that_is_there_not.really\nraise ValueError('no')", "import"),
    ],
)
def test_a_file_that_cannot_be_used_gives_one_clear_error(
    text: str, kind: str, write: Callable[..., Path]
) -> None:
    """An EngineError of that kind, with a message of one line."""
    with pytest.raises(EngineError) as caught:
        load(str(write(text)))
    assert caught.value.kind == kind
    assert "\n" not in caught.value.message
    assert caught.value.message


def test_a_megabyte_of_output_changes_nothing(textbook: str, write: Callable[..., Path]) -> None:
    """Printed at import and in every operation."""
    noise = "\nimport sys\nprint('x' * 1_000_000)\nsys.stderr.write('y' * 1_000_000)\n"
    loud = textbook.replace(
        "        self.data = data\n", "        self.data = data\n        print('z' * 1_000_000)\n"
    )
    with load(str(write(loud + noise))) as engine:
        (reading,) = engine.run(PRODUCT.graph, PRODUCT.point)
    assert (reading.values, reading.gradients) == ((2.0, -3.0, -6.0), (-3.0, 2.0, 1.0))


CROWD = """
def crowd(self):
    import threading, time
    threading.stack_size(32768)
    for _ in range(60):
        threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
    time.sleep(1000)

Value.tanh = crowd
"""


def test_a_crowd_of_threads_is_ended(
    tier: str, textbook: str, write: Callable[..., Path]
) -> None:
    """Where the kernel counts those of all of a user together, others would have none left."""
    case = Case.parse("a.tanh()", a=0.5)
    with load(str(write(textbook + CROWD)), isolation=f"{tier}!", limits=Limits()) as engine:
        raised = engine.run(case.graph, case.point)[-1].raised
        assert raised is not None
        told = {"died: it started more threads or processes than it may have"}
        if tier == "user":  # of whom the kernel counts them one by one
            told = {"RuntimeError: can't start new thread", "died: its process ended by itself"}
        assert any(f"{raised.type}: {raised.message}".startswith(each) for each in told)
        assert engine.run(PRODUCT.graph, PRODUCT.point)[0].gradients[:2] == (-3.0, 2.0)

"""Tiers of isolation: probed, chosen, named; the system call filter does what its table says."""

from __future__ import annotations

import os
import platform
import struct
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.engines import EngineError, confine, load, sandbox, submission
from verify.engines.sandbox import Offer, View
from verify.expression.graph import Case

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ALLOW, REFUSE, UNKNOWN, KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def run_filter(
    program: bytes, number: int, arch: int, argument: int = 0, fourth: int = 0
) -> int:
    """What a classic BPF program returns for a system call: the few instructions that it uses."""
    data = struct.pack("<iIQ6Q", number, arch, 0, argument, 0, 0, fourth, 0, 0)
    code = [struct.unpack_from("HBBI", program, i) for i in range(0, len(program), 8)]
    accumulator, at = 0, 0
    while True:
        operation, yes, no, k = code[at]
        if operation == 0x06:
            return k
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, k)
            jump = 0
        elif operation == 0x54:
            accumulator &= k
            jump = 0
        else:
            test = {0x15: accumulator == k, 0x35: accumulator >= k, 0x45: bool(accumulator & k)}
            jump = yes if test[operation] else no
        at += 1 + jump


@pytest.mark.parametrize("forks", [False, True])
@pytest.mark.parametrize("machine", MACHINES)
def test_the_filter_refuses_its_table_and_allows_the_rest(machine: str, forks: bool) -> None:
    """Every system call by number on both machines, interpreted as the kernel would."""
    program = confine.seccomp_program(machine, forks=forks)
    column = list(MACHINES).index(machine)
    refused = {numbers[column] for numbers in confine._DENIED.values()}
    forking = {numbers[column] for numbers in confine._FORKS.values()} - {None}
    special = {
        confine._CLONE[column],
        confine._CLONE3[column],
        confine._PRCTL[column],
        confine._PRLIMIT[column],
    }
    for number in range(600):
        if number in special:
            continue
        expected = REFUSE if number in refused or (number in forking and not forks) else ALLOW
        assert run_filter(program, number, MACHINES[machine]) == expected, number


@pytest.mark.parametrize("machine", MACHINES)
def test_the_filter_looks_at_arguments(machine: str) -> None:
    """Threads start, processes do not; the death signal stays; others' limits are not ours."""
    program, arch = confine.seccomp_program(machine, forks=False), MACHINES[machine]
    column = list(MACHINES).index(machine)
    thread, process = 0x3D0F00, 17
    assert run_filter(program, confine._CLONE[column], arch, thread) == ALLOW
    assert run_filter(program, confine._CLONE[column], arch, process) == REFUSE
    assert run_filter(program, confine._CLONE3[column], arch) == UNKNOWN
    assert run_filter(program, confine._PRCTL[column], arch, 1) == REFUSE
    assert run_filter(program, confine._PRCTL[column], arch, 38) == ALLOW
    assert run_filter(program, confine._PRLIMIT[column], arch, 0) == ALLOW
    assert run_filter(program, confine._PRLIMIT[column], arch, 1) == REFUSE


@pytest.mark.parametrize("machine", MACHINES)
def test_memory_is_not_shared_where_nothing_counts_it(machine: str) -> None:
    """A command's limit is of private memory: shared memory without a file is refused there."""
    column, arch = list(MACHINES).index(machine), MACHINES[machine]
    mmap, private, shared, of_file = confine._MMAP[column], 0x22, 0x21, 0x01
    for program, expected in (
        (confine.seccomp_program(machine, forks=False, shared=False), REFUSE),
        (confine.seccomp_program(machine, forks=False), ALLOW),
    ):
        assert run_filter(program, mmap, arch, fourth=shared) == expected
        assert run_filter(program, mmap, arch, fourth=private) == ALLOW
        assert run_filter(program, mmap, arch, fourth=of_file) == ALLOW
        assert run_filter(program, 0, arch) == ALLOW


@given(number=st.integers(0, 2**31 - 1), arch=st.integers(0, 2**32 - 1))
def test_another_architecture_is_no_way_around(number: int, arch: int) -> None:
    """32-bit and x32 calls have other numbers: they end the process or are refused."""
    program = confine.seccomp_program("x86_64", forks=False)
    if arch not in MACHINES.values():
        assert run_filter(program, number, arch) == KILL
    assert run_filter(program, number | 0x40000000, MACHINES["x86_64"]) == REFUSE


def test_the_tier_in_force_is_named(tier: str, textbook: str, write: Callable[..., Path]) -> None:
    """By its name and its parts, in what is known of the engine."""
    with load(str(write(textbook)), isolation=f"{tier}!") as engine:
        told = engine.info.isolation
    assert told.startswith(f"{tier}: ")
    assert "seccomp" in told
    assert ("Landlock" in told) is (tier in {"landlock", "user"})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_each_worker_is_a_user_of_its_own(textbook: str, write: Callable[..., Path]) -> None:
    """Processes are counted by user: those of one worker are not taken from another."""
    show = "\nimport os\ndef show(self):\n    raise RuntimeError(os.getuid())\nValue.tanh = show\n"
    path, case = str(write(textbook + show)), Case.parse("a.tanh()", a=0.5)
    users = set()
    with (
        load(path, isolation="user!") as one,
        load(path, isolation="user!") as two,
    ):
        for engine in (one, two):
            raised = engine.run(case.graph, case.point)[-1].raised
            assert raised is not None
            users.add(int(raised.message))
    assert len(users) == 2
    assert min(users) >= 1 << 30


def test_an_object_is_not_called_isolated() -> None:
    """In this process there is no isolation, and that is said."""
    import decimal

    class Value:
        def __init__(self, data: float) -> None:
            self.data = data

        def __add__(self, other: Value) -> Value:
            return Value(self.data + other.data)

    assert decimal
    with load(Value) as engine:
        assert engine.info.isolation == "none: in this process"


@pytest.mark.parametrize(
    ("works", "wanted", "expected"),
    [
        ("weak landlock user bubblewrap", None, "bubblewrap"),
        ("weak landlock user", None, "user"),
        ("weak landlock", "landlock", "landlock"),
        ("weak landlock user", "weak!", "weak"),
        ("weak", None, "weak"),
        ("weak bubblewrap", "landlock", "bubblewrap"),
        ("weak", "landlock", None),
        ("weak landlock", "user", None),
        ("weak bubblewrap", "user!", None),
        ("weak", "fortress", None),
    ],
)
def test_the_best_tier_is_taken_and_a_minimum_is_kept(
    works: str, wanted: str | None, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the minimum nothing runs, and the message says why."""
    offers = tuple(
        Offer(t, t in works.split(), "" if t in works else "not here") for t in sandbox.TIERS
    )
    monkeypatch.setattr(sandbox, "offers", lambda: offers)
    if expected is not None:
        assert sandbox.choose(wanted) == expected
        return
    with pytest.raises(EngineError) as caught:
        sandbox.choose(wanted)
    assert caught.value.kind == "isolation"
    assert "not here" in caught.value.message or "no tier" in caught.value.message


def test_what_is_hidden_is_not_among_what_may_be_read(tmp_path: Path) -> None:
    """A root with something hidden in it is taken apart, but for what is allowed inside."""
    for name in ("lib/ast.py", "lib/site-packages/torch/x.py", "lib/site-packages/numpy/x.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    lib, packages = str(tmp_path / "lib"), str(tmp_path / "lib" / "site-packages")
    view = View((lib,), (packages,), (f"{packages}/numpy",))
    told = sandbox.order("landlock", ["x"], view, {}, {})
    assert set(told["readable"]) == {f"{lib}/ast.py", f"{packages}/numpy"}
    assert told["listed"] == [lib]
    words = sandbox.order("bubblewrap", ["x"], view, {}, {})["command"]
    assert words.index(lib) < words.index("--tmpfs") < words.index(f"{packages}/numpy")


def test_only_files_that_are_imported_are_seen_beside_a_file(tmp_path: Path) -> None:
    """And those that they import in turn; not what merely lies there."""
    files = {
        "a.py": "from b import x\nimport math, c\n",
        "b.py": "    import deep.inner\n",
        "c.py": "import a\n",
        "secret.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "inner.py").touch()
    read = submission.of_file(str(tmp_path / "a.py"))
    names = {name.partition("/")[2] for name in read.files}
    assert names == {"a.py", "b.py", "c.py", "deep/inner.py"}
    assert read.beside == ("b.py", "c.py", "deep/inner.py")


def test_a_stale_compiled_file_is_not_run(tmp_path: Path) -> None:
    """The compiled form is used when it is of this source and this interpreter, else the source."""
    import importlib.util
    import py_compile

    source = tmp_path / "program.py"
    source.write_text("x = 1\n")
    assert sandbox.runnable(source) == str(source)
    compiled = importlib.util.cache_from_source(str(source))
    py_compile.compile(str(source), invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)
    assert sandbox.runnable(source) == compiled
    source.write_text("x = 12\n")
    assert sandbox.runnable(source) == str(source)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
def test_this_machine_offers_what_it_says() -> None:
    """Each tier that is said to work starts; the weakest always does."""
    offers = {o.tier: o for o in sandbox.offers()}
    assert offers["weak"].works
    assert all(o.works or o.reason for o in offers.values())
    if os.geteuid() != 0:
        assert not offers["user"].works
    assert platform.machine() in MACHINES or not offers["landlock"].works

"""A hostile submission gets the verdict of the wrong engine behind it, and nothing else.

In every tier of isolation that this machine offers (the others are skipped by name): no attack
turns the wrong engine into a correct one, hangs the harness, leaks what it must not see, leaves a
process running or a file written, in the tiers that promise it.

Each attack is run in one tier each time, another for each; `tox -m full`, or
``pytest tests/meta/attacks``, runs each in all of them.
"""

from __future__ import annotations

import functools
import os
import secrets
import socket
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import verify
from verify.engines import EngineError, Limits, load, sandbox
from verify.expression.graph import Case
from verify.oracles import registry
from verify.verdict.judge import judge
from verify.verdict.judgement import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.engines import Engine
    from verify.expression.reading import Reading

HERE = Path(__file__).parent
ATTACKS = [
    attack
    for path in sorted(HERE.glob("*.toml"))
    for attack in tomllib.loads(path.read_text(encoding="utf-8"))["attack"]
]
TEXTBOOK = (HERE.parents[1] / "zoo" / "textbook.py").read_text(encoding="utf-8")
WRONG = TEXTBOOK.replace(
    "self.grad += other.data * out.grad", "self.grad += 2 * other.data * out.grad"
)
assert WRONG != TEXTBOOK

TOOLS = """
LOOT = ["nothing was tried"]

def loot(text):
    LOOT[0] = str(text)[:200]

def attempt(function):
    try:
        loot("got %r" % (function(),))
    except BaseException as error:
        loot("blocked: %s: %s" % (type(error).__name__, error))

class Listed(list):
    # An answer that is no object, and can be put on the wire all the same.
    def __setitem__(self, key, value): pass
    def pop(self, *_): return None

def forge(make):
    import sys
    session = sys.modules["_verify_worker.session"]
    fine = session.execute
    def forged(adapter, space, request, symbols):
        return make(fine(adapter, space, request, symbols), request)
    session.execute = forged

def each(said, **changes):
    readings = [
        dict(r, **{key: change(r.get(key)) for key, change in changes.items()})
        for r in said["readings"]
    ]
    return dict(said, readings=readings)
"""
SHOW = """
def show(self):
    raise RuntimeError(LOOT[0])
Value.tanh = show
"""
LIMITS = Limits(seconds=0.3, load_seconds=2.0, memory=1 << 29, restarts=1)
CASES = [
    Case.parse("a * b", a=1.5, b=-2.25),
    Case.parse("(a + b) * a", a=0.5, b=3.0),
    Case.parse("a - 1.5", a=2.0),
    Case.parse("c = a * b; c * c + a", a=1.25, b=0.75),
    Case.parse("a.exp()", a=0.3),
]
"""Two of these are right in the engine behind the attacks; all of them must be for a pass."""
SAMPLE = 10
"""Of those that every run has, each so many-th is run by every Python."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every attack in every tier; a tier that is not to be had is skipped by name."""
    if "attack" in metafunc.fixturenames:
        rows = [row for place, attack in enumerate(ATTACKS) for row in in_tiers(place, attack)]
        metafunc.parametrize(("attack", "tier"), rows)


def in_tiers(place: int, attack: dict[str, Any]) -> Iterator[Any]:
    """The rows of an attack; in one of the tiers that promise to stop it, it is no search."""
    offers = {offer.tier: offer for offer in sandbox.offers()}
    promise = [t for t in offers if stronger(t, attack.get("claimed", "weak"))]
    had = [t for t in promise if offers[t].works]
    home = had[place % len(had)] if had else promise[0]
    for tier, offer in offers.items():
        if tier not in promise and not attack.get("anywhere", True):
            continue
        marks = [pytest.mark.slow] if place % SAMPLE else []
        if tier != home:
            marks = [pytest.mark.search]
        if not offer.works:
            marks.append(pytest.mark.skip(reason=f"{tier}: {offer.reason}"))
        yield pytest.param(attack, tier, id=f"{tier}: {attack['name']}", marks=marks)


def stronger(tier: str, least: str) -> bool:
    """Whether a tier is at least another."""
    return sandbox.TIERS.index(tier) >= sandbox.TIERS.index(least)


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    """Something on this machine that listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def running(token: str) -> list[int]:
    """Processes whose command line holds a token."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (
                token in (entry / "cmdline").read_text(errors="replace")
                and int(entry.name) != os.getpid()
            ):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def lay(path: Path, what: str) -> None:
    """Put something beside a submission."""
    if what == "pipe":
        os.mkfifo(path)
    elif what == "hole":
        with path.open("wb") as file:
            file.truncate(1 << 31)
    elif what == "text":
        path.write_text(TEXTBOOK)
    else:
        path.symlink_to(what.removeprefix("link "))


def contents(folder: Path) -> dict[Path, bytes]:
    """What is in the regular files of a folder, less the holes."""
    found = [p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()]
    return {path: path.read_bytes() for path in found if path.stat().st_size < 1 << 20}


def readings(engine: Engine) -> list[Reading]:
    """What it answers to each case, twice, so that a first good impression does not last."""
    return [engine.run(case.graph, case.point)[-1] for case in [*CASES, *CASES]]


@functools.cache
def known(case: Case) -> registry.Testimony:
    """What is known of a case."""
    return registry.by_interval(case)


def verdict_of(engine: Engine, said: list[Reading]) -> str:
    """``wrong`` as soon as one reading is: the judge's word, not the engine's."""
    verdicts = []
    for case, reading in zip([*CASES, *CASES], said, strict=True):
        has_backward = engine.info.has_backward
        verdicts.append(judge(reading, known(case), gradients=has_backward).verdict)
    return "wrong" if Verdict.WRONG in verdicts else str(verdicts)


def test_an_attack_ends_in_the_verdict_of_the_engine_behind_it(
    attack: dict[str, Any], tier: str, tmp_path: Path, server: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Right verdict, nothing leaked, nothing left running, nothing written."""
    token, secret = secrets.token_hex(8), secrets.token_hex(8)
    monkeypatch.setenv("HARNESS_SECRET", secret)
    other = tmp_path / "other" / "submission.py"
    other.parent.mkdir()
    other.write_text(TEXTBOOK)
    names = {
        "secret": secret, "token": token, "folder": str(tmp_path), "port": str(server),
        "pid": str(os.getpid()),
        "harness": str(Path(verify.__path__[0])), "packages": repr(sys.path), "tier": tier,
    }  # fmt: skip
    text = TOOLS + attack.get("before", "") + "\n" + WRONG + attack.get("after", "") + SHOW
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    own = tmp_path / "own" / "engine.py"
    own.parent.mkdir()
    own.write_text(text)
    for name, what in attack.get("beside", {}).items():
        lay(own.with_name(name), what.replace("{folder}", str(tmp_path)))
    limits = replace(LIMITS, restarts=attack.get("restarts", LIMITS.restarts))
    before = contents(tmp_path)
    promised = stronger(tier, attack.get("claimed", "weak"))

    said: list[Reading] = []
    said_instead = ""
    try:
        with load(str(own), isolation=f"{tier}!", limits=limits) as engine:
            shown = engine.run(*show_case())[-1].raised if attack.get("blocked") else None
            said = readings(engine)
            verdict = verdict_of(engine, said)
    except EngineError as error:
        shown, verdict, said_instead = None, "unusable", error.message

    assert verdict in {attack.get("ends", "wrong"), attack.get("may_be")}
    assert running(token) == []
    if promised:
        assert contents(tmp_path) == before
        assert list(Path("/tmp").glob(f"*{token}*")) == []  # noqa: S108 - where it would litter
        if attack.get("blocked"):
            assert shown is not None
            # Python 3.13 may end itself where it cannot start a thread, and then cannot say why.
            ended = attack.get("may_end") is True and shown.type == "died"
            assert ended or shown.message.startswith("blocked"), shown.message
    texts = [r.raised.type + r.raised.message for r in said if r.raised]
    assert all(len(t) < 600 and t.encode() for t in texts)
    assert not any(secret in t for t in [*texts, said_instead] if promised)


def show_case() -> tuple[Any, Any]:
    """The graph that makes the engine tell its loot."""
    case = Case.parse("a.tanh()", a=0.5)
    return case.graph, case.point


def test_the_wrong_engine_is_wrong_and_the_right_one_right_without_any_attack(
    tmp_path: Path,
) -> None:
    """The cases can tell the two apart; otherwise no attack could ever be seen to fail."""
    verdicts = []
    for text in (WRONG, TEXTBOOK):
        path = tmp_path / "engine.py"
        path.write_text(text)
        with load(str(path), isolation="weak!") as engine:
            verdicts.append(verdict_of(engine, readings(engine)))
    assert verdicts[0] == "wrong"
    assert "correct" in verdicts[1]
    assert "wrong" not in verdicts[1]


@pytest.mark.parametrize("name", ["the users of the machine", "another submission is read"])
def test_without_isolation_these_attacks_succeed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attacks are real: the weak tier, which promises nothing, lets them through."""
    attack = next(a for a in ATTACKS if a["name"] == name)
    secret = secrets.token_hex(8)
    monkeypatch.setenv("HARNESS_SECRET", secret)
    text = (
        TOOLS
        + attack["before"].replace("{folder}", str(tmp_path)).replace("{secret}", secret)
        + "\n"
        + TEXTBOOK
        + SHOW
    )
    path = tmp_path / "engine.py"
    path.write_text(text)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "submission.py").touch()
    with load(str(path), isolation="weak!") as engine:
        shown = engine.run(*show_case())[-1].raised
    assert shown is not None
    assert shown.message.startswith("got")

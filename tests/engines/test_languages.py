"""Engines in other languages speak the protocol, and are judged like any other."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from verify.checking.run import Plan, outcome
from verify.engines import EngineError, Limits, load
from verify.expression.graph import Case

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
ENGINES = ROOT / "examples" / "engines"
SCHEMA = re.search(
    r"```json schema\n(.*?)```", (ROOT / "docs" / "protocol.md").read_text(), re.DOTALL
)
PLAN = Plan(examples=40, exhaust=1)
STEPS = [
    ["backward", -1],
    ["read"],
    ["zero", "all"],
    ["set", 0, 4.0],
    ["rebuild"],
    ["backward", -1],
    ["read"],
    ["zero", "leaves"],
    ["backward", 0],
    ["read"],
]


def need(program: str) -> str:
    """The program, or a skip that names it."""
    return shutil.which(program) or pytest.skip(f"{program} is not installed")


@pytest.fixture(params=["javascript", "c"])
def command(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """What starts an example engine; the C one is compiled first."""
    if request.param == "javascript":
        return f"{need('node')} {ENGINES / 'javascript' / 'adapter.mjs'}"
    program = tmp_path / "engine"
    subprocess.run(
        [
            need("cc"),
            "-O2",
            "-Wall",
            "-Werror",
            "-D_GNU_SOURCE",
            "-std=c99",
            "-o",
            program,
            ENGINES / "c" / "engine.c",
            "-lm",
        ],
        check=True,
    )
    return str(program)


@pytest.mark.sample(5)
@pytest.mark.slow
def test_an_engine_in_another_language_is_judged_correct(command: str, tier: str) -> None:
    """In every tier of isolation, with what it lacks listed as missing."""
    with load("example", command=command, isolation=f"{tier}!") as engine:
        result = outcome(engine, PLAN)
    assert (result.verdict, result.reason) == ("correct", "")
    assert result.operations["tanh"] == "correct"
    assert result.operations["max"] == "missing"


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_a_mistake_in_another_language_is_found(tmp_path: Path) -> None:
    """The sign of b in a-b, in JavaScript."""
    node = need("node")
    for name in ("engine.mjs", "adapter.mjs", "hex.mjs"):
        text = (ENGINES / "javascript" / name).read_text()
        (tmp_path / name).write_text(text.replace("[this, b], [1, -1]", "[this, b], [1, 1]"))
    with load("example", command=f"{node} {tmp_path / 'adapter.mjs'}") as engine:
        result = outcome(engine, PLAN)
    assert result.verdict == "wrong"
    assert result.operations["sub"] == "wrong"


def test_the_steps_mean_the_same_in_every_language(
    command: str, textbook: str, write: Callable[..., Path]
) -> None:
    """Two passes, zeroing, new values, building again: to the bit what the Python engine says."""
    case = Case.parse("c = a * b; c * c + a - 2", a=1.5, b=-0.75)
    with load("example", command=command) as other, load(str(write(textbook))) as python:
        assert other.run(case.graph, case.point, STEPS) == python.run(case.graph, case.point, STEPS)


@pytest.mark.parametrize(
    "value",
    [0.0, -0.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 0.1, -1e300, 3, True],
)
def test_numbers_cross_exactly(command: str, value: float) -> None:
    """Subnormal, huge, signed zero, whole: a leaf comes back as it was sent."""
    case = Case.parse("-a", a=value)
    with load("example", command=command) as engine:
        (reading,) = engine.run(case.graph, case.point)
    assert str(reading.values) == str((float(value), -float(value)))


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("", "command"),
        ("no-such-program-here", "command"),
        ("true", "died"),
        ("sleep 100", "endless"),
        ("yes", "protocol"),
    ],
)
def test_a_program_that_does_not_speak_the_protocol(words: str, kind: str) -> None:
    """One error that says what is wrong, in time."""
    with pytest.raises(EngineError) as caught:
        load("example", command=words, limits=Limits(load_seconds=1))
    assert caught.value.kind == kind


SLEEPER = r"""
$| = 1;
<STDIN>;
print '{"id":1,"loaded":{"protocol":1,"class":"V","python":"","adapter":{},"backward":true,',
      '"notes":[]}}', "\n";
while (<STDIN>) {
    /"id":(\d+)/;
    select(undef, undef, undef, 0.5);
    print "{\"id\":$1,\"readings\":[{\"values\":[\"0x1p+0\"],\"gradients\":[\"0x1p+0\"]}],",
          "\"raised\":null}\n";
}
"""


def test_time_of_a_program_that_does_not_say_it(write: Callable[..., Path]) -> None:
    """Processor time is taken from outside: what sleeps half a second has used next to nothing."""
    if shutil.which("perl") is None:
        pytest.skip("there is no perl here")
    script = write(SLEEPER)
    case = Case.parse("a", a=1.0)
    with load("sleeper", command=f"perl {script}") as engine:
        assert engine.run(case.graph, case.point)[-1].values == (1.0,)
        assert engine.clock(case.graph, case.point) < 0.5


def matches(  # noqa: C901 - one keyword of JSON Schema a case
    schema: dict[str, Any], value: Any, root: dict[str, Any]
) -> bool:
    """JSON Schema, as far as the protocol uses it."""
    if "$ref" in schema:
        return matches(root["$defs"][schema["$ref"].rpartition("/")[2]], value, root)
    if "oneOf" in schema:
        return sum(matches(s, value, root) for s in schema["oneOf"]) == 1
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    kinds = {
        "object": dict,
        "array": list,
        "string": str,
        "null": type(None),
        "boolean": bool,
        "integer": int,
        "number": (int, float),
    }
    if "type" in schema:
        kind = schema["type"]
        if not isinstance(value, kinds[kind]) or (
            kind in {"integer", "number"} and isinstance(value, bool)
        ):
            return False
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        return False
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        if not set(schema.get("required", ())) <= set(value):
            return False
        if schema.get("additionalProperties") is False and not set(value) <= set(properties):
            return False
        return all(matches(properties[k], v, root) for k, v in value.items() if k in properties)
    if isinstance(value, list):
        first = schema.get("prefixItems", [])
        rest = schema.get("items", {})
        if len(value) < schema.get("minItems", 0) or (rest is False and len(value) > len(first)):
            return False
        return all(
            matches(first[i] if i < len(first) else rest, v, root) for i, v in enumerate(value)
        )
    return True


def test_the_schema_describes_what_is_really_said(
    command: str, textbook: str, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every request and every answer of a conversation, in three languages, is valid."""
    assert SCHEMA is not None
    schema = json.loads(SCHEMA[1])
    said: list[tuple[str, Any]] = []
    from verify.engines import pipes

    enter, line = pipes.Worker._enter, pipes.Worker.line

    def entering(self: Any, request: dict[str, Any] | bytes, *rest: Any) -> None:
        text = request if isinstance(request, bytes) else json.dumps(request)
        said.append(("request", {"id": 1, **json.loads(text)}))
        enter(self, request, *rest)

    def reading(self: Any, *rest: Any) -> tuple[int, bytes]:
        number, text = line(self, *rest)
        said.append(("answer", json.loads(text)))
        return number, text

    monkeypatch.setattr(pipes.Worker, "_enter", entering)
    monkeypatch.setattr(pipes.Worker, "line", reading)
    graphs = [
        Case.parse("a * b + 2", a=0.5, b=True),
        Case.parse("a.max(b)", a=1.0, b=2.0),
        Case.parse("c = a; c += 1.5; c / a", a=3),
    ]
    for engine in (load("example", command=command), load(str(write(textbook)))):
        with engine:
            for case in graphs:
                engine.run(case.graph, case.point, STEPS)
    wrong = [
        (kind, frame) for kind, frame in said if not matches(schema["$defs"][kind], frame, schema)
    ]
    assert len(said) == 16
    assert wrong == []
    assert not matches(
        schema["$defs"]["answer"],
        {"id": 1, "readings": [{"values": [1.0]}], "raised": None},
        schema,
    )

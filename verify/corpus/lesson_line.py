"""A lesson as a line of a corpus: numbers for a network, and the answers by convention.

Conventions that make no difference to a network share their answers: the later one names the
earlier.  A convention that this version does not know is passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from verify.corpus.entry import Lesson, Passed
from verify.corpus.rows import (
    check_size,
    decode_bits,
    decode_known,
    encode_bits,
    encode_known,
    text,
)
from verify.expression.graph import number_from_json, number_to_json
from verify.expression.reading import NetworkReading, NetworkState, Raised
from verify.generators.architectures import NAMED
from verify.networks.task import Exercise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from verify.corpus.entry import Convention
    from verify.generators.architectures import Architecture

PASSES: Final = ("output", "first turn", "second turn")
"""The backward passes of a lesson."""
_NUMBERS: Final = ("parameters", "inputs", "targets", "again")


def encode_lesson(lesson: Lesson) -> dict[str, Any]:
    """The lesson as plain JSON."""
    exercise = lesson.exercise
    shown: dict[int, str] = {}
    conventions: dict[str, Any] = {}
    for a, convention in lesson.answers.items():
        first = shown.setdefault(id(convention), a.name)
        conventions[a.name] = first if first != a.name else _encode_convention(convention)
    data: dict[str, Any] = {
        "network": list(exercise.sizes),
        **{key: [number_to_json(x) for x in getattr(exercise, key)] for key in _NUMBERS},
        "rate": number_to_json(exercise.rate),
        "conventions": conventions,
        "milestone": lesson.milestone,
        "tags": list(lesson.tags),
    }
    if lesson.reading is not None:
        data["engine"] = _encode_reading(lesson.reading)
    return data


def decode_lesson(data: Mapping[str, Any], line: int) -> Lesson:
    """The lesson that a line holds; ``ValueError`` and its like name what is wrong."""
    sizes = tuple(data["network"])
    if not sizes or any(type(n) is not int or n < 1 for n in sizes):
        raise ValueError(f"network: {data['network']!r} is not a list of sizes")
    numbers = {key: tuple([float(number_from_json(x)) for x in data[key]]) for key in _NUMBERS}
    exercise = Exercise(sizes, rate=float(number_from_json(data["rate"])), **numbers)
    layers, count = exercise.layers, NAMED[_LARGEST].count(exercise.layers)
    for key, due in zip(_NUMBERS, (count, layers[0], layers[-1], count), strict=True):
        check_size(key, len(numbers[key]), due)
    answers: dict[str, Convention] = {}
    for name, said in data["conventions"].items():
        if name not in NAMED:
            continue
        if isinstance(said, str):
            if said not in answers:
                raise ValueError(f"{name} is said to be like {said!r}, which does not come before")
            answers[name] = answers[said]
        else:
            answers[name] = _decode_convention(said, NAMED[name], layers)
    return Lesson(
        exercise=exercise,
        answers={NAMED[name]: convention for name, convention in answers.items()},
        milestone=text(data["milestone"], "milestone"),
        tags=tuple([text(tag, "tags") for tag in data.get("tags", ())]),
        reading=_decode_reading(data["engine"]) if "engine" in data else None,
        line=line,
    )


_LARGEST: Final = next(iter(NAMED))
"""One with biases: the others have no more parameters."""


def _encode_convention(convention: Convention) -> dict[str, Any]:
    said = {}
    for key, passed in zip(PASSES, convention, strict=True):
        values, gradients = encode_known(passed.numbers)
        said[key] = {"values": values, "gradients": gradients}
        if passed.moved is not None:
            said[key]["moved"], _ = encode_known(passed.moved)
    return said


def _decode_convention(
    said: Mapping[str, Any], a: Architecture, layers: tuple[int, ...]
) -> Convention:
    return tuple([_decode_passed(said[key], a.count(layers), layers, key) for key in PASSES])


def _decode_passed(
    data: Mapping[str, Any], count: int, layers: tuple[int, ...], key: str
) -> Passed:
    first = key == PASSES[0]
    check_size(f"values ({key})", len(data["values"]), 1 if first else layers[-1] + 1)
    check_size(f"gradients ({key})", len(data["gradients"]), count)
    numbers = decode_known(data["values"], data["gradients"])
    if first:
        return Passed(numbers)
    check_size(f"moved ({key})", len(data["moved"]), count)
    return Passed(numbers, decode_known(data["moved"], ()))


# --- an engine's bits -----------------------------------------------------------------------------

_COUNTS: Final = ("parameters", "shared", "hidden")
_STATE: Final = ("outputs", "data", "gradients")


def _encode_reading(reading: NetworkReading) -> dict[str, Any]:
    if (raised := reading.raised) is not None:
        return {"raised": raised.type, "refused": raised.refused}
    return {
        **{key: getattr(reading, key) for key in _COUNTS},
        "states": [
            {key: encode_bits(getattr(state, key)) for key in _STATE}
            | {"loss": encode_bits((state.loss,))[0]}
            for state in reading.states
        ],
    }


def _decode_reading(data: Mapping[str, Any]) -> NetworkReading:
    if "raised" in data:
        refused = data.get("refused") is True
        return NetworkReading(raised=Raised(text(data["raised"], "raised"), refused=refused))
    states = tuple([_decode_state(row) for row in data["states"]])
    parameters, shared, hidden = (int(data[key]) for key in _COUNTS)
    return NetworkReading({}, parameters, shared, hidden, states)


def _decode_state(row: Mapping[str, Any]) -> NetworkState:
    outputs, numbers, gradients = (decode_bits(row[key])[0] for key in _STATE)
    return NetworkState(outputs, decode_bits([row["loss"]])[0][0], numbers, gradients)

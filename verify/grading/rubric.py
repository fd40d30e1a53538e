"""What a teacher demands and what it is worth, as a TOML file; a wrong one is refused by line."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from verify.expression.ops import OPS
from verify.generators.scenarios import CONVENTIONS
from verify.grading.criteria import ARITHMETIC, BASE, MILESTONES
from verify.grading.evidence import BY_BACKWARD, BY_CALLER, GIVEN, SEED
from verify.report import hints

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

NOT_REACHED: Final = ("left out", "no points", "all points")
"""What becomes of the points of what is not reached."""
SHOW: Final = ("points", "findings", "program", "picture", "conventions")
"""What students may see."""
NEEDED: Final = (*BASE, *ARITHMETIC)
"""Operations that are demanded unless the rubric says otherwise."""
WHOLE: Final = ("networks", "training")
"""Milestones that may be demanded as a whole; judged where they are there, otherwise left out."""


class RubricError(ValueError):
    """A rubric that cannot be used: the file, the line, the reason, and what may be meant."""


@dataclass(frozen=True, slots=True)
class Rubric:
    """What is demanded, what it is worth, and what students see.

    Attributes:
        title: of the exam, for pages.
        points: of each milestone; 0 leaves it out.
        require: operations and whole milestones that are demanded: what of them is missing costs
            its points.
        not_reached: see :data:`NOT_REACHED`.
        hints: the level of help, 0 to 3.
        show: what students may see, see :data:`SHOW`.
        needs: of each milestone, those that come before it.
        conventions: demanded where right engines differ: the name, and what it has to be; each
            that is another costs ``convention_points``.
        convention_points: what each demanded convention is worth.
    """

    title: str = "Scalar autograd"
    points: Mapping[str, float] = field(
        default_factory=lambda: {key: m.points for key, m in MILESTONES.items()}
    )
    require: tuple[str, ...] = NEEDED
    not_reached: str = NOT_REACHED[0]
    hints: int = hints.IN_CLASS
    show: tuple[str, ...] = SHOW
    needs: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {key: m.needs for key, m in MILESTONES.items()}
    )
    conventions: Mapping[str, str] = field(default_factory=dict)
    convention_points: float = 0.0

    @property
    def total(self) -> float:
        """All points there are."""
        return sum(self.points.values()) + len(self.conventions) * self.convention_points


def load(path: Path) -> Rubric:
    """The rubric in a TOML file.

    Raises:
        RubricError: naming file, line, reason, and the nearest right word. ``OSError`` passes.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise RubricError(f"{path}: not text in UTF-8") from None
    return parse(text, str(path))


def parse(text: str, name: str = "rubric") -> Rubric:
    """The rubric that a text holds.

    Raises:
        RubricError: as for :func:`load`.
    """
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, lists in lists
        raise RubricError(f"{name}: {_lowered(str(error))}") from None
    return _Reader(text, name).rubric(data)


def required(rubric: Rubric, words: str) -> Rubric:
    """The rubric with other demands, ``add,mul,tanh``.

    Raises:
        RubricError: for a word that is no operation and no milestone.
    """
    names = [word.strip() for word in words.split(",") if word.strip()]
    for word in names:
        if word not in _DEMANDED:
            raise RubricError(f"--require {word}: {_nearest(word, _DEMANDED)}")
    return replace(rubric, require=tuple(names))


def dumps(rubric: Rubric) -> str:
    """All of a rubric as JSON, to be kept with the results: :func:`text` is for people."""
    return json.dumps(asdict(rubric))


def loads(kept: str) -> Rubric:
    """The inverse of :func:`dumps`."""
    data = json.loads(kept)
    needs = {key: tuple(before) for key, before in data["needs"].items()}
    words = {key: tuple(data[key]) for key in ("require", "show")}
    return Rubric(**{**data, **words, "needs": needs})


_DEMANDED: Final = (*OPS, *WHOLE)
_SAID: Final[dict[str, tuple[str, ...]]] = {
    SEED: (BY_BACKWARD, BY_CALLER, GIVEN),
    **{c.name: tuple(dict.fromkeys(c.meanings.values())) for c in CONVENTIONS},
}
"""What reports say of each convention; of those without words, a number."""
_RAISES: Final = "raises "
"""How it begins where an engine has no answer."""


@dataclass(slots=True)
class _Reader:
    text: str
    name: str

    def rubric(self, data: dict[str, Any]) -> Rubric:
        made = Rubric()
        for key, value in data.items():
            self._known(key, _KEYS, "a key of a rubric")
            made = _KEYS[key](self, made, value)
        if not made.total > 0:
            raise self.error("milestones", "no milestone has any points")
        return made

    # --- keys -------------------------------------------------------------------------------------

    def title(self, made: Rubric, value: Any) -> Rubric:  # noqa: ANN401 - what a file holds
        return replace(made, title=self._text("title", value))

    def require(self, made: Rubric, value: Any) -> Rubric:  # noqa: ANN401 - as above
        return replace(made, require=self._words("require", value, _DEMANDED, "to demand"))

    def show(self, made: Rubric, value: Any) -> Rubric:  # noqa: ANN401 - as above
        return replace(made, show=self._words("show", value, SHOW, "to show"))

    def help(self, made: Rubric, value: Any) -> Rubric:  # noqa: ANN401 - as above
        if type(value) is not int or value not in range(hints.MOST + 1):
            raise self.error("hints", f"hints must be a whole number from 0 to {hints.MOST}")
        return replace(made, hints=value)

    def not_reached(self, made: Rubric, value: Any) -> Rubric:  # noqa: ANN401 - as above
        word = self._text("not_reached", value)
        self._known(word, NOT_REACHED, "what becomes of those points", at="not_reached")
        return replace(made, not_reached=word)

    def milestones(self, made: Rubric, value: Any) -> Rubric:  # noqa: ANN401 - as above
        points, needs = dict(made.points), dict(made.needs)
        for key, row in self._table("milestones", value).items():
            self._at_home(key, MILESTONES, "milestones")
            self._known(key, MILESTONES, "a milestone")
            if not isinstance(row, dict):
                points[key] = self._number(key, row)
                continue
            for word, answer in row.items():
                self._known(word, ("points", "needs"), "a key of a milestone")
                if word == "points":
                    points[key] = self._number(word, answer, key)
                else:
                    needs[key] = self._words(word, answer, MILESTONES, "to come before it", key)
        for key in needs:
            if key in _before(key, needs):
                raise self.error(key, f"{key} would have to come before itself: see its needs")
        return replace(made, points=points, needs=needs)

    def conventions(self, made: Rubric, value: Any) -> Rubric:  # noqa: ANN401 - as above
        table = dict(self._table("conventions", value))
        worth = self._number("points", table.pop("points", 1))
        for key, demanded in table.items():
            self._at_home(key, _SAID, "conventions")
            self._known(key, _SAID, "a convention")
            if not isinstance(demanded, str):
                raise self.error(key, f"the convention {key} must be text, as reports say it")
            table[key] = self._said(key, demanded)
        return replace(made, conventions=table, convention_points=worth)

    def _said(self, key: str, demanded: str) -> str:
        """What a convention has to be, as reports say it: nobody would meet other words."""
        if demanded.startswith(_RAISES):
            return demanded
        if _SAID[key]:
            what = "who sets the gradient of the result" if key == SEED else f"what {key!r} may be"
            self._known(demanded, _SAID[key], what, at=key)
            return demanded
        try:
            return f"{float(demanded):g}"
        except ValueError:
            reason = f"{key} must be a number in quotation marks, not {demanded!r}"
            raise self.error(key, reason) from None

    # --- values -----------------------------------------------------------------------------------

    def _known(self, word: str, known: Collection[str], what: str, at: str = "") -> None:
        if word not in known:
            raise self.error(at or word, f"{word!r} is not {what}: {_nearest(word, known)}")

    def _at_home(self, key: str, known: Collection[str], table: str) -> None:
        """Whether a key of the rubric stands below a table, which takes it for one of its own."""
        if key in _KEYS and key not in known:
            raise self.error(
                key, f"{key!r} stands in the table [{table}]: put it above all tables", f"[{table}]"
            )

    def _text(self, key: str, value: Any) -> str:  # noqa: ANN401 - as above
        if isinstance(value, str):
            return value
        raise self.error(key, f"{key} must be text, not {_kind(value)}")

    def _number(self, key: str, value: Any, under: str = "") -> float:  # noqa: ANN401 - as above
        if type(value) in {int, float} and 0 <= value < 1e9:
            return float(value)
        raise self.error(key, f"{key} must be a number of points, 0 or more", under)

    def _table(self, key: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
        if isinstance(value, dict):
            return value
        raise self.error(key, f"[{key}] must be a table, not {_kind(value)}")

    def _words(
        self, key: str, value: Any, known: Collection[str], what: str, under: str = ""  # noqa: ANN401 - as above
    ) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise self.error(key, f"{key} must be a list of words", under)
        for word in value:
            if word not in known:
                raise self.error(word, f"{word!r} is nothing {what}: {_nearest(word, known)}", key)
        return tuple(dict.fromkeys(value))

    def error(self, word: str, reason: str, under: str = "") -> RubricError:
        """The refusal, with the line on which the word stands."""
        return RubricError(f"{self.name}, line {self._line(word, under)}: {reason}")

    def _line(self, word: str, under: str) -> int:
        lines = self.text.splitlines()
        start = next((i for i, line in enumerate(lines) if under and under in line), 0)
        pattern = re.compile(rf"(?<![\w]){re.escape(word)}(?![\w])")
        for number, line in enumerate(lines[start:], start + 1):
            if pattern.search(line.partition("#")[0]):
                return number
        return start + 1


_KEYS: Final[dict[str, Callable[[_Reader, Rubric, Any], Rubric]]] = {
    "title": _Reader.title,
    "require": _Reader.require,
    "show": _Reader.show,
    "hints": _Reader.help,
    "not_reached": _Reader.not_reached,
    "milestones": _Reader.milestones,
    "conventions": _Reader.conventions,
}


def _before(key: str, needs: Mapping[str, tuple[str, ...]]) -> set[str]:
    """All that has to come before a milestone, and before that."""
    found, waiting = set[str](), [key]
    while waiting:
        new = [one for one in needs[waiting.pop()] if one not in found]
        found.update(new)
        waiting += new
    return found


def _nearest(word: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(word, list(known), 1, 0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"there are {', '.join(known)}"


def _kind(value: object) -> str:
    kinds = {dict: "a table", list: "a list", str: "text", bool: "true or false"}
    return kinds.get(type(value), "a number")


def _lowered(message: str) -> str:
    """``Invalid value (at line 3, column 7)`` as a sentence goes on after the file's name."""
    found = re.search(r"\(at line (\d+), column (\d+)\)", message)
    text = message.partition(" (at ")[0]
    return f"line {found[1]}: {text} (column {found[2]})" if found else text


def text(rubric: Rubric) -> str:
    """The rubric as TOML, with a comment at each milestone; :func:`parse` reads it back."""
    lines = [
        f"title = {_quoted(rubric.title)}",
        f"hints = {rubric.hints}  # " + "; ".join(
            f"{level} {words}" for level, words in enumerate(hints.LEVELS)
        ),
        f"show = {_listed(rubric.show)}  # what students may see",
        "# What is demanded: operations, and `networks`, `training` as a whole.",
        f"require = {_listed(rubric.require)}",
        "# Points of what earlier mistakes leave unjudged: "
        + ", ".join(map(_quoted, NOT_REACHED)),
        f"not_reached = {_quoted(rubric.not_reached)}",
        "",
        "[milestones]  # points; 0 leaves one out",
        *[f"{key} = {_worth(key, rubric)}  # {MILESTONES[key].title}" for key in rubric.points],
        "",
        "[conventions]  # demanded where right engines differ; none unless listed here",
        f"points = {rubric.convention_points:g}",
        *[f"{_quoted(key)} = {_quoted(demanded)}" for key, demanded in rubric.conventions.items()],
    ]
    return "\n".join(lines) + "\n"


def _worth(key: str, rubric: Rubric) -> str:
    """Points of a milestone, and what comes before it where that is not as usual."""
    points, needs = repr(rubric.points[key]).removesuffix(".0"), rubric.needs[key]
    usual = needs == MILESTONES[key].needs
    return points if usual else f"{{ points = {points}, needs = {_listed(needs)} }}"


def _quoted(words: str) -> str:
    return '"' + re.sub(r'[\x00-\x1f\x7f"\\]', lambda c: f"\\u{ord(c[0]):04x}", words) + '"'


def _listed(words: Collection[str]) -> str:
    return "[" + ", ".join(map(_quoted, words)) + "]"

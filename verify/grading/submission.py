"""What was handed in: files, notebooks, folders and zip files, each with its student.

Names and numbers come from the patterns of Gradescope, Moodle and Canvas exports; elsewhere the
name of the file or folder is the student's.  Nothing is followed out of the folder, and nothing is
run.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from verify.engines.regular import Unreadable, read_regular
from verify.grading.archives import IGNORED, ArchiveError, names, unpack
from verify.report.plain import flat

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

KINDS: Final = frozenset({".py", ".ipynb"})
MOST_BYTES: Final = 16 << 20
"""Of one submission; nobody writes so much."""
_MOST_FILES: Final = 2_000
_DEEPEST: Final = 40
_MOST_METADATA: Final = 8 << 20
_MOST_NAME: Final = 80
NO_CODE: Final = "there is no Python file and no notebook in it"


@dataclass(frozen=True, slots=True)
class Submission:
    """One student's work.

    Attributes:
        key: names it in files and addresses: letters, digits and hyphens.
        student: name, as it was found.
        number: the student's or the submission's number; ``""`` where there is none.
        path: the file or folder that is run.
        shown: the same below the folder that was given.
        digest: of all its bytes.
        notes: what a teacher should know.
        problem: why it cannot be graded; ``""`` if it may.
    """

    key: str
    student: str
    number: str
    path: str
    shown: str
    digest: str
    notes: tuple[str, ...] = ()
    problem: str = ""


_PATTERNS: Final = tuple(map(re.compile, (
    r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?:file|onlinetext)(?:_.*)?",  # Moodle
    r"(?P<name>[^\W\d_]+)_(?:LATE_)?(?P<number>\d+)_\d+_.+",                        # Canvas
    r"(?P<name>)submission_(?P<number>\d+)",                                         # Gradescope
    r"(?P<name>.*?[^\W\d].*?)[ _\-.]+\(?(?P<number>\d{5,})\)?",
    r"\(?(?P<number>\d{5,})\)?[ _\-.]+(?P<name>.*[^\W\d].*)",
)))  # fmt: skip
_CLASS: Final = re.compile(r"submission_\d+|.*_assignsubmission_(file|onlinetext).*")
_METADATA: Final = "submission_metadata.yml"


def collect(folder: Path, unpacked: Path) -> list[Submission]:
    """All submissions in a folder or a zip file, sorted by key; of a student's two, the later.

    Args:
        folder: what was handed in.
        unpacked: where zip files are unpacked to.

    Raises:
        ArchiveError: if ``folder`` is a zip file that cannot be unpacked. ``OSError`` passes.
    """
    if folder.is_file():
        target = unpacked / "class"
        unpack(folder, target, _CLASS_BYTES)
        folder = target
    folder = _inside(folder)
    found = [_found(path, folder, unpacked, of) for path, of in _entries(folder, unpacked)]
    return _named(_keyed(_later(found)))


def single(path: Path, unpacked: Path) -> Submission:
    """A file, a folder or a zip file as the work of one student."""
    whole = path.absolute()
    return _keyed([_found(whole, whole.parent, unpacked, {}).submission])[0]


_CLASS_BYTES: Final = 2 << 30


@dataclass(frozen=True, slots=True)
class _Found:
    """A submission on the way: when it was handed in is known of it, too."""

    submission: Submission
    time: float


def _inside(folder: Path) -> Path:
    """The folder that holds the students' own: exports wrap them in one."""
    while True:
        within = [p for p in _listed(folder) if p.name != _METADATA]
        if len(within) != 1 or not within[0].is_dir() or within[0].is_symlink():
            return folder
        if not any(_CLASS.fullmatch(p.name) or p.name == _METADATA for p in _listed(within[0])):
            return folder
        folder = within[0]


def _entries(folder: Path, unpacked: Path) -> Iterator[tuple[Path, Mapping[str, tuple[str, str]]]]:
    """What belongs to one student each, and whose it is by an export's metadata.

    A zip file of a whole class is taken apart.

    Not where it lies among the work of students: it would be one of them who says what is whose.
    """
    listed = [path for path in _listed(folder) if path.name != _METADATA]
    classes, named = all(map(_is_class, listed)), _metadata(folder)
    for path in listed:
        if classes:
            target = unpacked / f"class-{_hash(path.name)}"
            try:
                unpack(path, target, _CLASS_BYTES)
            except ArchiveError:
                yield path, named
                continue
            inside = _inside(target)
            names_inside = _metadata(inside)
            yield from ((p, names_inside) for p in _listed(inside) if p.name != _METADATA)
        elif path.is_symlink() or path.is_dir() or path.suffix.lower() in {*KINDS, ".zip"}:
            yield path, named


def _is_class(path: Path) -> bool:
    if path.suffix != ".zip" or not path.is_file() or path.is_symlink():
        return False
    top = names(path)
    within = names(path, 1) if len(top) == 1 else []  # exports wrap them in one folder
    return any(_CLASS.fullmatch(name) for name in top) or _METADATA in within


def _listed(folder: Path) -> list[Path]:
    try:
        inside = sorted(folder.iterdir(), key=lambda p: os.fsencode(p.name))
    except OSError:
        return []
    return [p for p in inside if p.name not in IGNORED and not p.name.startswith(".")]


def _found(
    path: Path, root: Path, unpacked: Path, named: Mapping[str, tuple[str, str]]
) -> _Found:
    student, number = named.get(path.name) or _student(path)
    shown = flat(os.path.relpath(path, root))
    blank = Submission("", student, number, str(path), shown, "")
    if path.is_symlink():
        return _Found(replace(blank, problem="a link to somewhere else is not followed"), 0.0)
    if not (path.is_file() or path.is_dir()):
        return _Found(replace(blank, problem="it is neither a file nor a folder"), 0.0)
    try:
        time = _when(path)
        if path.suffix == ".zip" and path.is_file():
            target = unpacked / _hash(shown)
            unpack(path, target)
            blank = replace(blank, path=str(target))
        return _Found(_ready(blank, unpacked), time)
    except ArchiveError as error:
        return _Found(replace(blank, problem=f"the zip file: {error}"), time)
    except OSError as error:
        return _Found(replace(blank, problem=f"it cannot be read: {error.strerror}"), 0.0)


def _when(path: Path) -> float:
    """When it was last changed; of a folder, the latest of its files."""
    files = list(_files(path)) if path.is_dir() else [path]
    return max((p.stat().st_mtime for p in files), default=0.0)


def _ready(found: Submission, unpacked: Path) -> Submission:
    """With what is run, the digest, and why it cannot be graded."""
    path = Path(found.path)
    if path.is_dir():
        within = list(_files(path))
        zips = [p for p in within if p.suffix == ".zip"]
        if zips and not any(p.suffix in KINDS for p in within):
            target = unpacked / _hash(f"{found.shown}/{zips[-1].name}")
            unpack(zips[-1], target)
            path, within = target, list(_files(target))
        code = [p for p in within if p.suffix in KINDS]
        if not code:
            return replace(found, problem=NO_CODE)
        single = _single_folder(code, path)
        found = replace(found, path=str(code[0] if len(code) == 1 else single))
        files = [p for p in within if p.suffix in {*KINDS, ".json", ".txt", ".toml"}]
    else:
        files = [path]
    size = sum(p.stat().st_size for p in files)
    if size > MOST_BYTES or len(files) > _MOST_FILES:
        return replace(found, problem=f"{size:,} bytes in {len(files):,} files: too large to grade")
    digest = hashlib.sha256()
    for file in files:
        digest.update(os.fsencode(os.path.relpath(file, path)) + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return replace(found, digest=digest.hexdigest())


def _single_folder(code: list[Path], path: Path) -> Path:
    """The folder in which all code is: an export often wraps one in another."""
    shared = Path(os.path.commonpath([p.parent for p in code]))
    return shared if shared != path and shared.is_relative_to(path) else path


def _files(folder: Path) -> Iterator[Path]:
    """Plain files below a folder, in an order that is the same everywhere; links are left out."""
    count = 0
    for place, folders, files in os.walk(folder, followlinks=False):
        if len(Path(place).relative_to(folder).parts) >= _DEEPEST:
            folders.clear()
        folders[:] = sorted(f for f in folders if f not in IGNORED and not f.startswith("."))
        for name in sorted(files):
            path = Path(place, name)
            if name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            count += 1
            if count > 2 * _MOST_FILES:
                return
            yield path


def _student(path: Path) -> tuple[str, str]:
    """Name and number from the name of a file or folder."""
    stem = path.stem if path.suffix.lower() in {*KINDS, ".zip"} else path.name
    for pattern in _PATTERNS:
        if found := pattern.fullmatch(stem):
            return _tidy(found["name"] or stem), found["number"]
    return _tidy(stem), ""


def own_name(name: str) -> str:
    """What the author called a file that a platform put more before; the name, where none did."""
    found = next((m for p in _RENAMED if (m := p.fullmatch(name))), None)
    return found["own"] if found else name


_RENAMED: Final = tuple(map(re.compile, (
    r".+?_\d+_assignsubmission_file_(?P<own>.+)",  # Moodle
    r"[^\W\d_]+_(?:LATE_)?\d+_\d+_(?P<own>.+)",  # Canvas
)))  # fmt: skip


def _tidy(name: str) -> str:
    return " ".join(flat(name.replace("_", " "), _MOST_NAME).split()) or "unnamed"


_SUBMISSION: Final = re.compile(r"^['\"]?(submission_\d+)['\"]?:", re.MULTILINE)
_FIELD: Final = re.compile(r"^\s*-?\s*:(name|sid):\s*(.+?)\s*$", re.MULTILINE)


def _metadata(folder: Path) -> dict[str, tuple[str, str]]:
    """Name and number of each submission of a Gradescope export: first submitter, by folder."""
    try:
        text = read_regular(str(folder / _METADATA), _MOST_METADATA).decode()
    except (Unreadable, UnicodeDecodeError):
        return {}
    parts = _SUBMISSION.split(text)[1:]
    found = {}
    for key, body in zip(parts[::2], parts[1::2], strict=False):
        fields: dict[str, str] = {}
        for name, value in _FIELD.findall(body):
            fields.setdefault(name, value.strip("'\""))
        if "name" in fields:
            found[key] = (_tidy(fields["name"]), flat(fields.get("sid", "")))
    return found


def _later(found: Iterable[_Found]) -> list[Submission]:
    """One for each student: of several the later, which is said; what has no code is none of them.

    Moodle exports what was written in its text field as a folder of its own.
    Who has the number of another and another name is another: nobody's work is left out for that.
    """
    kept: dict[tuple[str, str], list[_Found]] = {}
    for one in found:
        who = one.submission
        kept.setdefault((who.number, who.student.casefold()), []).append(one)
    numbers = Counter(number for number, _ in kept)
    chosen = []
    for group in kept.values():
        graded = [one for one in group if one.submission.problem != NO_CODE] or group
        last = max(graded, key=lambda one: (one.time, one.submission.shown))
        others = [one.submission.shown for one in group if one is not last]
        notes, number = last.submission.notes, last.submission.number
        if number and numbers[number] > 1:
            notes = (*notes, f"{numbers[number]} students have the number {number}")
        if others:
            which = "the later" if len(graded) > 1 else "the only one with code"
            notes = (*notes, f"{which} of {len(group)}; not graded: {', '.join(others)}")
        chosen.append(replace(last.submission, notes=notes))
    return chosen


def _keyed(found: Iterable[Submission]) -> list[Submission]:
    keyed = []
    for one in found:
        letters = unicodedata.normalize("NFKD", one.student).encode("ascii", "ignore").decode()
        words = re.sub(r"[^A-Za-z0-9]+", "-", f"{letters} {one.number}").strip("-").lower()[:60]
        keyed.append(replace(one, key=f"{words or 'student'}-{_hash(one.shown)[:6]}"))
    return sorted(keyed, key=lambda one: one.key)


_HOMEWORK: Final = re.compile(
    r"(?<=.)[ .-](?:hw|homework|assignment|exercise|lab|ps|pset|project|task)[ .-]?\d*",
    re.IGNORECASE,
)


def _named(found: list[Submission]) -> list[Submission]:
    """Without the homework's name behind the student's, where all have the same one there.

    Keys stay as they are: what was graded and set by hand before is found again.
    """
    ends = {_homework(one.student).casefold() for one in found}
    if len(found) == 1 or len(ends) > 1 or ends == {""}:
        return found
    return [replace(one, student=one.student.removesuffix(_homework(one.student))) for one in found]


def _homework(student: str) -> str:
    *_, last = ("", *[m[0] for m in _HOMEWORK.finditer(student) if m.end() == len(student)])
    return last


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]

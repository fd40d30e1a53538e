"""What is published is whole, the same each time, and works where nothing else is installed."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

import verify
from verify.commands import corpus_file
from verify.corpus.format import read
from verify.corpus.reference import reference

pytestmark = pytest.mark.xdist_group("distribution")

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv*", ".tox", "__pycache__", ".*_cache", ".hypothesis", "dist", "build"
)
ENGINE = """
class Value:
    def __init__(self, data, parts=()):
        self.data, self.grad, self.parts = data, 0.0, parts
    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))
    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))
    def backward(self):
        order, seen = [], set()
        def visit(node):
            if node not in seen:
                seen.add(node)
                for part, _ in node.parts:
                    visit(part)
                order.append(node)
        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            for part, slope in node.parts:
                part.grad += slope * node.grad
"""
NO_NETWORK = """
import os, socket

def refused(*where):
    with open(os.environ["TRIED"], "a") as file:
        print(*where, file=file)
    raise OSError("no network here")

socket.socket.connect = socket.getaddrinfo = socket.create_connection = refused
"""
EVERY_VERB = {
    "check": "check --examples 0 --no-mend --json report.json engine.py",
    "prove": "prove engine.py",
    "compare": "compare --examples 8 --no-cost engine.py engine.py",
    "record": "record --cases 30 - -o small.jsonl",
    "replay": "replay reference engine.py",
    "baseline": "baseline save --no-speed --examples 0 -o engine.json engine.py",
    "kit": "kit github --out kit",
    "grade": "grade --one --exam autograder/exam.jsonl --out grades engine.py",
    "explain": "explain 'a * b + a' a=2 b=-3 --dot graph.dot",
    "faults": "faults sigmoid-upside-down",
    "doctor": "doctor engine.py",
}
"""A short command of each verb, in an order in which each finds what it needs."""
ENDS = {"prove": {0, 3}}
"""Exit codes besides 0: so short an engine is proven only in part."""


def build(tree: Path, out: Path) -> dict[str, bytes]:
    """Both files, by name."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(out)]
    subprocess.run(command, cwd=tree, env=environment, check=True, capture_output=True)
    return {path.name: path.read_bytes() for path in out.iterdir()}


def copied(to: Path, *, second: float, umask: int) -> Path:
    """A copy of this repository with other times and permissions."""
    shutil.copytree(ROOT, to, ignore=LEFT_OUT)
    for path in sorted(to.rglob("*")):
        os.utime(path, (second, second))
        path.chmod(path.stat().st_mode & ~umask)
    return to


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution."""
    pytest.importorskip("hatchling", reason="hatchling: not installed")
    out = tmp_path_factory.mktemp("files")
    build(ROOT, out)
    return out


@pytest.mark.slow
def test_the_same_bytes_each_time(tmp_path: Path) -> None:
    """Neither the clock, nor the times, the place or the permissions of the files show."""
    pytest.importorskip("hatchling", reason="hatchling: not installed")
    one = copied(tmp_path / "one", second=1_000_000_000, umask=0o022)
    other = copied(tmp_path / "elsewhere" / "other", second=1_700_000_000, umask=0o077)
    first, second = build(one, tmp_path / "a"), build(other, tmp_path / "b")
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


@pytest.mark.slow
def test_what_the_wheel_holds(files: Path) -> None:
    """Whatever the packages have here that git knows, the reference corpus, and nothing else."""
    (wheel,) = files.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    here = {
        str(path.relative_to(ROOT))
        for package in ("micrograd", "verify")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == here | {"verify/corpus/reference.jsonl"}
    for name in ("class.html", "student.html", "student.md", "style.css"):
        assert f"verify/grading/templates/{name}" in held


@pytest.mark.slow
def test_the_source_distribution_has_what_tests_need(files: Path) -> None:
    """Tests, examples, documentation and measurements are in it."""
    (archive,) = files.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert {
        "tests/reference/corpus.jsonl", "docs/index.md", "bench/results.py", "tox.ini",
        "examples/lecture_flawed.ipynb", "CITATION.cff", "changes/README.md", ".ci/run",
    } <= names  # fmt: skip


@pytest.mark.search
def test_a_fresh_environment(files: Path, tmp_path: Path) -> None:
    """The wheel brings all that it needs: every verb, the module and the plugin run, offline."""
    place = tmp_path / "environment"
    venv.create(place, with_pip=False)
    python = str(place / "bin" / "python")
    (wheel,) = files.glob("*.whl")
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-compile",
         str(wheel), "pytest"],
        check=True,
    )  # fmt: skip
    work = tmp_path / "work"
    work.mkdir()
    (work / "engine.py").write_text(ENGINE)
    (work / "test_it.py").write_text("def test_it(engine):\n    assert engine.info.class_name\n")
    (tmp_path / "offline").mkdir()
    (tmp_path / "offline" / "sitecustomize.py").write_text(NO_NETWORK)
    environment = {
        "PATH": os.defpath, "HOME": str(tmp_path), "PYTHONPATH": str(tmp_path / "offline"),
        "TRIED": str(tmp_path / "tried"),
    }  # fmt: skip
    script = str(place / "bin" / "verify")

    def run(command: str, *codes: int) -> str:
        done = subprocess.run(
            ["sh", "-c", command], cwd=work, env=environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode in (codes or (0,)), (command, done.stdout, done.stderr)
        return done.stdout

    version = f"verify {PROJECT['version']}\n"
    assert run(f"{script} --version") == run(f"{python} -m verify --version") == version
    assert "1 passed" in run(f"{python} -m pytest -q --engine engine.py test_it.py")
    for verb, command in EVERY_VERB.items():
        if verb == "grade":
            run(f"{script} kit gradescope --out autograder --seed 7")
        run(f"{script} {command}", *ENDS.get(verb, {0}))
    assert not (tmp_path / "tried").exists()


def test_every_verb_is_tried() -> None:
    """A new verb needs a line here."""
    from verify.cli import ORDER

    assert set(EVERY_VERB) == set(ORDER)


def test_the_version_stands_in_one_place() -> None:
    """The installed version is that of pyproject.toml, and no other file has one."""
    assert importlib.metadata.version("micrograd-verify") == PROJECT["version"]
    for module in ("micrograd/__init__.py", "verify/__init__.py", "CITATION.cff", "docs/conf.py"):
        text = (ROOT / module).read_text("utf-8")
        assert re.search(r"^(?:__)?version(?:__)?\s*[=:]\s*['\"]?\d", text, re.MULTILINE) is None


def test_urls_are_the_same_everywhere() -> None:
    """Where the project lives is said in pyproject.toml; what is cited is that."""
    cited = (ROOT / "CITATION.cff").read_text("utf-8")
    for url in (PROJECT["urls"]["Source"], PROJECT["urls"]["Documentation"]):
        assert url in cited
        assert url in (ROOT / "README.md").read_text("utf-8")


def test_tox_tests_the_wheel() -> None:
    """Under tox, what is tested is what was installed, not what lies beside the tests."""
    if "TOX_ENV_NAME" not in os.environ:
        pytest.skip("not run by tox")
    assert "site-packages" in Path(verify.__file__).parts


def test_news_have_a_kind() -> None:
    """Every fragment is one that is taken up at a release."""
    kinds = {kind["directory"] for kind in PYPROJECT["tool"]["towncrier"]["type"]}
    named = [path.name for path in (ROOT / "changes").iterdir()]
    unknown = [name for name in named if name.split(".")[-2] not in kinds | {"README", "template"}]
    assert unknown == []


def test_the_reference_corpus_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``reference`` is the one that is installed, unless a file is called so."""
    monkeypatch.chdir(tmp_path)
    context, option = None, None
    assert corpus_file(context, option, "reference") == reference()  # type: ignore[arg-type]
    assert read(reference())[0].cases > 2000
    (tmp_path / "reference").touch()
    assert corpus_file(context, option, "reference") == Path("reference")  # type: ignore[arg-type]

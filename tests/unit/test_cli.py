"""The command line: verbs, options, messages, exit codes; no traceback of ours."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from verify import cli, commands
from verify.commands import SEVERITY, check
from verify.verdict.outcome import Exit

pytestmark = [pytest.mark.usefixtures("in_short"), pytest.mark.xdist_group("cli")]

ROOT = Path(__file__).parents[2]
FLAWED = str(ROOT / "examples/lecture_flawed.ipynb")
FIXED = str(ROOT / "examples/lecture_fixed.ipynb")
OURS = str(ROOT / "micrograd/engine.py")
QUICK = ("--examples", "8", "--no-mend")
HEAVY = ("sympy", "hypothesis", "flint", "rich", "numpy", "torch")


def verify(*arguments: str, columns: int = 400) -> Result:
    """Run the command line in this process, on so wide a terminal that no message is wrapped."""
    return CliRunner(env={"COLUMNS": str(columns)}).invoke(cli.main, arguments)


def spawn(*arguments: str, **options: Any) -> "subprocess.Popen[str]":
    """Run the command line in a process of its own, as ``python -m verify``."""
    command = [sys.executable, "-m", "verify", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": ROOT}
    return subprocess.Popen(command, **(pipes | options))


def test_help_lists_every_verb_in_order() -> None:
    """``verify --help`` names each file of ``verify/commands`` once, ``check`` first."""
    files = {path.stem for path in Path(commands.__path__[0]).glob("*.py")} - {"__init__"}
    text = verify("--help").output.partition("Commands:")[2]
    verbs = re.findall(r"^  ([\w-]+)", text, re.MULTILINE)
    assert sorted(verbs) == sorted(files)
    assert verbs[0] == "check"
    assert "traceback" not in text.lower()


@pytest.mark.parametrize("verb", sorted(cli.Verbs().list_commands(None)))  # type: ignore[arg-type]
def test_every_verb_explains_itself(verb: str) -> None:
    """``verify VERB --help`` says what it answers; the command is named as its file."""
    result = verify(verb, "--help")
    assert result.exit_code == 0
    assert re.match(rf"Usage: \S+ {verb} ", result.output)
    assert len(result.output.splitlines()) > 4
    examples = result.output.partition("For example:\n")[2].splitlines()
    assert [line for line in examples if not line.strip().startswith(f"verify {verb}")] == []
    assert examples


def test_help_lists_what_an_option_may_be() -> None:
    """The values that help lists are those that there are; it imports none of their homes."""
    from verify.engines.loading import KEYS
    from verify.engines.sandbox import TIERS

    assert commands.TIERS.partition(";")[0].split(", ") == list(TIERS)
    assert commands.KEYS.split(", ") == list(KEYS[: len(commands.KEYS.split(", "))])
    for verb in ("check", "compare", "doctor", "grade"):
        assert "bubblewrap" in verify(verb, "--help").output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_complete(shell: str) -> None:
    """The script that a shell reads, as ``verify doctor`` names it."""
    done = subprocess.run(
        [sys.executable, "-c", "from verify.cli import main; main(prog_name='verify')"],
        cwd=ROOT, env={**os.environ, "_VERIFY_COMPLETE": f"{shell}_source"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "not supported" not in done.stderr:  # an old bash
        assert (done.returncode, "_verify_completion" in done.stdout) == (0, True)


@pytest.mark.parametrize("arguments", [("--help",), ("check", "--help"), ("nonsense",)])
def test_help_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    """Asking for help imports none of the packages that take long to import."""
    program = (
        "import sys\nfrom click.testing import CliRunner\nfrom verify import cli\n"
        f"CliRunner().invoke(cli.main, {arguments!r})\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nonsense",), "No such command 'nonsense'"),
        (("check",), "name an engine"),
        (("check", "--seed", "x", FLAWED), "Invalid value for '--seed'"),
        (("check", "--examples", "-1", FLAWED), "Invalid value for '--examples'"),
        (("check", "--nonsense", FLAWED), "No such option"),
        (("check", "--json", "no/such/folder/x.json", FLAWED), "not a file in an existing folder"),
        (("check", "--adapter", "no.toml", FLAWED), "neither KEY=VALUE nor a TOML file"),
        (("check", "--isolation", "vault", FLAWED), "vault"),
        (("check", "--python", "no-python-here", FLAWED), "no interpreter no-python-here"),
        (("check", "--class", "Nobody", FLAWED), "Nobody"),
        (("check", "--command", "no-such-program-here"), "no-such-program-here"),
        (("explain", "a +"), "invalid syntax"),
        (("explain", "a * b", "a=2"), "leaves are a, b"),
        (("explain", "a", "a=two"), "two is not a finite number"),
        (("explain", "a", "a=inf"), "inf is not a finite number"),
        (("explain", "a", "a"), "NAME=NUMBER"),
        (("explain", "a", "a=2", "--dot", "no/such/folder/x.dot"), "No such file"),
        (("explain", "a", "a=2", "--engine", "nope.py"), "there is no file nope.py"),
        (("doctor", "nope.py"), "there is no file nope.py"),
        (("grade", ".", "--out", "o", "--format", "csvv"), "'prairielearn'; is csv meant?"),
        (("kit", "githb"), "'nbgrader'; is github meant?"),
        (("check", "--isolation", "lanlock", FLAWED), "no tier 'lanlock'; is landlock meant?"),
        (("check", "--adapter", "gradeint=g", FLAWED), "of an adapter; is gradient meant?"),
        (("chek", FLAWED), "No such command 'chek'; is check meant?"),
        (("check", "--exmaples", "3", FLAWED), "--examples"),
        (("explain", "a.tahn()"), "is not in the vocabulary; is tanh meant?"),
        (("explain", "sqr(a)"), "is sqrt meant?"),
        (("check", FLAWED.replace("flawed", "flowed")), "; is lecture_flawed.ipynb meant?"),
        (("check", "--class", "Vlaue", FLAWED), "there is no class 'Vlaue' here; is Value meant?"),
    ],
)
def test_bad_use_is_one_message_and_code_2(arguments: tuple[str, ...], says: str) -> None:
    """What cannot be used is code 2 and a message that says what; nothing is checked."""
    result = verify(*arguments)
    assert result.exit_code == Exit.UNUSABLE
    assert says in " ".join(result.stderr.split())
    assert [x for x in result.stderr.splitlines() if x.startswith("Error: ") and len(x) > 80] == []
    assert "Traceback" not in result.output
    assert result.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "ENGINE"),
        ("compare", OURS, "ENGINE"),
        ("compare", "ENGINE", OURS),
        ("doctor", "ENGINE"),
        ("prove", "ENGINE"),
        ("explain", "a", "a=2", "--engine", "ENGINE"),
        ("record", "ENGINE", "-o", "new.jsonl"),
        ("baseline", "save", "ENGINE", "-o", "new.toml"),
        ("replay", str(ROOT / "tests/reference/corpus.jsonl"), "ENGINE"),
    ],
    ids=lambda words: "-".join(Path(word).name for word in words),
)
def test_every_verb_names_the_file_that_it_cannot_use(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two engines a line number alone says nothing; the name stands before it, once."""
    monkeypatch.chdir(tmp_path)
    Path("syntax.py").write_text("class Value:\n    def (\n", "utf-8")
    result = verify(*[word.replace("ENGINE", "syntax.py") for word in arguments])
    assert result.exit_code == Exit.UNUSABLE
    assert re.search(r"\bsyntax\.py: line 2: SyntaxError", result.output)
    assert result.output.count("syntax.py") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "-q", "ENGINE"),
        ("compare", "ENGINE", OURS),
        ("doctor", "ENGINE"),
        ("prove", "ENGINE"),
        ("explain", "a", "a=2", "--engine", "ENGINE"),
        ("record", "ENGINE", "-o", "new.jsonl"),
        ("baseline", "save", "ENGINE", "-o", "new.toml"),
        ("replay", str(ROOT / "tests/reference/corpus.jsonl"), "ENGINE"),
    ],
    ids=lambda words: words[0],
)
def test_no_verb_lets_a_name_write_a_line_or_steer_a_terminal(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever names the file writes neither a verdict nor an escape."""
    monkeypatch.chdir(tmp_path)
    name = "x\x1b[2J\nCORRECT  y\u202e.py"
    Path(name).write_text("class Value:\n    def (\n", "utf-8")
    result = verify(*[word.replace("ENGINE", name) for word in arguments])
    assert result.exit_code == Exit.UNUSABLE
    assert result.output.isascii()
    assert "\x1b" not in result.output
    assert not [line for line in result.output.splitlines() if line.startswith("CORRECT")]


def test_a_revision_is_named_as_it_was_given(tmp_path: Path) -> None:
    """Not by the folder in which it was unpacked."""
    (tmp_path / "old.py").write_text("class Value:\n    def (\n", "utf-8")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e"]
    for words in (["init", "-q"], ["add", "old.py"], ["commit", "-q", "-m", "old"]):
        subprocess.run([*git, *words], check=True)
    command = [sys.executable, "-m", "verify", "compare", "git:HEAD:old.py", OURS]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == Exit.UNUSABLE
    assert done.stderr.startswith("Error: git:HEAD:old.py: line 2: SyntaxError")


@pytest.mark.parametrize(
    ("raised", "code", "says"),
    [
        (KeyboardInterrupt(), cli.INTERRUPTED, "interrupted"),
        (
            RuntimeError("a bug of ours"),
            Exit.HARNESS,
            "a mistake of the harness, not of the engine",
        ),
    ],
)
def test_no_accident_looks_like_a_verdict(
    monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int, says: str
) -> None:
    """Neither Ctrl-C nor a bug of ours ends with code 1, which means that the engine is wrong."""

    def fails(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(check, "_check", fails)
    result = verify("check", FLAWED)
    assert (result.exit_code, says in result.stderr) == (code, True)


def test_several_engines_worst_code_first() -> None:
    """The exit code of several is the first that occurs of 4, 2, 1, 3, 0."""
    assert tuple(map(int, SEVERITY)) == (4, 2, 1, 3, 0)
    assert set(SEVERITY) == set(Exit)


_OUTCOMES: dict[str, Any] = {}


@pytest.fixture
def checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each engine is checked once for all tests of what is printed of an outcome."""
    checks = check._check

    def once(engine: str, python: str | None, *more: Any, **options: Any) -> Any:
        if (key := repr((engine, python, more))) not in _OUTCOMES:
            _OUTCOMES[key] = checks(engine, python, *more, **options)
        return _OUTCOMES[key]

    monkeypatch.setattr(check, "_check", once)


@pytest.mark.slow
@pytest.mark.usefixtures("checked_once")
def test_several_engines(tmp_path: Path) -> None:
    """Every engine is checked and told, then a line each; JSON holds a report each, in order."""
    report = tmp_path / "report.json"
    result = verify("check", *QUICK, "--json", str(report), FIXED, "nope.py", FLAWED)
    assert result.exit_code == Exit.UNUSABLE
    *_, first, second, third = result.stdout.splitlines()
    assert [line.split()[:2] for line in (first, second, third)] == [
        ["CORRECT", FIXED], ["UNUSABLE", "nope.py"], ["WRONG", FLAWED],
    ]  # fmt: skip
    data = json.loads(report.read_text())
    assert data["schema"] == "verify.reports/1"
    assert [each["verdict"] for each in data["reports"]] == ["correct", "unusable", "wrong"]


@pytest.mark.slow
@pytest.mark.usefixtures("checked_once")
def test_quiet_is_a_verdict_an_engine() -> None:
    """``--quiet`` prints the verdicts alone, in lines that fit; what goes on is indented."""
    result = verify("check", "--quiet", *QUICK, FIXED, FLAWED, columns=120)
    lines = result.stdout.splitlines()
    first, second = [line for line in lines if not line.startswith(" ")]
    assert first.startswith(f"CORRECT  {FIXED}")
    assert second.startswith(f"WRONG  {FLAWED}")
    assert max(map(len, lines)) <= 120
    assert result.exit_code == Exit.WRONG


@pytest.mark.slow
def test_json_on_standard_output_is_alone_there() -> None:
    """``--json -`` prints one JSON object and no text."""
    result = verify("check", "--json", "-", *QUICK, FLAWED)
    assert json.loads(result.stdout)["verdict"] == "wrong"
    assert [line for line in result.stderr.splitlines() if not line.startswith("verify: ")] == []


@pytest.mark.slow
@pytest.mark.slow
def test_a_wrong_value_without_a_backward_pass(tmp_path: Path) -> None:
    """Whoever reads that values are wrong is told that no gradient was judged."""
    path = tmp_path / "number.py"
    path.write_text(
        "class Num:\n    def __init__(self, value):\n        self.value = value\n"
        "    def __add__(self, other):\n        return Num(self.value + abs(other.value))\n"
        "    def __mul__(self, other):\n        return Num(self.value * other.value)\n"
    )
    result = verify("check", *QUICK, str(path))
    assert result.exit_code == 1
    assert result.output.count("no backward pass was found: no gradient was judged") == 2


def test_no_colour_off_a_terminal() -> None:
    """Without a terminal there is no escape sequence, and no bar of progress."""
    result = verify("check", *QUICK, FLAWED)
    assert "\x1b" not in result.output
    assert [line for line in result.stderr.splitlines() if not line.startswith("verify: ")] == []


@pytest.mark.slow
@pytest.mark.usefixtures("checked_once")
@pytest.mark.parametrize("arguments", [("--no-color",), ()])
def test_colour_can_be_refused(monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    """On a terminal, ``--no-color`` or ``NO_COLOR`` leaves no colour in the report."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in verify("check", "--quiet", *QUICK, FLAWED).stdout
    if not arguments:
        monkeypatch.setenv("NO_COLOR", "1")
    result = verify("check", "--quiet", *arguments, *QUICK, FLAWED)
    assert "\x1b[" not in result.stdout


@pytest.mark.slow
@pytest.mark.usefixtures("checked_once")
def test_lines_fit_80_columns() -> None:
    """No line is wider than the terminal, those of programs included."""
    for engine in (FLAWED, FIXED):
        lines = verify("check", *QUICK, "--verbose", engine, columns=80).stdout.splitlines()
        assert [line for line in lines if len(line) > 80] == []
        assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.slow
def test_the_command_to_repeat_repeats() -> None:
    """What the report prints beside "again" is a command that gives the same report."""

    def lines(*arguments: str) -> list[str]:
        text = verify(*arguments).stdout
        return [line for line in text.splitlines() if not line.startswith("took")]

    # Ours, since an engine that keeps children in a set answers differently from run to run.
    words = ("check", "--seed", "7", "--examples", "12", "--timeout", "2", OURS)
    first = lines(*words, "--verbose")
    (again,) = (line for line in first if line.startswith("again"))
    program, *arguments = again.split()[1:]
    assert (program, "--timeout 2" in again) == ("verify", True)
    assert lines(*arguments, "--verbose") == first


def test_adapter_from_options_and_a_file(tmp_path: Path) -> None:
    """``--adapter`` takes pairs and TOML files; a table ``[adapter]`` too; the last wins."""
    file = tmp_path / "engine.toml"
    file.write_text('[adapter]\ngradient = "slope"\nvalue = "number"\n')
    assert commands.read_overrides((str(file), "gradient = g")) == {
        "gradient": "g",
        "value": "number",
    }


def test_adapter_refuses_what_is_not_text(tmp_path: Path) -> None:
    """A number in an adapter's file is refused by its key."""
    file = tmp_path / "engine.toml"
    file.write_text("gradient = 3\n")
    result = verify("check", "--adapter", str(file), FLAWED)
    assert (result.exit_code, "gradient must be text, not int" in result.stderr) == (2, True)


def test_version() -> None:
    """The version is told whether the distribution is installed or only its sources are there."""
    result = verify("--version")
    assert (result.exit_code, result.stdout.split()[0]) == (0, "verify")


def test_no_verb_at_all() -> None:
    """``verify`` alone tells what there is, and is no success."""
    result = verify()
    assert result.exit_code == Exit.UNUSABLE
    assert "Commands:" in result.output


def test_module_runs() -> None:
    """``python -m verify`` is the same program."""
    done = spawn("--help")
    out, errors = done.communicate(timeout=30)
    assert (done.returncode, errors, "Commands:" in out) == (0, "", True)


@pytest.mark.slow
def test_nobody_reads_the_output() -> None:
    """A closed pipe (``verify ... | head``) ends quietly, and not with the code of a verdict."""
    unread, written = os.pipe()
    os.close(unread)
    with spawn("doctor", stdout=written) as process:
        os.close(written)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (cli.PIPE_CLOSED, "")


@pytest.mark.parametrize("verb", sorted(cli.LASTING))
def test_what_lasts_is_heard_of(verb: str) -> None:
    """A verb without progress of its own says now and then that it is at work."""
    said: list[str] = []
    heard = threading.Event()

    def say(text: str) -> None:
        said.append(text)
        heard.set()

    with cli._lasting([verb, "engine.py"], 0.0, say):
        assert heard.wait(60)
    assert re.fullmatch(rf"verify: {verb} is at work, \d+ s", said[0])


def test_what_is_quick_is_not_heard_of() -> None:
    """Nothing is said of a verb that shows its progress, or of none."""
    for words in ([], ["--help"], ["check", "engine.py"]):
        with cli._lasting(words, 0.0, pytest.fail):
            pass


def test_ctrl_c_tells_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found until then is shown, and it is no verdict."""
    from verify.checking import run
    from verify.checking.assess import examine, finding
    from verify.expression.graph import Case
    from verify.verdict.outcome import Found

    def interrupted(engine: Any, _plan: Any) -> Any:
        examined = examine(engine, Case.parse("a.tanh() + a", a=2.0))
        yield Found(finding(engine, examined, "known", examined.case))
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "check", interrupted)
    result = verify("check", *QUICK, FLAWED, columns=80)
    assert result.exit_code == cli.INTERRUPTED
    first, _, second, *_ = result.stdout.splitlines()
    assert first == "interrupted; found so far:"
    assert second.startswith("1. ")
    assert "a.tanh() + a   where a = 2.0" in result.stdout
    assert "WRONG" not in result.stdout
    assert result.stderr.strip().endswith("interrupted")


def test_ctrl_c_ends_the_search_for_changes_and_not_the_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was found is told with its lines; that no more is searched for is said."""
    from verify.mending import after
    from verify.report import reproduce

    def searched(_engine: Any, outcome: Any, *, mend: bool, **_: Any) -> Any:
        if mend:
            raise KeyboardInterrupt
        return SimpleNamespace(findings=(*outcome.findings, "with its line")), None

    monkeypatch.setattr(after, "looked_into", searched)
    monkeypatch.setattr(reproduce, "reproduced", lambda _, outcome: outcome)
    outcome, live = SimpleNamespace(findings=("wrong",)), SimpleNamespace(mending=lambda: None)
    told, mended = check._looked_into(None, outcome, live, mend=True)  # type: ignore[arg-type]
    assert (told.findings, mended) == (("wrong", "with its line"), None)
    assert capsys.readouterr().err == "no longer searched for changes\n"


@pytest.mark.parametrize(("level", "searched"), [("0", False), ("1", False), ("2", True)])
def test_changes_are_searched_for_where_they_are_told(
    level: str, searched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the level that tells the line nothing is shown of a search that takes its time."""
    asked: list[bool] = []

    def checked(_engines: Any, _pythons: Any, effort: Any, *_: Any, **__: Any) -> Any:
        asked.append(effort.mend)
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "_checked", checked)
    verify("check", FLAWED, "--hints", level)
    assert asked == [searched]


def children(pid: int) -> set[int]:
    """Every process below another, by /proc."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        parents[int(stat.parent.name)] = int(fields[1])
    found, new = set(), {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new}
        found |= new
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see processes")
def test_interrupt_leaves_nothing_running() -> None:
    """Ctrl-C during a check: one word, code 130, and no worker is left."""
    # What runs in the background of a script is deaf to Ctrl-C, and its children would be too.
    hears = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    process = spawn("check", "--deep", FIXED, start_new_session=True, **hears)
    while not (below := children(process.pid)) and process.poll() is None:
        time.sleep(0.05)
    time.sleep(0.5)  # into the run
    below |= children(process.pid)
    assert below
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert errors.strip().splitlines()[-1] == "interrupted"
    assert all(line.startswith("verify: ") for line in errors.strip().splitlines()[:-2])
    # Python ends by the signal itself if it came inside an exec; a shell sees 130 either way.
    assert process.returncode in {cli.INTERRUPTED, -signal.SIGINT}
    deadline = time.monotonic() + 10
    while (left := [pid for pid in below if alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


def test_ctrl_c_that_somebody_swallows_is_raised_again() -> None:
    """Python throws away what is raised in a callback of its garbage collector."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    swallowed = []

    def busy() -> None:
        with cli._insisting():
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt as error:
                swallowed.append(error)
            time.sleep(60)

    try:
        with pytest.raises(KeyboardInterrupt):
            busy()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(swallowed) == 1


def alive(pid: int) -> bool:
    """Whether a process runs still; one that only waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
def test_environment_is_not_needed() -> None:
    """No variable of the environment is needed, PATH apart."""
    keep = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    process = spawn("explain", "a * a", "a=3", env=keep)
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert "6.0" in out

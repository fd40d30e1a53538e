"""Pages: every block has a language, every link leads somewhere, every option exists."""

import importlib.util
import json
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import click
import pytest

from verify import cli

_SPEC = importlib.util.spec_from_file_location("blocks", Path(__file__).with_name("blocks.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
told: Any = importlib.util.module_from_spec(_SPEC)
sys.modules["blocks"] = told
_SPEC.loader.exec_module(told)

ROOT: Path = told.ROOT
FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
BLOB = f"{PROJECT['urls']['Source']}/blob/main/"
RAW = BLOB.replace("github.com", "raw.githubusercontent.com").replace("/blob/", "/")


def text(page: str) -> str:
    """A page without what stands between fences."""
    return FENCED.sub("", (ROOT / page).read_text("utf-8"))


@pytest.mark.parametrize("page", told.PAGES)
def test_every_block_has_a_language(page: str) -> None:
    """So that a test knows what to do with it; what has none is a drawing, and no command."""
    found = list(told.blocks(page))
    assert {block.language for block in found} <= told.LANGUAGES
    drawn = "".join(block.text for block in found if not block.language)
    assert re.findall(r"^(?:verify|pip|python\S*|pytest|tox) .*", drawn, re.MULTILINE) == []


@pytest.mark.parametrize("page", told.PAGES)
def test_every_link_leads_to_a_file(page: str) -> None:
    """Links within the repository, also those that are written in full."""
    for target in re.findall(r"\]\(([^)#\s]+)", text(page)):
        if target.startswith((BLOB, RAW)):
            assert (ROOT / target.removeprefix(BLOB).removeprefix(RAW)).is_file(), target
        elif not re.match(r"[a-z]+:", target):
            assert (ROOT / page).parent.joinpath(target).exists(), target


def test_links_of_the_readme_work_from_pypi() -> None:
    """PyPI knows no files beside the text: every link is written in full."""
    relative = [
        target for target in re.findall(r"\]\(([^)\s]+)", text("README.md"))
        if not target.startswith(("https://", "#"))
    ]  # fmt: skip
    assert relative == []


def inline() -> Iterator[tuple[str, str]]:
    """Every ``verify VERB …`` that stands within a sentence or a table."""
    for page in told.PAGES:
        for words in re.findall(r"`(verify [a-z][^`]*)`", text(page)):
            yield page, words


@pytest.mark.parametrize(("page", "words"), dict.fromkeys(inline()))
def test_commands_within_sentences(page: str, words: str) -> None:
    """The verb is there, and so is every option."""
    del page
    _, verb, *rest = shlex.split(words.replace("…", ""))
    command: Any = cli.main.get_command(click.Context(cli.main), verb)
    if command is None:
        assert verb in {"VERB", "chek"}
        return
    if isinstance(command, click.Group) and rest:
        command = command.get_command(click.Context(command), rest[0])
    options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    assert [word for word in rest if re.match(r"--\w", word) and word not in options] == []


@pytest.mark.parametrize("page", told.PAGES)
def test_data_can_be_read(page: str) -> None:
    """JSON, TOML and INI that a page shows is such."""
    for block in told.blocks(page):
        match block.language:
            case "json" | "json schema":
                for line in objects(block.text):
                    json.loads(line)
            case "toml":
                tomllib.loads(block.text)
            case "ini":
                ConfigParser(interpolation=None).read_string(block.text)


def objects(shown: str) -> list[str]:
    """One object over several lines, or one a line."""
    lines = shown.splitlines()
    return lines if all(line.endswith("}") for line in lines) else [shown]


def test_a_missing_line_is_noticed() -> None:
    """A line that was not printed is told; blanks and ``…`` stand for what they should."""
    printed = "wrong  value.py\n   took 3.2 s\n"
    assert told.unprinted("wrong value.py\ntook … s\n", printed) == []
    assert told.unprinted("right value.py", printed) == ["right value.py"]


def test_what_is_to_be_done_with_a_block(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Files, commands and exit codes are told from text alone."""
    page = """\
# x

1. y

   ```python
   # value.py
   a = 1
   ```

<!-- file: hand.csv -->
```csv
student,points
```

```sh
# only a comment
verify check \\
  value.py  # ends with exit code 1
```

```yaml
steps:
  - run: pip install x
```
"""
    (tmp_path / "x.md").write_text(page)
    monkeypatch.setattr(told, "ROOT", tmp_path)
    value, hand, shell, flow = told.blocks("x.md")
    assert (value.file, value.text) == ("value.py", "# value.py\na = 1\n")
    assert (hand.file, hand.line) == ("hand.csv", 10)
    (command,) = shell.commands
    assert " ".join(command.split()) == "verify check value.py # ends with exit code 1"
    assert (told.exit_code(command), flow.commands) == (1, ("pip install x",))

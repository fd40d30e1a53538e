"""Single mistakes in our own engine: the suite has to notice every one that changes anything.

    python bench/mutants.py                          # exit code 1 if an unlisted mutant survives
    python bench/mutants.py --only engine --from 300

cosmic-ray makes the mutants, module level included (the tables of rules are module level).  Each is
judged by the tests that concern it, in a fork of this process, which has imported everything slow
before; what survives those is put to the whole list.  Survivors that change nothing stand in
``bench/mutants.toml`` with the reason.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import io
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parent.parent
MODULES: Final = ("engine", "nn")
QUICK: Final = (
    "tests/unit/test_engine_corners.py", "tests/unit/test_engine.py", "tests/unit/test_nn.py",
    "tests/reference/test_pinned_networks.py",
    "tests/reference/test_pinned_programs.py",
)  # fmt: skip
WHOLE: Final = (
    "tests/unit/test_training.py", "tests/unit/test_draw.py",
    "tests/property/test_engine_agrees.py",
)  # fmt: skip
PRELOADED: Final = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
SECONDS: Final = 120
EQUIVALENT: Final = Path(__file__).with_suffix(".toml")


def main() -> int:
    """Plant every mutant; print those that survive and are not known to change nothing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", choices=MODULES, help="one module alone")
    parser.add_argument("--from", type=int, default=0, dest="first", help="skip so many mutants")
    parser.add_argument("--to", type=int, default=None, help="stop before this one")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    preload()
    wanted = [options.only] if options.only else MODULES
    work = [m for name in wanted for m in mutants(name)][options.first : options.to]
    known = tomllib.loads(EQUIVALENT.read_text("utf-8"))["mutant"] if EQUIVALENT.exists() else []
    if not tried(("engine", (ROOT / "micrograd" / "engine.py").read_text("utf-8"), "", ""))[-1]:
        raise SystemExit("the tests fail without any mutant: mend that first")
    reasons = {(k["module"], k["was"].strip(), k["is"].strip()): k["why"] for k in known}
    alive = equivalent = 0
    with multiprocessing.Pool(options.jobs) as pool:
        for index, (module, was, now, survived) in enumerate(pool.imap(tried, work)):
            if not survived:
                continue
            if (module, was, now) in reasons:
                equivalent += 1
                continue
            alive += 1
            print(f"{options.first + index} {module}\n  - {was}\n  + {now}", flush=True)
    print(f"{len(work)} mutants, {alive} alive, {equivalent} that change nothing")
    return int(alive > 0)


def mutants(module: str) -> Iterator[tuple[str, str, str, str]]:
    """Module, the changed source, and the lines as they were and are; each program once."""
    source = (ROOT / "micrograd" / f"{module}.py").read_text("utf-8")
    seen = {essence(source)}
    for name in sorted(operator_names()):
        operator = get_operator(name)
        if operator.arguments():
            continue  # replaces a variable that one has to name
        occurrence = 0
        while (changed := mutate_code(source, operator(), occurrence)) is not None:
            occurrence += 1
            try:
                what = essence(changed)
            except SyntaxError:  # a bare `*` between arguments is no product
                continue
            if what not in seen:
                seen.add(what)
                yield module, changed, *lines(source, changed)


def essence(source: str) -> str:
    """What runs: without annotations, which are never evaluated, and what is for checkers only."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    return ast.dump(tree)


def lines(before: str, after: str) -> tuple[str, str]:
    """What a line was and what it is."""
    rows = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    delta = list(rows)[2:]
    was = " ".join(line[1:].strip() for line in delta if line.startswith("-"))
    return was, " ".join(line[1:].strip() for line in delta if line.startswith("+"))


def preload() -> None:
    """Import what is slow and does not know micrograd, so that a fork has it already."""
    import hypothesis  # noqa: F401
    import numpy as np  # noqa: F401
    import sympy  # noqa: F401

    with contextlib.suppress(ImportError):
        import torch  # noqa: F401
    import verify.generators.random
    import verify.oracles.registry  # noqa: F401

    if "micrograd" in sys.modules:
        raise RuntimeError("micrograd is imported already: it would be tested as it stands")


def tried(mutant: tuple[str, str, str, str]) -> tuple[str, str, str, bool]:
    """The mutant's module and lines, and whether all tests pass with it."""
    module, source, was, now = mutant
    with tempfile.TemporaryDirectory() as folder:
        compiled = shutil.ignore_patterns("__pycache__")
        copy = shutil.copytree(ROOT / "micrograd", Path(folder) / "micrograd", ignore=compiled)
        (copy / f"{module}.py").write_text(source, "utf-8")
        survived = passes(folder, QUICK) and passes(folder, WHOLE)
    return module, was, now, survived


def passes(folder: str, tests: tuple[str, ...]) -> bool:
    """Whether the tests pass with the micrograd of this folder; in a fork, within a time."""
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)
        code = 1
        with contextlib.suppress(BaseException), contextlib.redirect_stdout(io.StringIO()):
            sys.path.insert(0, folder)
            sys.dont_write_bytecode = True
            os.chdir(ROOT)
            flags = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-profile=ci", *PRELOADED]
            code = int(pytest.main([*flags, *[t for t in tests if Path(t).exists()]]))
            used = sys.modules.get("micrograd")
            if code == 0 and not (used and str(used.__file__).startswith(folder)):
                os._exit(70)
        os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) == 70:
        raise RuntimeError("the tests did not import the mutant")
    return os.waitstatus_to_exitcode(status) == 0


if __name__ == "__main__":
    sys.exit(main())

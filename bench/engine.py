"""How fast is the engine, beside the scalar engines of the field?

    python bench/engine.py                  everything, about ten minutes
    python bench/engine.py --quick          fewer rounds and smaller graphs
    python bench/engine.py --venvs DIR      keep the environments of the peers there

Makes a virtual environment for each peer, starts one process for each engine, and gives them the
tasks in turn: all engines, then the next round. Writes `docs/benchmark.md` and `.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WORKER = Path(__file__).with_name("engine_worker.py")
BASE = "micrograd 0.1.0"


@dataclass(frozen=True)
class Engine:
    """One line of the table: how to install it, and how the worker is to make it."""

    name: str
    spec: tuple[str, ...]
    install: tuple[str, ...] = ()  # empty: this repository
    kind: str = "package"  # package, ours, library, floor, trace


KARPATHY = ("plain", "micrograd.engine", "Value", "data", "relu")  # module, class, value, relu
BACKPROP = ("plain", "backprop.engine", "Value", "data", "relu")
RUST = ("plain", "micrograd_rust", "Value", "data", "relu")
ENGINES = (
    Engine(BASE, KARPATHY, ("micrograd==0.1.0",)),
    Engine("backprop-lib", BACKPROP, ("backprop-lib",)),
    Engine("lilgrad", KARPATHY, ("lilgrad",)),
    Engine("scalargrad", ("plain", "scalargrad.core", "Scalar", "data", "relu"), ("scalargrad",)),
    Engine("tinymlp", ("plain", "tinymlp.core.value", "Value", "data", "relu"), ("tinymlp",)),
    Engine("propgrad", ("plain", "propgrad.engine", "Value", "data", "relu"), ("propgrad",)),
    Engine("omnigrad", ("plain", "omnigrad.diffengine", "Value", "data", "reLU"), ("omnigrad",)),
    Engine("micrograd-ds", KARPATHY, ("micrograd-ds",)),
    Engine("xad (C++)", ("xad",), ("xad",)),
    Engine("micrograd-rust (Rust)", RUST, ("micrograd-rust",)),
    Engine("torch, 0-d tensors", ("torch",), ("torch==2.13.0",), "library"),
    Engine("HIPS autograd", ("hips",), ("autograd",), "library"),
    Engine("ddx-ad, compiled once by LLVM", ("ddx",), ("ddx-ad",), "library"),
    Engine("ours, a node an operation", KARPATHY, (), "ours"),
    Engine("ours, a node a neuron", ("ours", "eager"), (), "ours"),
    Engine("ours, traced, Python", ("ours", "python"), (), "trace"),
    Engine("ours, traced, NumPy columns", ("ours", "columns"), ("numpy",), "trace"),
    Engine("ours, traced, numba", ("ours", "numba"), ("numba", "numpy"), "trace"),
    Engine("floats, forward only", ("floats",), (), "floor"),
    Engine("NumPy by hand", ("arrays",), ("numpy",), "floor"),
)
REPLAYS = (
    Engine("traced, Python", ("replay", "python"), (), "trace"),
    Engine("traced, numba", ("replay", "numba"), ("numba", "numpy"), "trace"),
)


def environment(engine: Engine, folder: Path) -> tuple[Path, str]:
    """Return the interpreter of a virtual environment with the engine, and what went wrong."""
    if not engine.install:
        return Path(sys.executable), ""
    home = folder / "-".join(engine.install).replace("=", "").replace("<", "")
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    mark = home / "installed"
    if mark.exists():
        return python, mark.read_text()
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    command = [python, "-m", "pip", "install", "--quiet", *engine.install]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    problem = "" if done.returncode == 0 else "cannot be installed here"
    mark.write_text(problem)
    return python, problem


class Worker:
    """A process with one engine; `ask` gives it a task and returns what it measured."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        """Install the engine and start it."""
        self.engine = engine
        python, self.problem = environment(engine, folder)
        self.failed: dict[str, str] = {}
        self.process: Any = None
        if not self.problem:
            env = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
            env.pop("PYTHONPATH", None)
            if engine.kind in {"ours", "trace"}:
                env["PYTHONPATH"] = str(ROOT)
            self.process = subprocess.Popen(
                [python, WORKER, json.dumps(engine.spec)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=env,
                cwd=folder,
            )

    def ask(self, **task: object) -> dict[str, Any]:
        """Return a measurement, or why there is none; a task that failed is not tried again."""
        key = json.dumps(task)
        if self.problem or key in self.failed:
            return {"error": self.problem or self.failed[key]}
        try:
            self.process.stdin.write(key + "\n")
            self.process.stdin.flush()
            found: dict[str, Any] = json.loads(self.process.stdout.readline())
        except (OSError, json.JSONDecodeError):
            self.problem = "the process died"
            return {"error": self.problem}
        if "error" in found:
            self.failed[key] = found["error"].split(":")[0]
            found = {"error": self.failed[key]}
        return found


@dataclass
class Series:
    """Measurements of one number: median, least, most."""

    numbers: list[float] = field(default_factory=list)
    error: str = ""

    def summary(self) -> dict[str, Any]:
        """Return what goes into the JSON file."""
        if self.error or not self.numbers:
            return {"error": self.error or "not run"}
        return {
            "median": statistics.median(self.numbers),
            "least": min(self.numbers),
            "most": max(self.numbers),
            "n": len(self.numbers),
        }


def rounds(
    workers: list[Worker], keys: tuple[str, ...], times: int, **task: object
) -> dict[str, Any]:
    """Give every engine the task in turn, so many times; return the summaries by engine and key."""
    series = {w.engine.name: {key: Series() for key in keys} for w in workers}
    for _ in range(times):
        for worker in workers:
            found = worker.ask(**task)
            for key, one in series[worker.engine.name].items():
                if "error" in found:
                    one.error = found["error"]
                else:
                    one.numbers.append(found[key])
    return {name: {k: s.summary() for k, s in group.items()} for name, group in series.items()}


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run all tasks; return the measurements."""
    with ThreadPoolExecutor(1) as pool:  # one after the other: builds are heavy
        workers = list(pool.map(lambda e: Worker(e, folder), ENGINES))
    replays = [Worker(e, folder) for e in REPLAYS]
    times = 5 if options.quick else 9
    result: dict[str, Any] = {"moons": {}, "graphs": {}, "replays": {}}
    for gc in (False, True):
        say(f"moons, collector {'on' if gc else 'off'}")
        rounds(workers, ("loss",), 2, do="moons", gc=gc)  # compile, warm up
        result["moons"]["on" if gc else "off"] = rounds(
            workers, ("seconds", "loss"), times, do="moons", gc=gc
        )
    scalars = [w for w in workers if w.engine.spec[0] in {"plain", "xad", "torch"}]
    few = [w for w in scalars if w.engine.kind == "ours" or w.engine.name in {BASE, "xad (C++)"}]
    sizes = (10**3, 10**4) if options.quick else (10**3, 10**4, 10**5, 10**6)
    for kind in ("chain", "deep", "drawn", "shallow"):
        for n in sizes:
            say(f"{kind}, {n} operations")
            result["graphs"][f"{kind} {n}"] = rounds(
                few if n > 10**5 else scalars,
                ("forward", "backward", "free"),
                3 if n > 10**5 else 7,
                do="graph",
                gc=False,
                kind=kind,
                n=n,
            )
    base = [w for w in workers if w.engine.name == BASE]
    for kind in ("deep", "shallow"):
        for n in sizes[1:3]:
            say(f"replays, {kind}, {n} operations")
            task: dict[str, Any] = {"gc": False, "kind": kind, "n": n, "recursion": 10**6}
            result["replays"][f"{kind} {n}"] = {
                **rounds(base, ("forward", "backward"), 3, do="graph", **task),
                **rounds(replays, ("first", "seconds"), 3, do="replay", **task),
            }
    say("bytes")
    result["bytes"] = rounds(scalars, ("forward", "peak"), 1, do="bytes", gc=False, recursion=10**6)
    return result


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, file=sys.stderr, flush=True)


# --- the page ------------------------------------------------------------------------------------

HEAD = """\
Measured by `python bench/engine.py` with Python {python} on {system}, {cores} cores, on {date}. All
engines in turn, each in a process of its own; processor time, which a busy machine disturbs less
than the clock on the wall; median (least-most). The numbers are in
[benchmark.json](benchmark.json)."""
MOONS = """\
A 2-16-16-1 network, 100 samples, max-margin and L2, every step built, differentiated and freed: the
step of micrograd's demo. Ratios are against micrograd in the same run; the cyclic garbage collector
is off, or as the interpreter sets it: then nobody calls it between the steps either, and what an
engine leaves in cycles is its own to pay for."""
AFTER_MOONS = """\
The loss is that of the middle round: the same for all that train (the forward-only floor does not).
Lines with *traced* replay one recording, as ddx-ad evaluates one expression; recording and
compiling are not in them."""
GRAPHS = """\
Nanoseconds an operation: forward + backward + freeing, collector off, the least of several rounds.
*chain*: additions one on the other. *deep*: every operation on the last node and on one of the
sixteen before. *drawn*: as the harness draws its random graphs, each operand the last node or, as
often, any of the 128 before. *shallow*: 30 layers, every operation on any node of the layer before,
then a tree of subtractions: of a million nodes no cache holds a layer."""
REPLAYED = """\
A graph as a function of its eight leaves: value and gradient, milliseconds, against building and
differentiating it with micrograd, the recursion limit raised for the deep ones, collector off."""
MEMORY = """\
Bytes an operation node of a chain of 20,000 additions, by `tracemalloc` (which sees what Python
allocates, not what C++ does), the recursion limit raised for those that recurse."""


def number(x: dict[str, Any], scale: float = 1.0, digits: int = 3, key: str = "median") -> str:
    """Return a median, or what `key` says, as text, or the error."""
    return x["error"] if "error" in x else f"{x[key] * scale:.{digits}g}"


def spread(x: dict[str, Any], scale: float) -> str:
    """Return median (least-most) as text, or the error."""
    if "error" in x:
        return str(x["error"])
    return f"{x['median'] * scale:.3g} ({x['least'] * scale:.3g}-{x['most'] * scale:.3g})"


def ratio(base: dict[str, Any], x: dict[str, Any]) -> str:
    """Return how many times as fast x is as the base."""
    return "" if "error" in x or "error" in base else f"{base['median'] / x['median']:.3g}"


def page(report: dict[str, Any]) -> str:
    """Return the measurements as Markdown."""
    off, on = report["moons"]["off"], report["moons"]["on"]
    where = report["where"]
    lines = [
        "# Speed",
        "",
        HEAD.format(**where),
        "",
        "## One training step on the moons",
        "",
        MOONS,
        "",
        "| engine | ms, collector off | times as fast | ms, default | times as fast | loss |",
        "|---|---|---|---|---|---|",
    ]
    for name in off:
        a, b = off[name]["seconds"], on[name]["seconds"]
        loss = number(off[name]["loss"], digits=6)
        if "error" in a:
            lines.append(f"| {name} | {a['error']} | | | | |")
            continue
        lines.append(
            f"| {name} | {spread(a, 1e3)} | {ratio(off[BASE]['seconds'], a)} "
            f"| {spread(b, 1e3)} | {ratio(on[BASE]['seconds'], b)} | {loss} |"
        )
    lines += [
        "",
        AFTER_MOONS,
        "",
        "## Graphs",
        "",
        GRAPHS,
        "",
    ]
    names = list(next(iter(report["graphs"].values())))
    graphs = report["graphs"]
    lines += ["| engine | " + " | ".join(graphs) + " |", "|---" * (len(graphs) + 1) + "|"]
    for name in names:
        cells = []
        for key, group in graphs.items():
            n = int(key.split()[1])
            if name not in group:
                cells.append("")
                continue
            parts = [group[name][k] for k in ("forward", "backward", "free")]
            cells.append(
                parts[0]["error"]
                if "error" in parts[0]
                else " + ".join(number(p, 1e9 / n, key="least") for p in parts)
            )
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "## Replaying a recorded graph",
        "",
        REPLAYED,
        "",
        "| graph | back end | record and compile, ms | replay, ms | times as fast as micrograd |",
        "|---|---|---|---|---|",
    ]
    for key, group in report["replays"].items():
        parts = [group[BASE][k] for k in ("forward", "backward")]
        eager = {"median": sum(part.get("median", float("nan")) for part in parts)}
        for name, x in group.items():
            if name == BASE:
                continue
            lines.append(
                f"| {key} | {name} | {number(x['first'], 1e3)} | {number(x['seconds'], 1e3)} "
                f"| {ratio(eager, x['seconds'])} |"
            )
    lines += [
        "",
        "## Memory",
        "",
        MEMORY,
        "",
        "| engine | after forward | at the peak of backward |",
        "|---|---|---|",
    ]
    for name, x in report["bytes"].items():
        lines.append(f"| {name} | {number(x['forward'])} | {number(x['peak'])} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, and write the page and the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller graphs")
    parser.add_argument("--venvs", type=Path, help="where the peers' environments are kept")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="where the page goes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.venvs.resolve() if options.venvs else Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        report = measure(options, folder)
    report["where"] = {
        "python": platform.python_version(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        "date": datetime.now(tz=UTC).date().isoformat(),
    }
    options.out.mkdir(exist_ok=True)
    (options.out / "benchmark.json").write_text(json.dumps(report, indent=1) + "\n")
    (options.out / "benchmark.md").write_text(page(report))
    print((options.out / "benchmark.md").read_text())


if __name__ == "__main__":
    main()

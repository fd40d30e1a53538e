"""How long a class takes, and what a right submission costs beside a bare worker.

    python bench/grade.py [--count 1000] [--jobs 2] [--dask WORKERS]
    python bench/grade.py --profile 20

Makes a class of the catalogue's mistakes, pairs of them, and right engines in several shapes;
grades it through ``verify grade``; prints wall clock, processor time, memory of the parent, and how
many grades are wrong, measured by what was planted.  ``--profile`` grades so many in this process,
one after the other, and prints what each costs, and the functions in which the time goes.
"""

from __future__ import annotations

import argparse
import cProfile
import hashlib
import json
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from verify.engines import load
from verify.engines.pipes import Worker
from verify.faults import CATALOGUE, SOURCE
from verify.faults.fault import UNSTABLE, Fault
from verify.grading.examine import examine
from verify.grading.paper import Paper, draw, write
from verify.grading.run import Task, graded, warm
from verify.grading.submission import collect

ROOT = Path(__file__).parents[1]
LONG_RUN = {"stops-after-5000-passes", "default-list-shared"}
EXPONENTIAL = "paths"
"""Right in every number, and charged for its time: no right submission."""


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--dask", type=int, default=0, help="local workers, in place of --jobs")
    parser.add_argument("--profile", type=int, default=0, metavar="COUNT")
    wanted = parser.parse_args()
    if wanted.profile:
        with tempfile.TemporaryDirectory() as place:
            profile(Path(place), wanted.profile)
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        planted = make(folder / "class", wanted.count)
        paper = draw(1)
        write(paper, folder / "exam.jsonl")
        compare(paper, folder)
        more = [] if not wanted.dask else ["--dask", cluster(wanted.dask)]
        run(folder, wanted.jobs, more)
        judge(folder / "out", planted)


def make(folder: Path, count: int) -> dict[str, tuple[str, ...]]:
    """A class: a third right, in several shapes, the others with one mistake or two."""
    folder.mkdir()
    faults = [f for f in CATALOGUE.values() if f.id not in UNSTABLE and f.id not in LONG_RUN]
    right = sorted((ROOT / "tests" / "right").glob("*.py"))
    shapes = [SOURCE, *[path.read_text("utf-8") for path in right if path.stem != EXPONENTIAL]]
    planted: dict[str, tuple[str, ...]] = {}
    for i in range(count):
        chosen: list[Fault] = []
        if i % 3:
            chosen = [faults[(7 * i) % len(faults)]]
        if i % 9 == 4:
            chosen.append(faults[(11 * i + 5) % len(faults)])
        source, ids = SOURCE, []
        for fault in chosen:
            changed = planted_in(source, fault)
            if changed is not None:
                source = changed
                ids.append(fault.id)
        number = str(100000 + i)
        if not ids:
            source = shapes[i // 3 % len(shapes)]
        (folder / f"student_{number}.py").write_text(f"{source}\n# {number}\n")
        planted[number] = tuple(ids)
    return planted


def planted_in(source: str, fault: Fault) -> str | None:
    """The source with one mistake more; ``None`` where another is in its place."""
    if source == SOURCE:
        return fault.source
    for edit in fault.edits:
        if not edit.old or source.count(edit.old) != 1:
            return None
        source = source.replace(edit.old, edit.new)
    return source


def compare(paper: Paper, folder: Path) -> None:
    """A right submission beside a bare worker that answers the same questions."""
    path = folder / "right.py"
    path.write_text(SOURCE)
    manners = (lambda engine: answer(engine, paper), lambda engine: examine(engine, paper))
    costs: tuple[list[float], list[float]] = ([], [])
    workers = watched_workers()
    for manner, told in list(zip(manners, costs, strict=True)) * 5:
        before = time.process_time() + workers[0]
        with load(str(path)) as engine:
            manner(engine)
        told.append(time.process_time() + workers[0] - before)
    bare, whole = map(min, costs)
    print(f"a right submission: {whole:.2f} s of processor time, a bare worker {bare:.2f} s: "
          f"{whole / bare:.1f} times")  # fmt: skip


def profile(folder: Path, count: int) -> None:
    """Seconds of processor time a submission, here and in its workers, and where they go here."""
    make(folder / "class", count)
    write(draw(1), folder / "exam.jsonl")
    digest = hashlib.sha256((folder / "exam.jsonl").read_bytes()).hexdigest()[:16]
    workers = watched_workers()
    warm()
    watched, costs = cProfile.Profile(time.process_time), []
    for who in collect(folder / "class", folder / "unpacked"):
        begun, before = time.process_time(), workers[0]
        task = Task(who, str(folder / "exam.jsonl"), digest)
        if costs and len(costs) % 4 == 0:  # a watched one costs more, and is left out of the table
            watched.runcall(graded, task)
            costs.append((0.0, 0.0))
            continue
        graded(task)
        costs.append((time.process_time() - begun, workers[0] - before))
    told = [cost for cost in costs if any(cost)]
    here, there = (sum(column) / len(told) for column in zip(*told, strict=True))
    print(f"{here:.2f} s here and {there:.2f} s in workers: {here + there:.2f} s a submission")
    pstats.Stats(watched).sort_stats("cumulative").print_stats(40)


def watched_workers() -> list[float]:
    """Of all workers that were closed from now on, the processor time: one growing number."""
    total, close = [0.0], Worker.close

    def closed(worker: Worker) -> None:
        # Asked while it lives: what is killed with all that it started is nobody's child.
        total[0] += (worker.used() or (0.0, False))[0]
        close(worker)

    Worker.close = closed  # type: ignore[method-assign]
    return total


def answer(engine: object, paper: Paper) -> None:
    """Ask every question and judge nothing."""
    cases = [q.entry.case for q in paper.questions]
    for _ in engine.run_many(cases):  # type: ignore[attr-defined]
        pass


def spent() -> float:
    """Processor time of this process and of its children that have ended; workers are not in it.

    They are killed inside of sandboxes, and nobody is told what they used.
    """
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def cluster(workers: int) -> str:
    """The address of a local cluster."""
    from distributed import LocalCluster

    made = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
    return str(made.scheduler_address)


def run(folder: Path, jobs: int, more: list[str]) -> None:
    """Grade the class, in a process of its own."""
    words = [sys.executable, "-m", "verify", "grade", str(folder / "class"), "-q",
             "--out", str(folder / "out"), "--jobs", str(jobs),
             "--exam", str(folder / "exam.jsonl"), *more]  # fmt: skip
    begun, before = time.perf_counter(), spent()
    going = subprocess.Popen(words, cwd=ROOT)
    peak = 0
    while going.poll() is None:
        peak = max(peak, memory(going.pid))
        time.sleep(0.5)
    wall, cpu = time.perf_counter() - begun, spent() - before
    print(f"{wall:.0f} s of wall clock, {cpu:.0f} s of processor time without workers, "
          f"the parent held {peak / 1024:.0f} MB at most")  # fmt: skip


def memory(process: int) -> int:
    """Resident kilobytes of a process."""
    try:
        text = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS")), 0)


def judge(out: Path, planted: dict[str, tuple[str, ...]]) -> None:
    """Count grades that are not what was planted."""
    accused = missed = twice = total = 0
    for line in (out / "grades.jsonl").read_text().splitlines():
        row = json.loads(line)
        ids, found = planted[row["number"]], row["evidence"]["found"]
        lost = {told["criterion"] for told in found}
        total += 1
        accused += bool(found) and not ids
        missed += bool(ids) and not found and row["evidence"]["status"] == "graded"
        if len(lost) > len(ids) > 0:
            twice += 1
            print("more criteria lost than mistakes planted:", ids, sorted(lost))
        if ids and not found:
            print("nothing found:", ids, row["evidence"]["reason"][:80])
    print(f"{total} graded: {accused} accused falsely, {missed} missed, "
          f"{twice} charged more than once")  # fmt: skip


if __name__ == "__main__":
    main()

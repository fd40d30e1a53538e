"""Beyond one machine: any executor, and a cluster that loses a worker."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from verify.faults import CATALOGUE, SOURCE
from verify.grading.paper import Paper
from verify.grading.results import Results
from verify.grading.run import Task, grade
from verify.grading.submission import collect


def tasks(folder: Path, exam: Path, paper: Paper) -> list[Task]:
    """A task for each submission."""
    found = collect(folder, folder.parent / "unpacked")
    return [Task(one, str(exam), paper.digest) for one in found]


@pytest.mark.slow
def test_any_executor_will_do(few: Path, exam: Path, paper: Paper, tmp_path: Path) -> None:
    """Threads grade as well as processes."""
    with Results.open(tmp_path / "r.sqlite") as results, ThreadPoolExecutor(1) as pool:
        done = list(grade(tasks(few, exam, paper), results, pool, 1))
        assert [one.done for one in sorted(done, key=lambda one: one.done)] == [1, 2, 3, 4]
        assert {one.submission.number for one in done} == {"10001", "10002", "10003", "10004"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # those of distributed are its own
def test_a_cluster_loses_a_worker(exam: Path, paper: Paper, tmp_path: Path) -> None:
    """A worker that is killed in mid-run loses nothing, and nothing is graded twice."""
    distributed = pytest.importorskip("distributed", reason='pip install ".[cluster]"')
    from verify.grading.cluster import connected

    folder = tmp_path / "class"
    folder.mkdir()
    for i, name in enumerate(list(CATALOGUE)[:16]):
        source = SOURCE if i % 3 else CATALOGUE[name].source
        (folder / f"s_{10000 + i}.py").write_text(source)
    listed = tasks(folder, exam, paper)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        connected(cluster.scheduler_address) as executor,
        Results.open(tmp_path / "r.sqlite") as results,
    ):
        victim = next(iter(cluster.workers.values())).pid

        def kill() -> None:
            time.sleep(4)
            os.kill(victim, signal.SIGKILL)

        threading.Thread(target=kill, daemon=True).start()
        done = [one.submission.key for one in grade(listed, results, executor, 2)]
        assert sorted(done) == sorted({task.submission.key for task in listed})
        seen = [results.evidence(key) for key in done]
        assert {one.status for one in seen if one is not None} == {"graded"}

"""Sweeps over executors: nothing lost, nothing twice, the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import onset

SPEC: dict[str, Any] = {
    "task": {"kind": "induction", "vocabulary": 6, "length": 5},
    "model": {"width": 8},
    "train": {"steps": 30, "batch": 8},
    "record": {"every": 10},
}
GRID = {"model.width": [8, 12]}


def contents(folder: Path) -> dict[str, bytes]:
    """All records in a folder, by path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.parquet"))}


@pytest.fixture
def expected(folder: Path) -> dict[str, bytes]:
    """The records of the sweep when it is trained here, one run after the other."""
    onset.train(SPEC, seeds=4, set=GRID, out=folder / "alone", name="x", jobs=1)
    found = contents(folder / "alone")
    assert len({Path(path).parent for path in found if "probes" not in path}) == 8
    return found


def check(runs: onset.Runs, folder: Path, expected: dict[str, bytes]) -> None:
    assert len(runs) == 8 and {run.status for run in runs} == {"finished"}
    assert contents(folder) == expected


def test_threads_and_processes_of_this_machine(folder: Path, expected: dict[str, bytes]) -> None:
    with ThreadPoolExecutor(2) as pool:
        check(onset.sweep(SPEC, seeds=4, grid=GRID, out=folder / "threads", name="x", executor=pool), folder / "threads", expected)
    check(onset.sweep(SPEC, seeds=4, grid=GRID, out=folder / "processes", name="x"), folder / "processes", expected)
    # Again: everything has finished, and nothing is trained twice.
    before = {path: path.stat().st_mtime_ns for path in (folder / "threads").rglob("*.parquet")}
    onset.sweep(SPEC, seeds=4, grid=GRID, out=folder / "threads", name="x")
    assert before == {path: path.stat().st_mtime_ns for path in (folder / "threads").rglob("*.parquet")}


def die_once(wanted: dict[str, Any], threads: int) -> Any:
    """As a worker of a sweep, killed at its third run when that is begun for the first time."""
    from onset.sweeps import train_one

    mark = Path(wanted["out"], "killed")
    if wanted["shard"].startswith("3/") and not mark.exists():
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return train_one(wanted, threads)


def test_a_killed_worker_loses_nothing(folder: Path, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setattr("onset.sweeps.train_one", die_once)
    check(onset.sweep(SPEC, seeds=4, grid=GRID, out=folder / "killed", name="x"), folder / "killed", expected)
    assert (folder / "killed/killed").exists()


def as_worker_beside_a_killed_one(wanted: dict[str, Any], threads: int) -> Any:
    """Three workers: a slow one ends a second after it is asked to, one is killed beside it, and one says whether the first has ended."""
    folder = Path(wanted["out"])

    def end(*_: object) -> None:
        time.sleep(1)
        (folder / "ended").touch()
        os._exit(0)

    if wanted["role"] == "slow":
        signal.signal(signal.SIGTERM, end)
        (folder / "begun").touch()
        time.sleep(60)
    if wanted["role"] == "killed":
        while not (folder / "begun").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)
    return (folder / "ended").exists()


def test_no_run_is_begun_again_before_all_workers_beside_a_killed_one_have_ended(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setattr("onset.sweeps.train_one", as_worker_beside_a_killed_one)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    folder.mkdir(exist_ok=True)
    with onset.sweeps._submitting(None, 1) as submit:
        _, killed = [submit({"out": str(folder), "role": role}, 1) for role in ["slow", "killed"]]
        with pytest.raises(BrokenExecutor):
            killed.result()
        assert submit({"out": str(folder), "role": "later"}, 1).result()


def test_ray_with_two_workers_one_of_which_is_killed(
    folder: Path, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = pytest.importorskip("ray")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    monkeypatch.setattr("onset.sweeps.train_one", die_once)
    ray.init(num_cpus=2, log_to_driver=False, include_dashboard=False)
    try:
        check(onset.sweep(SPEC, seeds=4, grid=GRID, out=folder / "ray", name="x", executor="ray"), folder / "ray", expected)
    finally:
        ray.shutdown()
    assert (folder / "ray/killed").exists()


def test_dask_with_two_workers_one_of_which_is_killed(
    folder: Path, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    distributed = pytest.importorskip("distributed")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setattr("onset.sweeps.train_one", die_once)
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with distributed.Client(cluster) as client:
            runs = onset.sweep(SPEC, seeds=4, grid=GRID, out=folder / "dask", name="x", executor=client)
    check(runs, folder / "dask", expected)
    assert (folder / "dask/killed").exists()


def test_slurm_by_submitit(folder: Path, expected: dict[str, bytes]) -> None:
    submitit = pytest.importorskip("submitit")
    executor = submitit.LocalExecutor(folder / "logs")
    executor.update_parameters(timeout_min=5)
    check(onset.sweep(SPEC, seeds=4, grid=GRID, out=folder / "slurm", name="x", executor=executor), folder / "slurm", expected)


def test_a_worker_that_is_asked_to_end_writes_a_snapshot_first(folder: Path) -> None:
    code = (
        "import onset, onset.sweeps as s; from onset.training import wanted_of, options_of; "
        "w = wanted_of('copying', options_of(keys={'train.steps': 1000000, 'model.hidden': 16, 'train.batch': 8}), seeds=None, seed=0, "
        "out='runs', name=None, resume=True, shard=None); print(s.train_one(w, 1)[1], flush=True)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    while not (folder / "runs/copying/seed-0/manifest.json").exists():
        time.sleep(0.05)
    time.sleep(1.0)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=30)
    assert output.strip() == "interrupted"
    run = onset.open(folder / "runs")[0]
    assert run.status == "interrupted" and run.info["step"] > 0
    assert (run.path / "resume.safetensors").exists()


def test_shards_of_the_command_line_are_merged(folder: Path, expected: dict[str, bytes]) -> None:
    spec = folder / "x.toml"
    spec.write_text(next((folder / "alone").rglob("spec.toml")).read_text())
    for part in range(1, 4):
        words = ["onset", "train", str(spec), "--seeds", "4", "--set", "model.width=[8,12]", "--shard", f"{part}/3"]
        subprocess.run([*words, "--out", str(folder / f"part-{part}")], check=True, capture_output=True)
    parts = [folder / f"part-{part}" for part in range(1, 4)]
    check(onset.merge(*parts, into=folder / "all"), folder / "all", expected)


def test_a_failing_run_is_named_and_the_others_are_there(folder: Path) -> None:
    onset.train({**SPEC, "train": {"steps": 5}}, seed=1, out=folder, name="x")
    (folder / "x/seed-1/spec.toml").write_text("task = 'copying'")
    with ThreadPoolExecutor(2) as pool, pytest.raises(onset.TrainError, match="1 of 3 runs failed") as caught:
        onset.sweep(SPEC, seeds=3, out=folder, name="x", executor=pool)
    assert len(caught.value.runs) == 3  # type: ignore[attr-defined]


def test_bad_executors_and_too_many_threads(folder: Path) -> None:
    with pytest.raises(TypeError, match="step= is not an option"):
        onset.sweep(SPEC, seeds=2, out=folder, step=3)
    with pytest.raises(onset.Error, match="expected None"):
        onset.sweep(SPEC, seeds=2, out=folder, executor="slurmm")
    from concurrent.futures import ProcessPoolExecutor

    with pytest.warns(RuntimeWarning, match="threads on"), ProcessPoolExecutor(64) as pool:
        from onset.sweeps import _submitting

        with _submitting(pool, 4):
            pass

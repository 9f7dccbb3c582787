"""Sweeps: many runs on the engine that is there, from processes of this machine to Ray, Dask and SLURM.

Every task is one run in its own directory. A run that has finished is skipped and one that was cut off is continued, so that a sweep
that was stopped, or whose workers died, is simply started again.
"""

from __future__ import annotations

import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, as_completed
from typing import Any

from onset import _onset
from onset.data import target_of
from onset.errors import Error, TrainError
from onset.progress import log
from onset.runs import Run, Runs
from onset.training import options_of, wanted_of

# What came of a run: its folder, status, steps, and the error.
Ended = tuple[str, str, int, "Exception | None"]

# How often a run is begun again whose worker has died.
_TRIES = 3


def sweep(
    data: Any = "keyword",
    *,
    seeds: int | str | Sequence[int] | None = None,
    grid: Mapping[str, Sequence[Any]] | None = None,
    executor: Any = None,
    set: Mapping[str, Any] | None = None,
    steps: int | None = None,
    out: str | os.PathLike[str] = "runs",
    name: str | None = None,
    threads: int = 1,
    progress: bool = False,
    **options: Any,
) -> Runs:
    """Trains every combination of a grid with every seed.

    Args:
        data: as for :func:`onset.train`. Workers on other machines must be able to read it under the same path.
        seeds: how many, a range or a list.
        grid: keys of the spec with the values of each, such as ``{"model.hidden": [64, 128]}``.
        executor: where the runs are trained: ``None`` (processes of this machine, as many as there are cores), an executor of
            ``concurrent.futures``, a Dask client, a submitit executor, or ``"ray"`` (the cluster that Ray is connected to, or one on
            this machine).
        set: keys of the spec that all runs share.
        steps: optimiser steps of every run.
        out: the folder for runs, which all workers must share; ``onset merge`` joins folders that they do not.
        name: the name of the runs.
        threads: threads of each run.
        progress: whether to show a bar of the runs.
        **options: more arguments of :func:`onset.train` that say how data is read.

    Returns:
        The runs.

    Raises:
        onset.TrainError: if runs failed; the others have finished, and are its ``runs``.

    >>> runs = onset.sweep("induction", seeds=2, grid={"model.width": [8, 16]}, steps=3, out=folder, executor=pool)
    >>> len(runs), {run.status for run in runs}
    (4, {'finished'})
    """
    keys = dict(set or {})
    if steps is not None:
        keys["train.steps"] = steps
    keys.update({key: list(values) for key, values in (grid or {}).items()})
    columns = tuple(options.get(column) for column in ("text_column", "label_column", "source_column", "target_column"))
    with target_of(data, folder=os.path.join(out, "data"), name=name, columns=columns) as target:
        target = os.path.abspath(target) if os.path.exists(target) else target
        wanted = wanted_of(
            target,
            options_of(keys=keys, **options),
            seeds=seeds,
            seed=None,
            out=os.path.abspath(out),
            name=name,
            resume=True,
            shard=None,
        )
        folder, planned, notices = _onset.plan(wanted)
        for notice in notices:
            log.info("%s", notice)
        tasks = [{**wanted, "shard": f"{number + 1}/{len(planned)}"} for number in range(len(planned))]
        with _submitting(executor, threads) as submit:
            ended = list(_results(submit, tasks, threads, progress))
    runs = Runs([Run(path) for path, _, _ in planned if os.path.exists(path)], folder)
    failures = [error for _, _, _, error in ended if error is not None]
    if failures:
        error = TrainError(f"{len(failures)} of {len(planned)} runs failed; the first: {failures[0]}")
        error.runs = runs  # type: ignore[attr-defined]
        raise error from failures[0]
    unfinished = sum(status != "finished" for _, status, _, _ in ended)
    if unfinished:
        log.warning("%d of %d runs were interrupted; the same sweep continues them", unfinished, len(planned))
    return runs


def train_one(wanted: dict[str, Any], threads: int) -> Ended:
    """Trains one run of a sweep, in a worker. A request to terminate ends it after a snapshot, from which it goes on."""
    with _terminable():
        try:
            _, ended, _ = _onset.train(wanted, threads, 1, None)
        except _Terminated:
            return "", "interrupted", 0, None
    path, status, step, error = ended[0]
    return os.fspath(path), status, step, error


class _Terminated(BaseException):
    """The worker was asked to end."""


class _terminable:
    """In it, SIGTERM raises :class:`_Terminated` in the main thread."""

    def __enter__(self) -> None:
        self._before: Any = None
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGTERM, self._end)

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)

    @staticmethod
    def _end(*_: object) -> None:
        raise _Terminated


Submit = Callable[..., Any]


class _submitting:
    """How a task is given to an executor; pools of our own end with it."""

    def __init__(self, executor: Any, threads: int) -> None:
        self._executor, self._threads = executor, threads
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Submit:
        executor = self._executor
        if executor is None:
            return self._to_pool
        if executor == "ray":
            return _to_ray(self._threads)
        if hasattr(executor, "get_executor"):
            executor = executor.get_executor()
        if isinstance(executor, str) or not hasattr(executor, "submit"):
            raise Error(
                f"executor={self._executor!r}: expected None, \"ray\", a Dask client, or an executor with submit()", place="executor"
            )
        workers = getattr(executor, "_max_workers", None)
        if isinstance(executor, ProcessPoolExecutor) and workers is not None:
            _warn_of_threads(workers, self._threads)
        return lambda task, threads: executor.submit(train_one, task, threads)

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def _to_pool(self, task: dict[str, Any], threads: int) -> Future[Ended]:
        if self._pool is None:
            self._pool = _pool(threads)
        try:
            return self._pool.submit(train_one, task, threads)
        except BrokenExecutor:
            # A worker has died; the next one is of a new pool. Workers of this one are asked to end, and hold their runs until they have.
            self._pool.shutdown()
            self._pool = _pool(threads)
            return self._pool.submit(train_one, task, threads)


def _pool(threads: int) -> ProcessPoolExecutor:
    import multiprocessing

    workers = max(1, (os.cpu_count() or 1) // max(threads, 1))
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def _warn_of_threads(workers: int, threads: int) -> None:
    cores = os.cpu_count() or 1
    if workers * threads > cores:
        warnings.warn(
            f"{workers} workers with {threads} threads each are {workers * threads} threads on {cores} cores; runs will wait for each other",
            RuntimeWarning,
            stacklevel=4,
        )


def _to_ray(threads: int) -> Submit:
    import ray

    if not ray.is_initialized():
        ray.init(log_to_driver=False)
    remote = ray.remote(num_cpus=threads, max_retries=_TRIES)(train_one)

    class Reference:
        """What a task will have given, with the part of a future's interface that is used here."""

        def __init__(self, reference: Any) -> None:
            self._reference = reference

        def result(self) -> Any:
            return ray.get(self._reference)

    return lambda task, threads: Reference(remote.remote(task, threads))


def _results(submit: Submit, tasks: list[dict[str, Any]], threads: int, progress: bool) -> Iterator[Ended]:
    """What came of each task. One whose worker has died is begun again."""
    from onset.progress import _bar

    bar = _bar("runs", len(tasks), 0) if progress else None
    waiting = tasks
    try:
        for attempt in range(_TRIES):
            submitted = [(submit(task, threads), task) for task in waiting]
            waiting = []
            for future, task in _in_order_of_ending(submitted):
                try:
                    ended = future.result()
                except BrokenExecutor as error:
                    if attempt + 1 == _TRIES:
                        ended = ("", "failed", 0, error)
                    else:
                        waiting.append(task)
                        continue
                if bar is not None:
                    bar.update(1)
                yield ended
            if waiting:
                log.warning("a worker has died; %d runs go on with others", len(waiting))
            else:
                return
    finally:
        if bar is not None:
            bar.close()


def _in_order_of_ending(submitted: list[tuple[Any, dict[str, Any]]]) -> Iterator[tuple[Any, dict[str, Any]]]:
    if all(isinstance(future, Future) for future, _ in submitted):
        tasks = {future: task for future, task in submitted}
        for future in as_completed(tasks):
            yield future, tasks[future]
    else:
        yield from submitted


__all__ = ["Executor", "sweep", "train_one"]

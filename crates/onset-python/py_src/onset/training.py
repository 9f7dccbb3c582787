"""Training from Python."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from onset import _onset
from onset.data import override, target_of
from onset.errors import Error
from onset.progress import Progress, log
from onset.runs import Run, Runs

Callback = Callable[[dict[str, Any]], "bool | None"]
Path = "str | os.PathLike[str]"


def train(
    data: Any = "keyword",
    *,
    steps: int | None = None,
    seeds: int | str | Sequence[int] | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,
    labels: Sequence[str] | None = None,
    positive: Sequence[str] | str = (),
    label_names: Mapping[Any, str] | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    source_column: str | None = None,
    target_column: str | None = None,
    tokens: str | None = None,
    separator: str | None = None,
    header: bool | None = None,
    quotes: bool | None = None,
    encoding: str | None = None,
    validation: str | os.PathLike[str] | None = None,
    pretrained: str | os.PathLike[str] | None = None,
    from_: str | os.PathLike[str] | None = None,
    out: str | os.PathLike[str] = "runs",
    name: str | None = None,
    resume: bool = False,
    shard: str | None = None,
    threads: int = 1,
    jobs: int | None = None,
    progress: bool = False,
    callback: Callback | None = None,
) -> Runs:
    """Trains small attention models and records what attention does on the way.

    Args:
        data: a table of texts (a path), a built-in task or a data set (a name), a spec (a path or a dict), a frame of pandas or
            polars, a dict of columns, or a list of (text, label). What is not a file is kept as one in the folder ``out``.
        steps: optimiser steps; the task's own number if it is not given.
        seeds: how many seeds (5 means 0 to 4), a range ("0..5") or a list of seeds; one run each.
        seed: a single seed.
        set: keys of the spec with their values, such as ``{"model.hidden": 64}``; a key with a list of values makes a grid.
        labels: labels to keep; with two, the first is the negative one.
        positive: labels to classify against all others.
        label_names: what labels are called wherever they are shown, such as ``{0: "ham", 1: "spam"}``.
        text_column, label_column, source_column, target_column: columns, where they are not named ``text`` and ``label``, or
            ``source`` and ``target``.
        tokens: what the tokens of a text are: ``"words"``, ``"characters"`` or ``"subwords"``.
        separator, header, quotes, encoding: how a file is read, where its name does not tell.
        validation: what to validate on: a file.
        pretrained: the folder of a checkpoint in the Hugging Face layout to start from.
        from_: a folder with copies of data sets.
        out: the folder for runs; each is written to ``out/NAME/seed-N``.
        name: the name of the runs.
        resume: continue runs that exist; finished ones are returned as they are.
        shard: a part of the runs, such as ``"3/64"``.
        threads: threads of each run; the bytes do not depend on it.
        jobs: runs at the same time; as many as there are cores if it is not given.
        progress: whether to show bars.
        callback: is called with a dict for each event (``run``, ``name``, ``event``, ``step``, ``loss``, ``scores``, …); where it
            returns True at a ``recorded`` event, that run stops and can be resumed.

    Returns:
        The runs, one for each point of the grid and each seed.

    Raises:
        onset.Error: if a run cannot be trained; the others are trained all the same, and are its ``runs``.
        KeyboardInterrupt: after Ctrl-C; what was recorded is kept, and ``resume=True`` continues.

    >>> run = onset.train("induction", steps=20, seeds=2, out=folder)
    >>> len(run), run[0].status
    (2, 'finished')
    """
    columns = (text_column, label_column, source_column, target_column)
    keys = dict(set or {})
    if steps is not None:
        keys["train.steps"] = steps
    with target_of(data, folder=os.path.join(out, "data"), name=name, columns=columns) as target:
        options = options_of(
            keys=keys,
            labels=labels,
            positive=positive,
            label_names=label_names,
            text_column=text_column,
            label_column=label_column,
            source_column=source_column,
            target_column=target_column,
            tokens=tokens,
            separator=separator,
            header=header,
            quotes=quotes,
            encoding=encoding,
            validation=validation,
            pretrained=pretrained,
            from_=from_,
        )
        wanted = wanted_of(target, options, seeds=seeds, seed=seed, out=out, name=name, resume=resume, shard=shard)
        shown = Progress(progress)

        def observe(event: dict[str, Any]) -> bool:
            shown.observe(event)
            return bool(callback(event)) if callback is not None else False

        try:
            folder, ended, notices = _onset.train(wanted, threads, jobs, observe)
        finally:
            shown.close()
    for notice in notices:
        log.info("%s", notice)
    runs = Runs([Run(path) for path, status, _, _ in ended if status != "not begun"], folder)
    failures = [error for _, _, _, error in ended if error is not None]
    if failures:
        for error in failures[1:]:
            log.error("%s", error)
        failure = failures[0]
        if isinstance(failure, Error):
            failure.runs = runs  # type: ignore[attr-defined]
        raise failure
    return runs


def options_of(
    *,
    keys: Mapping[str, Any],
    positive: Sequence[str] | str = (),
    label_names: Mapping[Any, str] | None = None,
    validation: str | os.PathLike[str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """What goes with a target, as the compiled part takes it.

    Raises:
        TypeError: for an option that nothing reads.
    """
    unknown = [name for name in more if name not in (*_OPTIONS, "labels")]
    if unknown:
        raise TypeError(f"{unknown[0]}= is not an option of how data is read; these are {', '.join(('labels', 'positive', 'label_names', *_OPTIONS))}")
    return {
        "overrides": [override(key, value) for key, value in keys.items()],
        "positive": [positive] if isinstance(positive, str) else list(positive),
        "label_names": {str(label): str(called) for label, called in (label_names or {}).items()},
        "validation": None if validation is None else os.fspath(validation),
        **{name: more.get(name) for name in _OPTIONS},
        "labels": None if more.get("labels") is None else [str(label) for label in more["labels"]],
    }


_OPTIONS = (
    "text_column",
    "label_column",
    "source_column",
    "target_column",
    "tokens",
    "separator",
    "header",
    "quotes",
    "encoding",
    "pretrained",
    "from_",
)


def wanted_of(
    target: str,
    options: dict[str, Any],
    *,
    seeds: int | str | Sequence[int] | None,
    seed: int | None,
    out: str | os.PathLike[str],
    name: str | None,
    resume: bool,
    shard: str | None,
) -> dict[str, Any]:
    """Which runs are wanted, as the compiled part takes it."""
    if seeds is not None and seed is not None:
        raise Error("seeds= and seed= contradict each other; keep one of them", place="seed")
    words = str(seeds) if isinstance(seeds, (int, str)) else None
    listed = None if seeds is None or words is not None else [int(each) for each in seeds]  # type: ignore[union-attr]
    return {
        "target": target,
        "options": options,
        "seeds": [seed] if seed is not None else listed,
        "seed_words": words,
        "out": os.fspath(out),
        "name": name,
        "resume": resume,
        "shard": shard,
    }

"""Trainings that are over: a record from their checkpoints."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Union

from torch import nn

from onset.errors import RecordError
from onset.progress import log
from onset.recorder.recorder import Recorder

Checkpoint = Union[str, "os.PathLike[str]", "tuple[int, Any]"]


def record_checkpoints(
    checkpoints: str | os.PathLike[str] | Iterable[Checkpoint],
    probes: Any,
    out: str | os.PathLike[str],
    *,
    load: Callable[[Any], nn.Module] | None = None,
    tokenizer: Any = None,
    revisions: Sequence[str] | None = None,
    progress: bool = False,
    **settings: Any,
) -> Path:
    """Records a training that is over, one checkpoint in memory at a time. A recording that was cut off goes on where it was.

    Args:
        checkpoints: a folder with checkpoints in the Hugging Face layout (``checkpoint-500``, ``step1000``, …; the number in a name
            is the step), or a list of such folders or of (step, folder or model); with ``revisions``, the name of a model.
        probes, tokenizer, **settings: as those of :class:`onset.Recorder`; the tokenizer of the first checkpoint is used if it has one.
        out: the run directory.
        load: from a checkpoint to a model; by default the class that its ``config.json`` names, from ``transformers``.
        revisions: published revisions of a model, such as ``["step0", "step1000"]`` of ``"EleutherAI/pythia-14m"``.
        progress: whether to show a bar.

    Returns:
        The run directory.
    """
    listed = _listed(checkpoints, revisions)
    loader = load or _load
    if tokenizer is None:
        tokenizer = _tokenizer(listed[0][1], listed[0][2])
    recorder: Recorder | None = None
    done = _recorded(Path(out))
    bar = _bar(len(listed), progress)
    try:
        for step, source, revision in listed:
            if step in done:
                bar()
                continue
            model = source if isinstance(source, nn.Module) else loader(source) if revision is None else _load(source, revision)
            if recorder is None:
                most = listed[-1][0]
                recorder = Recorder(
                    model, probes, out, tokenizer=tokenizer, at=lambda _: True, resume=True, strict=True, steps=most, **settings
                )
            else:
                recorder = recorder._with_model(model)
            recorder.step(step)
            log.debug("%s: checkpoint of step %d", out, step)
            del model
            bar()
    except BaseException as error:
        if recorder is not None:
            recorder.close("interrupted" if isinstance(error, KeyboardInterrupt) else "failed", repr(error))
        raise
    if recorder is not None:
        recorder.close()
    return Path(out)


def _listed(
    checkpoints: str | os.PathLike[str] | Iterable[Checkpoint], revisions: Sequence[str] | None
) -> list[tuple[int, Any, str | None]]:
    """Step, source and revision of each checkpoint, by step."""
    if revisions is not None:
        return sorted((_step_of(revision), os.fspath(checkpoints), revision) for revision in revisions)  # type: ignore[arg-type]
    if isinstance(checkpoints, (str, os.PathLike)):
        folder = Path(checkpoints)
        found = [each for each in folder.iterdir() if (each / "config.json").exists()] if folder.is_dir() else []
        if not found:
            raise RecordError(
                f"{folder} has no checkpoints: expected folders with config.json, such as checkpoint-500", place=str(folder)
            )
        checkpoints = found
    listed: list[tuple[int, Any, str | None]] = []
    for each in checkpoints:
        if isinstance(each, tuple):
            listed.append((int(each[0]), each[1], None))
        else:
            listed.append((_step_of(Path(each).name), Path(each), None))
    listed.sort(key=lambda each: each[0])
    if not listed:
        raise RecordError("there are no checkpoints", place="checkpoints")
    for before, after in zip(listed, listed[1:]):
        if before[0] == after[0]:
            raise RecordError(f"two checkpoints are of step {after[0]}: {before[1]} and {after[1]}", place="checkpoints")
    return listed


def _step_of(name: str) -> int:
    numbers = re.findall(r"\d+", name)
    if not numbers:
        raise RecordError(f"{name}: there is no step in this name", place=name, remedy="give (step, checkpoint)")
    return int(numbers[-1])


def _recorded(path: Path) -> set[int]:
    """The steps that are on record already."""
    from onset import _onset

    return set(_onset.probe_steps(str(path))) if (path / "manifest.json").exists() else set()


def _load(source: Any, revision: str | None = None) -> nn.Module:
    import transformers

    more = {} if revision is None else {"revision": revision}
    config = transformers.AutoConfig.from_pretrained(source, **more)
    named = (config.architectures or [None])[0]
    kind = getattr(transformers, named, None) if named else None
    if kind is None:
        raise RecordError(
            f"{source}: its config.json names no class of transformers ({named})", place=str(source), remedy="give load="
        )
    return kind.from_pretrained(source, **more)


def _tokenizer(source: Any, revision: str | None) -> Any:
    if isinstance(source, nn.Module):
        return None
    try:
        import transformers

        more = {} if revision is None else {"revision": revision}
        return transformers.AutoTokenizer.from_pretrained(source, **more)
    except Exception:
        # A checkpoint without a tokenizer: tokens are written as numbers.
        return None


def _bar(count: int, shown: bool) -> Callable[[], None]:
    if not shown:
        return lambda: None
    from onset.progress import _bar as make

    bar = make("checkpoints", count, 0)
    return lambda: bar.update(1)

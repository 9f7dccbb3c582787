"""The recorder of a training in PyTorch."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn

from onset import _onset
from onset.errors import Error, RecordError
from onset.recorder.interventions import Attention, Intervention
from onset.recorder.layout import Layout
from onset.recorder.preserve import untouched, unwrapped
from onset.recorder.probes import Probes
from onset.recorder.reader import Places, Reader, Selection
from onset.recorder.schedule import At, due
from onset.recorder.watching import Own, sources_of, watching

log = logging.getLogger("onset")


class Recorder:
    """Records what attention does while a PyTorch model is trained.

    At recorded steps the probe examples are run through the model, and α, the scores of heads, and β and Δ where they are asked for,
    are written to a run directory. The training is not touched: mode, random numbers, gradients and autocast are as before, and
    between recorded steps nothing is done. Models of ``transformers``, ``nn.MultiheadAttention`` and ``nn.Transformer`` are recorded
    as they are, whatever attention they compute with; other modules pass their weights to :meth:`capture`.

    Args:
        model: the model. Of a model that ``torch.compile`` has made, the original module is recorded, which has the same parameters.
        probes: the probe examples: a dict of tensors (as the model is called), a tensor, a tuple of tensors, or texts with a
            ``tokenizer`` of transformers.
        out: the run directory. Runs that are named ``…/seed-0``, ``…/seed-1`` and differ only in ``seed`` are averaged.
        tokenizer: how tokens are written: a tokenizer, a function of the token, or a list of words.
        at: which steps are recorded: ``"log"`` (two for each doubling, and the last), every so many, a list, or a function of the step.
        name: the title of the run; the name of the directory if it is not given.
        seed: the seed of the training, to tell runs apart.
        steps: the steps of the whole training, where they are known.
        labels: the right outputs of the probes, where the batch has none: a label for each example, or for each position.
        label_names: the names of the labels, of a classifier.
        pooling: which attention is recorded where there is one output for an example: that of its ``"first"`` or ``"last"`` position,
            or the ``"mean"``; by default the last of causal models, else the first.
        beta: whether β is recorded, for all heads or for a list of (layer, head). It takes a pass for each position of each head.
        delta: whether Δ is recorded. It takes a backward pass for each position.
        embedding: the module that embeds tokens, for Δ; found by itself in models of transformers and where there is one.
        heads: whether heads are measured on repeated random tokens.
        resume: whether a recording that is there is continued: from the next recorded step on, its records are replaced.
        strict: whether an error in recording ends the training; otherwise it is a warning, and the training goes on.

    Example::

        recorder = onset.Recorder(model, probes=batch, tokenizer=tok, out="runs/mine/seed-0", at="log")
        for step, batch in enumerate(loader):
            loss = train_on(batch)
            recorder.step(step, loss=loss)
        recorder.close()
    """

    def __init__(
        self,
        model: nn.Module,
        probes: Any,
        out: str | os.PathLike[str],
        *,
        tokenizer: Any = None,
        at: At = "log",
        name: str | None = None,
        seed: int = 0,
        steps: int | None = None,
        labels: Any = None,
        label_names: Sequence[str] | None = None,
        pooling: str | None = None,
        beta: Places = False,
        delta: bool = False,
        embedding: nn.Module | None = None,
        heads: bool = True,
        resume: bool = False,
        strict: bool = False,
    ) -> None:
        self.model, around = unwrapped(model)
        if around is not None:
            log.info("the recorder runs the module within %s, which has the same parameters", around)
        self.path = Path(out)
        self._due = due(at)
        self._records_last = isinstance(at, str) and at == "log"
        self._settings = (name or _title(self.path), seed, steps)
        self._resume, self._strict = resume, strict
        selection = Selection(pooling, beta if isinstance(beta, bool) else list(beta), delta, embedding, heads)
        read = Probes.of(probes, tokenizer, labels)
        self._reader = Reader(self.model, read, tokenizer, list(label_names or []), selection)
        self._watcher = self._reader.watcher
        self._sources = [*sources_of(self.model), Own()]
        self._recording: _onset.Recording | None = None
        self._losses: list[tuple[int, Any]] = []
        self._interventions: list[Intervention] = []
        self._standing = ExitStack()
        self._step, self._failed = -1, False

    # What a training calls.

    def step(self, step: int, *, loss: Any = None, **scores: float) -> bool:
        """To be called after each step of the training, or once before it with 0.

        Args:
            step: the number of steps taken.
            loss: the loss of the step on its batch; a tensor is not read before the next recorded step.
            **scores: more numbers of this step, such as ``accuracy=``; they take the place of those on the probes.

        Returns:
            Whether this step was recorded.
        """
        self._step = step
        if self._interventions:
            self._set_interventions()
        if loss is not None:
            self._losses.append((step, loss.detach() if isinstance(loss, Tensor) else loss))
        if self._failed or not self._due(step):
            return False
        self._settle()
        try:
            self.record(step, **scores)
        except Exception as error:
            if self._strict or not isinstance(error, (Error, RuntimeError, ValueError, OSError)):
                raise
            # An error of the set-up would come at every step.
            self._failed = self._recording is None
            rest = "nothing will be recorded" if self._failed else "the training goes on without this record"
            warnings.warn(f"step {step} is not recorded ({rest}): {error}", RuntimeWarning, stacklevel=2)
            return False
        return True

    def _settle(self) -> None:
        """Waits until the step before is written, which a thread does meanwhile."""
        if self._recording is None:
            return
        try:
            self._recording.wait()
        except (Error, OSError) as error:
            if self._strict:
                raise
            warnings.warn(f"an earlier step could not be written; the training goes on: {error}", RuntimeWarning, stacklevel=3)

    def record(self, step: int, **scores: float) -> None:
        """Records this step now, whether it is due or not. Errors are raised."""
        with untouched(self.model), watching(self._sources, self._watcher):
            read = self._reader.read(self._sources)
        recording = self._begun()
        self._write_losses(recording)
        given = {name: float(value) for name, value in scores.items()}
        recording.step(step, list({**read.scores, **given}.items()), read.probes, read.heads)
        log.debug("%s: step %d is recorded", self.path, step)

    def capture(self, name: str, weights: Tensor) -> Tensor:
        """To be called by a module of one's own with its attention weights (examples × heads × queries × positions, or without
        heads), just before they are used. Returns the weights to use: the same, unless a position is looked at alone or an
        intervention holds. Between recorded steps it returns at once."""
        if not self._watcher.watches:
            return weights
        if weights.dim() == 3:
            return self._watcher.attend(name, weights.unsqueeze(1)).squeeze(1)
        return self._watcher.attend(name, weights)

    def intervene(
        self,
        *,
        layer: int,
        head: int | None = None,
        attention: Attention,
        positions: Any = None,
        at: int = 0,
        until: int | None = None,
    ) -> None:
        """Changes what a layer or a head attends to, in the training itself, from step ``at`` to step ``until``.

        Args:
            layer: the layer, counted from 0 (of encoder–decoder models first the decoder's attention to the source, then to itself,
                then the encoder's).
            head: the head; all heads of the layer if it is not given.
            attention: ``"uniform"``, ``"previous"`` (clamped to the position before), ``"clamped"`` (to ``positions``), weights that
                broadcast to examples × heads × queries × positions, or a function from the weights to others.
            positions: the position that each query is clamped to: queries, or examples × queries.
            at: the number of steps after which it begins.
            until: the number of steps after which it ends.

        While it holds, a model of transformers computes eager attention, because no other can be changed.
        """
        clamped = attention == "clamped" if isinstance(attention, str) else False
        if isinstance(attention, str) and (attention not in ("uniform", "previous", "clamped") or clamped != (positions is not None)):
            raise RecordError(
                f"attention={attention!r}: expected \"uniform\", \"previous\", \"clamped\" with positions=, weights or a function of weights",
                place="attention",
            )
        change = Intervention(layer, head, attention, at, until, None if positions is None else torch.as_tensor(positions))
        change.key(self._known_layout())
        self._interventions.append(change)
        self._set_interventions()

    def close(self, status: str = "finished", failure: str | None = None) -> None:
        """Ends the recording: ``finished``, ``interrupted`` or ``failed``, with the reason. Interventions end as well. With ``at="log"``
        the last step of a finished training is recorded, if it was not."""
        if status == "finished" and self._records_last and self._recording is not None and not self._failed:
            self._settle()
            if self._step > (self._recording.last or 0):
                self._due = lambda _: True
                self.step(self._step)
        self._interventions.clear()
        self._set_interventions()
        recording, self._recording = self._recording, None
        if recording is None:
            return
        try:
            self._write_losses(recording)
        except (Error, OSError) as error:
            if self._strict:
                raise
            warnings.warn(f"the last step could not be written: {error}", RuntimeWarning, stacklevel=2)
        finally:
            recording.close(status, failure)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self.close()
        else:
            self.close("interrupted" if isinstance(error, KeyboardInterrupt) else "failed", repr(error))

    def __repr__(self) -> str:
        layout = self._reader.layout
        places = 0 if layout is None else len(layout.places)
        what = f"{places} layers with attention" if places else "nothing recorded yet"
        return f"Recorder of {type(self.model).__name__} in {self.path}: {what}"

    # Callbacks of trainers.

    def hf_callback(self) -> Any:
        """A callback for the ``Trainer`` of transformers: ``Trainer(…, callbacks=[recorder.hf_callback()])``."""
        from onset.recorder.callbacks import hf_callback

        return hf_callback(self)

    def lightning_callback(self) -> Any:
        """A callback for the ``Trainer`` of Lightning."""
        from onset.recorder.callbacks import lightning_callback

        return lightning_callback(self)

    # How a step is recorded.

    def _with_model(self, model: nn.Module) -> Recorder:
        """The same recording, of another model of the same form."""
        self.model, _ = unwrapped(model)
        self._reader.model = self.model
        self._sources = [*sources_of(self.model), Own()]
        return self

    def _known_layout(self) -> Layout:
        """Where the model attends, from a pass if there was none."""
        if self._reader.layout is None:
            with untouched(self.model), watching(self._sources, self._watcher):
                return self._reader.look(self._sources)
        return self._reader.layout

    @property
    def last(self) -> int | None:
        """The last recorded step; ``None`` before the first."""
        return None if self._recording is None else self._recording.last

    def _begun(self) -> _onset.Recording:
        if self._recording is None:
            (name, seed, steps), layout = self._settings, self._known_layout()
            self._recording = _onset.Recording(
                self.path,
                name=name,
                model=type(self.model).__name__,
                framework=_framework(self.model),
                layers=len(layout.places),
                heads=layout.heads,
                parameters=sum(parameter.numel() for parameter in self.model.parameters()),
                seed=seed,
                steps=steps,
                probes=self._reader.probes.digest(),
                labels=self._reader.label_names,
                resume=self._resume,
            )
        return self._recording

    def _write_losses(self, recording: _onset.Recording) -> None:
        recording.losses([(step, float(loss)) for step, loss in self._losses])
        self._losses.clear()

    def _set_interventions(self) -> None:
        """Lets the interventions hold that hold at the present step, and no others."""
        held = [each for each in self._interventions if each.holds(max(self._step, 0))]
        standing: dict[str, list[Any]] = {}
        for each in held:
            standing.setdefault(each.key(self._known_layout()), []).append(each.apply)
        if bool(standing) != bool(self._watcher.standing):
            self._standing.close()
            if standing:
                self._standing.enter_context(watching(self._sources, self._watcher))
                # Each pass of the training begins to count its attentions anew.
                hook = self.model.register_forward_pre_hook(lambda *_: self._watcher.begin())
                self._standing.callback(hook.remove)
        self._watcher.standing = standing


def _title(path: Path) -> str:
    """The name of a run: that of its folder, or of the folder above where its own is that of a seed."""
    return path.parent.name if path.name.startswith("seed-") and path.parent.name else path.name


def _framework(model: nn.Module) -> str:
    import sys

    named = f"torch {torch.__version__.split('+')[0]}"
    transformers = sys.modules.get("transformers")
    is_pretrained = transformers is not None and any(type(module).__module__.startswith("transformers") for module in model.modules())
    return f"{named}, transformers {transformers.__version__}" if is_pretrained and transformers is not None else named

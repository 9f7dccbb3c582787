"""The recorder of a training in PyTorch."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Union

import numpy as np
import torch
from torch import Tensor, nn

from onset import _onset
from onset.errors import Error, RecordError
from onset.recorder import effects
from onset.recorder.heads import copying, on_repeated, repeated
from onset.recorder.interventions import Attention, Intervention
from onset.recorder.layout import Layout, logits_of
from onset.recorder.preserve import untouched, unwrapped
from onset.recorder.probes import Probes, words_of
from onset.recorder.reading import Example, Rows, examples_of, joined, predicted, rows_of_all, weights_by_place
from onset.recorder.schedule import At, due
from onset.recorder.watching import Own, Watcher, looked_for, sources_of, watching

log = logging.getLogger("onset")

Places = Union[bool, Iterable[tuple[int, int]]]


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
        self._probes = _with_decoder(Probes.of(probes, tokenizer, labels), self.model)
        self._words = words_of(tokenizer)
        self._begin = getattr(tokenizer, "bos_token_id", None)
        self._settings = (name or _title(self.path), seed, steps, list(label_names or []))
        self._pooling = pooling
        self._beta: Places = beta if isinstance(beta, bool) else list(beta)
        self._delta, self._heads = delta, heads
        self._embedding = embedding
        self._resume, self._strict = resume, strict
        self._watcher, self._sources = Watcher(), sources_of(self.model)
        self._sources.append(Own())
        self._layout: Layout | None = None
        self._examples: list[Example] = []
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
            layout, seen, logits = self._pass()
            recording = self._begun(layout)
            found = predicted(logits, self._examples)
            probes = self._probe_dicts(layout, weights_by_place(layout, seen), found)
            heads = self._head_dicts(layout, seen)
        self._write_losses(recording)
        recording.step(step, self._scores(found, scores), probes, heads)
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
        if self._layout is None:
            with untouched(self.model), watching(self._sources, self._watcher):
                self._pass()
        assert self._layout is not None
        change.key(self._layout)
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
        places = 0 if self._layout is None else len(self._layout.places)
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
        self._sources = [*sources_of(self.model), Own()]
        self._names = {name: module for source in self._sources for name, module in source.names().items()}
        return self

    @property
    def last(self) -> int | None:
        """The last recorded step; ``None`` before the first."""
        return None if self._recording is None else self._recording.last

    def _pass(self) -> tuple[Layout, dict[str, Tensor], Tensor | None]:
        """One pass over the probes."""
        with self._watcher.passing() as seen, torch.no_grad():
            output = self._probes.run(self.model)
        if not seen:
            raise RecordError(looked_for(self.model), remedy="see help(onset.Recorder.capture)")
        if self._layout is None:
            names = {name: module for source in self._sources for name, module in source.names().items()}
            self._layout = Layout.of(names, seen, output, self._probes)
            self._examples = examples_of(self._layout, self._probes)
            self._names = names
        logits = logits_of(output) if self._layout.predicts != "nothing" else None
        return self._layout, seen, logits

    def _begun(self, layout: Layout) -> _onset.Recording:
        if self._recording is None:
            name, seed, steps, labels = self._settings
            if not labels and layout.predicts == "label" and self._probes.labels is not None:
                known = getattr(getattr(self.model, "config", None), "id2label", None) or {}
                count = max([int(self._probes.labels.max()) + 1, *(number + 1 for number in known)])
                labels = [str(known.get(number, number)) for number in range(count)]
            self._labels = labels
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
                probes=self._probes.digest(),
                labels=labels,
                resume=self._resume,
            )
        return self._recording

    def _probe_dicts(self, layout: Layout, weights: dict[str, np.ndarray[Any, Any]], found: list[Any]) -> list[dict[str, Any]]:
        pooling = self._pooling or ("last" if _all_causal(layout, weights) else "first")
        betas = self._betas(layout)
        deltas = self._deltas()
        alphas = {place.key: rows_of_all(weights[place.key], place, self._examples, pooling) for place in layout.places if place.predicts}
        is_label = layout.predicts == "label" and self._probes.labels is not None
        dicts = []
        for number, example in enumerate(self._examples):
            own = found[number]
            places = []
            for place in layout.places:
                if not place.predicts:
                    continue
                for head in range(place.heads):
                    beta = betas.get((place.layer, head))
                    places.append(
                        {
                            "place": (place.layer, head, "pooling" if is_label else place.kind),
                            "alpha": alphas[place.key][number][head],
                            "beta": None if beta is None else beta[number],
                            "tokens": place.sequence,
                        }
                    )
            dicts.append(
                {
                    "tokens": self._tokens_of(example, number),
                    "target": self._outputs(example.truth, is_label),
                    "predicted": self._outputs(own.outputs, is_label),
                    "log_probability": own.log_probability.tolist(),
                    "label": (int(example.truth[0]), own.logit) if is_label and own.logit is not None else None,
                    "places": places,
                    "delta": None if deltas is None else deltas[number],
                }
            )
        return dicts

    def _betas(self, layout: Layout) -> dict[tuple[int, int], list[Rows]]:
        if self._beta is False:
            return {}
        every = [(place.layer, head) for place in layout.places if place.predicts for head in range(place.heads)]
        wanted = every if self._beta is True else [(int(layer), int(head)) for layer, head in self._beta]
        unknown = [each for each in wanted if each not in every]
        if unknown:
            raise RecordError(f"there is no layer and head {unknown[0]}", place="beta")
        by_layer = {place.layer: place for place in layout.places}
        return {
            (layer, head): effects.beta(self.model, self._watcher, self._probes, self._examples, by_layer[layer], head)
            for layer, head in wanted
        }

    def _deltas(self) -> list[Rows] | None:
        if not self._delta:
            return None
        embedding = self._embedding or _embedding_of(self.model)
        if embedding is None:
            raise RecordError("the module that embeds tokens was not found", place="delta", remedy="name it with embedding=")
        return effects.delta(self.model, self._probes, self._examples, embedding)

    def _tokens_of(self, example: Example, number: int) -> list[list[str]]:
        sequences = [(self._probes.ids, example.source)]
        if example.target.size or self._probes.decoder_ids is not None:
            sequences.append((self._probes.decoder_ids, example.target))
        written = []
        for ids, positions in sequences:
            if ids is None:
                written.append([str(position) for position in positions])
            else:
                written.append(self._words(ids[number].cpu().numpy()[positions].tolist()))
        return written

    def _outputs(self, outputs: np.ndarray[Any, Any], is_label: bool) -> list[str]:
        """Outputs in words; empty where one is unknown."""
        listed = outputs.tolist()
        if is_label:
            return [self._labels[output] if 0 <= output < len(self._labels) else str(output) for output in listed]
        words = iter(self._words([output for output in listed if output >= 0]))
        return [next(words) if output >= 0 else "" for output in listed]

    def _head_dicts(self, layout: Layout, seen: dict[str, Tensor]) -> list[dict[str, Any]]:
        on_tokens, copied = {}, {}
        if self._heads and layout.predicts == "next" and self._probes.ids is not None and self._takes_tokens():
            vocabulary = self._vocabulary()
            tokens = repeated(self.model, self._probes, vocabulary, self._begin)
            if tokens is not None:
                on_tokens = on_repeated(self.model, self._watcher, layout, self._probes, tokens)
                first = tokens[0, 1:26] if self._begin is not None else tokens[0, :25]
                for place in layout.places:
                    copied[place.layer] = copying(self.model, place.key, self._names.get(place.key.split("#")[0]), first)
        dicts = []
        for place in layout.places:
            for head in range(place.heads):
                values = copied.get(place.layer)
                dicts.append(
                    {
                        "place": (place.layer, head, place.kind),
                        "sequences": on_tokens.get((place.layer, head), []),
                        # Of heads that are in the records of the probes, α is known.
                        "alpha": None if place.predicts else self._every_row(seen[place.key][:, head].numpy()),
                        "values": [] if values is None else [("copying", values[head])],
                    }
                )
        return dicts

    def _every_row(self, weights: np.ndarray[Any, Any]) -> Rows:
        """The rows of one head of an encoder that a decoder reads, of all examples."""
        rows: list[np.ndarray[Any, Any]] = []
        for number, example in enumerate(self._examples):
            rows.extend(weights[number][np.ix_(example.source, example.source)])
        return joined(rows)

    def _takes_tokens(self) -> bool:
        """Whether the model can be called with tokens alone."""
        arguments = self._probes.arguments
        if isinstance(arguments, dict):
            return any(value is self._probes.ids for value in arguments.values())
        return len(arguments) == 1

    def _vocabulary(self) -> int:
        embedding = self._embedding or _embedding_of(self.model)
        return int(getattr(embedding, "num_embeddings", 0) or getattr(getattr(self.model, "config", None), "vocab_size", 0))

    def _scores(self, found: list[Any], given: dict[str, float]) -> list[tuple[str, float]]:
        scores: dict[str, float] = {}
        logs = np.concatenate([each.log_probability for each in found]) if found else np.zeros(0)
        known = ~np.isnan(logs)
        if known.any():
            truth = np.concatenate([example.truth for example in self._examples])
            outputs = np.concatenate([each.outputs for each in found])
            scores["loss"] = float(-logs[known].mean())
            scores["accuracy"] = float((truth == outputs)[known].mean())
        scores.update({name: float(value) for name, value in given.items()})
        return list(scores.items())

    def _write_losses(self, recording: _onset.Recording) -> None:
        recording.losses([(step, float(loss)) for step, loss in self._losses])
        self._losses.clear()

    def _set_interventions(self) -> None:
        """Lets the interventions hold that hold at the present step, and no others."""
        held = [each for each in self._interventions if each.holds(max(self._step, 0))]
        standing: dict[str, list[Any]] = {}
        for each in held:
            assert self._layout is not None
            standing.setdefault(each.key(self._layout), []).append(each.apply)
        if bool(standing) != bool(self._watcher.standing):
            self._standing.close()
            if standing:
                self._standing.enter_context(watching(self._sources, self._watcher))
                # Each pass of the training begins to count its attentions anew.
                hook = self.model.register_forward_pre_hook(lambda *_: self._watcher.begin())
                self._standing.callback(hook.remove)
        self._watcher.standing = standing


def _with_decoder(probes: Probes, model: Any) -> Probes:
    """The decoder's input of encoder–decoder models that make it from labels."""
    make = getattr(model, "prepare_decoder_input_ids_from_labels", None)
    shift = make or getattr(model, "_shift_right", None)
    is_pair = getattr(getattr(model, "config", None), "is_encoder_decoder", False)
    if is_pair and probes.decoder_ids is None and probes.labels is not None and probes.labels.dim() == 2 and shift is not None:
        assert isinstance(probes.arguments, dict)
        probes.decoder_ids = shift(labels=probes.labels) if make is not None else shift(probes.labels)
        probes.arguments.pop("labels", None)
        probes.arguments["decoder_input_ids"] = probes.decoder_ids
    return probes


def _embedding_of(model: Any) -> nn.Module | None:
    try:
        found = model.get_input_embeddings()
    except (AttributeError, NotImplementedError):
        found = None
    if found is not None:
        return found
    return next((module for module in model.modules() if isinstance(module, nn.Embedding)), None)


def _all_causal(layout: Layout, weights: dict[str, np.ndarray[Any, Any]]) -> bool:
    own = [weights[place.key] for place in layout.places if place.kind == "self"]
    return bool(own) and all(each.shape[-1] == each.shape[-2] and not np.triu(each[0, 0], 1).any() for each in own)


def _title(path: Path) -> str:
    """The name of a run: that of its folder, or of the folder above where its own is that of a seed."""
    return path.parent.name if path.name.startswith("seed-") and path.parent.name else path.name


def _framework(model: nn.Module) -> str:
    import sys

    named = f"torch {torch.__version__.split('+')[0]}"
    transformers = sys.modules.get("transformers")
    is_pretrained = transformers is not None and any(type(module).__module__.startswith("transformers") for module in model.modules())
    return f"{named}, transformers {transformers.__version__}" if is_pretrained and transformers is not None else named

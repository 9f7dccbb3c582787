"""What is read from a model at a recorded step: predictions, α, β, Δ and the scores of heads, of the probe examples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Union

import numpy as np
import torch
from torch import Tensor, nn

from onset import _onset
from onset._onset import HeldRows
from onset.errors import RecordError
from onset.recorder import effects
from onset.recorder.heads import copying, on_repeated, repeated
from onset.recorder.layout import Attending, Form, Layout, logits_of
from onset.recorder.probes import Probes, words_of
from onset.recorder.reading import Example, Predicted, Rows, examples_of, predicted, rows_of_all
from onset.recorder.watching import Source, Watcher, looked_for

Places = Union[bool, Iterable[tuple[int, int]]]


@dataclass(frozen=True)
class Selection:
    """What is recorded beside α; see :class:`onset.Recorder`."""

    pooling: str | None
    beta: Places
    delta: bool
    embedding: nn.Module | None
    heads: bool


@dataclass(frozen=True)
class Read:
    """What was read at one step, as the compiled part takes it."""

    scores: dict[str, float]
    probes: list[dict[str, Any]]
    heads: list[dict[str, Any]]


@dataclass
class Seen:
    """What was seen in a pass over the probes.

    Attributes:
        predictions: what is predicted in each example.
        alpha: α of each attention that predicts, by its key: by example and head.
        entropy: the mean entropy of each head of the others, by layer and head.
    """

    predictions: list[Predicted]
    alpha: dict[str, list[list[HeldRows]] | list[list[Rows]]]
    entropy: dict[tuple[int, int], float]


class Reader:
    """Reads the probe examples with a model whose sources of attention are watched."""

    def __init__(self, model: nn.Module, probes: Probes, tokenizer: Any, labels: list[str], selection: Selection) -> None:
        self.model, self.watcher = model, Watcher()
        self.probes = with_decoder(probes, model)
        self.layout: Layout | None = None
        self._selection = selection
        self._labels = labels
        self._words = words_of(tokenizer)
        self._begin = getattr(tokenizer, "bos_token_id", None)
        self._examples: list[Example] = []
        self._names: dict[str, nn.Module] = {}

    def look(self, sources: list[Source]) -> Layout:
        """The layout of the model, from a pass over the probes that keeps no weights."""
        forms: dict[str, Form] = {}

        def form(key: str, weights: Tensor) -> None:
            forms[key] = Form.of(weights)

        with self.watcher.passing(form), torch.no_grad():
            output = self.probes.run(self.model)
        if not forms:
            raise RecordError(looked_for(self.model), remedy="see help(onset.Recorder.capture)")
        names = {name: module for source in sources for name, module in source.names().items()}
        self.layout = Layout.of(names, forms, output, self.probes)
        self._examples = examples_of(self.layout, self.probes)
        return self.layout

    def read(self, sources: list[Source]) -> Read:
        """Everything that is recorded at a step."""
        # What is kept of the weights depends on the layout.
        layout = self.layout or self.look(sources)
        # Checkpoints of a training that is over are different models of one form.
        self._names = {name: module for source in sources for name, module in source.names().items()}
        seen = self.attend(layout)
        return Read(self._scores(seen.predictions), self._probe_dicts(layout, seen), self._head_dicts(layout, seen.entropy))

    def attend(self, layout: Layout) -> Seen:
        """One pass over the probes. Of the weights of an attention only what is recorded is kept, before the next is computed."""
        seen = Seen([], {}, {})
        places = {place.key: place for place in layout.places}
        pooling = self._selection.pooling or ("last" if layout.reads_forward else "first")

        def keep(key: str, weights: Tensor) -> None:
            place = places.get(key)
            if place is not None and place.predicts:
                seen.alpha[key] = rows_of_all(weights.numpy(), place, self._examples, pooling)
            elif place is not None:
                seen.entropy.update(self._entropies(place, weights))

        with self.watcher.passing(keep), torch.no_grad():
            output = self.probes.run(self.model)
        missing = [place.key for place in layout.places if place.predicts and place.key not in seen.alpha]
        if missing:
            raise RecordError(f"{missing[0]} did not attend in this pass, as it did at first", place=missing[0])
        logits = logits_of(output) if layout.predicts != "nothing" else None
        seen.predictions = predicted(logits, self._examples)
        return seen

    def _entropies(self, place: Attending, weights: Tensor) -> dict[tuple[int, int], float]:
        """The mean entropy of each head of an encoder that a decoder reads, over all examples."""
        every = [example.source for example in self._examples]
        rows = _onset.held_rows(weights.numpy(), every, every, False)
        return {(place.layer, head): _onset.entropy(own) for head, own in enumerate(zip(*rows))}

    @property
    def label_names(self) -> list[str]:
        """The names of the labels of a classifier, as they were given or as its configuration has them."""
        layout, labels = self.layout, self.probes.labels
        if not self._labels and layout is not None and layout.predicts == "label" and labels is not None:
            known = getattr(getattr(self.model, "config", None), "id2label", None) or {}
            count = max([int(labels.max()) + 1, *(number + 1 for number in known)])
            self._labels = [str(known.get(number, number)) for number in range(count)]
        return self._labels

    def _probe_dicts(self, layout: Layout, seen: Seen) -> list[dict[str, Any]]:
        betas = self._betas(layout)
        deltas = self._deltas()
        is_label = layout.predicts == "label" and self.probes.labels is not None
        dicts = []
        for number, example in enumerate(self._examples):
            own = seen.predictions[number]
            places = []
            for place in layout.places:
                if not place.predicts:
                    continue
                for head in range(place.heads):
                    beta = betas.get((place.layer, head))
                    places.append(
                        {
                            "place": (place.layer, head, "pooling" if is_label else place.kind),
                            "alpha": seen.alpha[place.key][number][head],
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
        if self._selection.beta is False:
            return {}
        every = [(place.layer, head) for place in layout.places if place.predicts for head in range(place.heads)]
        selected = every if self._selection.beta is True else [(int(layer), int(head)) for layer, head in self._selection.beta]
        unknown = [each for each in selected if each not in every]
        if unknown:
            raise RecordError(f"there is no layer and head {unknown[0]}", place="beta")
        by_layer = {place.layer: place for place in layout.places}
        return {
            (layer, head): effects.beta(self.model, self.watcher, self.probes, self._examples, by_layer[layer], head)
            for layer, head in selected
        }

    def _deltas(self) -> list[Rows] | None:
        if not self._selection.delta:
            return None
        embedding = self._selection.embedding or _embedding_of(self.model)
        if embedding is None:
            raise RecordError("the module that embeds tokens was not found", place="delta", remedy="name it with embedding=")
        return effects.delta(self.model, self.probes, self._examples, embedding)

    def _tokens_of(self, example: Example, number: int) -> list[list[str]]:
        sequences = [(self.probes.ids, example.source)]
        if example.target.size or self.probes.decoder_ids is not None:
            sequences.append((self.probes.decoder_ids, example.target))
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
            return [self.label_names[output] if 0 <= output < len(self.label_names) else str(output) for output in listed]
        words = iter(self._words([output for output in listed if output >= 0]))
        return [next(words) if output >= 0 else "" for output in listed]

    def _head_dicts(self, layout: Layout, entropies: dict[tuple[int, int], float]) -> list[dict[str, Any]]:
        on_tokens, copied = {}, {}
        if self._selection.heads and layout.predicts == "next" and self.probes.ids is not None and self._takes_tokens():
            vocabulary = self._vocabulary()
            tokens = repeated(self.model, self.probes, vocabulary, self._begin)
            if tokens is not None:
                on_tokens = on_repeated(self.model, self.watcher, layout, self.probes, tokens)
                first = tokens[0, 1:26] if self._begin is not None else tokens[0, :25]
                for place in layout.places:
                    copied[place.layer] = copying(self.model, place.key, self._names.get(place.key.split("#")[0]), first)
        dicts = []
        for place in layout.places:
            for head in range(place.heads):
                at = place.layer, head
                values = list(on_tokens.get(at, []))
                # Of heads that are in the records of the probes, it is computed from those.
                if at in entropies:
                    values.append(("entropy", entropies[at]))
                copies = copied.get(place.layer)
                if copies is not None:
                    values.append(("copying", copies[head]))
                dicts.append({"place": (*at, place.kind), "values": values})
        return dicts

    def _takes_tokens(self) -> bool:
        """Whether the model can be called with tokens alone."""
        arguments = self.probes.arguments
        if isinstance(arguments, dict):
            return any(value is self.probes.ids for value in arguments.values())
        return len(arguments) == 1

    def _vocabulary(self) -> int:
        embedding = self._selection.embedding or _embedding_of(self.model)
        return int(getattr(embedding, "num_embeddings", 0) or getattr(getattr(self.model, "config", None), "vocab_size", 0))

    def _scores(self, found: list[Any]) -> dict[str, float]:
        scores: dict[str, float] = {}
        logs = np.concatenate([each.log_probability for each in found]) if found else np.zeros(0)
        known = ~np.isnan(logs)
        if known.any():
            truth = np.concatenate([example.truth for example in self._examples])
            outputs = np.concatenate([each.outputs for each in found])
            scores["loss"] = float(-logs[known].mean())
            scores["accuracy"] = float((truth == outputs)[known].mean())
        return scores


def with_decoder(probes: Probes, model: Any) -> Probes:
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

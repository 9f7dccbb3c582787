"""Where a model attends, and what it predicts: found out from one pass over the probes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from onset.errors import RecordError
from onset.recorder.probes import Probes

_CROSS = re.compile(r"cross|encoder_attn|EncDec|multihead_attn", re.IGNORECASE)


@dataclass(frozen=True)
class Attending:
    """One attention of the model.

    Attributes:
        key: its name among what the watcher sees.
        layer: its number; of encoder–decoder models first the decoder's attention to the source, then to itself, then the encoder's.
        heads: how many heads it has.
        kind: ``self`` or ``cross``.
        sequence: what it attends to: 0 is the (source) sequence, 1 the target of encoder–decoder models.
        predicts: whether its queries are where outputs are predicted; not of encoders that a decoder reads.
    """

    key: str
    layer: int
    heads: int
    kind: str
    sequence: int
    predicts: bool


@dataclass(frozen=True)
class Form:
    """The form of an attention's weights, which is kept after the weights are released.

    Attributes:
        shape: examples × heads × queries × positions.
        is_causal: whether no query attends to a later position.
        begins_causal: whether none does in the first head of the first example.
    """

    shape: tuple[int, ...]
    is_causal: bool
    begins_causal: bool

    @classmethod
    def of(cls, weights: Tensor) -> Form:
        """The form of some weights."""
        shape = tuple(weights.shape)
        if len(shape) != 4 or shape[2] != shape[3]:
            return cls(shape, False, False)
        # One example after the other, for what they have above the diagonal is as large as they are.
        causal = (not bool((heads.triu(1).abs() > 0).any()) for heads in weights)
        return cls(shape, all(causal), not bool(weights[:1, :1].triu(1).any()))


@dataclass(frozen=True)
class Layout:
    """The attentions of a model, and what it predicts.

    Attributes:
        places: the attentions, in the order of their numbers.
        predicts: ``next`` (each token from those before it), ``pairs`` (a target from a source), ``label`` (one for each example),
            ``tokens`` (one for each position), or ``nothing``.
        reads_forward: whether all attention to the own sequence is causal, so that the last position has seen the whole of it.
    """

    places: tuple[Attending, ...]
    predicts: str
    reads_forward: bool

    @classmethod
    def of(cls, names: Mapping[str, nn.Module], seen: Mapping[str, Form], output: Any, probes: Probes) -> Layout:
        """The layout of a model that has been run on ``probes``."""
        for key, form in seen.items():
            if len(form.shape) != 4 or form.shape[0] != probes.count:
                shape = " × ".join(map(str, form.shape))
                raise RecordError(
                    f"{key}: attention of the shape {shape} on {probes.count} probes; expected examples × heads × queries × positions",
                    place=key,
                )
        cross = [key for key in seen if _is_cross(key, names)]
        encoder = [key for key in seen if cross and key not in cross and _is_encoder(key)]
        own = [key for key in seen if key not in cross and key not in encoder]
        places: list[Attending] = []
        for group, kind, sequence, is_predicted in (
            (cross, "cross", 0, True),
            (own, "self", 1 if cross else 0, True),
            (encoder, "self", 0, False),
        ):
            for key in group:
                places.append(Attending(key, len(places), seen[key].shape[1], kind, sequence, is_predicted))
        logits = logits_of(output)
        if logits is None:
            predicts = "nothing"
        elif logits.dim() == 2:
            predicts = "label"
        elif cross:
            predicts = "pairs"
        elif own and all(seen[key].is_causal for key in own):
            predicts = "next"
        else:
            predicts = "tokens"
        forward = [seen[place.key].begins_causal for place in places if place.kind == "self"]
        return cls(tuple(places), predicts, bool(forward) and all(forward))

    @property
    def heads(self) -> int:
        """Heads of the layer that has the most."""
        return max((place.heads for place in self.places), default=0)


def logits_of(output: Any) -> Tensor | None:
    """The scores of all outputs: of each position (examples × positions × outputs), or of each example (examples × outputs)."""
    logits = getattr(output, "logits", None)
    if logits is None and isinstance(output, Mapping):
        logits = output.get("logits")
    if logits is None and isinstance(output, (tuple, list)) and output:
        logits = output[0]
    if logits is None and isinstance(output, Tensor):
        logits = output
    if not isinstance(logits, Tensor) or logits.dim() not in (2, 3):
        return None
    return logits


def _is_cross(key: str, names: Mapping[str, nn.Module]) -> bool:
    module = names.get(key.split("#")[0])
    return bool(getattr(module, "is_cross_attention", False)) or _CROSS.search(key) is not None


def _is_encoder(key: str) -> bool:
    parts = re.split(r"[.#]", key)
    return "encoder" in parts and "decoder" not in parts

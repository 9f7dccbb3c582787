"""The probe examples: what is run through the model at each recorded step."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from onset.errors import RecordError


@dataclass
class Probes:
    """Probe examples as the model takes them.

    Attributes:
        arguments: what the model is called with, by name or in order.
        ids: the tokens (batch × positions), or ``None`` where the model reads no tokens.
        mask: which positions are no padding (batch × positions).
        decoder_ids, decoder_mask: the same of the decoder, of encoder–decoder models.
        labels: the labels that go with the batch: of each text (batch), or of each position (batch × positions).
    """

    arguments: dict[str, Any] | tuple[Any, ...]
    ids: Tensor | None
    mask: Tensor | None
    decoder_ids: Tensor | None = None
    decoder_mask: Tensor | None = None
    labels: Tensor | None = None

    @classmethod
    def of(cls, probes: Any, tokenizer: Any, labels: Any) -> Probes:
        """From a dict, a tensor, a tuple or list of tensors, or a list of texts, which ``tokenizer`` cuts."""
        if isinstance(probes, (list, tuple)) and probes and all(isinstance(text, str) for text in probes):
            if not callable(tokenizer) or not hasattr(tokenizer, "convert_ids_to_tokens"):
                raise RecordError("probes that are texts need a tokenizer of transformers", place="tokenizer")
            if getattr(tokenizer, "pad_token", None) is None:
                lengths = {len(tokenizer(text)["input_ids"]) for text in probes}
                padded = tokenizer(list(probes), return_tensors="pt") if len(lengths) == 1 else None
                if padded is None:
                    raise RecordError(
                        "the tokenizer has no padding token, and the probes have several lengths",
                        place="tokenizer",
                        remedy="set tokenizer.pad_token",
                    )
                probes = padded
            else:
                probes = tokenizer(list(probes), return_tensors="pt", padding=True)
        given = None if labels is None else torch.as_tensor(labels)
        if isinstance(probes, Mapping):
            return cls._of_names(dict(probes), given)
        if isinstance(probes, Tensor):
            return cls((probes,), _tokens(probes), None, labels=given)
        if isinstance(probes, (list, tuple)) and all(isinstance(each, Tensor) for each in probes):
            ids = [tokens for each in probes if (tokens := _tokens(each)) is not None]
            decoder = ids[1] if len(ids) > 1 else None
            return cls(tuple(probes), ids[0] if ids else None, None, decoder_ids=decoder, labels=given)
        raise RecordError(
            f"probes of the type {type(probes).__name__} cannot be used",
            place="probes",
            remedy="give a dict of tensors, a tensor, a tuple of tensors, or a list of texts with a tokenizer",
        )

    @classmethod
    def _of_names(cls, batch: dict[str, Any], given: Tensor | None) -> Probes:
        labels = given if given is not None else batch.get("labels")
        # The loss is ours; models that make the decoder's input from labels still need them.
        if "decoder_input_ids" in batch or (labels is not None and labels.dim() < 2):
            batch.pop("labels", None)
        ids = batch.get("input_ids")
        if ids is None:
            ids = next((found for each in batch.values() if (found := _tokens(each)) is not None), None)
        return cls(
            batch,
            ids,
            batch.get("attention_mask"),
            decoder_ids=batch.get("decoder_input_ids"),
            decoder_mask=batch.get("decoder_attention_mask"),
            labels=labels,
        )

    @property
    def count(self) -> int:
        """How many examples there are."""
        values = self.arguments.values() if isinstance(self.arguments, dict) else self.arguments
        return next((value.shape[0] for value in values if isinstance(value, Tensor) and value.dim() > 0), 0)

    def run(self, model: nn.Module, rows: Tensor | None = None) -> Any:
        """The model's output on the probes, or on copies of the examples ``rows``."""
        device = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
        count = self.count

        def moved(value: Any) -> Any:
            if not isinstance(value, Tensor):
                return value
            if rows is not None and value.dim() > 0 and value.shape[0] == count:
                value = value[rows]
            return value.to(device)

        if isinstance(self.arguments, dict):
            return model(**{name: moved(value) for name, value in self.arguments.items()})
        return model(*(moved(value) for value in self.arguments))

    def digest(self) -> str:
        """A digest of the examples."""
        digest = hashlib.sha256()
        values = self.arguments if isinstance(self.arguments, tuple) else tuple(self.arguments[name] for name in sorted(self.arguments))
        for value in (*values, self.labels):
            if isinstance(value, Tensor):
                digest.update(str((value.dtype, tuple(value.shape))).encode())
                digest.update(value.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes() if value.numel() else b"")
        return digest.hexdigest()


def _tokens(value: Any) -> Tensor | None:
    """A tensor that may be tokens: whole numbers, batch × positions."""
    is_tokens = isinstance(value, Tensor) and value.dim() == 2 and not value.is_floating_point() and value.dtype != torch.bool
    return value if is_tokens else None


def words_of(tokenizer: Any) -> Callable[[Sequence[int]], list[str]]:
    """How tokens are written: by a tokenizer, a function, or a list of words; as numbers without."""
    if tokenizer is None:
        return lambda ids: [str(token) for token in ids]
    if hasattr(tokenizer, "convert_ids_to_tokens"):
        written = _from_bytes if _names_bytes(tokenizer) else _from_pieces if _names_pieces(tokenizer) else str
        special = set(getattr(tokenizer, "all_special_tokens", ()))
        return lambda ids: [
            token if token in special else written(token) for token in map(str, tokenizer.convert_ids_to_tokens(list(ids)))
        ]
    if callable(tokenizer):
        return lambda ids: [str(tokenizer(token)) for token in ids]
    words = list(tokenizer)
    return lambda ids: [str(words[token]) if 0 <= token < len(words) else str(token) for token in ids]


def _names_bytes(tokenizer: Any) -> bool:
    """Whether tokens are bytes under other names, as GPT-2's."""
    return "Ġ" in getattr(tokenizer, "get_vocab", dict)()


def _bytes_by_name() -> dict[str, int]:
    """The bytes by the characters that byte-level tokenizers write them as: themselves where they are visible, else from Ā on."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in visible]
    return {**{chr(byte): byte for byte in visible}, **{chr(0x100 + at): byte for at, byte in enumerate(others)}}


_BYTES = _bytes_by_name()


def _from_bytes(token: str) -> str:
    """A byte-level token as text, with ``▁`` for the space before a word, as the engine writes it."""
    if not all(character in _BYTES for character in token):
        return token
    text = bytes(_BYTES[character] for character in token).decode("utf-8", errors="replace")
    return f"▁{text[1:]}" if text.startswith(" ") else text.replace("\n", "↵").replace("\t", "⇥")


def _names_pieces(tokenizer: Any) -> bool:
    """Whether tokens within words begin with ##, as BERT's."""
    return any(token.startswith("##") for token in getattr(tokenizer, "get_vocab", dict)())


def _from_pieces(token: str) -> str:
    """A token of BERT's, with ``▁`` at the beginning of a word, as the engine writes it."""
    return token[2:] if token.startswith("##") else f"▁{token}"

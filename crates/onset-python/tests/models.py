"""Small random models, made by a seed, of every form that the recorder knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

VOCABULARY, LENGTH = 50, 12


def tokens(count: int = 4) -> Tensor:
    return torch.randint(3, VOCABULARY, (count, LENGTH), generator=torch.Generator().manual_seed(1))


def padded(count: int = 4) -> dict[str, Tensor]:
    mask = torch.ones(count, LENGTH, dtype=torch.long)
    mask[1, 8:] = 0
    return {"input_ids": tokens(count), "attention_mask": mask}


def pairs() -> dict[str, Tensor]:
    return {**padded(), "labels": tokens()[:, :7].contiguous()}


def labelled() -> dict[str, Tensor]:
    return {**padded(), "labels": torch.tensor([0, 1, 2, 1])}


def _transformers(kind: str, config: str, **settings: Any) -> Callable[[], Any]:
    def make() -> Any:
        import transformers

        torch.manual_seed(0)
        return getattr(transformers, kind)(getattr(transformers, config)(vocab_size=VOCABULARY, **settings)).eval()

    return make


_WIDE = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 64}
_BART = {
    "d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4, "decoder_attention_heads": 4,
    "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "max_position_embeddings": 64, "pad_token_id": 1, "bos_token_id": 0,
    "eos_token_id": 2, "decoder_start_token_id": 2, "forced_eos_token_id": 2,
}  # fmt: skip

#: By name: what makes the model, its probes, and what it predicts.
PRETRAINED: dict[str, tuple[Callable[[], Any], Callable[[], dict[str, Tensor]], str]] = {
    "gpt2": (
        _transformers("GPT2LMHeadModel", "GPT2Config", n_positions=64, n_embd=32, n_layer=2, n_head=4, bos_token_id=0, eos_token_id=0),
        padded,
        "next",
    ),
    "llama": (_transformers("LlamaForCausalLM", "LlamaConfig", num_key_value_heads=2, **_WIDE), padded, "next"),
    "gpt_neox": (
        _transformers("GPTNeoXForCausalLM", "GPTNeoXConfig", bos_token_id=0, eos_token_id=0, **_WIDE),
        lambda: {"input_ids": tokens()},
        "next",
    ),
    "bert": (_transformers("BertForSequenceClassification", "BertConfig", num_labels=3, **_WIDE), labelled, "label"),
    "masked": (
        _transformers("BertForMaskedLM", "BertConfig", **_WIDE),
        lambda: {**padded(), "labels": torch.where(torch.arange(LENGTH) % 2 == 0, tokens(), -100)},
        "tokens",
    ),
    "t5": (
        _transformers("T5ForConditionalGeneration", "T5Config", d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4,
                      decoder_start_token_id=0, pad_token_id=0),
        pairs,
        "pairs",
    ),
    "bart": (_transformers("BartForConditionalGeneration", "BartConfig", **_BART), pairs, "pairs"),
}  # fmt: skip


class Plain(nn.Module):
    """A decoder of ``nn.TransformerEncoder``."""

    def __init__(self, dropout: float = 0.0, width: int = 32, layers: int = 2) -> None:
        super().__init__()
        self.embed, self.positions = nn.Embedding(VOCABULARY, width), nn.Embedding(160, width)
        layer = nn.TransformerEncoderLayer(width, 4, 2 * width, dropout, batch_first=True)
        self.stack = nn.TransformerEncoder(layer, layers)
        self.output = nn.Linear(width, VOCABULARY)

    def forward(self, ids: Tensor) -> Tensor:
        size = ids.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(size)
        states = self.embed(ids) + self.positions(torch.arange(size))
        return self.output(self.stack(states, mask=mask, is_causal=True))


class Sequence(nn.Module):
    """``nn.Transformer``, an encoder and a decoder, sequence first."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(VOCABULARY, 32)
        self.stack = nn.Transformer(32, 4, 2, 2, 64, dropout=0.0)
        self.output = nn.Linear(32, VOCABULARY)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        mask = nn.Transformer.generate_square_subsequent_mask(target.shape[1])
        states = self.stack(self.embed(source).transpose(0, 1), self.embed(target).transpose(0, 1), tgt_mask=mask, tgt_is_causal=True)
        return self.output(states.transpose(0, 1))


class Own(nn.Module):
    """Attention of one's own, which gives its weights to a recorder."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.query, self.output = nn.Embedding(VOCABULARY, 32), nn.Linear(32, 32), nn.Linear(32, VOCABULARY)
        self.recorder: Any = None

    def forward(self, ids: Tensor) -> Tensor:
        states = self.embed(ids)
        hidden = torch.ones(ids.shape[1], ids.shape[1], dtype=torch.bool).triu(1)
        weights = (self.query(states) @ states.transpose(1, 2)).masked_fill(hidden, float("-inf")).softmax(-1)
        if self.recorder is not None:
            weights = self.recorder.capture("own", weights)
        return self.output(weights @ states)


def made(kind: type[nn.Module], **settings: Any) -> Any:
    torch.manual_seed(0)
    return kind(**settings).eval()

"""PyTorch's side of the benchmarks of meta-tuning: Hugging Face's BERT of MiniLM's size, on random tokens.

    python bench/descriptions.py train --encoder cross --threads 1 --steps 7       (also: bi)
    python bench/descriptions.py read --encoder bi --threads 1 --lengths lengths.json

Prints one JSON line with the seconds of every timed step, or of every pass over all texts. As a good user writes it: `sdpa`
attention, fused AdamW, `inference_mode`, texts sorted by length before they are cut into batches of 64 and padded, and a
bi-encoder that reads each text and each description once. Needs torch and transformers.
"""

import argparse
import json
import time
from pathlib import Path

import torch
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence
from transformers import BertConfig, BertModel

VOCABULARY = 30522
#: Pairs of a step, tokens of a description with those around it, and of a whole pair.
PAIRS, DESCRIPTION, LENGTH = 16, 12, 64
DESCRIPTIONS = 4
BATCH = 64


def main():
    parser = argparse.ArgumentParser(description="Time PyTorch on pairs of descriptions and texts.")
    parser.add_argument("what", choices=["train", "read"])
    parser.add_argument("--encoder", choices=["cross", "bi"], required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--lengths", type=Path, help="JSON list: the tokens of each text")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    model = Scorer(arguments.encoder)
    times = train(model, arguments.steps) if arguments.what == "train" else read(model, json.loads(arguments.lengths.read_text()))
    print(json.dumps({"times": times}))


class Scorer(torch.nn.Module):
    """The score of Yes for descriptions and texts."""

    def __init__(self, encoder):
        super().__init__()
        config = BertConfig(
            vocab_size=VOCABULARY, hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536,
            hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.0, attn_implementation="sdpa",
        )
        self.bert = BertModel(config, add_pooling_layer=False)
        self.is_bi = encoder == "bi"
        self.output = torch.nn.Linear(1 if self.is_bi else 384, 1)

    def states(self, tokens, mask, kinds=None):
        """The mean state of each sequence, [B,W]."""
        states = self.bert(input_ids=tokens, attention_mask=mask, token_type_ids=kinds).last_hidden_state
        if mask is None:
            return states.mean(1)
        return (states * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)

    def together(self, tokens, mask=None):
        """Scores [B] of whole pairs [B,T]."""
        kinds = (torch.arange(tokens.shape[1]) >= DESCRIPTION).long().expand_as(tokens)
        return self.output(self.states(tokens, mask, kinds)).squeeze(-1)

    def apart(self, descriptions, texts):
        """Scores [B] of descriptions [B,D] and texts [B,T]."""
        cosines = F.cosine_similarity(self.states(descriptions, None), self.states(texts, None))
        return self.output(cosines[:, None]).squeeze(-1)


def train(model, steps):
    adam = torch.optim.AdamW(model.parameters(), lr=5e-4, weight_decay=0.1, fused=True)
    labels = torch.arange(PAIRS).remainder(2).float()
    times = []
    for step in range(steps + 2):
        tokens = torch.randint(VOCABULARY, (PAIRS, LENGTH))
        # Each side has a first and a last token of its own.
        sides = tokens[:, :DESCRIPTION], torch.cat([tokens[:, :1], tokens[:, DESCRIPTION:]], 1)
        start = time.perf_counter()
        adam.zero_grad(set_to_none=True)
        scores = model.apart(*sides) if model.is_bi else model.together(tokens)
        F.binary_cross_entropy_with_logits(scores, labels).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        if step >= 2:
            times.append(time.perf_counter() - start)
    return times


@torch.inference_mode()
def read(model, lengths):
    """One pass over all texts with all descriptions."""
    model.eval()
    texts = [torch.randint(VOCABULARY, (length,)) for length in sorted(lengths)]
    descriptions = torch.randint(VOCABULARY, (DESCRIPTIONS, DESCRIPTION))
    if not model.is_bi:
        texts = [torch.cat([description, text]) for text in texts for description in descriptions]
    model.output(torch.zeros(1, model.output.in_features))
    start = time.perf_counter()
    found = []
    for first in range(0, len(texts), BATCH):
        own = texts[first : first + BATCH]
        tokens = pad_sequence(own, batch_first=True)
        mask = (torch.arange(tokens.shape[1]) < torch.tensor([len(text) for text in own])[:, None]).long()
        found.append(model.states(tokens, mask) if model.is_bi else model.together(tokens, mask))
    if model.is_bi:
        all_texts, described = torch.cat(found), model.states(descriptions, None)
        model.output(F.cosine_similarity(all_texts[:, None], described[None], dim=-1)[..., None])
    return [time.perf_counter() - start]


if __name__ == "__main__":
    main()

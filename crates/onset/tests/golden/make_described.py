"""Write `described/`: what a small random BERT makes of pairs of description and text, read together and apart, in double precision.

Needs torch, transformers and tokenizers. `described/` is a checkpoint with one output, as `save_pretrained` writes it, with a
`tokenizer.json`. `expected.safetensors` has, for a few pairs: the score of the pooled first state (cross-encoder) and the cosine of mean
states (bi-encoder). `cross/` and `bi/` are checkpoints of the same form: their tensors are the gradients of the mean loss, and the
parameters after three steps of AdamW, so that a reader of checkpoints lays them out as it does parameters. `tokens.json` has texts of all
sorts with the ids that Hugging Face's tokenizer gives them.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch.nn import functional as F
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

sys.path.insert(0, str(Path(__file__).resolve().parent))
from make_hugging_face import bert_tokenizer  # noqa: E402

FOLDER = Path(__file__).resolve().parent / "described"
PAIRS = [
    ("is the word copied", "a word that was seen is copied", 1),
    ("is the word copied", "the loss falls", 0),
    ("does the loss fall when it is seen", "the head looks at the word before", 0),
    ("does the loss fall when it is seen", "the loss falls when it is copied", 1),
]
SORTS = [
    "", " ", "plain words", "UPPER and Mixed Case", "don't stop -- really?!", "naïve café, ÀÉÎ", "tabs\tand\nlines  and   spaces",
    "数字 123 と 漢字", "emoji 🎉 and ﬁ ligature", "a" * 150, "e.g. U.S.A. 3.14 50%", "<b>markup</b> &amp; @user #tag https://x.y/z",
    "[CLS] [SEP] [MASK] in the text", "soft\u00adhyphen and zero\u200bwidth", "Ünïcödé ½ ²",
]
SCALE, OFFSET = 20.0, -2.4


def main():
    torch.set_num_threads(1)
    tokenizer = bert_tokenizer()
    sizes = dict(num_hidden_layers=2, num_attention_heads=2, hidden_size=8, intermediate_size=12)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(), max_position_embeddings=160, num_labels=1, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0, **sizes,
    )
    torch.manual_seed(5)
    model = BertForSequenceClassification(config)
    with torch.no_grad():
        for parameter in model.parameters():
            middle = 1.0 if parameter.dim() == 1 and parameter.mean() > 0.9 else 0.0
            # Small biases, so that the states of two texts are not much the same.
            parameter.normal_(middle, 0.05 if parameter.dim() == 1 else 0.5)
    FOLDER.mkdir(exist_ok=True)
    model.save_pretrained(FOLDER)
    tokenizer.save(str(FOLDER / "tokenizer.json"))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, cls_token="[CLS]", sep_token="[SEP]", unk_token="[UNK]")
    ids = [[fast.encode(side, add_special_tokens=False) for side in pair[:2]] for pair in PAIRS]
    labels = torch.tensor([float(pair[2]) for pair in PAIRS], dtype=torch.float64)
    frame = [fast.cls_token_id, fast.sep_token_id]
    expected = {}
    for name, score in (("cross", cross), ("bi", bi)):
        exact = BertForSequenceClassification.from_pretrained(FOLDER, attn_implementation="eager").double()
        own = [torch.tensor([[SCALE]], dtype=torch.float64), torch.tensor([OFFSET], dtype=torch.float64)]
        own = [torch.nn.Parameter(each) for each in own]
        scores = score(exact, ids, frame, own)
        expected[name] = scores.detach().float()
        F.binary_cross_entropy_with_logits(scores, labels).backward()
        keep(exact, name, lambda parameter: parameter.grad, "gradients")
        expected[f"{name}.similarity"] = torch.cat([flat(each.grad) for each in own]).float()
        steps(exact, own, lambda: F.binary_cross_entropy_with_logits(score(exact, ids, frame, own), labels))
        keep(exact, name, lambda parameter: parameter.data, "parameters")
    for side in (0, 1):
        expected[f"tokens.{side}"] = torch.tensor([token for pair in ids for token in pair[side]], dtype=torch.int32)
        expected[f"lengths.{side}"] = torch.tensor([len(pair[side]) for pair in ids], dtype=torch.int32)
    save_file({key: value.contiguous() for key, value in expected.items()}, FOLDER / "expected.safetensors")
    sorts = [{"text": text, "ids": fast.encode(text, add_special_tokens=False)} for text in SORTS]
    (FOLDER / "tokens.json").write_text(json.dumps(sorts, ensure_ascii=True, indent=1) + "\n")
    print({name: expected[name].tolist() for name in ("cross", "bi")})


def flat(gradient):
    return torch.zeros(1, dtype=torch.float64) if gradient is None else gradient.flatten()


def cross(model, ids, frame, own):
    """One sequence for each pair: [CLS] description [SEP] text [SEP], the text as the second kind of token."""
    scores = []
    for description, text in ids:
        tokens = torch.tensor([[frame[0], *description, frame[1], *text, frame[1]]])
        kinds = torch.tensor([[0] * (len(description) + 2) + [1] * (len(text) + 1)])
        scores.append(model(input_ids=tokens, token_type_ids=kinds).logits[0, 0])
    return torch.stack(scores)


def bi(model, ids, frame, own):
    """The scaled cosine of the mean states of description and text."""
    scores = []
    for pair in ids:
        means = []
        for side in pair:
            tokens = torch.tensor([[frame[0], *side, frame[1]]])
            means.append(model.bert(input_ids=tokens, token_type_ids=torch.zeros_like(tokens)).last_hidden_state[0].mean(0))
        scores.append(own[0][0, 0] * F.cosine_similarity(*means, dim=0) + own[1][0])
    return torch.stack(scores)


def steps(model, own, loss):
    """Three steps of AdamW; biases and norms do not decay."""
    every = [*model.parameters(), *own]
    matrices = [each for each in every if each.dim() > 1]
    others = [each for each in every if each.dim() < 2]
    groups = [{"params": matrices, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    # With a large epsilon, gradients that are but rounding make no whole steps.
    optimizer = torch.optim.AdamW(groups, lr=1e-2, eps=0.01)
    for _ in range(3):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()


def keep(model, name, of, what):
    folder = FOLDER / name / what
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for key, parameter in model.named_parameters():
        value = of(parameter)
        tensors[key] = (torch.zeros_like(parameter) if value is None else value).detach().float().contiguous()
    save_file(tensors, folder / "model.safetensors")
    (folder / "config.json").write_text((FOLDER / "config.json").read_text())


if __name__ == "__main__":
    main()

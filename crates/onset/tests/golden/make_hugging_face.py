"""Write `hugging_face/`: small random models of Hugging Face's classes with what they compute.

Needs torch, transformers and tokenizers. Each folder is what `save_pretrained` writes (`config.json`, `model.safetensors`), with a
`tokenizer.json`, and `expected.safetensors`: token ids, logits and the attention weights of every head, from the same model in
double precision.
"""

from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertForSequenceClassification, GPT2Config, GPT2LMHeadModel
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

FOLDER = Path(__file__).resolve().parent / "hugging_face"
TEXT = ["the head looks at the word before", "a word that was seen is copied", "the loss falls when it is copied"] * 3


def main():
    torch.set_num_threads(1)
    wordpiece, bytes_ = bert_tokenizer(), byte_tokenizer()
    sizes = dict(num_hidden_layers=2, num_attention_heads=2, hidden_size=8, intermediate_size=12)
    bert = dict(vocab_size=wordpiece.get_vocab_size(), max_position_embeddings=16, num_labels=3, **sizes)
    make("bert", 1, BertForSequenceClassification, BertConfig(**bert), wordpiece)
    rows = bytes_.get_vocab_size() + 3
    gpt2 = GPT2Config(vocab_size=rows, n_positions=16, n_embd=8, n_layer=2, n_head=2, n_inner=12)
    make("gpt2", 2, GPT2LMHeadModel, gpt2, bytes_)
    neox = GPTNeoXConfig(vocab_size=rows, max_position_embeddings=16, rotary_pct=0.5, hidden_act="gelu", **sizes)
    make("gpt_neox", 3, GPTNeoXForCausalLM, neox, bytes_)


def make(name, seed, kind, config, tokenizer):
    torch.manual_seed(seed)
    model = kind(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            # Sharp attention, biases that are not 0, and gains that are not 1.
            middle = 1.0 if parameter.dim() == 1 and parameter.mean() > 0.9 else 0.0
            parameter.normal_(middle, 0.5)
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    for path in folder.glob("generation_config.json"):
        path.unlink()
    tokenizer.save(str(folder / "tokenizer.json"))
    text = TEXT[0]
    encoded = tokenizer.encode(text)
    tokens = torch.tensor([encoded.ids])
    exact = kind.from_pretrained(folder, attn_implementation="eager").double().eval()
    with torch.no_grad():
        out = exact(input_ids=tokens, output_attentions=True)
    expected = {"tokens": tokens[0].int(), "logits": out.logits[0].float()}
    expected["alpha"] = torch.cat([alpha[0] for alpha in out.attentions]).float()
    save_file({key: value.contiguous() for key, value in expected.items()}, folder / "expected.safetensors")
    print(f"{name:9} {tokens.shape[1]} tokens, largest weight {expected['alpha'].max():.2f}")


def bert_tokenizer():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(TEXT, trainers.WordPieceTrainer(vocab_size=60, special_tokens=special, show_progress=False))
    ends = [(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", None, ends)
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def byte_tokenizer():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=290, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(TEXT, trainer)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


if __name__ == "__main__":
    main()

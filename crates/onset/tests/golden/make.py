"""Write the golden files: what PyTorch computes for small copies of the paper's models.

Everything is computed in float64 from float32 parameters and rounded once to float32, so that a
golden value is nearer to the truth than any float32 program; a float32 run beside it shows how far
float32 arithmetic strays, and the script fails where that is too far for a sharp test.
"""

import copy
import json
import struct
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent.parent / "pytorch"))

from attention_only import AttentionOnly  # noqa: E402
from bag_of_embeddings import BagOfEmbeddings  # noqa: E402
from classifier import Classifier  # noqa: E402
from rnn import Rnn  # noqa: E402
from transformer import Transformer  # noqa: E402
from translator import Translator  # noqa: E402

ADAM_STEPS = 5
WITH_ADAMW = ("transformer_gpt2", "transformer_pairs")
# Float32 against float64: gradients per tensor, relative to the tensor's largest entry; parameters
# after Adam likewise. Adam divides a gradient by its own size, so a gradient entry that is all
# rounding moves its parameter as far as any other: hence the second check.
GRADIENT_TOLERANCE = 1e-5
AFTER_TOLERANCE = 2e-6


def main():
    torch.set_num_threads(1)
    copier = dict(vocabulary=9, embedding=8, hidden=12)
    odd = dict(vocabulary=9, embedding=7, hidden=10)
    full = [6, 6, 6, 6, 6]
    # Unsorted, with ties, and one source that is nothing but EOS.
    ragged = [4, 6, 1, 6, 0]
    copying("copier_uni", 1, full, **copier)
    copying("copier_bi", 2, full, **odd, bidirectional=True)
    copying("copier_uniform", 3, full, **copier, uniform=True)
    copying("copier_no_context", 4, full, **copier, no_context=True)
    copying("copier_ragged_uni", 5, ragged, **odd)
    copying("copier_ragged_bi", 6, ragged, **copier, bidirectional=True)
    copying("multihead", 31, full, **copier, heads=3)
    copying("multihead_ragged", 32, ragged, **odd, heads=3)
    copying("multihead_bi", 33, ragged, **odd, heads=2, bidirectional=True)
    classifier = dict(vocabulary=13, embedding=7, hidden=10, attention_hidden=9)
    # A unit of the attention's hidden layer that stays on, or off, throughout each text only shifts
    # that text's scores: the true gradient of its bias is 0 too. With this seed there is none.
    classification("classifier", 14, [3, 9, 1, 6, 9], **classifier)
    classification("classifier_uniform", 8, [3, 9, 1, 6, 9], **classifier, uniform=True)
    classification("classifier_three_labels", 15, [3, 9, 1, 6, 9, 4], **classifier, labels=3)
    translator = dict(vocabulary=15, embedding=7, hidden=10)
    translation("translator", 24, [4, 7, 2, 7], [5, 3, 6, 1], **translator)
    translation("translator_uniform", 22, [4, 7, 2, 7], [5, 3, 6, 1], **translator, uniform=True)
    bag("bag_of_embeddings", 9, [3, 9, 1, 6, 9], vocabulary=13, embedding=7)
    # From a first prediction that sees one token to a sequence of which only the last token is predicted.
    tokens, first = [7, 2, 9, 4, 9], [2, 0, 4, 1, 7]
    attention_only = dict(vocabulary=7, width=8, longest=9)
    causal("attention_only", 41, tokens, first, **attention_only)
    causal("attention_only_uniform", 42, tokens, first, **attention_only, uniform=True)
    decoder = dict(vocabulary=7, longest=9, outputs=7, layers=2, heads=2, width=8, mlp=12)
    transformer("transformer_gpt2", 56, tokens, first, **decoder, activation="gelu_tanh", tied=True)
    neox = dict(activation="gelu", positions="rotary", rotated=2, parallel=True)
    transformer("transformer_neox", 65, tokens, first, **decoder, **neox)
    relative = dict(positions="relative") | {"mlp": 0, "heads": 1}
    transformer("transformer_relative", 51, tokens, first, **(decoder | relative))
    post = dict(norm="layer", pre=False, embedding_norm=True, activation="relu", positions="sinusoidal")
    transformer("transformer_post", 52, tokens, first, **decoder, **post)
    transformer("transformer_rms", 51, tokens, first, **decoder, norm="rms", positions="none")
    encoder = dict(vocabulary=13, longest=9, causal=False, layers=2, heads=2, width=8, mlp=12)
    words = [3, 9, 1, 6, 9]
    encoder_of_texts("transformer_texts", 55, words, **encoder, outputs=1)
    first_state = dict(outputs=3, pooling="first", positions="relative")
    encoder_of_texts("transformer_texts_first", 57, words, **encoder, **first_state)
    bert = dict(outputs=3, pooling="first", pooler=True, pre=False, embedding_norm=True, epsilon=1e-12)
    encoder_of_texts("transformer_bert", 138, words, **encoder, **bert)
    both = dict(vocabulary=11, longest=13, outputs=11, layers=2, encoder_layers=1, heads=2, width=8, mlp=12)
    sources, targets = [4, 7, 2, 7], [5, 3, 6, 1]
    pairs("transformer_pairs", 281, sources, targets, **both)
    post = dict(pre=False, positions="sinusoidal", activation="relu")
    pairs("transformer_pairs_post", 109, sources, targets, **both, **post)
    pairs("transformer_pairs_rotary", 75, sources, targets, **both, positions="rotary", rotated=4)
    pairs("transformer_pairs_relative", 64, sources, targets, **both, positions="relative", norm="rms")
    pairs("transformer_pairs_uniform", 69, sources, targets, **both, uniform=True)


def copying(name, seed, words, **sizes):
    """A copying batch with so many distinct words in each source; of several heads with GRUs."""
    torch.manual_seed(seed)
    model = rnn(**sizes)
    sharpen(model, {"encoder": 1.5, "decoder": 1.5, "query": 15.0, "context": 1.5})
    vocabulary, longest = sizes["vocabulary"], max(words) + 1
    end, begin = vocabulary, vocabulary + 1
    source = torch.zeros(len(words), longest, dtype=torch.long)
    decoder_input = torch.zeros_like(source)
    for row, count in enumerate(words):
        drawn = torch.randperm(vocabulary)[:count].tolist()
        source[row, : count + 1] = torch.tensor(drawn + [end])
        decoder_input[row, : count + 1] = torch.tensor([begin] + drawn)
    length = torch.tensor(words) + 1
    lengths = None if len(set(words)) == 1 else length
    keep = real(source, length)

    def evaluate(model):
        logits, alpha = model(source, decoder_input, lengths)
        alpha = alpha if "heads" in sizes else alpha.squeeze(2)
        # What a padded output step computes is nobody's business: 0 in the file.
        outputs = {"logits": logits * keep[:, :, None], "alpha": alpha * keep[(...,) + (None,) * (alpha.dim() - 2)]}
        return token_loss(logits, source, lengths), outputs

    inputs = {"source": source, "source_length": length, "decoder_input": decoder_input, "target": source}
    write(name, seed, "copying", sizes, model, evaluate, inputs)


def rnn(vocabulary, embedding, hidden, no_context=False, **variants):
    """The copying model: LSTMs and one embedding, or with several heads GRUs and an embedding for each side."""
    if "heads" in variants:
        variants |= dict(cell="gru", shared_embedding=False)
    # Two tokens more: the end of a sequence, and what the decoder is fed first.
    return Rnn(vocabulary + 2, embedding, hidden, use_context=not no_context, **variants)


def real(tokens, length):
    """Which positions of `tokens` [B,L] are not padding [B,L]."""
    return torch.arange(tokens.shape[1]) < length[:, None]


def token_loss(logits, target, length=None):
    """Mean cross-entropy over all target tokens of the batch that are not padding."""
    if length is None:
        return F.cross_entropy(logits.flatten(0, 1), target.flatten())
    keep = real(target, length)
    return F.cross_entropy(logits[keep], target[keep])


def classification(name, seed, lengths, **sizes):
    """A batch of texts with so many words each, and labels of every kind."""
    torch.manual_seed(seed)
    model = Classifier(**sizes)
    sharpen(model, {"encoder": 2.5, "attention": 5.0, "beta": 3.0})
    labels = sizes.get("labels", 2)
    source, length, _ = texts(sizes["vocabulary"], lengths)
    label = torch.arange(len(lengths)) % labels
    keep = real(source, length)

    def evaluate(model):
        logits, alpha, beta = model(source, length)
        outputs = {"logits": logits, "alpha": alpha, "delta": support(model, source, length, label)}
        if labels == 2:
            return label_loss(logits, label), outputs | {"beta": beta * keep}
        # The log-odds of the true label, were the context one position's state.
        true = F.one_hot(label, labels).bool()[:, None, :].expand_as(beta)
        odds = beta[true].view(keep.shape) - beta.masked_fill(true, -torch.inf).logsumexp(-1)
        return label_loss(logits, label), outputs | {"beta": beta * keep[:, :, None], "odds": odds * keep}

    inputs = {"source": source, "source_length": length, "label": label}
    write(name, seed, "classification", sizes, model, evaluate, inputs)


def support(model, source, length, label):
    """Delta [B,L]: how fast an example's own loss falls as each of its embeddings is scaled up, at scale 1.

    No example's loss depends on another's scales, so the gradient of the summed loss has them all.
    """
    scale = torch.ones(source.shape, dtype=model.beta.weight.dtype, requires_grad=True)
    logits, _, _ = model(source, length, scale)
    loss = label_loss(logits, label, reduction="sum")
    (slope,) = torch.autograd.grad(loss, scale)
    # Not a product with 0, whose sign could be negative.
    return torch.where(real(source, length), -slope, 0.0)


def label_loss(logits, label, reduction="mean"):
    """Logistic loss of one score an example, or cross-entropy of a score for each label."""
    if logits.dim() == 1:
        return F.binary_cross_entropy_with_logits(logits, label.to(logits.dtype), reduction=reduction)
    return F.cross_entropy(logits, label, reduction=reduction)


def translation(name, seed, sources, targets, **sizes):
    """Pairs with so many source words and target words each."""
    torch.manual_seed(seed)
    model = Translator(**sizes)
    sharpen(model, {"encoder": 2.5, "decoder": 2.5, "query": 6.0, "context": 3.0, "readout": 2.0, "output": 2.0})
    source, length, _ = texts(sizes["vocabulary"], sources)
    said, _, _ = texts(sizes["vocabulary"], [count + 1 for count in targets])
    decoder_input, target, target_length = said[:, :-1], said[:, 1:], torch.tensor(targets)
    steps, positions = real(target, target_length), real(source, length)
    both = steps[:, :, None] & positions[:, None, :]

    def evaluate(model):
        logits, alpha, decoded, states = model(source, decoder_input, length)
        beta = model.beta(decoded, states, target)
        delta = influence(lambda scale: model(source, decoder_input, length, scale)[0], model, source, target)
        outputs = {"logits": logits * steps[:, :, None], "alpha": alpha * steps[:, :, None]}
        outputs |= {"beta": torch.where(both, beta, 0.0), "delta": torch.where(both, delta, 0.0)}
        return token_loss(logits, target, target_length), outputs

    inputs = {"source": source, "source_length": length, "target_length": target_length}
    inputs |= {"decoder_input": decoder_input.contiguous(), "target": target.contiguous()}
    write(name, seed, "translation", sizes, model, evaluate, inputs)


def influence(logits_at, model, source, target):
    """Delta [B,T,L]: how fast the loss of each step falls as the embedding of each token that is read is scaled up.

    `logits_at` computes logits from scales [B,L]; the scale is 1.
    """
    rows = []
    for step in range(target.shape[1]):
        scale = torch.ones(source.shape, dtype=model.output.weight.dtype, requires_grad=True)
        loss = F.cross_entropy(logits_at(scale)[:, step], target[:, step], reduction="sum")
        rows.append(-torch.autograd.grad(loss, scale)[0])
    return torch.stack(rows, 1)


def bag(name, seed, lengths, **sizes):
    """The proxy model on a batch of texts with so many words each."""
    torch.manual_seed(seed)
    model = BagOfEmbeddings(**sizes)
    sharpen(model, {"output": 3.0})
    source, length, label = texts(sizes["vocabulary"], lengths)
    repeats = [len(set(row[:words])) < words for row, words in zip(source.tolist(), lengths)]
    assert any(repeats), f"{name}: no text repeats a word; take another seed"

    def evaluate(model):
        logits = model(source, length)
        loss = F.binary_cross_entropy_with_logits(logits, label.to(logits.dtype))
        return loss, {"logits": logits, "beta": model.beta()}

    inputs = {"source": source, "source_length": length, "label": label}
    write(name, seed, "bag_of_embeddings", sizes, model, evaluate, inputs)


def causal(name, seed, lengths, first, **sizes):
    """Sequences of so many tokens each, the last of which is only predicted, like all behind position `first`."""
    torch.manual_seed(seed)
    model = AttentionOnly(**sizes)
    sharpen(model, {"query": 2.5, "key": 2.5, "value": 2.0, "projection": 2.0, "output": 2.0})
    tokens, length, _ = texts(sizes["vocabulary"], lengths)
    source, target, first = tokens[:, :-1], tokens[:, 1:], torch.tensor(first)
    steps = real(source, length - 1) & ~real(source, first)
    seen = steps[:, :, None] & torch.ones(source.shape[1], source.shape[1], dtype=torch.bool).tril()

    def evaluate(model):
        logits, alpha = model(source)
        delta = influence(lambda scale: model(source, scale)[0], model, source, target)
        outputs = {"logits": torch.where(steps[:, :, None], logits, 0.0)}
        of_pairs = {"alpha": alpha, "beta": model.beta(source, target), "delta": delta}
        outputs |= {key: torch.where(seen, value, 0.0) for key, value in of_pairs.items()}
        return F.cross_entropy(logits[steps], target[steps]), outputs

    write(name, seed, "causal", sizes, model, evaluate, {"tokens": tokens, "length": length, "first": first})


def lone(model, places, logits_of):
    """What `logits_of()` is, for each place and position, were all attention of the place on that position alone."""
    heads = model.layers[0].attention.heads
    rows = []
    for place in range(places):
        layer = model.layers[place // heads]
        attention = getattr(layer, "cross", layer.attention)
        usual, by_position = attention.weights, []

        def clamped(x, visible, memory, position):
            alpha = usual(x, visible, memory).clone()
            one = torch.zeros(alpha.shape[-1], dtype=alpha.dtype)
            one[position] = 1.0
            # Queries that do not see the position keep what they have.
            sees = visible.expand(alpha.shape[0], 1, -1, -1)[:, 0, :, position]
            head = place % heads
            alpha[:, head] = torch.where(sees[:, :, None], one, alpha[:, head])
            return alpha

        steps = logits_of.steps
        for position in range(steps):
            attention.weights = lambda *given, position=position: clamped(*given, position)
            by_position.append(logits_of())
        attention.weights = usual
        rows.append(torch.stack(by_position, -1))
    return torch.stack(rows, 1)


def transformer(name, seed, lengths, first, **sizes):
    """As `causal`, of several layers and heads; alpha and beta are those of each head."""
    torch.manual_seed(seed)
    model = Transformer(**sizes)
    sharpen(model, {"layers": 2.0, "output": 2.0})
    tokens, length, _ = texts(sizes["vocabulary"], lengths)
    source, target, first = tokens[:, :-1], tokens[:, 1:], torch.tensor(first)
    steps = real(source, length - 1) & ~real(source, first)
    seen = steps[:, :, None] & torch.ones(source.shape[1], source.shape[1], dtype=torch.bool).tril()
    places = sizes["layers"] * sizes["heads"]

    def evaluate(model):
        logits, alpha = model(source)
        delta = influence(lambda scale: model(source, scale)[0], model, source, target)

        def right():
            """Log-probability [B,T] of each right next token."""
            return model(source)[0].log_softmax(-1).gather(-1, target[:, :, None]).squeeze(-1)

        right.steps = source.shape[1]
        with torch.no_grad():
            beta = lone(model, places, right)
        outputs = {"logits": torch.where(steps[:, :, None], logits, 0.0)}
        outputs |= {"delta": torch.where(seen, delta, 0.0)}
        of_heads = {"alpha": alpha, "beta": beta}
        outputs |= {key: torch.where(seen[:, None], value, 0.0) for key, value in of_heads.items()}
        return F.cross_entropy(logits[steps], target[steps]), outputs

    write(name, seed, "causal", sizes, model, evaluate, {"tokens": tokens, "length": length, "first": first})


def pairs(name, seed, sources, targets, **sizes):
    """Pairs with so many source words and target words each; alpha and beta are those of each head over the source."""
    torch.manual_seed(seed)
    model = Transformer(**sizes)
    sharpen(model, {"layers": 2.0, "encoder": 2.0, "output": 2.0})
    source, length, _ = texts(sizes["vocabulary"], sources)
    said, _, _ = texts(sizes["vocabulary"], [count + 1 for count in targets])
    fed, target, target_length = said[:, :-1].contiguous(), said[:, 1:].contiguous(), torch.tensor(targets)
    steps = real(target, target_length)
    both = steps[:, :, None] & real(source, length)[:, None, :]
    places = sizes["layers"] * sizes["heads"]

    def evaluate(model):
        logits, alpha = model(source, length, fed)
        delta = influence(lambda scale: model(source, length, fed, scale)[0], model, source, target)

        def right():
            """Log-probability [B,T] of each right token."""
            return model(source, length, fed)[0].log_softmax(-1).gather(-1, target[:, :, None]).squeeze(-1)

        right.steps = source.shape[1]
        with torch.no_grad():
            beta = lone(model, places, right)
        outputs = {"logits": torch.where(steps[:, :, None], logits, 0.0), "delta": torch.where(both, delta, 0.0)}
        of_heads = {"alpha": alpha, "beta": beta}
        outputs |= {key: torch.where(both[:, None], value, 0.0) for key, value in of_heads.items()}
        return token_loss(logits, target, target_length), outputs

    inputs = {"source": source, "source_length": length, "target_length": target_length}
    inputs |= {"decoder_input": fed, "target": target}
    write(name, seed, "pairs", sizes, model, evaluate, inputs)


def encoder_of_texts(name, seed, lengths, **sizes):
    """A batch of texts with so many words each; alpha and beta are those of each head, for the label."""
    torch.manual_seed(seed)
    model = Transformer(**sizes)
    sharpen(model, {"layers": 2.0, "output": 2.0})
    source, length, label = texts(sizes["vocabulary"], lengths)
    label = torch.arange(len(lengths)) % max(sizes["outputs"], 2)
    keep = real(source, length)
    places = sizes["layers"] * sizes["heads"]

    def odds(logits):
        """Log-odds [B] of the true label."""
        if logits.dim() == 1:
            return logits * (2 * label - 1)
        log = logits.log_softmax(-1).gather(-1, label[:, None]).squeeze(-1)
        return log - (-log.exp()).log1p()

    def loss_of(logits):
        if logits.dim() == 1:
            return F.binary_cross_entropy_with_logits(logits, label.to(logits.dtype))
        return F.cross_entropy(logits, label)

    def evaluate(model):
        logits, alpha = model(source, length)
        if model.pooling == "first":
            alpha = alpha[:, :, 0]
        else:
            alpha = (alpha * keep[:, None, :, None]).sum(2) / length[:, None, None]
        scale = torch.ones(source.shape, dtype=logits.dtype, requires_grad=True)
        delta = -torch.autograd.grad(len(lengths) * loss_of(model(source, length, scale)[0]), scale)[0]

        def right():
            return odds(model(source, length)[0])

        right.steps = source.shape[1]
        with torch.no_grad():
            beta = lone(model, places, right)
        outputs = {"logits": logits, "delta": delta * keep}
        outputs |= {"alpha": alpha * keep[:, None], "beta": torch.where(keep[:, None], beta, 0.0)}
        return loss_of(logits), outputs

    inputs = {"source": source, "source_length": length, "label": label}
    write(name, seed, "texts", sizes, model, evaluate, inputs)


def texts(vocabulary, lengths):
    """Padded random words [B,L], their lengths [B] and labels [B]."""
    length = torch.tensor(lengths)
    source = torch.randint(vocabulary, (len(lengths), max(lengths)))
    return source * real(source, length), length, torch.arange(len(lengths)) % 2


def sharpen(model, factors):
    """Scale PyTorch's initial weights of some layers, so that attention is far from uniform."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.mul_(factors.get(name.split(".")[0], 1.0))


def write(name, seed, task, sizes, model, evaluate, inputs):
    """Run the case in both precisions, check it, and write `NAME.safetensors`."""
    exact = trajectory(copy.deepcopy(model).double(), evaluate)
    if name in WITH_ADAMW:
        exact |= with_adamw(copy.deepcopy(model).double(), evaluate)
    unmoved = {key: exact[f"after{ADAM_STEPS}.{key}"] == value.double() for key, value in model.named_parameters()}
    single = trajectory(copy.deepcopy(model), evaluate, unmoved)
    if name in WITH_ADAMW:
        single |= with_adamw(copy.deepcopy(model), evaluate, unmoved)
    strays = check(name, exact, single, learned="alpha" in exact and "uniform" not in sizes)

    tensors = {f"param.{key}": value.detach() for key, value in model.named_parameters()}
    tensors |= {f"input.{key}": value for key, value in inputs.items()} | exact
    arrays = {
        key: value.numpy().astype(np.float32 if value.is_floating_point() else np.int32)
        for key, value in tensors.items()
    }
    metadata = {"case": name, "task": task, "seed": seed, "torch": torch.__version__.split("+")[0]}
    attention = {"attention": "uniform" if sizes.get("uniform") else "learned"}
    if task == "causal":
        metadata |= {"batch": inputs["tokens"].shape[0]} | attention
    else:
        metadata |= {"batch": inputs["source"].shape[0], "source_len": inputs["source"].shape[1]}
    if task in ("copying", "classification", "translation"):
        metadata |= {"bidirectional": sizes.get("bidirectional", task in ("classification", "translation"))}
        metadata |= attention | {"context": not sizes.get("no_context", False)}
    metadata |= {key: value for key, value in sizes.items() if not isinstance(value, bool)}
    path = FOLDER / f"{name}.safetensors"
    path.write_bytes(safetensors(arrays, {key: text(value) for key, value in metadata.items()}))
    print(f"{name:22} {path.stat().st_size:7} bytes  {strays}")


def trajectory(model, evaluate, unmoved=None):
    """Outputs, loss and gradients at the first parameters, and the parameters after Adam's steps.

    The entries of parameters that `unmoved` marks are known to have no gradient, whatever rounding says.
    """
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, betas=(0.9, 0.999), eps=1e-8)
    result = {}
    for step in range(ADAM_STEPS):
        adam.zero_grad(set_to_none=True)
        loss, outputs = evaluate(model)
        loss.backward()
        clear_analytic_zeros(model, unmoved)
        if step == 0:
            result |= {key: value.detach() for key, value in outputs.items()}
            result["loss"] = loss.detach().reshape(1)
            result |= {f"grad.{key}": p.grad.clone() for key, p in model.named_parameters()}
        adam.step()
    return result | {f"after{ADAM_STEPS}.{key}": p.detach() for key, p in model.named_parameters()}


def with_adamw(model, evaluate, unmoved=None):
    """Parameters after steps of AdamW with decay of matrices, two steps of warm-up, and clipped gradients."""
    groups = [
        {"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": 0.1},
        {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0},
    ]
    adam = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95), eps=1e-8)
    warmup = torch.optim.lr_scheduler.LambdaLR(adam, lambda step: min(1.0, step / 2))
    for _ in range(ADAM_STEPS):
        adam.zero_grad(set_to_none=True)
        evaluate(model)[0].backward()
        clear_analytic_zeros(model, unmoved)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        adam.step()
        warmup.step()
    return {f"adamw{ADAM_STEPS}.{key}": p.detach() for key, p in model.named_parameters()}


def clear_analytic_zeros(model, unmoved):
    """Make exact the gradients that are zero by algebra.

    Softmax ignores a shift of all scores, so the true gradient of the classifier's
    `attention.2.bias` and of the bias of keys (but for columns that rotate) is 0, but summation
    leaves rounding behind, which Adam, dividing by its size, would turn into steps of the full
    learning rate in a random direction. In float64 that rounding stays far below 1e-12 of the
    largest gradient; the float32 run is told which entries are meant.
    A parameter that was not used at all has no gradient in PyTorch, and zeros in the file.
    """
    for name, parameter in model.named_parameters():
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
        elif unmoved is not None:
            parameter.grad[unmoved[name]] = 0.0
    if next(model.parameters()).dtype == torch.float64:
        largest = max(parameter.grad.abs().max() for parameter in model.parameters())
        for parameter in model.parameters():
            parameter.grad[parameter.grad.abs() < 1e-12 * largest] = 0.0


def check(name, exact, single, learned):
    """Fail unless the case is sharp: float32 stays near float64, and attention is not uniform."""
    worst = {"grad": 0.0, f"after{ADAM_STEPS}": 0.0, f"adamw{ADAM_STEPS}": 0.0, "": 0.0}
    for key, value in exact.items():
        group = key.split(".")[0] if "." in key else ""
        size = value.abs().max().item()
        stray = (single[key].double() - value).abs().max().item()
        assert size > 0 or stray == 0, f"{name}: {key} is 0 in float64 but strays by {stray} in float32"
        worst[group] = max(worst[group], stray / size if size > 0 else 0.0)
    assert worst["grad"] < GRADIENT_TOLERANCE, f"{name}: gradients stray by {worst['grad']:.1e}"
    after = worst[f"after{ADAM_STEPS}"]
    # Clipping scales by the norm of all gradients, so that every entry strays with the worst one.
    assert worst[f"adamw{ADAM_STEPS}"] < GRADIENT_TOLERANCE, f"{name}: parameters after AdamW stray"
    assert after < AFTER_TOLERANCE, f"{name}: parameters after Adam stray by {after:.1e}; take another seed"
    if learned:
        # Of few positions, one easily has more than half of the weight.
        long = exact["alpha"][(exact["alpha"] > 0).sum(-1) >= 4]
        assert long.max() > 0.5, f"{name}: attention is near uniform, at most {long.max():.2f}"
    return f"float32 strays: outputs {worst['']:.0e}, gradients {worst['grad']:.0e}, after Adam {after:.0e}"


def safetensors(arrays, metadata):
    """The bytes of a safetensors file; the package's own writer puts metadata in no fixed order."""
    header, offset = {"__metadata__": metadata}, 0
    for key in sorted(arrays):
        array = arrays[key]
        kind = {"float32": "F32", "int32": "I32"}[array.dtype.name]
        header[key] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    data = b"".join(arrays[key].tobytes() for key in sorted(arrays))
    return struct.pack("<Q", len(encoded)) + encoded + data


def text(value):
    """A metadata value as safetensors wants it; booleans as in TOML."""
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    main()

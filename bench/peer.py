"""PyTorch's side of the benchmarks: one JSON line with the seconds of every timed step.

    python bench/peer.py copying --threads 1 --steps 5                (also: multihead)
    python bench/peer.py classification --threads 1 --tokens batches.jsonl
    python bench/peer.py translation --threads 1 --pairs batches.jsonl
    python bench/peer.py beta --threads 1 --pairs batches.jsonl       (also: influence, beam)
    python bench/peer.py transformer --threads 1 --workload markov    (also: item_label, characters, encoder)
    python bench/peer.py matmul

The models are those that `onset export` writes (crates/onset/pytorch). Adam is PyTorch's fused one: a few per cent faster per copying
step than the plain one where we tried both (0.53 s against 0.55 s; `--plain-adam`).
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "crates/onset/pytorch"))

import torch  # noqa: E402
from torch.nn import functional as F  # noqa: E402
from torch.nn.utils.rnn import pad_sequence  # noqa: E402

from classifier import Classifier  # noqa: E402
from rnn import Rnn  # noqa: E402
from translator import Translator  # noqa: E402

import transformer_models  # noqa: E402


def main():
    arguments = parse()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    name, times, more = arguments.run(arguments)
    line = {"name": name, "threads": arguments.threads, "median_s": statistics.median(times), "times": times}
    print(json.dumps(line | more))


def parse():
    parser = argparse.ArgumentParser(description="Time PyTorch on the work that Onset is timed on.")
    commands = parser.add_subparsers(required=True)

    def command(run, name, about, steps):
        added = commands.add_parser(name, help=about)
        added.set_defaults(run=run)
        added.add_argument("--threads", type=int, default=1)
        added.add_argument("--steps", type=int, default=steps, help="timed steps (default: %(default)s)")
        added.add_argument("--warmup", type=int, default=2, help="untimed steps before (default: %(default)s)")
        return added

    for run, about in [
        (copying, "training step of the paper's copying model"),
        (multihead, "training step of the multi-head model, 8 heads"),
    ]:
        copies = command(run, run.__name__, about, 5)
        copies.add_argument("--vocabulary", type=int, default=40)
        copies.add_argument("--length", type=int, default=40)
        copies.add_argument("--batch", type=int, default=128)
        copies.add_argument("--plain-adam", action="store_true", help="Adam that is not fused, to compare")
    texts = command(classification, "classification", "training step of the classifier on given batches", None)
    texts.add_argument("--tokens", type=Path, required=True, help="JSON lines: vocabulary, then batches")
    texts.add_argument("--plain-adam", action="store_true", help="Adam that is not fused, to compare")
    for run, about in [
        (translation, "training step of the translation model on given batches"),
        (beta, "beta of given batches: every target word by every source position"),
        (influence, "Delta of given batches: a backward pass for each target position"),
        (beam, "beam search, 5 wide, at most 100 subwords"),
    ]:
        pairs = command(run, run.__name__, about, None)
        pairs.add_argument("--pairs", type=Path, required=True, help="JSON lines: vocabulary, then batches")
        pairs.add_argument("--plain-adam", action="store_true", help="Adam that is not fused, to compare")
        pairs.add_argument("--weights", type=Path, help="checkpoint to load, so that translations end")
    padded = command(on_pairs, "pairs", "training step of a translating Transformer on given batches", None)
    padded.add_argument("--pairs", type=Path, required=True, help="JSON lines: vocabulary, then batches")
    forms = command(transformer, "transformer", "training step of a Transformer on random tokens", 7)
    forms.add_argument("--workload", choices=transformer_models.WORKLOADS, required=True)
    forms.add_argument("--compile", action="store_true", help="through torch.compile")
    command(matmul, "matmul", "torch.mm, 1024 x 1024 x 1024", 50)
    return parser.parse_args()


def copying(arguments):
    """A step from drawing fresh permutations to the end of Adam's update."""
    return copying_step("copying", Rnn(arguments.vocabulary + 2), arguments)


def multihead(arguments):
    """The same with GRUs and eight heads, whose maps are stacked."""
    model = Rnn(arguments.vocabulary + 2, heads=8, cell="gru", shared_embedding=False)
    return copying_step("multihead", model, arguments)


def copying_step(name, model, arguments):
    adam = optimizer(model, arguments)
    end, begin = arguments.vocabulary, arguments.vocabulary + 1

    def step():
        words = torch.rand(arguments.batch, arguments.vocabulary).argsort(1)[:, : arguments.length]
        source = F.pad(words, (0, 1), value=end)
        decoder_input = F.pad(words, (1, 0), value=begin)
        adam.zero_grad(set_to_none=True)
        logits, _ = model(source, decoder_input)
        token_loss(logits, source).backward()
        adam.step()

    return name, timed([step] * arguments.warmup, [step] * arguments.steps), {}


def transformer(arguments):
    """A step of one of the Transformer workloads."""
    step = transformer_models.steps_of(arguments.workload, arguments.compile)
    return arguments.workload, timed([step] * arguments.warmup, [step] * arguments.steps), {}


def on_pairs(arguments):
    """A step of the translating Transformer per batch of the file, in its order."""
    vocabulary, batches = pair_batches(arguments)
    step = transformer_models.step_on_pairs(vocabulary)
    steps = [lambda batch=batch: step(*batch) for batch in batches]
    return "pairs", timed(steps[: arguments.warmup], steps[: arguments.steps]), {}


def classification(arguments):
    """A step per batch of the file, in its order; making tensors of the token lists is not timed."""
    with arguments.tokens.open() as lines:
        vocabulary = json.loads(next(lines))["vocabulary"]
        batches = [collate(json.loads(line)) for line in lines if line.strip()]
    model = Classifier(vocabulary)
    adam = optimizer(model, arguments)

    def step(source, length, label):
        adam.zero_grad(set_to_none=True)
        logits, _, _ = model(source, length)
        F.binary_cross_entropy_with_logits(logits, label).backward()
        adam.step()

    steps = [lambda batch=batch: step(*batch) for batch in batches]
    return "classification", timed(steps[: arguments.warmup], steps[: arguments.steps]), {}


def collate(batch):
    """Padded tokens [B,L], lengths [B] and labels [B] of one line."""
    tokens = [torch.tensor(words) for words in batch["tokens"]]
    length = torch.tensor([len(words) for words in tokens])
    return pad_sequence(tokens, batch_first=True), length, torch.tensor(batch["labels"], dtype=torch.float32)


def translation(arguments):
    """A step per batch of the file, in its order; making tensors of the token lists is not timed."""
    model, batches = translator(arguments, dropout=0.5)
    adam = optimizer(model, arguments)

    def step(source, length, fed, target, target_length):
        adam.zero_grad(set_to_none=True)
        logits = model(source, fed, length)[0]
        token_loss(logits, target, target_length).backward()
        adam.step()

    steps = [lambda batch=batch: step(*batch) for batch in batches]
    return "translation", timed(steps[: arguments.warmup], steps[: arguments.steps]), {}


def beta(arguments):
    """Beta of each batch, without gradients."""
    model, batches = translator(arguments)

    @torch.no_grad()
    def step(source, length, fed, target, target_length):
        _, _, decoded, states = model(source, fed, length)
        model.beta(decoded, states, target)

    steps = [lambda batch=batch: step(*batch) for batch in batches]
    return "beta", timed(steps[: arguments.warmup], steps[: arguments.steps]), {}


def influence(arguments):
    """Delta of each batch: the forward pass once, then the gradient of each target position's losses."""
    model, batches = translator(arguments)
    model.requires_grad_(False)

    def step(source, length, fed, target, target_length):
        scale = torch.ones(source.shape, requires_grad=True)
        logits = model(source, fed, length, scale)[0]
        losses = F.cross_entropy(logits.flatten(0, 1), target.flatten(), reduction="none").view(target.shape)
        keep = real(target, target_length)
        for at in range(target.shape[1]):
            torch.autograd.grad((losses[:, at] * keep[:, at]).sum(), scale, retain_graph=True)

    steps = [lambda batch=batch: step(*batch) for batch in batches]
    return "influence", timed(steps[: arguments.warmup], steps[: arguments.steps]), {}


def beam(arguments):
    """Beam search over all sentences of each batch at once; sentences that are done leave the batch."""
    model, batches = translator(arguments)
    model.eval()
    steps = [lambda batch=batch: search(model, batch[0], batch[1]) for batch in batches]
    return "beam", timed(steps[: arguments.warmup], steps[: arguments.steps]), {}


@torch.no_grad()
def search(model, source, length, width=5, longest=100, begin=1, end=2):
    """Tokens of the best translation of each sentence; value: mean log-probability."""
    count = source.shape[0]
    states, (h, c) = model.encode(source, length)
    keep = real(source, length)
    rows = torch.arange(count).repeat_interleave(width)
    states, keep, h, c = states[rows], keep[rows], h[:, rows].contiguous(), c[:, rows].contiguous()
    scores = torch.full((count, width), -torch.inf)
    scores[:, 0] = 0.0
    tokens = torch.full((count * width, 1), begin)
    alive, best = list(range(count)), [(-float("inf"), None, 0)] * count
    for said in range(longest):
        decoded, (h, c) = model.decoder(model.embedding(tokens[:, -1:]), (h, c))
        attention = torch.einsum("btd,bld->btl", model.query(decoded), states)
        alpha = attention.masked_fill(~keep[:, None, :], -torch.inf).softmax(-1)
        logits = model.read_out(decoded, torch.einsum("btl,bld->btd", alpha, states))
        vocabulary = logits.shape[-1]
        log = logits.squeeze(1).log_softmax(-1).view(len(alive), width, vocabulary) + scores[:, :, None]
        top, places = log.flatten(1).topk(2 * width, 1)
        parents, words = places // vocabulary, places % vocabulary
        chosen, chosen_scores, chosen_words, stay = [], [], [], []
        for at, sentence in enumerate(alive):
            found = 0
            row, row_scores, row_words = [], [], []
            for rank in range(2 * width):
                value, word = top[at, rank].item(), words[at, rank].item()
                parent = at * width + parents[at, rank].item()
                if word == end:
                    if rank < width:
                        mean = value / (said + 1)
                        finished = best[sentence][2] + 1
                        if mean > best[sentence][0]:
                            best[sentence] = (mean, tokens[parent].tolist(), finished)
                        else:
                            best[sentence] = (*best[sentence][:2], finished)
                elif len(row) < width:
                    row.append(parent), row_scores.append(value), row_words.append(word)
            if best[sentence][2] < width:
                stay.append(sentence)
                chosen += row
                chosen_scores.append(row_scores)
                chosen_words += row_words
        if not stay:
            break
        alive, scores = stay, torch.tensor(chosen_scores)
        tokens = torch.cat([tokens[chosen], torch.tensor(chosen_words)[:, None]], 1)
        states, keep = states[chosen], keep[chosen]
        h, c = h[:, chosen].contiguous(), c[:, chosen].contiguous()
    return [tokens for _, tokens, _ in best]


def translator(arguments, dropout=0.0):
    """The paper's model and the padded batches of the file."""
    vocabulary, batches = pair_batches(arguments)
    model = Translator(vocabulary, dropout=dropout)
    if arguments.weights:
        from safetensors.torch import load_file

        model.load_state_dict(load_file(arguments.weights))
    return model, batches


def pair_batches(arguments):
    """The vocabulary and the padded batches of the file."""
    with arguments.pairs.open() as lines:
        vocabulary = json.loads(next(lines))["vocabulary"]
        return vocabulary, [collate_pairs(json.loads(line)) for line in lines if line.strip()]


def collate_pairs(batch):
    """Source [B,L], its lengths, decoder input [B,T], target [B,T] and its lengths."""
    source = [torch.tensor(words) for words in batch["source"]]
    target = [torch.tensor(words) for words in batch["target"]]
    length, target_length = (torch.tensor([len(words) for words in side]) for side in (source, target))
    fed, said = (pad_sequence(side, batch_first=True) for side in ([w[:-1] for w in target], [w[1:] for w in target]))
    return pad_sequence(source, batch_first=True), length, fed, said, target_length - 1


def matmul(arguments):
    """What a core can reach: the best of the products, as GFLOP/s."""
    size = 1024
    left, right, product = (torch.rand(size, size) for _ in range(3))

    def step():
        torch.mm(left, right, out=product)

    times = timed([step] * arguments.warmup, [step] * arguments.steps)
    return "matmul", times, {"peak_gflops": 2 * size**3 / min(times) / 1e9}


def real(tokens, length):
    """Which positions of `tokens` [B,L] are not padding [B,L]."""
    return torch.arange(tokens.shape[1]) < length[:, None]


def token_loss(logits, target, length=None):
    """Mean cross-entropy over all target tokens of the batch that are not padding."""
    if length is None:
        return F.cross_entropy(logits.flatten(0, 1), target.flatten())
    keep = real(target, length)
    return F.cross_entropy(logits[keep], target[keep])


def optimizer(model, arguments):
    return torch.optim.Adam(model.parameters(), lr=1e-3, fused=not arguments.plain_adam)


def timed(warmup, steps):
    """Seconds of each step, after the warm-up."""
    for step in warmup:
        step()
    times = []
    for step in steps:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return times


if __name__ == "__main__":
    main()

"""PyTorch's side of the Transformer benchmarks: models as a good PyTorch user writes them.

One product for queries, keys and values, `F.scaled_dot_product_attention`, fused AdamW, sequences of one length without padding.
`--compile` also runs the model through `torch.compile`.
"""

import torch
from torch import nn
from torch.nn import functional as F

#: Name: vocabulary, length, batch, and the model's sizes; those of `bench/src/transformer.rs`.
WORKLOADS = {
    "markov": dict(vocabulary=2, length=100, batch=64, layers=2, heads=1, width=16, mlp=0, positions="relative", dropout=0.1),
    "item_label": dict(vocabulary=55, length=5, batch=32, layers=2, heads=8, width=64, mlp=0, positions="rotary", dropout=0.0),
    "characters": dict(vocabulary=64, length=128, batch=32, layers=4, heads=4, width=128, mlp=512, positions="learned", dropout=0.0),
    "encoder": dict(vocabulary=30522, length=64, batch=16, layers=6, heads=12, width=384, mlp=1536, positions="learned", dropout=0.0),
}


class Attention(nn.Module):
    """Self-attention, causal or not, with relative or rotary positions where the model has them."""

    def __init__(self, width, heads, length, positions, causal):
        super().__init__()
        self.heads, self.causal, self.positions, head = heads, causal, positions, width // heads
        self.maps, self.projection = nn.Linear(width, 3 * width), nn.Linear(width, width)
        steps = torch.arange(length)
        if positions == "relative":
            self.relative = nn.Parameter(torch.randn(length, head) * 0.02)
            distances = steps[:, None] - steps[None, :]
            self.register_buffer("distances", distances.clamp(min=0))
            self.register_buffer("hidden", distances < 0)
        if positions == "rotary":
            angles = steps[:, None] / 10_000 ** (torch.arange(0, head, 2) / head)
            self.register_buffer("cos", torch.cat([angles.cos()] * 2, -1))
            self.register_buffer("sin", torch.cat([-angles.sin(), angles.sin()], -1))

    def forward(self, states):
        """States [B,T,width] to states [B,T,width]."""
        batch, length, width = states.shape
        split = self.maps(states).view(batch, length, 3, self.heads, width // self.heads)
        queries, keys, values = split.permute(2, 0, 3, 1, 4)
        mask = None
        if self.positions == "rotary":
            queries, keys = self.rotate(queries), self.rotate(keys)
        if self.positions == "relative":
            scores = queries @ self.relative.T * queries.shape[-1] ** -0.5
            mask = scores.gather(-1, self.distances.expand(batch, self.heads, length, length))
            mask = mask.masked_fill(self.hidden, -torch.inf)
        causal = self.causal and mask is None
        attended = F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask, is_causal=causal)
        return self.projection(attended.transpose(1, 2).reshape(batch, length, width))

    def rotate(self, x):
        half = x.shape[-1] // 2
        return x * self.cos + torch.cat([x[..., half:], x[..., :half]], -1) * self.sin


class Layer(nn.Module):
    """Attention and MLP, normalised before (decoder) or behind (encoder)."""

    def __init__(self, width, heads, length, mlp, positions, dropout, causal):
        super().__init__()
        self.attention = Attention(width, heads, length, positions, causal)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(1 + (mlp > 0)))
        self.mlp = nn.Sequential(nn.Linear(width, mlp), nn.GELU(), nn.Linear(mlp, width)) if mlp else None
        self.dropout, self.pre = nn.Dropout(dropout), causal

    def forward(self, states):
        for norm, part in zip(self.norms, [self.attention, self.mlp]):
            if self.pre:
                states = states + self.dropout(part(norm(states)))
            else:
                states = norm(states + self.dropout(part(states)))
        return states


class Model(nn.Module):
    """Decoder of tokens, or encoder of texts with the mean state behind two labels' score."""

    def __init__(self, vocabulary, length, layers, heads, width, mlp, positions, dropout, causal):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(length, width) if positions == "learned" else None
        self.dropout = nn.Dropout(dropout)
        of = (width, heads, length, mlp, positions, dropout, causal)
        self.layers = nn.ModuleList(Layer(*of) for _ in range(layers))
        self.norm = nn.LayerNorm(width) if causal else nn.Identity()
        self.output = nn.Linear(width, vocabulary if causal else 1)
        self.causal = causal

    def forward(self, tokens):
        """Scores [B,T,vocabulary], or [B] of a text's label."""
        states = self.tokens(tokens)
        if self.positions is not None:
            states = states + self.positions.weight[: tokens.shape[1]]
        states = self.dropout(states)
        for layer in self.layers:
            states = layer(states)
        states = self.norm(states)
        return self.output(states) if self.causal else self.output(states.mean(1)).squeeze(-1)


class Block(nn.Module):
    """A layer of the encoder, or with `crosses` of the decoder, normalised before each part."""

    def __init__(self, width, heads, mlp, dropout, crosses):
        super().__init__()
        self.heads, self.crosses, self.dropout = heads, crosses, nn.Dropout(dropout)
        self.maps, self.projection = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2 + crosses))
        self.mlp = nn.Sequential(nn.Linear(width, mlp), nn.ReLU(), nn.Linear(mlp, width))
        if crosses:
            self.query, self.memory = nn.Linear(width, width), nn.Linear(width, 2 * width)
            self.cross_projection = nn.Linear(width, width)

    def split(self, states, parts):
        batch, length, _ = states.shape
        return states.view(batch, length, parts, self.heads, -1).permute(2, 0, 3, 1, 4)

    @staticmethod
    def merge(attended):
        return attended.transpose(1, 2).flatten(2)

    def forward(self, states, mask=None, memory=None, memory_mask=None):
        """States [B,T,width]; masks are true where attention may go."""
        queries, keys, values = self.split(self.maps(self.norms[0](states)), 3)
        attended = F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask, is_causal=self.crosses)
        states = states + self.dropout(self.projection(self.merge(attended)))
        if self.crosses:
            (queries,), (keys, values) = self.split(self.query(self.norms[1](states)), 1), self.split(self.memory(memory), 2)
            attended = F.scaled_dot_product_attention(queries, keys, values, attn_mask=memory_mask)
            states = states + self.dropout(self.cross_projection(self.merge(attended)))
        return states + self.dropout(self.mlp(self.norms[-1](states)))


class EncoderDecoder(nn.Module):
    """Translates; source, target and output share one table of tokens."""

    def __init__(self, vocabulary, longest=512, layers=3, heads=8, width=256, mlp=1024, dropout=0.1):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.ModuleList(nn.Embedding(longest, width) for _ in range(2))
        self.encoder = nn.ModuleList(Block(width, heads, mlp, dropout, False) for _ in range(layers))
        self.decoder = nn.ModuleList(Block(width, heads, mlp, dropout, True) for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.dropout = nn.Dropout(dropout)
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def embed(self, tokens, side):
        return self.dropout(self.tokens(tokens) + self.positions[side].weight[: tokens.shape[1]])

    def forward(self, source, fed, length):
        """States behind each fed token [B,T,width]."""
        mask = (torch.arange(source.shape[1]) < length[:, None])[:, None, None, :]
        memory = self.embed(source, 0)
        for block in self.encoder:
            memory = block(memory, mask)
        memory, states = self.norms[0](memory), self.embed(fed, 1)
        for block in self.decoder:
            states = block(states, None, memory, mask)
        return self.norms[1](states)

    def logits(self, states):
        return F.linear(states, self.tokens.weight, self.bias)


def step_on_pairs(vocabulary):
    """A function that takes one training step of the translating Transformer on a padded batch."""
    model = EncoderDecoder(vocabulary)
    adam = torch.optim.AdamW(model.parameters(), lr=5e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=True)

    def step(source, length, fed, target, target_length):
        adam.zero_grad(set_to_none=True)
        # Padding is left out before the output layer, the largest product.
        keep = torch.arange(fed.shape[1]) < target_length[:, None]
        logits = model.logits(model(source, fed, length)[keep])
        F.cross_entropy(logits, target[keep]).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0, foreach=True)
        adam.step()

    return step


def steps_of(name, compiled):
    """A function that takes one training step of a workload on random tokens."""
    sizes = dict(WORKLOADS[name])
    batch, length, vocabulary = sizes.pop("batch"), sizes["length"], sizes["vocabulary"]
    model = Model(**sizes, causal=name != "encoder")
    adam = torch.optim.AdamW(model.parameters(), lr=5e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    run = torch.compile(model) if compiled else model
    tokens = torch.randint(0, vocabulary, (batch, length + 1))
    labels = torch.randint(0, 2, (batch,)).float()

    def step():
        adam.zero_grad(set_to_none=True)
        if name == "encoder":
            loss = F.binary_cross_entropy_with_logits(run(tokens[:, :-1]), labels)
        else:
            logits, target = run(tokens[:, :-1]), tokens[:, 1:]
            if name == "item_label":
                logits, target = logits[:, -1:], target[:, -1:]
            loss = F.cross_entropy(logits.flatten(0, 1), target.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0, foreach=True)
        adam.step()

    return step

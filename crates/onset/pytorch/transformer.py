"""The Transformer in PyTorch; parameter names and layouts are those of Onset's checkpoints.

Shapes: batch B, steps T, positions L (those of the source where there is one, else L = T), heads H of all layers, width W,
vocabulary V.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

ACTIVATIONS = {"gelu": F.gelu, "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"), "relu": F.relu}


class RMSNorm(nn.Module):
    """Root-mean-square normalisation of the last dimension."""

    def __init__(self, width, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x):
        return self.weight * x * (x.pow(2).mean(-1, keepdim=True) + self.eps).rsqrt()


def norm_layer(kind, width, eps):
    return {"layer": nn.LayerNorm, "rms": RMSNorm}[kind](width, eps=eps) if kind != "none" else nn.Identity()


class Attention(nn.Module):
    """Multi-head attention: learned, or uniform over what is visible."""

    def __init__(self, width, heads, rotated, base, distances, uniform, causal):
        super().__init__()
        self.heads, self.rotated, self.base, self.uniform, self.causal = heads, rotated, base, uniform, causal
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.relative = nn.Embedding(distances, width // heads) if distances else None
        self.value = nn.Linear(width, width)
        self.projection = nn.Linear(width, width)

    def split(self, x):
        """[B,T,W] to [B,H,T,W/H]."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, x, visible, memory=None):
        memory = x if memory is None else memory
        alpha = self.weights(x, visible, memory)
        attended = alpha @ self.split(self.value(memory))
        return self.projection(attended.transpose(1, 2).flatten(-2)), alpha

    def weights(self, x, visible, memory):
        """alpha [B,H,T,L] of one layer."""
        query, key = self.split(self.query(x)), self.split(self.key(memory))
        if self.rotated:
            query, key = rotate(query, self.rotated, self.base), rotate(key, self.rotated, self.base)
        scores = query @ key.transpose(-1, -2)
        if self.relative is not None:
            # Row t - l of the table, or, of an encoder, counted from its middle.
            steps, rows = torch.arange(x.shape[1]), self.relative.num_embeddings
            zero = 0 if self.causal else rows // 2
            distance = (steps[:, None] - steps[None, :] + zero).clamp(0, rows - 1)
            scores = scores + torch.einsum("bhtd,tld->bhtl", query, self.relative(distance))
        scores = torch.zeros_like(scores) if self.uniform else scores / math.sqrt(query.shape[-1])
        return scores.masked_fill(~visible, -torch.inf).softmax(-1)


def rotate(x, columns, base):
    """Rotary positions of the first `columns` of each head [B,H,T,D]: column i and column i + columns/2 are a pair."""
    frequency = 1.0 / base ** (torch.arange(0, columns, 2, dtype=x.dtype) / columns)
    angle = torch.arange(x.shape[-2], dtype=x.dtype)[:, None] * frequency
    first, second = x[..., : columns // 2], x[..., columns // 2 : columns]
    turned = [first * angle.cos() - second * angle.sin(), second * angle.cos() + first * angle.sin()]
    return torch.cat([*turned, x[..., columns:]], -1)


class MLP(nn.Module):
    def __init__(self, width, hidden, activation):
        super().__init__()
        self.up = nn.Linear(width, hidden)
        self.activation = ACTIVATIONS[activation]
        self.down = nn.Linear(hidden, width)

    def forward(self, x):
        return self.down(self.activation(self.up(x)))


class Layer(nn.Module):
    def __init__(self, width, mlp, activation, norm, epsilon, pre, parallel, crosses=None, **attention):
        super().__init__()
        self.pre, self.parallel = pre, parallel
        self.attention_norm = norm_layer(norm, width, epsilon)
        self.attention = Attention(width, **attention)
        if crosses:
            self.cross_norm = norm_layer(norm, width, epsilon)
            self.cross = Attention(width, **{**attention, **crosses})
        if mlp:
            self.mlp_norm = norm_layer(norm, width, epsilon)
            self.mlp = MLP(width, mlp, activation)

    def forward(self, x, visible, memory=None, real=None):
        """The states behind the layer, and alpha: over the source `memory`, where there is one, else over `x`."""
        added, alpha = self.attention(self.attention_norm(x) if self.pre else x, visible)
        total = x + added if self.pre else self.attention_norm(x + added)
        if memory is not None:
            added, alpha = self.cross(self.cross_norm(total) if self.pre else total, real, memory)
            total = total + added if self.pre else self.cross_norm(total + added)
        if hasattr(self, "mlp"):
            source = x if self.parallel else total
            total = total + self.mlp(self.mlp_norm(source) if self.pre else source)
            total = total if self.pre else self.mlp_norm(total)
        return total, alpha


class Transformer(nn.Module):
    """An encoder of texts with a label, a causal decoder of sequences, or both, for pairs of a source and a target.

    Train a decoder with the cross-entropy of each next token that is predicted (mean over all of the batch); an encoder
    as the classifier: two labels have one score, more labels a score each.
    """

    def __init__(
        self,
        vocabulary,
        longest,
        outputs,
        causal=True,
        layers=2,
        encoder_layers=0,
        heads=4,
        width=64,
        mlp=256,
        activation="gelu",
        norm="layer",
        epsilon=1e-5,
        pre=True,
        embedding_norm=False,
        parallel=False,
        positions="learned",
        rotated=0,
        base=10000.0,
        tied=False,
        pooler=False,
        pooling="mean",
        uniform=False,
    ):
        super().__init__()
        self.causal, self.pooling, self.kind = causal, pooling, positions
        self.tokens = nn.Embedding(vocabulary, width)
        if positions == "learned":
            self.positions = nn.Embedding(longest, width)
        self.embedding_norm = norm_layer(norm, width, epsilon) if embedding_norm else nn.Identity()
        both = 2 * longest - 1 if positions == "relative" else 0
        one = longest if positions == "relative" else 0
        attention = {"heads": heads, "rotated": rotated, "base": base, "causal": causal}
        layer = {"mlp": mlp, "activation": activation, "norm": norm, "epsilon": epsilon, "pre": pre, "parallel": parallel}
        own = {"distances": one if causal else both, "uniform": uniform and not encoder_layers}
        if encoder_layers:
            encoder = {**layer, **attention, "causal": False, "distances": both, "uniform": False}
            self.encoder = nn.ModuleList(Layer(width, **encoder) for _ in range(encoder_layers))
            self.encoder_norm = norm_layer(norm, width, epsilon) if pre else nn.Identity()
            # The positions of a source are no positions of the target.
            layer["crosses"] = {"rotated": 0, "distances": 0, "causal": False, "uniform": uniform}
        self.layers = nn.ModuleList(Layer(width, **layer, **attention, **own) for _ in range(layers))
        self.norm = norm_layer(norm, width, epsilon) if pre else nn.Identity()
        self.pooler = nn.Linear(width, width) if pooler else None
        self.output = nn.Linear(width, outputs, bias=not tied)
        if tied:
            self.output.weight = self.tokens.weight

    def load_state_dict(self, state, **options):
        """As usual; a tied output needs no tensor of its own."""
        if self.output.weight is self.tokens.weight:
            state = {**state, "output.weight": state["tokens.weight"]}
        return super().load_state_dict(state, **options)

    def forward(self, *args, **kwargs):
        """Of a decoder: logits [B,T,V] of the token after each and alpha [B,H,T,L], from `tokens` [B,T].

        Of an encoder: logits [B] (of more than two labels [B,K]) and alpha [B,H,T,L], from `source` [B,L] and
        `source_length` [B]. Of both: logits [B,T,V] and alpha [B,H,T,L] over the source, from `source`, `source_length` and
        `decoder_input` [B,T]. `scale` multiplies each embedding of the source, or of the one sequence, but not its position's.
        """
        if hasattr(self, "encoder"):
            return self.translate(*args, **kwargs)
        return self.decode(*args, **kwargs) if self.causal else self.encode(*args, **kwargs)

    def translate(self, source, source_length, decoder_input, scale=None):
        real = torch.arange(source.shape[1]) < source_length[:, None]
        seen = real[:, None, None, :].expand(-1, -1, source.shape[1], -1)
        memory, _ = self.run(self.encoder, self.embed(source, scale), seen)
        memory = self.encoder_norm(memory)
        steps = decoder_input.shape[1]
        visible = torch.ones(steps, steps, dtype=torch.bool).tril()[None, None]
        seen = real[:, None, None, :].expand(-1, -1, steps, -1)
        states, alpha = self.run(self.layers, self.embed(decoder_input, None), visible, memory, seen)
        return self.output(self.norm(states)), alpha

    def decode(self, tokens, scale=None):
        visible = torch.ones(tokens.shape[1], tokens.shape[1], dtype=torch.bool).tril()
        states, alpha = self.read(tokens, visible[None, None], scale)
        return self.output(states), alpha

    def encode(self, source, source_length, scale=None):
        real = torch.arange(source.shape[1]) < source_length[:, None]
        states, alpha = self.read(source, real[:, None, None, :].expand(-1, -1, source.shape[1], -1), scale)
        if self.pooling == "first":
            pooled = states[:, 0]
        else:
            pooled = (states * real[:, :, None]).sum(1) / source_length[:, None]
        if self.pooler is not None:
            pooled = self.pooler(pooled).tanh()
        return self.output(pooled).squeeze(-1), alpha

    def read(self, tokens, visible, scale):
        states, alpha = self.run(self.layers, self.embed(tokens, scale), visible)
        return self.norm(states), alpha

    def embed(self, tokens, scale):
        x = self.tokens(tokens)
        if scale is not None:
            x = x * scale[:, :, None]
        if self.kind == "learned":
            x = x + self.positions.weight[: tokens.shape[1]]
        elif self.kind == "sinusoidal":
            x = x + sinusoids(tokens.shape[1], x.shape[-1], x.dtype)
        return self.embedding_norm(x)

    def run(self, layers, x, *seen):
        all_alpha = []
        for layer in layers:
            x, alpha = layer(x, *seen)
            all_alpha.append(alpha)
        return x, torch.cat(all_alpha, 1)


def sinusoids(steps, width, dtype):
    """Column 2i has the sine of t / 10000^(2i/width), column 2i + 1 the cosine."""
    column = torch.arange(width, dtype=dtype)
    angle = torch.arange(steps, dtype=dtype)[:, None] / 10000.0 ** ((column // 2 * 2) / width)
    return torch.where(torch.arange(width) % 2 == 0, angle.sin(), angle.cos())

"""The Transformer in PyTorch; parameter names and layouts are those of Onset's checkpoints.

Shapes: batch B, steps T, positions L = T, heads H of all layers, width W, vocabulary V.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

ACTIVATIONS = {"gelu": F.gelu, "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"), "relu": F.relu}


class RMSNorm(nn.Module):
    """Root-mean-square normalisation of the last dimension."""

    def __init__(self, width, eps=1e-5):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x):
        return self.weight * x * (x.pow(2).mean(-1, keepdim=True) + self.eps).rsqrt()


def norm_layer(kind, width):
    return {"layer": nn.LayerNorm, "rms": RMSNorm}[kind](width) if kind != "none" else nn.Identity()


class Attention(nn.Module):
    """Multi-head attention: learned, or uniform over what is visible."""

    def __init__(self, width, heads, rotated, distances, uniform, causal):
        super().__init__()
        self.heads, self.rotated, self.uniform, self.causal = heads, rotated, uniform, causal
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.relative = nn.Embedding(distances, width // heads) if distances else None
        self.value = nn.Linear(width, width)
        self.projection = nn.Linear(width, width)

    def split(self, x):
        """[B,T,W] to [B,H,T,W/H]."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, x, visible):
        alpha = self.weights(x, visible)
        attended = alpha @ self.split(self.value(x))
        return self.projection(attended.transpose(1, 2).flatten(-2)), alpha

    def weights(self, x, visible):
        """alpha [B,H,T,L] of one layer."""
        query, key = self.split(self.query(x)), self.split(self.key(x))
        if self.rotated:
            query, key = rotate(query, self.rotated), rotate(key, self.rotated)
        scores = query @ key.transpose(-1, -2)
        if self.relative is not None:
            # Row t - l of the table, or, of an encoder, counted from its middle.
            steps, rows = torch.arange(x.shape[1]), self.relative.num_embeddings
            zero = 0 if self.causal else rows // 2
            distance = (steps[:, None] - steps[None, :] + zero).clamp(0, rows - 1)
            scores = scores + torch.einsum("bhtd,tld->bhtl", query, self.relative(distance))
        scores = torch.zeros_like(scores) if self.uniform else scores / math.sqrt(query.shape[-1])
        return scores.masked_fill(~visible, -torch.inf).softmax(-1)


def rotate(x, columns, base=10000.0):
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
    def __init__(self, width, mlp, activation, norm, pre, parallel, **attention):
        super().__init__()
        self.pre, self.parallel = pre, parallel
        self.attention_norm = norm_layer(norm, width)
        self.attention = Attention(width, **attention)
        if mlp:
            self.mlp_norm = norm_layer(norm, width)
            self.mlp = MLP(width, mlp, activation)

    def forward(self, x, visible):
        added, alpha = self.attention(self.attention_norm(x) if self.pre else x, visible)
        total = x + added if self.pre else self.attention_norm(x + added)
        if hasattr(self, "mlp"):
            source = x if self.parallel else total
            total = total + self.mlp(self.mlp_norm(source) if self.pre else source)
            total = total if self.pre else self.mlp_norm(total)
        return total, alpha


class Transformer(nn.Module):
    """An encoder of texts with a label, or a causal decoder of sequences.

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
        heads=4,
        width=64,
        mlp=256,
        activation="gelu",
        norm="layer",
        pre=True,
        embedding_norm=False,
        parallel=False,
        positions="learned",
        rotated=0,
        tied=False,
        pooling="mean",
        uniform=False,
    ):
        super().__init__()
        self.causal, self.pooling, self.kind = causal, pooling, positions
        self.tokens = nn.Embedding(vocabulary, width)
        if positions == "learned":
            self.positions = nn.Embedding(longest, width)
        self.embedding_norm = norm_layer(norm, width) if embedding_norm else nn.Identity()
        distances = 0 if positions != "relative" else longest if causal else 2 * longest - 1
        attention = {"heads": heads, "rotated": rotated, "distances": distances, "uniform": uniform, "causal": causal}
        layer = {"mlp": mlp, "activation": activation, "norm": norm, "pre": pre, "parallel": parallel}
        self.layers = nn.ModuleList(Layer(width, **layer, **attention) for _ in range(layers))
        self.norm = norm_layer(norm, width) if pre else nn.Identity()
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
        `source_length` [B]. `scale` multiplies each token's embedding, but not its position's.
        """
        return self.decode(*args, **kwargs) if self.causal else self.encode(*args, **kwargs)

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
        return self.output(pooled).squeeze(-1), alpha

    def read(self, tokens, visible, scale):
        x = self.tokens(tokens)
        if scale is not None:
            x = x * scale[:, :, None]
        if self.kind == "learned":
            x = x + self.positions.weight[: tokens.shape[1]]
        elif self.kind == "sinusoidal":
            x = x + sinusoids(tokens.shape[1], x.shape[-1], x.dtype)
        x = self.embedding_norm(x)
        all_alpha = []
        for layer in self.layers:
            x, alpha = layer(x, visible)
            all_alpha.append(alpha)
        return self.norm(x), torch.cat(all_alpha, 1)


def sinusoids(steps, width, dtype):
    """Column 2i has the sine of t / 10000^(2i/width), column 2i + 1 the cosine."""
    column = torch.arange(width, dtype=dtype)
    angle = torch.arange(steps, dtype=dtype)[:, None] / 10000.0 ** ((column // 2 * 2) / width)
    return torch.where(torch.arange(width) % 2 == 0, angle.sin(), angle.cos())

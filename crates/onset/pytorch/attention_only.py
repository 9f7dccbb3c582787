"""The attention-only Transformer in PyTorch; parameter names and layouts are those of Onset's checkpoints.

Shapes: batch B, steps T, positions L = T, width W, vocabulary V.
"""

import math

import torch
from torch import nn


class AttentionOnly(nn.Module):
    """One layer, one head, causal; learned positions, no MLP and no norms.

    Train with the cross-entropy of each next token that is predicted (mean over all of the batch).
    """

    def __init__(self, vocabulary, width, longest, uniform=False):
        super().__init__()
        self.uniform = uniform
        self.embedding = nn.Embedding(vocabulary, width)
        self.position = nn.Embedding(longest, width)
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.projection = nn.Linear(width, width)
        self.output = nn.Linear(width, vocabulary)

    def forward(self, tokens, scale=None):
        """Logits [B,T,V] of the token after each, and alpha [B,T,L], of a padded token matrix [B,T].

        No step sees a later one, so padding behind a sequence changes nothing before it. `scale` [B,T] multiplies
        each token's embedding, but not its position's.
        """
        inputs = self.embed(tokens, scale)
        scores = torch.einsum("btw,blw->btl", self.query(inputs), self.key(inputs)) / math.sqrt(inputs.shape[-1])
        if self.uniform:
            scores = torch.zeros_like(scores)
        later = torch.ones(scores.shape[1:], dtype=torch.bool).triu(1)
        alpha = scores.masked_fill(later, -torch.inf).softmax(-1)
        attended = torch.einsum("btl,blw->btw", alpha, self.value(inputs))
        return self.output(inputs + self.projection(attended)), alpha

    def embed(self, tokens, scale=None):
        """What attention reads [B,T,W]: token and position."""
        embedded = self.embedding(tokens)
        if scale is not None:
            embedded = embedded * scale[:, :, None]
        return embedded + self.position.weight[: tokens.shape[1]]

    def beta(self, tokens, target):
        """Log-probability [B,T,L] of each right next token, were all attention on one position."""
        inputs = self.embed(tokens)
        parts = self.projection(self.value(inputs))
        logits = self.output(inputs[:, :, None, :] + parts[:, None, :, :])
        right = target[:, :, None, None].expand(-1, -1, tokens.shape[1], 1)
        return logits.log_softmax(-1).gather(-1, right).squeeze(-1)

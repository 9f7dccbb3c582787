"""The paper's text classifier in PyTorch; parameter names and layouts are those of Onset's checkpoints.

Shapes: batch B, source positions L, embedding E, hidden H of each of two directions.
"""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class Classifier(nn.Module):
    """Bidirectional LSTM, feed-forward attention, and scores that are the attended mean of beta.

    Two labels have one score: train with `binary_cross_entropy_with_logits` (mean over the batch). More labels have a
    score each: train with `cross_entropy`.
    """

    def __init__(self, vocabulary, embedding=300, hidden=256, attention_hidden=256, labels=2, uniform=False):
        super().__init__()
        self.uniform = uniform
        self.embedding = nn.Embedding(vocabulary, embedding)
        self.encoder = nn.LSTM(embedding, hidden, batch_first=True, bidirectional=True)
        self.attention = nn.Sequential(
            nn.Linear(2 * hidden, attention_hidden), nn.ReLU(), nn.Linear(attention_hidden, 1)
        )
        self.beta = nn.Linear(2 * hidden, 1 if labels == 2 else labels)

    def forward(self, source, source_length, scale=None):
        """Logits [B], alpha [B,L] and beta [B,L] (of more than two labels [B,K] and [B,L,K]).

        They are those of a padded token matrix [B,L] and its lengths [B]. `scale` [B,L] multiplies each word's embedding:
        the gradient with respect to it tells what the word does for the loss.
        """
        embedded = self.embedding(source)
        if scale is not None:
            embedded = embedded * scale[:, :, None]
        packed = pack_padded_sequence(embedded, source_length, batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.encoder(packed)[0], batch_first=True, total_length=source.shape[1])
        beta = self.beta(states).squeeze(-1)
        scores = torch.zeros_like(beta) if self.uniform else self.attention(states).squeeze(-1)
        padding = torch.arange(source.shape[1]) >= source_length[:, None]
        alpha = scores.masked_fill(padding, -torch.inf).softmax(-1)
        if beta.dim() == 3:
            return (alpha[:, :, None] * beta).sum(1), alpha, beta
        return (alpha * beta).sum(-1), alpha, beta

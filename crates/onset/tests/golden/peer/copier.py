"""The paper's copying model in PyTorch; parameter names and layouts are those of Onset's checkpoints.

Shapes: batch B, target steps T, source positions L, embedding E, hidden H, directions D.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class Copier(nn.Module):
    """Encoder and decoder LSTM joined by dot-product attention; EOS = vocabulary, BOS = vocabulary + 1."""

    def __init__(self, vocabulary, embedding, hidden, bidirectional=False, uniform=False, no_context=False):
        super().__init__()
        states = hidden * (2 if bidirectional else 1)
        self.uniform = uniform
        self.no_context = no_context
        self.embedding = nn.Embedding(vocabulary + 2, embedding)
        self.encoder = nn.LSTM(embedding, hidden, batch_first=True, bidirectional=bidirectional)
        self.decoder = nn.LSTM(embedding, hidden, batch_first=True)
        self.query = nn.Linear(hidden, states)
        self.context = nn.Linear(states, hidden)
        self.readout = nn.Linear(2 * hidden, hidden)
        self.output = nn.Linear(hidden, vocabulary + 2)

    def forward(self, source, decoder_input, source_length=None):
        """Logits [B,T,V+2] and alpha [B,T,L] of padded token matrices.

        `source_length` [B] counts the words and EOS; without it no position is padding.
        """
        states, last = self.encode(self.embedding(source), source_length)
        decoded, _ = self.decoder(self.embedding(decoder_input), last)
        if self.uniform:
            scores = states.new_zeros(source.shape[0], decoder_input.shape[1], source.shape[1])
        else:
            scores = torch.einsum("btd,bld->btl", self.query(decoded), states)
        if source_length is not None:
            scores = scores.masked_fill(~real(source, source_length)[:, None, :], -torch.inf)
        alpha = scores.softmax(-1)
        context = torch.einsum("btl,bld->btd", alpha, states)
        if self.no_context:
            context = torch.zeros_like(context)
        readout = torch.tanh(self.readout(torch.cat([decoded, self.context(context)], -1)))
        return self.output(readout), alpha

    def encode(self, embedded, source_length):
        """States [B,L,D*H] and the decoder's first (h, c), each [1,B,H]: the mean over directions."""
        if source_length is None:
            states, (h, c) = self.encoder(embedded)
        else:
            packed = pack_padded_sequence(embedded, source_length, batch_first=True, enforce_sorted=False)
            states, (h, c) = self.encoder(packed)
            states, _ = pad_packed_sequence(states, batch_first=True, total_length=embedded.shape[1])
        if h.shape[0] > 1:
            h, c = h.mean(0, keepdim=True), c.mean(0, keepdim=True)
        return states, (h, c)


def real(tokens, length):
    """Which positions of `tokens` [B,L] are not padding [B,L]."""
    return torch.arange(tokens.shape[1]) < length[:, None]


def token_loss(logits, target, length=None):
    """Mean cross-entropy over all target tokens of the batch that are not padding."""
    if length is None:
        return F.cross_entropy(logits.flatten(0, 1), target.flatten())
    keep = real(target, length)
    return F.cross_entropy(logits[keep], target[keep])

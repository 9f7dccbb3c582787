"""The paper's translation model in PyTorch; parameter names and layouts are those of Onset's checkpoints.

Shapes: batch B, target steps T, source positions L, embedding E, hidden H of each of the encoder's two
directions and of the decoder, vocabulary V.
"""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class Translator(nn.Module):
    """Stacked bidirectional encoder, stacked decoder, general dot-product attention, ReLU readout."""

    def __init__(self, vocabulary, embedding=256, hidden=256, layers=2, dropout=0.0, uniform=False):
        super().__init__()
        self.uniform = uniform
        self.embedding = nn.Embedding(vocabulary, embedding)
        self.encoder = nn.LSTM(embedding, hidden, layers, batch_first=True, bidirectional=True, dropout=dropout)
        self.decoder = nn.LSTM(embedding, hidden, layers, batch_first=True, dropout=dropout)
        self.query = nn.Linear(hidden, 2 * hidden)
        self.context = nn.Linear(2 * hidden, hidden)
        self.readout = nn.Linear(2 * hidden, hidden)
        self.output = nn.Linear(hidden, vocabulary)

    def forward(self, source, decoder_input, source_length, scale=None):
        """Logits [B,T,V], alpha [B,T,L], decoder states [B,T,H] and source states [B,L,2H].

        `scale` [B,L] multiplies each source word's embedding.
        """
        states, last = self.encode(source, source_length, scale)
        decoded, _ = self.decoder(self.embedding(decoder_input), last)
        if self.uniform:
            scores = states.new_zeros(source.shape[0], decoder_input.shape[1], source.shape[1])
        else:
            scores = torch.einsum("btd,bld->btl", self.query(decoded), states)
        padding = torch.arange(source.shape[1]) >= source_length[:, None]
        alpha = scores.masked_fill(padding[:, None, :], -torch.inf).softmax(-1)
        context = torch.einsum("btl,bld->btd", alpha, states)
        return self.read_out(decoded, context), alpha, decoded, states

    def encode(self, source, source_length, scale=None):
        """States [B,L,2H], and the decoder's first h and c, each [layers,B,H]: per layer the mean over directions."""
        embedded = self.embedding(source)
        if scale is not None:
            embedded = embedded * scale[:, :, None]
        packed = pack_padded_sequence(embedded, source_length, batch_first=True, enforce_sorted=False)
        states, last = self.encoder(packed)
        states, _ = pad_packed_sequence(states, batch_first=True, total_length=source.shape[1])
        h, c = (state.unflatten(0, (-1, 2)).mean(1) for state in last)
        return states, (h.contiguous(), c.contiguous())

    def read_out(self, decoded, context):
        """Logits of decoder states and contexts, over any leading shape."""
        return self.output(torch.relu(self.readout(torch.cat([decoded, self.context(context)], -1))))

    def beta(self, decoded, states, target):
        """Log-probability [B,T,L] of each right word, were the context one source state alone."""
        steps, positions = decoded.shape[1], states.shape[1]
        decoded = decoded[:, :, None, :].expand(-1, -1, positions, -1)
        states = states[:, None, :, :].expand(-1, steps, -1, -1)
        logits = self.read_out(decoded, states)
        words = target[:, :, None, None].expand(-1, -1, positions, 1)
        return logits.log_softmax(-1).gather(-1, words).squeeze(-1)

"""The copying model with several heads in PyTorch (paper, "Multi-head"): GRUs, separate embeddings.

Parameter names and layouts are those of Onset's checkpoints: the heads' query maps lie below each other in
`query`, their context maps in `context`. Shapes: batch B, target steps T, source positions L, heads N, states D,
hidden H.
"""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from copier import real


class Multihead(nn.Module):
    """Encoder and decoder GRU; each head attends with queries of its own and projects what it reads."""

    def __init__(self, vocabulary, embedding, hidden, heads, bidirectional=False):
        super().__init__()
        states = hidden * (2 if bidirectional else 1)
        self.heads = heads
        self.source_embedding = nn.Embedding(vocabulary + 2, embedding)
        self.target_embedding = nn.Embedding(vocabulary + 2, embedding)
        self.encoder = nn.GRU(embedding, hidden, batch_first=True, bidirectional=bidirectional)
        self.decoder = nn.GRU(embedding, hidden, batch_first=True)
        self.query = nn.Linear(hidden, heads * states)
        self.context = nn.Linear(states, heads * hidden)
        self.readout = nn.Linear(2 * hidden, hidden)
        self.output = nn.Linear(hidden, vocabulary + 2)

    def forward(self, source, decoder_input, source_length=None):
        """Logits [B,T,V+2] and alpha [B,T,N,L] of padded token matrices."""
        states, last = self.encode(self.source_embedding(source), source_length)
        decoded, _ = self.decoder(self.target_embedding(decoder_input), last)
        query = self.query(decoded).unflatten(-1, (self.heads, -1)).flatten(1, 2)
        scores = torch.bmm(query, states.transpose(1, 2))
        if source_length is not None:
            scores = scores.masked_fill(~real(source, source_length)[:, None, :], -torch.inf)
        alpha = scores.softmax(-1)
        read = torch.bmm(alpha, states).unflatten(1, (-1, self.heads)).flatten(2)
        # The mean of the heads' projections as one product: the maps side by side, over their number.
        maps = self.context.weight.unflatten(0, (self.heads, -1)).transpose(0, 1).flatten(1) / self.heads
        context = nn.functional.linear(read, maps, self.context.bias.view(self.heads, -1).mean(0))
        readout = torch.tanh(self.readout(torch.cat([decoded, context], -1)))
        return self.output(readout), alpha.unflatten(1, (-1, self.heads))

    def encode(self, embedded, source_length):
        """States [B,L,D] and the decoder's first state [1,B,H]: the mean over directions."""
        if source_length is None:
            states, last = self.encoder(embedded)
        else:
            packed = pack_padded_sequence(embedded, source_length, batch_first=True, enforce_sorted=False)
            states, last = self.encoder(packed)
            states, _ = pad_packed_sequence(states, batch_first=True, total_length=embedded.shape[1])
        return states, last.mean(0, keepdim=True)

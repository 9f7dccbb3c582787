"""The paper's models for copying and for several heads in PyTorch; parameter names and layouts are those of Onset's checkpoints.

Shapes: batch B, target steps T, source positions L, heads N, states D (hidden times directions), hidden H, vocabulary V.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class Rnn(nn.Module):
    """Recurrent encoder and decoder joined by dot-product attention with any number of heads.

    The heads' query maps lie below each other in `query`, their context maps in `context`. Train with the cross-entropy
    of each target token (mean over all of the batch).
    """

    def __init__(
        self,
        vocabulary,
        embedding=256,
        hidden=256,
        heads=1,
        cell="lstm",
        bidirectional=False,
        shared_embedding=True,
        uniform=False,
        use_context=True,
    ):
        super().__init__()
        states = hidden * (2 if bidirectional else 1)
        self.heads, self.uniform, self.use_context = heads, uniform, use_context
        names = ["embedding"] if shared_embedding else ["source_embedding", "target_embedding"]
        for name in names:
            setattr(self, name, nn.Embedding(vocabulary, embedding))
        self.tables = [names[0], names[-1]]
        recurrent = {"lstm": nn.LSTM, "gru": nn.GRU}[cell]
        self.encoder = recurrent(embedding, hidden, batch_first=True, bidirectional=bidirectional)
        self.decoder = recurrent(embedding, hidden, batch_first=True)
        self.query = nn.Linear(hidden, heads * states)
        self.context = nn.Linear(states, heads * hidden)
        self.readout = nn.Linear(2 * hidden, hidden)
        self.output = nn.Linear(hidden, vocabulary)

    def forward(self, source, decoder_input, source_length=None):
        """Logits [B,T,V] and alpha [B,T,N,L] of padded token matrices [B,L] and [B,T].

        `source_length` [B] is the number of tokens of each source; without it no position is padding.
        """
        source_table, target_table = (getattr(self, name) for name in self.tables)
        states, last = self.encode(source_table(source), source_length)
        decoded, _ = self.decoder(target_table(decoder_input), last)
        queries = self.query(decoded).unflatten(-1, (self.heads, -1)).flatten(1, 2)
        scores = torch.bmm(queries, states.transpose(1, 2)).unflatten(1, (-1, self.heads))
        if self.uniform:
            scores = torch.zeros_like(scores)
        if source_length is not None:
            padding = torch.arange(source.shape[1]) >= source_length[:, None]
            scores = scores.masked_fill(padding[:, None, None, :], -torch.inf)
        alpha = scores.softmax(-1)
        context = self.mean_context(torch.bmm(alpha.flatten(1, 2), states).unflatten(1, (-1, self.heads)))
        return self.output(torch.tanh(self.readout(torch.cat([decoded, context], -1)))), alpha

    def mean_context(self, attended):
        """The mean [B,T,H] over heads of the context maps of what each head has attended to [B,T,N,D]."""
        if not self.use_context:
            attended = torch.zeros_like(attended)
        # The mean of the heads' maps as one product: the maps side by side, over their number.
        maps = self.context.weight.unflatten(0, (self.heads, -1)).transpose(0, 1).flatten(1) / self.heads
        return F.linear(attended.flatten(2), maps, self.context.bias.view(self.heads, -1).mean(0))

    def encode(self, embedded, source_length):
        """States [B,L,D], and what the decoder starts from: the mean over directions of the last states."""
        if source_length is None:
            states, last = self.encoder(embedded)
        else:
            packed = pack_padded_sequence(embedded, source_length, batch_first=True, enforce_sorted=False)
            states, last = self.encoder(packed)
            states, _ = pad_packed_sequence(states, batch_first=True, total_length=embedded.shape[1])
        if isinstance(last, tuple):
            return states, tuple(state.mean(0, keepdim=True) for state in last)
        return states, last.mean(0, keepdim=True)

"""The bag-of-embeddings text classifier in PyTorch: the proxy for knowing, word by word, which way a word leans.

Shapes: batch B, source positions L, vocabulary V.
"""

import torch
from torch import nn


class BagOfEmbeddings(nn.Module):
    """A linear map of the mean of a text's embeddings, hence the mean of its words' betas.

    Train with `binary_cross_entropy_with_logits` (mean over the batch).
    """

    def __init__(self, vocabulary, embedding):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding)
        self.output = nn.Linear(embedding, 1)

    def forward(self, source, source_length):
        """Logits [B] of a padded token matrix [B,L] and its lengths [B]."""
        word = torch.arange(source.shape[1]) < source_length[:, None]
        total = (self.embedding(source) * word[:, :, None]).sum(1)
        return self.output(total / source_length[:, None]).squeeze(-1)

    def beta(self):
        """What each word [V] would score as a text of its own."""
        return self.output(self.embedding.weight).squeeze(-1)

//! Token sequences of different lengths, end to end in one list.

/// Sequences of tokens; emptied and filled again without allocating.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ragged {
    tokens: Vec<u32>,
    ends: Vec<usize>,
}

impl Clone for Ragged {
    fn clone(&self) -> Self {
        Self { tokens: self.tokens.clone(), ends: self.ends.clone() }
    }

    /// Allocates only what does not fit.
    fn clone_from(&mut self, other: &Self) {
        self.tokens.clone_from(&other.tokens);
        self.ends.clone_from(&other.ends);
    }
}

impl Ragged {
    /// Forgets all sequences.
    pub fn clear(&mut self) {
        self.tokens.clear();
        self.ends.clear();
    }

    /// Appends a sequence.
    pub fn push(&mut self, tokens: impl IntoIterator<Item = u32>) {
        self.tokens.extend(tokens);
        self.ends.push(self.tokens.len());
    }

    /// How many sequences there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The `index`th sequence.
    pub fn row(&self, index: usize) -> &[u32] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.tokens[start..self.ends[index]]
    }

    /// The `index`th sequence, to change its tokens in place.
    pub fn row_mut(&mut self, index: usize) -> &mut [u32] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &mut self.tokens[start..self.ends[index]]
    }

    /// The length of each sequence.
    pub fn lengths(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).map(|index| self.row(index).len())
    }
}

/// Sources with targets, for a decoder that is fed the target shifted by one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SequencePairs {
    /// What is read.
    pub source: Ragged,
    /// What the decoder is fed: as long as the target, one token behind it.
    pub decoder_input: Ragged,
    /// What it should predict.
    pub target: Ragged,
}

impl SequencePairs {
    /// Adds a pair of token sequences, the target's first one only fed and its last one only predicted.
    ///
    /// # Panics
    /// If the target is empty.
    pub fn push(&mut self, source: &[u32], target: &[u32]) {
        self.source.push(source.iter().copied());
        self.decoder_input.push(target[..target.len() - 1].iter().copied());
        self.target.push(target[1..].iter().copied());
    }

    /// Forgets all pairs.
    pub fn clear(&mut self) {
        self.source.clear();
        self.decoder_input.clear();
        self.target.clear();
    }
}

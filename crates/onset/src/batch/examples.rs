//! Examples as a task draws them, whatever model will read them.

use super::Ragged;

/// What a task's examples consist of. Vocabularies count every token, special ones included; `longest` is the number
/// of tokens of the longest example, source and target together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// A source sequence and a target sequence over one vocabulary.
    Pairs {
        /// Tokens that there are.
        vocabulary: usize,
        /// Tokens of the longest example.
        longest: usize,
    },
    /// One sequence that is predicted from some position on; it is the target, and the source is empty.
    Sequence {
        /// Tokens that there are.
        vocabulary: usize,
        /// Tokens of the longest example.
        longest: usize,
    },
    /// A source sequence and one label.
    Labelled {
        /// Tokens that there are.
        vocabulary: usize,
        /// Tokens of the longest example.
        longest: usize,
        /// Labels that there are.
        labels: usize,
    },
    /// A description and a text, read one behind the other, and whether the description holds: label 1 if it does, 0 if not.
    Described {
        /// Tokens that there are.
        vocabulary: usize,
        /// Tokens of the longest example.
        longest: usize,
    },
    /// What another program reads.
    Elsewhere,
}

impl Signature {
    /// What its examples consist of, in words.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Pairs { .. } => "pairs of a source and a target sequence",
            Self::Sequence { .. } => "single sequences",
            Self::Labelled { .. } => "sequences with a label",
            Self::Described { .. } => "texts with a description that holds or not",
            Self::Elsewhere => "examples that only another program has",
        }
    }

    /// Tokens that there are.
    pub fn vocabulary(&self) -> usize {
        match *self {
            Self::Pairs { vocabulary, .. }
            | Self::Sequence { vocabulary, .. }
            | Self::Labelled { vocabulary, .. }
            | Self::Described { vocabulary, .. } => vocabulary,
            Self::Elsewhere => 0,
        }
    }

    /// Labels that there are; 0 where examples have none.
    pub fn labels(&self) -> usize {
        match *self {
            Self::Labelled { labels, .. } => labels,
            Self::Described { .. } => 2,
            _ => 0,
        }
    }

    /// Tokens of the longest example.
    pub fn longest(&self) -> usize {
        match *self {
            Self::Pairs { longest, .. }
            | Self::Sequence { longest, .. }
            | Self::Labelled { longest, .. }
            | Self::Described { longest, .. } => longest,
            Self::Elsewhere => 0,
        }
    }
}

/// Examples that a task has drawn; emptied and filled again without allocating. Lists of what the task's signature does
/// not have stay empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examples {
    /// What is read.
    pub source: Ragged,
    /// What is predicted, token by token, after the first tokens, which are given.
    pub target: Ragged,
    /// How many tokens of each target are given, at least 1.
    pub given: Vec<u32>,
    /// Labels.
    pub labels: Vec<u32>,
    /// Where the text of each source begins, behind its description.
    pub begins: Vec<u32>,
    /// Room for a task to draw in.
    pub(crate) scratch: Vec<u32>,
}

impl Examples {
    /// Forgets all examples.
    pub fn clear(&mut self) {
        self.source.clear();
        self.target.clear();
        self.given.clear();
        self.labels.clear();
        self.begins.clear();
    }

    /// How many examples there are.
    pub fn len(&self) -> usize {
        self.source.len().max(self.target.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a pair whose first target token is given.
    pub fn push_pair(
        &mut self,
        source: impl IntoIterator<Item = u32>,
        target: impl IntoIterator<Item = u32>,
    ) {
        self.source.push(source);
        self.target.push(target);
        self.given.push(1);
    }

    /// Adds a sequence whose first `given` tokens are given.
    pub fn push_sequence(&mut self, tokens: impl IntoIterator<Item = u32>, given: u32) {
        self.target.push(tokens);
        self.given.push(given);
    }

    /// Adds a sequence with a label.
    pub fn push_labelled(&mut self, source: impl IntoIterator<Item = u32>, label: u32) {
        self.source.push(source);
        self.labels.push(label);
    }

    /// Adds a description with a text that begins at `begin`, and whether the description holds.
    pub fn push_described(&mut self, source: impl IntoIterator<Item = u32>, begin: u32, holds: bool) {
        self.push_labelled(source, u32::from(holds));
        self.begins.push(begin);
    }

    /// The tokens of example `index` that are predicted; empty where only a label is.
    pub fn predicted(&self, index: usize) -> &[u32] {
        if self.target.is_empty() { &[] } else { &self.target.row(index)[self.given[index] as usize..] }
    }

    /// The lengths of target and source of example `index`, by which similar examples are put together.
    pub fn lengths(&self, index: usize) -> (usize, usize) {
        let of = |side: &Ragged| if side.is_empty() { 0 } else { side.row(index).len() };
        (of(&self.target), of(&self.source))
    }

    /// Fills `self` with the examples of `all` at `places`.
    pub fn select(&mut self, all: &Self, places: impl IntoIterator<Item = usize>) {
        self.clear();
        for place in places {
            if !all.source.is_empty() {
                self.source.push(all.source.row(place).iter().copied());
            }
            if !all.target.is_empty() {
                self.target.push(all.target.row(place).iter().copied());
                self.given.push(all.given[place]);
            }
            self.labels.extend(all.labels.get(place));
            self.begins.extend(all.begins.get(place));
        }
    }
}

//! The forms of batches that model families take, and the converters into them.

use super::{Examples, Ragged, SequencePairs, Signature};

/// The form of batch that a model family takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A source to read and a target to predict token by token, by an encoder and a decoder.
    SequenceToSequence,
    /// One sequence, each token predicted from those before it.
    Causal,
    /// A sequence to read and a label to predict.
    Classification,
}

/// A batch of one form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Batch {
    /// For encoder–decoder models.
    Pairs(SequencePairs),
    /// For decoder-only models.
    Causal(CausalBatch),
    /// For classifiers.
    Labelled(LabelledBatch),
}

/// Sequences each of whose tokens is predicted from those before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CausalBatch {
    /// All tokens; the last one of a sequence is only predicted.
    pub tokens: Ragged,
    /// For each sequence, the first position whose next token counts in the loss.
    pub first: Vec<u32>,
}

impl CausalBatch {
    /// What is read of sequence `index`: all but its last token.
    pub fn inputs(&self, index: usize) -> &[u32] {
        let tokens = self.tokens.row(index);
        &tokens[..tokens.len() - 1]
    }

    /// What is predicted of sequence `index`, from [`CausalBatch::first`] on.
    pub fn targets(&self, index: usize) -> &[u32] {
        &self.tokens.row(index)[self.first[index] as usize + 1..]
    }
}

/// Sequences with a label each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelledBatch {
    /// What is read.
    pub texts: Ragged,
    /// What is predicted.
    pub labels: Vec<u32>,
    /// Where the text begins behind its description; empty where texts have none.
    pub begins: Vec<u32>,
}

impl Form {
    /// Whether examples of `signature` can be converted into this form; otherwise why not.
    pub fn fits(self, signature: &Signature) -> Result<(), String> {
        let (fits, needs) = match self {
            Self::SequenceToSequence => {
                (matches!(signature, Signature::Pairs { .. }), "pairs of a source and a target sequence")
            }
            Self::Causal => (
                matches!(signature, Signature::Sequence { .. } | Signature::Pairs { .. }),
                "single sequences, or pairs that it can read as one sequence",
            ),
            Self::Classification => {
                let fits = matches!(signature, Signature::Labelled { .. } | Signature::Described { .. });
                (fits, "sequences with a label")
            }
        };
        if fits {
            Ok(())
        } else {
            Err(format!("it needs {needs}, but the task has {}", signature.describe()))
        }
    }

    /// An empty batch of this form.
    pub fn batch(self) -> Batch {
        match self {
            Self::SequenceToSequence => Batch::Pairs(SequencePairs::default()),
            Self::Causal => Batch::Causal(CausalBatch::default()),
            Self::Classification => Batch::Labelled(LabelledBatch::default()),
        }
    }
}

impl Batch {
    /// Converts `examples` into this batch's form. Allocates nothing once its lists are large enough.
    pub fn fill(&mut self, examples: &Examples) {
        match self {
            Self::Pairs(pairs) => {
                pairs.clear();
                for index in 0..examples.len() {
                    pairs.push(examples.source.row(index), examples.target.row(index));
                }
            }
            Self::Causal(batch) => batch.fill(examples),
            Self::Labelled(batch) => {
                batch.texts.clone_from(&examples.source);
                batch.labels.clone_from(&examples.labels);
                batch.begins.clone_from(&examples.begins);
            }
        }
    }

    /// The pairs of a batch for encoder–decoder models.
    ///
    /// # Panics
    /// If it is of another form.
    pub fn pairs(&self) -> &SequencePairs {
        let Self::Pairs(pairs) = self else { panic!("a sequence-to-sequence model takes pairs") };
        pairs
    }

    /// The sequences of a batch for decoder-only models.
    ///
    /// # Panics
    /// If it is of another form.
    pub fn causal(&self) -> &CausalBatch {
        let Self::Causal(batch) = self else { panic!("a causal model takes single sequences") };
        batch
    }

    /// The sequences and labels of a batch for classifiers.
    ///
    /// # Panics
    /// If it is of another form.
    pub fn labelled(&self) -> &LabelledBatch {
        let Self::Labelled(batch) = self else { panic!("a classifier takes labelled sequences") };
        batch
    }

    /// An empty batch of the same form.
    pub fn empty(&self) -> Self {
        match self {
            Self::Pairs(_) => Self::Pairs(SequencePairs::default()),
            Self::Causal(_) => Self::Causal(CausalBatch::default()),
            Self::Labelled(_) => Self::Labelled(LabelledBatch::default()),
        }
    }

    /// How many examples it holds.
    pub fn len(&self) -> usize {
        match self {
            Self::Pairs(pairs) => pairs.target.len(),
            Self::Causal(batch) => batch.tokens.len(),
            Self::Labelled(batch) => batch.texts.len(),
        }
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl CausalBatch {
    /// Source and target become one sequence, of which the target counts but for the tokens that are given.
    fn fill(&mut self, examples: &Examples) {
        self.tokens.clear();
        self.first.clear();
        for index in 0..examples.len() {
            let source = if examples.source.is_empty() { &[] } else { examples.source.row(index) };
            self.tokens.push(source.iter().chain(examples.target.row(index)).copied());
            self.first.push(source.len() as u32 + examples.given[index] - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_read_by_either_form_of_sequence_model() {
        let mut examples = Examples::default();
        examples.push_pair([1, 2, 9], [8, 3, 4, 9]);
        let mut batch = Form::SequenceToSequence.batch();
        batch.fill(&examples);
        let Batch::Pairs(pairs) = &batch else { panic!() };
        assert_eq!((pairs.decoder_input.row(0), pairs.target.row(0)), (&[8, 3, 4][..], &[3, 4, 9][..]));
        let mut batch = Form::Causal.batch();
        batch.fill(&examples);
        let Batch::Causal(causal) = &batch else { panic!() };
        assert_eq!((causal.inputs(0), causal.targets(0)), (&[1, 2, 9, 8, 3, 4][..], &[3, 4, 9][..]));
        assert_eq!(examples.predicted(0), [3, 4, 9]);
    }

    #[test]
    fn a_sequence_is_predicted_from_where_it_is_no_longer_given() {
        let mut examples = Examples::default();
        examples.push_sequence([5, 6, 5, 6], 2);
        let mut batch = Form::Causal.batch();
        batch.fill(&examples);
        let Batch::Causal(causal) = &batch else { panic!() };
        assert_eq!((causal.inputs(0), causal.first[0], causal.targets(0)), (&[5, 6, 5][..], 1, &[5, 6][..]));
    }

    #[test]
    fn what_does_not_fit_is_refused_with_what_is_needed() {
        let labelled = Signature::Labelled { vocabulary: 3, longest: 4, labels: 2 };
        let reason = Form::Causal.fits(&labelled).unwrap_err();
        assert!(reason.contains("single sequences") && reason.contains("with a label"), "{reason}");
        assert!(Form::Classification.fits(&labelled).is_ok());
        let sequence = Signature::Sequence { vocabulary: 3, longest: 4 };
        assert!(Form::SequenceToSequence.fits(&sequence).is_err() && Form::Causal.fits(&sequence).is_ok());
    }
}

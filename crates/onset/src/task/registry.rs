//! The tasks that there are.

use super::TaskSettings;
use super::copying::CopyingTask;
use super::corpus::CorpusTask;
use super::descriptions::DescriptionSource;
use super::induction::InductionTask;
use super::item_label::ItemLabelTask;
use super::markov::MarkovTask;
use super::pairs::PairSource;
use super::recorded::RecordedTask;
use super::text::TextSource;
use crate::settings::choices;

choices! {
    /// A task with its settings.
    TaskSpec: dyn TaskSettings {
        /// Copying a sequence token by token (paper, "Copying").
        Copying(CopyingTask),
        /// Classification of texts (paper, "Classification").
        Classification(TextSource),
        /// Translation of sentence pairs (paper, "Translation").
        Translation(PairSource),
        /// A random sequence, repeated once.
        Induction(InductionTask),
        /// Sequences that each come from a Markov chain of their own (Edelman et al. 2024).
        Markov(MarkovTask),
        /// Items with labels that hold for one sequence, and the label of one item again (Singh et al. 2024).
        ItemLabel(ItemLabelTask),
        /// Language modelling: each token of a text, predicted from those before it.
        Corpus(CorpusTask),
        /// Whether a description of a label fits a text (Zhong et al. 2021).
        Descriptions(DescriptionSource),
        /// What a model outside Onset learns.
        Recorded(RecordedTask),
    }
}

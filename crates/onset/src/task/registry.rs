//! The tasks that there are.

use super::TaskSettings;
use super::copying::CopyingTask;
use super::induction::InductionTask;
use super::pairs::PairSource;
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
    }
}

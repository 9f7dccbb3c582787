//! The same model in PyTorch.

use crate::batch::Signature;

/// A model as a PyTorch user would write it, and how it is made with these sizes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    /// What the model reads and predicts.
    pub signature: Signature,
    /// The module's name, without its ending.
    pub module: &'static str,
    /// The module's text.
    pub source: &'static str,
    /// The class in it.
    pub class: &'static str,
    /// The arguments that make it, as Python writes them.
    pub arguments: Vec<(&'static str, String)>,
}

/// A truth value as Python writes it.
pub(super) fn python_bool(value: bool) -> String {
    if value { "True" } else { "False" }.into()
}

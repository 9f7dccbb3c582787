//! Named tensors, as a checkpoint has them.

use std::collections::BTreeMap;

/// The parameters of a model under PyTorch's names: shape and numbers, last dimension fastest.
#[derive(Debug, Clone, Default)]
pub struct Weights<'a> {
    tensors: BTreeMap<&'a str, (&'a [usize], &'a [f32])>,
}

impl<'a> Weights<'a> {
    /// The size of the first dimension of the tensor `name`; 0 if there is none.
    pub fn rows(&self, name: &str) -> usize {
        self.tensors.get(name).and_then(|(shape, _)| shape.first().copied()).unwrap_or(0)
    }

    /// The shape and the numbers of the tensor `name`.
    ///
    /// # Panics
    /// If there is none.
    pub fn tensor(&self, name: &str) -> (&'a [usize], &'a [f32]) {
        *self.tensors.get(name).unwrap_or_else(|| panic!("no tensor {name}"))
    }

    /// A matrix with its rows as columns: its shape and its numbers.
    ///
    /// # Panics
    /// If there is no matrix of this name.
    pub fn transposed(&self, name: &str) -> (Vec<usize>, Vec<f32>) {
        let (&[rows, columns], numbers) = self.tensor(name) else { panic!("{name} is no matrix") };
        let column = |column: usize| numbers.iter().skip(column).step_by(columns).copied();
        (vec![columns, rows], (0..columns).flat_map(column).collect())
    }
}

impl<'a> FromIterator<(&'a str, &'a [usize], &'a [f32])> for Weights<'a> {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a [usize], &'a [f32])>>(tensors: I) -> Self {
        Self { tensors: tensors.into_iter().map(|(name, shape, numbers)| (name, (shape, numbers))).collect() }
    }
}

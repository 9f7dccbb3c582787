//! What attention does, measured.

mod diagonal;

pub use diagonal::{Diagonal, DiagonalAttention};

//! The CPU engine of Onset: fused layers with hand-written backward passes on a small tape.
//!
//! A [`Tape`] holds parameters and what layers make of them; every layer is a method of the tape. The
//! engine knows nothing of tasks, models or files.

mod activation;
mod adam;
mod highest;
mod inference;
mod layer;
mod likelihood;
mod matrix;
mod packing;
mod pages;
mod pool;
mod product;
mod random;
mod sgd;
mod tape;

pub use activation::{dot, exp, exp_shifted, largest, softmax, sum, sum_of_exp, tanh_all};
pub use adam::{Adam, AdamSettings};
pub use highest::{CHUNK, largest_of_chunks};
pub use inference::{PackedLinear, step_lstm};
pub use layer::{
    Activation, Attended, Direction, GruDirection, GruOutput, LstmOutput, Pooled, Scores, Term, Weighting,
};
pub use matrix::{Mat, MatMut, Mode};
pub use packing::{Layout, Packing};
pub use pool::{Buffer, Pool};
pub use product::{Packed, SparseRows, matmul, matmul_packed};
pub use random::{Random, Stream};
pub use sgd::Sgd;
pub use tape::{Indices, Tape, Value};

//! The CPU engine of Onset: fused layers with hand-written backward passes on a small tape.
//!
//! A [`Tape`] holds parameters and the outputs of layers; every layer is a method of the tape. An [`Optimizer`] updates
//! the parameters. The engine knows nothing of tasks, models or files.

mod activation;
mod argmax;
mod attention_mode;
mod entries;
mod gradients;
mod highest;
mod inference;
mod instructions;
mod layer;
mod likelihood;
mod matrix;
mod optimizer;
mod packing;
mod pages;
mod pool;
mod product;
mod random;
mod softmax;
mod spread;
mod tape;

pub use activation::{dot, exp, exp_shifted, largest, sum, sum_of_exp, tanh_all};
pub use argmax::argmax;
pub use attention_mode::AttentionMode;
pub use gradients::Gradients;
pub use highest::{CHUNK, largest_of_chunks};
pub use inference::{PackedLinear, step_lstm};
pub use instructions::{InstructionSet, InstructionsError, VARIABLE as INSTRUCTIONS_VARIABLE};
pub use layer::{
    Activation, Attended, Direction, GruDirection, GruOutput, HeadModes, LstmOutput, Mask, MultiHead,
    MultiHeadOutput, Norm, NormKind, Pooled, Rotary, Term,
};
pub use matrix::{Mat, MatMut, Mode};
pub use optimizer::{AdamSettings, Clipping, Optimizer, OptimizerSettings, Schedule, clipping};
pub use packing::{Layout, Packing};
pub use pages::return_freed_memory;
pub use pool::{Buffer, Pool};
pub use product::{Packed, SparseRows, matmul, matmul_packed};
pub use random::{Random, Stream};
pub use softmax::softmax;
pub use tape::{Indices, Tape, Value};

//! The CPU engine of Onset: fused layers with hand-written backward passes on a small tape.

mod random;

pub use random::{Random, Stream};

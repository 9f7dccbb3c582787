//! The runs that somebody asks for: each point of a grid with each seed, and where they are stored.
//!
//! A [`Request`] is what was typed, whatever front end took it. [`plan`] resolves its target, loads the data once for all runs
//! that share it, and gives each run its directory. A [`Shard`] is the part of them that one machine does, and [`merge`] joins what
//! machines have done.

mod error;
mod merge;
mod plan;
mod seeds;
mod shard;

pub use error::RunsError;
pub use merge::{Merged, merge};
pub use plan::{OUT, Plan, Request, plan, refuse_two_seeds, refuse_unused_folder};
pub use seeds::Seeds;
pub use shard::Shard;

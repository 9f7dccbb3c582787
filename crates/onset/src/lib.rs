//! Onset, a laboratory for how attention learns.
//!
//! Data flows one way: [`spec`] says what to do, [`task`] makes examples, [`model`] reads them,
//! [`train`] moves the parameters, [`store`] keeps what happened, [`report`] shows it. [`target`] decides what a file, a data set or a task stands
//! for, [`runs`] which runs a request stands for, [`data`] gets public
//! data sets and tells what a file of texts holds, and [`audit`] which of its words give labels away. [`trajectory`] looks at what is on record along time: runs as they
//! stand, curves thinned to what a screen shows, one example or one word through all checkpoints. [`live`] trains small models
//! to be watched and changed on the way.
//!
//! # Features
//! All are on by default; a program that only trains and reads needs none of them.
//!
//! - `fetch`: downloads of public data sets;
//! - `studies`: KTIW proxies, the studies that compare runs by them, and the scores of forecasts;
//! - `report`: the HTML report, with `studies`.

pub mod agreement;
pub mod align;
pub mod audit;
pub mod batch;
pub mod data;
pub mod decode;
mod error;
pub mod experiment;
pub mod export;
pub mod forecast;
pub mod inference;
pub mod live;
pub mod measures;
pub mod model;
pub mod onnx;
pub mod pretrained;
#[cfg(feature = "studies")]
pub mod proxy;
pub mod record;
pub mod recorder;
#[cfg(feature = "report")]
pub mod report;
pub mod runs;
pub mod score;
pub mod settings;
pub mod spec;
pub mod stats;
pub mod store;
#[cfg(feature = "studies")]
pub mod study;
pub mod target;
pub mod task;
pub mod theory;
pub mod train;
pub mod trajectory;
pub mod watch;

pub use error::{Error, ErrorKind};
pub use onset_engine::{InstructionSet, InstructionsError, return_freed_memory};

#[cfg(test)]
#[path = "../tests/support/data.rs"]
mod data_on_disk;

//! Onset, a laboratory for how attention learns.
//!
//! Data flows one way: [`spec`] says what to do, [`task`] makes examples, [`model`] reads them,
//! [`train`] moves the parameters, [`store`] keeps what happened, [`report`] shows it. [`data`] gets public
//! data sets and tells what a file of texts holds. [`trajectory`] looks at what is on record along time: runs as they
//! stand, curves thinned to what a screen shows, one example or one word through all checkpoints. [`live`] trains small models
//! to be watched and changed on the way.

pub mod agreement;
pub mod data;
pub mod decode;
pub mod forecast;
pub mod live;
pub mod model;
pub mod probe;
pub mod proxy;
pub mod report;
pub mod score;
pub mod spec;
pub mod store;
pub mod study;
pub mod task;
pub mod theory;
pub mod train;
pub mod trajectory;

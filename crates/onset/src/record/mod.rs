//! The one record of attention: a row for each prediction at each place.
//!
//! | column | type | what |
//! |---|---|---|
//! | `step` | int | optimiser steps taken |
//! | `split` | text | `validation` or `training` |
//! | `example` | int | the example's number in its split |
//! | `layer`, `head` | int | the place, counted from 0 |
//! | `kind` | text | `self`, `cross` or `pooling` |
//! | `position` | int | the prediction's number in its example, from 0 |
//! | `tokens` | list of text | the tokens at the positions that are attended to |
//! | `target`, `predicted` | text | the right output, and the likeliest one |
//! | `log_probability` | float | ln p of the right output, in nats |
//! | `relevant` | int | the (first) right position, where the task knows one; else −1 |
//! | `alpha`, `beta`, `delta` | list of float | α, β, Δ by position; β and Δ are empty where they were not recorded |
//! | `label`, `logit` | int, float | of classifiers: the true label and the score |
//!
//! Whatever writes these columns can be shown and compared by everything that reads them, whatever the task and the
//! model. [`Records`] reads the files of every version: earlier ones had a form for each task.

mod attributions;
mod earlier;
mod file;
mod pairs;
mod read;
mod texts;

pub use attributions::{Attributions, Prediction};
pub use file::AttributionFile;
pub use pairs::{PAIR_COLUMNS, RecordedPair, as_text, recorded_pairs};
pub use read::Records;
pub use texts::{TextProbe, TextProbes};

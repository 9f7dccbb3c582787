//! `onset reproduce`: an experiment of the paper, from runs to report.

mod causes;
mod classification;
mod copying;
mod drops;
mod forecasts;
mod induction;
mod meta_tuning;
mod multihead;
mod phase;
mod shown;
mod study;
mod toy;
mod translation;

use anyhow::Result;

use crate::Ending;
use crate::args::Reproduce;

/// Runs the experiment.
pub fn reproduce(experiment: Reproduce) -> Result<Ending> {
    match experiment {
        Reproduce::Copying(arguments) => copying::copying(&arguments),
        Reproduce::Classification(arguments) => classification::classification(&arguments),
        Reproduce::Translation(arguments) => translation::translation(&arguments),
        Reproduce::Phase(arguments) => phase::phase(&arguments),
        Reproduce::Multihead(arguments) => multihead::multihead(&arguments),
        Reproduce::Forecasts(arguments) => forecasts::forecasts(&arguments),
        Reproduce::Induction(arguments) => induction::induction(&arguments),
        Reproduce::Causes(arguments) => causes::causes(&arguments),
        Reproduce::Drops(arguments) => drops::drops(&arguments),
        Reproduce::MetaTuning(arguments) => meta_tuning::meta_tuning(arguments),
        Reproduce::Toy(arguments) => toy::toy(&arguments),
    }
}

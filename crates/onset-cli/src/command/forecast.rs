//! `onset forecast`: a sealed prediction for runs that have not started.

use anyhow::Result;
use onset::forecast::{Forecast, Prediction, predict};
use onset::train::Job;

use super::plan::{plan, to_forecast};
use super::predictions::{show_copying, show_levels, show_words};
use crate::Ending;
use crate::args::ForecastArguments;

/// Predicts the run of each seed and writes the forecast to the folder where `onset train` will put the run.
pub fn forecast(arguments: &ForecastArguments) -> Result<Ending> {
    let (mut copying, mut all, mut shared) = (Vec::new(), Vec::new(), None);
    let mut before = None;
    for Job { spec, data, path } in plan(to_forecast(arguments)?)?.jobs {
        // A prediction for texts and pairs does not depend on the seed.
        let of = spec.clone().with_seed(0);
        let fresh = match shared.take() {
            Some(shared) if before.as_ref() == Some(&of) => shared,
            _ => predict(&spec, &data)?,
        };
        before = Some(of);
        let seal = Forecast::write(&path, &spec, &data, &fresh)?;
        note!("sealed: {} ({})", path.display(), &seal[..12]);
        all.push(fresh.0.clone());
        match &fresh.0 {
            Prediction::Copying(prediction) => copying.push(prediction.clone()),
            Prediction::Words(_) | Prediction::Levels(_) => shared = Some(fresh),
        }
    }
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&all)?);
    } else if let Some((Prediction::Words(words), _)) = &shared {
        show_words(words, 20);
    } else if let Some((Prediction::Levels(levels), _)) = &shared {
        show_levels(levels);
    } else {
        show_copying(&copying);
    }
    Ok(Ending::Done)
}

//! `onset forecast`: a sealed prediction for runs that have not started.

use anyhow::Result;
use onset::forecast::{Forecast, Prediction, predict};
use onset::target::Target;
use onset::train::Prepared;

use super::predictions::{show_copying, show_words};
use super::target::{note_data, to_train};
use crate::Ending;
use crate::args::TrainArguments;

/// Predicts the run of each seed and writes the forecast to the folder where `onset train` will put the run.
pub fn forecast(arguments: &TrainArguments) -> Result<Ending> {
    let Target { name, spec, .. } = to_train(arguments)?;
    let data = Prepared::load(&spec)?;
    note_data(&name, &data);
    let seeds = arguments.seeds.as_ref().map_or(vec![spec.seed()], |seeds| seeds.0.clone());
    let (mut copying, mut all, mut shared) = (Vec::new(), Vec::new(), None);
    for seed in seeds {
        let spec = spec.clone().with_seed(seed);
        // A prediction for texts and pairs does not depend on the seed.
        let fresh = match shared.take() {
            Some(shared) => shared,
            None => predict(&spec, &data)?,
        };
        let path = arguments.out.join(&name).join(format!("seed-{seed}"));
        let seal = Forecast::write(&path, &spec, &data, &fresh)?;
        note!("sealed: {} ({})", path.display(), &seal[..12]);
        all.push(fresh.0.clone());
        match &fresh.0 {
            Prediction::Copying(prediction) => copying.push(prediction.clone()),
            Prediction::Words(_) => shared = Some(fresh),
        }
    }
    if arguments.running.json {
        say!("{}", serde_json::to_string_pretty(&all)?);
    } else if let Some((Prediction::Words(words), _)) = &shared {
        show_words(words, 20);
    } else {
        show_copying(&copying);
    }
    Ok(Ending::Done)
}

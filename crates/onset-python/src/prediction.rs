//! Predictions from data, without training.

use onset::forecast::{Prediction, predict as predict_run, predict_pair_files};
use onset::target::resolve;
use onset::train::{Prepared, TrainError};
use onset::{Error, forecast::ForecastError};
use pyo3::prelude::*;

use crate::errors::raised;
use crate::forked;
use crate::request::Options;

/// What training on `target` is predicted to do, as JSON, for each of `seeds`; and what is to know about the data.
#[pyfunction]
pub fn predict(
    py: Python<'_>,
    target: &str,
    options: Options,
    seeds: Option<Vec<u64>>,
) -> PyResult<(String, Vec<String>)> {
    forked::check(py)?;
    let options = options.into_target(py)?;
    let predicted = py.detach(|| -> Result<(Vec<Prediction>, Vec<String>), Box<Error>> {
        let target = resolve(target, &options).map_err(Error::from)?;
        if let Some(pairs) = target.pairs() {
            let found = predict_pair_files(pairs).map_err(Error::from)?;
            return Ok((vec![Prediction::Words(found.words)], found.remarks));
        }
        let data = Prepared::load(&target.spec).map_err(|error| Error::from(TrainError::from(error)))?;
        let seeds = match (seeds, data.digest()) {
            (Some(seeds), None) => seeds,
            _ => vec![target.spec.seed()],
        };
        let of_seed = |&seed: &u64| predict_run(&target.spec.clone().with_seed(seed), &data);
        let predictions =
            seeds.iter().map(of_seed).collect::<Result<Vec<_>, ForecastError>>().map_err(Error::from)?;
        Ok((predictions.into_iter().map(|(prediction, _)| prediction).collect(), data.task().notices()))
    });
    let (predictions, notices) = predicted.map_err(|error| raised(py, *error))?;
    let json = serde_json::to_string(&predictions).expect("predictions are plain data");
    Ok((json, notices))
}

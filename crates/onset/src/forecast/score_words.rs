//! Scores of predicted attention against the attention of a run.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use onset_engine::argmax;
use serde::Serialize;

use super::Forecast;
use crate::agreement::{Measure, score_rows, shuffled};
use crate::proxy::{EmbeddingSettings, PairProxies, Proxies, ProxyError};
use crate::spec::{ClassificationSpec, TranslationSpec};
use crate::store::{StoreError, digest};
use crate::study::{Reference, RunRecord, StudyError};
use crate::task::Split;
use crate::task::pairs::{PairData, PairSource};
use crate::task::text::{TextData, TextSource};
use crate::train::check_digest;
use crate::watch::{Progress, Watch, Work};

/// Agreement A (top 5 %) of the run's attention on held-out data with its prediction.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WordScore {
    /// The checkpoint with the best validation score, where attention is measured.
    pub step: u64,
    /// The number of rows: texts, or target positions.
    pub rows: usize,
    /// A(α, predicted α). For texts, the prediction uses each text's true label.
    pub predicted: f64,
    /// The same, predicted with the label that the bag of words predicts; `None` for pairs and for forecasts of format
    /// 1.
    pub by_predicted_label: Option<f64>,
    /// A(α, β^px) of a trained bag of embeddings. For texts, β^px is signed by the true label.
    pub embeddings: f64,
    /// Â: the agreement by chance.
    pub baseline: f64,
}

const REPEATS: usize = 20;

/// Where the proxies of a run in `path` are kept: in the run's own folder, as earlier versions did, or beside it, in a
/// folder named by all that decides them. `source` is how the data is read, apart from where its files are.
fn proxy_folder(
    path: &Path,
    data_digest: &str,
    source: &impl Serialize,
    settings: &EmbeddingSettings,
) -> PathBuf {
    if path.join("proxies.json").exists() {
        return path.into();
    }
    let decides = serde_json::to_string(&(data_digest, source, settings)).expect("plain data");
    let key = digest(decides.as_bytes());
    path.parent().unwrap_or(path).join(format!("proxies-{}", &key[..12]))
}

/// The proxies of `data`, which `source` says how to read, for a run in `path`.
pub(crate) fn text_proxies(
    path: &Path,
    data: &TextData,
    source: &TextSource,
    cancel: &dyn Fn() -> bool,
) -> Result<Proxies, ProxyError> {
    let settings = EmbeddingSettings::default();
    let source = TextSource { file: None, validation_file: None, ..source.clone() };
    Proxies::ensure(&proxy_folder(path, &data.digest, &source, &settings), data, &settings, cancel)
}

/// The step with the best held-out accuracy among those after which attention was recorded.
pub(crate) fn best_recorded(run: &RunRecord) -> Result<Option<u64>, StoreError> {
    let recorded = run.directory.probe_steps();
    let counts =
        |step: i64, accuracy: f64| step > 0 && !accuracy.is_nan() && recorded.contains(&(step as u64));
    let all = run.steps()?.iter().zip(run.score("accuracy")?);
    let (steps, accuracy): (Vec<i64>, Vec<f64>) =
        all.filter(|(step, accuracy)| counts(**step, **accuracy)).unzip();
    Ok(steps.get(argmax(&accuracy)).map(|&step| step as u64))
}

pub(super) fn score_words(
    run: &RunRecord,
    path: &Path,
    watch: &mut Watch<'_>,
) -> Result<Option<WordScore>, StudyError> {
    let Some(step) = best_recorded(run)? else { return Ok(None) };
    let reference = if let Some(spec) = ClassificationSpec::of(&run.spec) {
        let data = TextData::load(&spec.data)?;
        check_digest(&run.directory, Some(&data.digest))?;
        let watch = RefCell::new(watch);
        let cancel = || watch.borrow_mut()(Progress { work: Work::Embeddings, done: 0, all: 1 }).is_break();
        let proxies = text_proxies(path, &data, &spec.data, &cancel)?;
        Reference::of_texts(&data, run, step, Split::Validation, &proxies)?
    } else if let Some(spec) = TranslationSpec::of(&run.spec) {
        let data = PairData::load(&spec.data)?;
        check_digest(&run.directory, Some(&data.digest))?;
        let source = PairSource {
            source: None,
            target: None,
            validation_source: None,
            validation_target: None,
            ..spec.data.clone()
        };
        let settings = EmbeddingSettings::default();
        let folder = proxy_folder(path, &data.digest, &source, &settings);
        let mut proxies = PairProxies::ensure(&folder, &data, &settings, watch)?;
        Reference::of_pairs(&data, run, step, Split::Validation, &mut proxies)?
    } else {
        return Ok(None);
    };
    let forecast = Forecast::attention(path)?;
    let places = forecast.example.iter().zip(&forecast.position).enumerate();
    let places: HashMap<(i64, i64), usize> = places.map(|(row, (&e, &p))| ((e, p), row)).collect();
    let (mut measured, mut predicted, mut proxy) = (Vec::new(), Vec::new(), Vec::new());
    let mut by_prediction = Vec::new();
    for (row, alpha) in reference.alpha.iter().enumerate() {
        let key = |column: usize| reference.keys.get(column).map_or(0, |keys| keys[row]);
        let place = places.get(&(key(0), key(1)));
        if let Some(&place) = place.filter(|&&place| forecast.alpha[place].len() == alpha.len()) {
            measured.push(alpha);
            predicted.push(&forecast.alpha[place]);
            by_prediction.extend(forecast.alpha_by_prediction.get(place));
            proxy.push(&reference.embeddings[row]);
        }
    }
    let agreement = |b: &[&Vec<f32>]| score_rows(Measure::Top, &measured, b).mean();
    let baseline = shuffled(Measure::Top, &measured, &predicted, REPEATS, run.spec.seed());
    let by_predicted_label =
        if by_prediction.len() == measured.len() { agreement(&by_prediction) } else { None };
    let (Some(predicted), Some(embeddings), Some(baseline)) =
        (agreement(&predicted), agreement(&proxy), baseline)
    else {
        return Ok(None);
    };
    let (rows, baseline) = (measured.len(), baseline.mean);
    Ok(Some(WordScore { step, rows, predicted, by_predicted_label, embeddings, baseline }))
}

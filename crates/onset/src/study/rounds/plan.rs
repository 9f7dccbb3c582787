//! The runs of a round, and the sealed predictions of all theories for them.

use std::path::{Path, PathBuf};

use super::program::Asked;
use super::{
    Distribution, DistributionError, TEXT_THEORIES, THEORIES, TextQuestion, TheoryQuestion, ask_program,
};
use crate::forecast::{
    CopyingPrediction, Forecast, ForecastError, PredictedAttention, Prediction, RoundPrediction,
    TheoryForecasts, predict, text_proxies,
};
use crate::spec::{ClassificationSpec, CopyingSpec};
use crate::store::RunDirectory;
use crate::study::StudyError;
use crate::task::text::TextData;
use crate::theory::{InitialCondition, initial_conditions};
use crate::train::{Job, Prepared, TrainError};

/// The runs of a round.
#[derive(Debug, Clone)]
pub struct RoundPlan {
    /// What is trained.
    pub distributions: Vec<Distribution>,
    /// Seeds of each.
    pub seeds: Vec<u64>,
    /// Programs that take part, each with its name.
    pub programs: Vec<(String, String)>,
    /// Folder with copies of data sets; none means the folder that they are fetched to.
    pub from: Option<PathBuf>,
}

/// The runs, with what each is.
#[derive(Debug, Default)]
pub struct RoundRuns {
    /// What is trained.
    pub jobs: Vec<Job>,
    /// Their names.
    pub names: Vec<String>,
    /// The distribution of each, by its number in the plan.
    pub parts: Vec<usize>,
}

impl RoundPlan {
    /// The runs, in subfolders of `out`.
    ///
    /// # Errors
    /// If a distribution is not a possible spec, or its texts cannot be read.
    pub fn plan(&self, overrides: &[String], out: &Path) -> Result<RoundRuns, StudyError> {
        let mut runs = RoundRuns::default();
        for (place, distribution) in self.distributions.iter().enumerate() {
            let spec = distribution.spec(overrides, self.from.as_deref())?;
            let data = Prepared::load(&spec).map_err(TrainError::from)?;
            for &seed in &self.seeds {
                let name = format!("{}/seed-{seed}", distribution.name);
                let path = out.join(&name);
                runs.jobs.push(Job { spec: spec.clone().with_seed(seed), data: data.clone(), path });
                runs.names.push(name);
                runs.parts.push(place);
            }
        }
        Ok(runs)
    }

    /// Seals the predictions of all theories for those of `runs` that have not begun and have none. Returns how many were sealed. `cancel` can
    /// end it while proxies of texts are trained, which is an error.
    ///
    /// # Errors
    /// If a program does not answer, or a forecast cannot be made or written.
    pub fn seal(&self, runs: &RoundRuns, cancel: &dyn Fn() -> bool) -> Result<usize, StudyError> {
        let mut open: Vec<Open<'_>> = Vec::new();
        for (job, &part) in runs.jobs.iter().zip(&runs.parts) {
            if RunDirectory::exists(&job.path) || Forecast::read(&job.path)?.is_some() {
                continue;
            }
            match open.last_mut() {
                Some(Open::Texts(last, jobs)) if last.name == self.distributions[part].name => jobs.push(job),
                _ => open.push(Open::of(job, &self.distributions[part])),
            }
        }
        let mut theories = open.iter().map(|each| each.predict(cancel)).collect::<Result<Vec<_>, _>>()?;
        let asked: Vec<Asked<'_>> = open.iter().map(Open::asked).collect();
        for (name, command) in &self.programs {
            let answers = ask_program(command, &asked)?;
            for (own, (answer, rows)) in theories.iter_mut().zip(answers) {
                if answer == RoundPrediction::Attention {
                    own.predicted.1.theories.insert(name.clone(), rows);
                }
                own.theories.insert(name.clone(), answer);
            }
        }
        let mut sealed = 0;
        for (open, Predicted { predicted, theories }) in open.iter().zip(theories) {
            for job in open.jobs() {
                Forecast::write_with(&job.path, &job.spec, &job.data, &predicted, theories.clone())?;
                sealed += 1;
            }
        }
        Ok(sealed)
    }
}

/// Runs without a forecast for which the theories predict the same.
enum Open<'a> {
    /// A run of copying, its spec, and the initial conditions of its heads.
    Copying(&'a Job, Box<CopyingSpec>, Vec<InitialCondition>),
    /// All seeds of a set of texts.
    Texts(&'a Distribution, Vec<&'a Job>),
}

/// What is sealed.
struct Predicted {
    predicted: (Prediction, PredictedAttention),
    theories: TheoryForecasts,
}

impl<'a> Open<'a> {
    fn of(job: &'a Job, distribution: &'a Distribution) -> Self {
        match CopyingSpec::of(&job.spec) {
            Some(spec) => {
                let heads = initial_conditions(&spec);
                Self::Copying(job, Box::new(spec), heads)
            }
            None => Self::Texts(distribution, vec![job]),
        }
    }

    fn jobs(&self) -> Vec<&'a Job> {
        match self {
            Self::Copying(job, ..) => vec![*job],
            Self::Texts(_, jobs) => jobs.clone(),
        }
    }

    fn asked(&self) -> Asked<'_> {
        match self {
            Self::Copying(job, spec, initial_conditions) => {
                Asked::Copying(&job.spec, TheoryQuestion { spec, initial_conditions })
            }
            Self::Texts(_, jobs) => Asked::Texts(&jobs[0].spec, texts_of(jobs[0])),
        }
    }

    fn predict(&self, cancel: &dyn Fn() -> bool) -> Result<Predicted, StudyError> {
        match self {
            Self::Copying(_, spec, initial_conditions) => {
                let question = TheoryQuestion { spec, initial_conditions };
                let of = |theory: &super::Theory| (theory.name.to_owned(), (theory.predict)(&question));
                let theories = THEORIES.iter().map(of).collect();
                let prediction = CopyingPrediction::of(spec, initial_conditions.clone())
                    .expect("distributions are covered");
                let predicted = (Prediction::Copying(prediction), PredictedAttention::default());
                Ok(Predicted { predicted, theories })
            }
            Self::Texts(distribution, jobs) => predict_texts(distribution, jobs[0], cancel),
        }
    }
}

fn texts_of(job: &Job) -> &TextData {
    job.data.get::<TextData>().expect("what is not of copying is of texts")
}

fn predict_texts(
    distribution: &Distribution,
    job: &Job,
    cancel: &dyn Fn() -> bool,
) -> Result<Predicted, StudyError> {
    let data = texts_of(job);
    let spec = ClassificationSpec::of(&job.spec).expect("distributions with texts are of classification");
    let (prediction, mut attention) = predict(&job.spec, &job.data).map_err(|error| match error {
        ForecastError::NotCovered { missing } => {
            let name = distribution.name.clone();
            StudyError::from(DistributionError::NotCovered { name, reason: missing })
        }
        error => error.into(),
    })?;
    let proxies = text_proxies(&job.path, data, &spec.data, cancel)?;
    let question = TextQuestion { data, batch: spec.train.batch, proxies: &proxies, predicted: &attention };
    let rows = TEXT_THEORIES.map(|theory| (theory.name.to_owned(), (theory.predict)(&question)));
    let theories = rows.iter().map(|(name, _)| (name.clone(), RoundPrediction::Attention)).collect();
    attention.theories = rows.into();
    Ok(Predicted { predicted: (prediction, attention), theories })
}

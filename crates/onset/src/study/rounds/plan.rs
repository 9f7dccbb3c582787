//! The runs of a round, and the sealed predictions of all theories for them.

use std::path::Path;

use super::{Distribution, DistributionError, THEORIES, TheoryQuestion, ask_program};
use crate::forecast::{CopyingPrediction, Forecast, PredictedAttention, Prediction, TheoryForecasts};
use crate::spec::CopyingSpec;
use crate::store::RunDirectory;
use crate::study::StudyError;
use crate::theory::{InitialCondition, initial_conditions};
use crate::train::{Job, Prepared};

/// The runs of a round.
#[derive(Debug, Clone)]
pub struct RoundPlan {
    /// What is trained.
    pub distributions: Vec<Distribution>,
    /// Seeds of each.
    pub seeds: Vec<u64>,
    /// Programs that take part, each with its name.
    pub programs: Vec<(String, String)>,
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
    /// If a distribution is not a possible spec.
    pub fn plan(&self, overrides: &[String], out: &Path) -> Result<RoundRuns, DistributionError> {
        let mut runs = RoundRuns::default();
        for (place, distribution) in self.distributions.iter().enumerate() {
            let spec = distribution.spec(overrides)?;
            let data = Prepared::synthetic(&spec);
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

    /// Seals the predictions of all theories for those of `jobs` that have not begun and have none. Returns how many were sealed.
    ///
    /// # Errors
    /// If a program does not answer, or a forecast cannot be written.
    pub fn seal(&self, jobs: &[Job]) -> Result<usize, StudyError> {
        let mut open: Vec<Open<'_>> = Vec::new();
        for job in jobs {
            if RunDirectory::exists(&job.path) || Forecast::read(&job.path)?.is_some() {
                continue;
            }
            let spec = CopyingSpec::of(&job.spec).expect("distributions are of copying");
            let heads = initial_conditions(&spec);
            open.push((job, spec, heads));
        }
        let mut theories: Vec<TheoryForecasts> = open
            .iter()
            .map(|each| {
                let of = |theory: &super::Theory| (theory.name.to_owned(), (theory.predict)(&question(each)));
                THEORIES.iter().map(of).collect()
            })
            .collect();
        for (name, command) in &self.programs {
            let asked: Vec<_> = open.iter().map(|each| (&each.0.spec, question(each))).collect();
            let answers = ask_program(command, &asked)?;
            theories.iter_mut().zip(answers).for_each(|(own, answer)| {
                own.insert(name.clone(), answer);
            });
        }
        let sealed = open.len();
        for ((job, spec, initial_conditions), theories) in open.into_iter().zip(theories) {
            let prediction =
                CopyingPrediction::of(&spec, initial_conditions).expect("distributions are covered");
            Forecast::write_with(
                &job.path,
                &job.spec,
                &job.data,
                &(Prediction::Copying(prediction), PredictedAttention::default()),
                theories,
            )?;
        }
        Ok(sealed)
    }
}

/// A run that has no forecast yet, its spec, and the initial conditions of its heads.
type Open<'a> = (&'a Job, CopyingSpec, Vec<InitialCondition>);

fn question<'a>((_, spec, heads): &'a Open<'_>) -> TheoryQuestion<'a> {
    TheoryQuestion { spec, initial_conditions: heads }
}

//! Conducts studies: trains their runs in parallel and computes the proxies that the runs are compared with.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use super::{ClassificationPlan, RunRecord, StudyError, StudyPlan, StudyRuns, TranslationPlan};
use crate::proxy::{EmbeddingSettings, PairProxies, Proxies, ProxyError};
use crate::store::RunDirectory;
use crate::train::{Event, Job, Outcome, RunOptions, TrainError, sweep};
use crate::watch::{Progress, Watch, Work};

/// A plan whose runs are compared with proxies, which use word counts alone.
pub trait WithProxies: Sync {
    /// The proxies.
    type Proxies: Send;

    /// Reads the proxies from the plan's folder if they belong to its data and to `settings`. Otherwise computes and
    /// writes them, unless `watch` cancels.
    fn proxies(
        &self,
        settings: &EmbeddingSettings,
        watch: &mut Watch<'_>,
    ) -> Result<Self::Proxies, ProxyError>;
}

impl WithProxies for ClassificationPlan {
    type Proxies = Proxies;

    fn proxies(&self, settings: &EmbeddingSettings, watch: &mut Watch<'_>) -> Result<Proxies, ProxyError> {
        let watch = RefCell::new(watch);
        let cancel = || watch.borrow_mut()(Progress { work: Work::Embeddings, done: 0, all: 1 }).is_break();
        Proxies::ensure(&self.folder, &self.data, settings, &cancel)
    }
}

impl WithProxies for TranslationPlan {
    type Proxies = PairProxies;

    fn proxies(
        &self,
        settings: &EmbeddingSettings,
        watch: &mut Watch<'_>,
    ) -> Result<PairProxies, ProxyError> {
        PairProxies::ensure(&self.folder, &self.data, settings, watch)
    }
}

/// The outcome of the studies.
#[derive(Debug)]
pub struct Conducted<'a, Data, P> {
    /// How each run ended, plan by plan in the order of its jobs; `None` if it was not started.
    pub ended: Vec<Option<Result<Outcome, TrainError>>>,
    /// The plans with enough recorded to be compared, with their runs and proxies.
    pub plans: Vec<(&'a StudyPlan<Data>, StudyRuns, P)>,
}

/// Trains the runs of all `plans`, `parallel` at a time, and computes their proxies meanwhile, until `options.cancel`
/// is set. `observe` is notified of the events of each run, which is counted over all plans, and `beside` of the progress
/// of each plan's proxies. If `options.start` is [`Start::Resume`](crate::train::Start::Resume), finished runs are not
/// trained again.
///
/// # Errors
/// If records cannot be read, or proxies cannot be written. A run that fails is in [`Conducted::ended`].
pub fn conduct<'a, Data>(
    plans: &'a [StudyPlan<Data>],
    settings: &EmbeddingSettings,
    parallel: usize,
    options: RunOptions<'_>,
    observe: &(dyn Fn(usize, Event<'_>) -> ControlFlow<()> + Sync),
    beside: &(dyn Fn(usize, Progress) + Sync),
) -> Result<Conducted<'a, Data, <StudyPlan<Data> as WithProxies>::Proxies>, StudyError>
where
    StudyPlan<Data>: WithProxies,
{
    let jobs: Vec<Job> = plans.iter().flat_map(|plan| plan.jobs.clone()).collect();
    let (ended, proxies) = std::thread::scope(|scope| {
        let each = move |(place, plan): (usize, &StudyPlan<Data>)| {
            let mut watch = |progress| {
                beside(place, progress);
                let cancelled = options.cancel.load(Ordering::Relaxed);
                if cancelled { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            plan.proxies(settings, &mut watch)
        };
        let proxies = scope.spawn(move || plans.iter().enumerate().map(each).collect::<Vec<_>>());
        let ended = sweep(&jobs, parallel, options, observe);
        (ended, proxies.join().expect("proxies do not panic"))
    });
    let mut conducted = Vec::new();
    for (plan, proxies) in plans.iter().zip(proxies) {
        let Some(runs) = plan.read()? else { continue };
        match proxies {
            Err(ProxyError::Interrupted) => {}
            proxies => conducted.push((plan, runs, proxies?)),
        }
    }
    Ok(Conducted { ended, plans: conducted })
}

/// Reads what `jobs` have recorded so far; jobs that never started are skipped.
pub fn read_begun(jobs: &[Job]) -> Result<Vec<RunRecord>, TrainError> {
    let begun = jobs.iter().filter(|job| RunDirectory::exists(&job.path));
    begun.map(|job| RunRecord::read(&job.path)).collect()
}

//! `onset align`: which word belongs to which, with nothing trained or by the model of a run.

use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Result, bail};
use onset::align::{
    AlignmentScore, Attributed, Joining, Links, ScoredWay, SplitPair, TrainedAligner, Way, aligned, join,
    linked, read_links, scores_by_step, split_pairs,
};
use onset::data::DataTask;
use onset::target::{TargetOptions, resolve};
use onset::watch::Progress;

use crate::Ending;
use crate::args::{AlignArguments, AlignBy, AlignJoin, UsageError};
use crate::interrupt;
use crate::output_file::OutputFile;
use crate::table::table;

/// How links are found.
enum By {
    Nothing(Way),
    Model(Attributed),
}

impl AlignBy {
    fn by(self) -> By {
        match self {
            Self::Theory => By::Nothing(Way::Theory),
            Self::Words => By::Nothing(Way::Words),
            Self::StageOne => By::Nothing(Way::StageOne),
            Self::CoOccurrence => By::Nothing(Way::CoOccurrence),
            Self::Ibm1 => By::Nothing(Way::Ibm1),
            Self::Alpha => By::Model(Attributed::Alpha),
            Self::Beta => By::Model(Attributed::Beta),
            Self::Delta => By::Model(Attributed::Delta),
        }
    }
}

/// The pairs to align, and all that are counted, those to align first.
struct Pairs {
    own: Vec<[String; 2]>,
    all: Vec<SplitPair>,
}

/// Prints links, or with gold how well they agree with it.
pub fn align(arguments: &AlignArguments) -> Result<Ending> {
    let by = check(arguments)?;
    let pairs = read(arguments)?;
    let Some(gold) = &arguments.gold else {
        let Some(links) = links(arguments, &by, &pairs)? else { return Ok(Ending::Interrupted) };
        write(arguments, &links)?;
        return Ok(Ending::Done);
    };
    let sizes: Vec<[usize; 2]> =
        pairs.all[..pairs.own.len()].iter().map(|[source, target]| [source.len(), target.len()]).collect();
    let gold = read_links(gold, &sizes)?;
    if arguments.output.is_some() {
        let Some(links) = links(arguments, &by, &pairs)? else { return Ok(Ending::Interrupted) };
        write(arguments, &links)?;
    }
    let Some(scored) = scores(arguments, &pairs, &gold)? else { return Ok(Ending::Interrupted) };
    show(&scored, arguments.json)?;
    Ok(Ending::Done)
}

/// What is asked for, if it can be done.
fn check(arguments: &AlignArguments) -> Result<By> {
    let usual = if arguments.run.is_some() { AlignBy::Alpha } else { AlignBy::Theory };
    let by = arguments.by.unwrap_or(usual).by();
    if let (By::Model(what), None) = (&by, &arguments.run) {
        let message = format!("--by {} looks into a model; name its run with --run RUN", what.name());
        return Err(UsageError(message).into());
    }
    if let (By::Nothing(way), Some(_)) = (&by, &arguments.run)
        && arguments.gold.is_none()
    {
        let message =
            format!("--by {} needs no run; leave --run out, or take alpha, beta or delta", way.name());
        return Err(UsageError(message).into());
    }
    Ok(by)
}

fn read(arguments: &AlignArguments) -> Result<Pairs> {
    let own = raw(&arguments.pairs)?;
    let counted = arguments.count.as_deref().map(raw).transpose()?.unwrap_or_default();
    let all = own.iter().cloned().chain(counted);
    let all = split_pairs(all, !arguments.keep_case);
    Ok(Pairs { own, all })
}

fn raw(files: &str) -> Result<Vec<[String; 2]>> {
    let options = TargetOptions { needed: Some(DataTask::Translation), ..TargetOptions::default() };
    let target = resolve(files, &options)?;
    let Some(source) = target.pairs() else { bail!("{files} has no sentence pairs") };
    let (pairs, remarks) = source.read()?;
    remarks.iter().for_each(|remark| note!("{remark}"));
    Ok(pairs.into_iter().map(|pair| [pair.source, pair.target]).collect())
}

/// The links of the pairs; none if it was stopped.
fn links(arguments: &AlignArguments, by: &By, pairs: &Pairs) -> Result<Option<Vec<Links>>> {
    match by {
        By::Nothing(way) => Ok(Some(untrained(pairs, *way, arguments.join))),
        By::Model(what) => {
            let run = arguments.run.as_deref().expect("checked");
            let links = by_model(run, arguments.step, pairs, *what == Attributed::Delta)?;
            Ok(links.map(|(_, links)| {
                Attributed::ALL.into_iter().zip(links).find(|(own, _)| own == what).expect("one of all").1
            }))
        }
    }
}

fn untrained(pairs: &Pairs, way: Way, joined: Option<AlignJoin>) -> Vec<Links> {
    let one = |backward| aligned(&pairs.all, pairs.own.len(), way, backward);
    let Some(how) = joined else { return one(false) };
    let how = match how {
        AlignJoin::Intersection => Joining::Intersection,
        AlignJoin::Union => Joining::Union,
        AlignJoin::Grow => Joining::Grow,
    };
    one(false).iter().zip(&one(true)).map(|(forward, backward)| join(forward, backward, how)).collect()
}

/// The step of the model, and its links by each of [`Attributed::ALL`]; none if it was stopped.
fn by_model(
    run: &Path,
    step: Option<u64>,
    pairs: &Pairs,
    influence: bool,
) -> Result<Option<(u64, [Vec<Links>; 3])>> {
    interrupt::flag();
    let mut model = TrainedAligner::open(run, step)?;
    let mut watch = |_: Progress| interrupt::go_on();
    match model.align(&pairs.own, influence, &mut watch) {
        ControlFlow::Continue(links) => Ok(Some((model.step(), links))),
        ControlFlow::Break(()) => {
            note!("stopped");
            Ok(None)
        }
    }
}

fn scores(arguments: &AlignArguments, pairs: &Pairs, gold: &[Links]) -> Result<Option<Vec<ScoredWay>>> {
    let untrained = |way: Way| ScoredWay::untrained(way.name(), &untrained(pairs, way, arguments.join), gold);
    let mut scored: Vec<ScoredWay> = Way::ALL.into_iter().map(untrained).collect();
    let Some(run) = &arguments.run else { return Ok(Some(scored)) };
    let steps = match arguments.step {
        Some(step) => vec![step],
        None => TrainedAligner::steps(run)?,
    };
    let influence = arguments.by == Some(AlignBy::Delta);
    let ways = if influence { &Attributed::ALL[..] } else { &[Attributed::Alpha, Attributed::Beta] };
    interrupt::flag();
    let mut watch = |_: Progress| interrupt::go_on();
    for step in steps {
        note!("{}: step {step}", run.display());
        match scores_by_step(run, &[step], (&pairs.own, gold), ways, &mut watch)? {
            ControlFlow::Continue(found) => scored.extend(found),
            ControlFlow::Break(()) => {
                note!("stopped");
                return Ok(None);
            }
        }
    }
    Ok(Some(scored))
}

fn write(arguments: &AlignArguments, links: &[Links]) -> Result<()> {
    let Some(path) = &arguments.output else {
        links.iter().for_each(|links| say!("{}", linked(links)));
        return Ok(());
    };
    let mut file = OutputFile::create(path)?;
    links.iter().try_for_each(|links| file.line(&linked(links)))?;
    file.finish()?;
    note!("links: {}", path.display());
    Ok(())
}

fn show(scored: &[ScoredWay], as_json: bool) -> Result<()> {
    if as_json {
        say!("{}", serde_json::to_string_pretty(scored)?);
        return Ok(());
    }
    let row = |each: &ScoredWay| {
        let AlignmentScore { found, precision, recall, aer, .. } = each.score;
        let step = each.step.map_or("–".into(), |step| step.to_string());
        let number = |value: f64| format!("{value:.3}");
        vec![each.by.into(), step, found.to_string(), number(precision), number(recall), number(aer)]
    };
    say!("{}", table(&["by", "step", "links", "precision", "recall", "error rate"], scored.iter().map(row)));
    Ok(())
}

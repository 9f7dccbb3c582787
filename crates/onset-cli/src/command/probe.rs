//! `onset probe`: attention records (α, β, Δ) from the checkpoints of runs.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use onset::store::find_runs;
use onset::train::{Probing, probe_run};

use crate::Ending;
use crate::advice;
use crate::args::ProbeArguments;
use crate::interrupt;

/// Least time between two plain lines, if there is no bar.
const QUIET: Duration = Duration::from_secs(10);

/// Computes the records of each run, and names the steps for which that was impossible.
pub fn probe(arguments: &ProbeArguments) -> Result<Ending> {
    let cancel = interrupt::flag();
    let mut runs = Vec::new();
    for folder in &arguments.runs {
        let found = find_runs(folder)?;
        if found.is_empty() {
            bail!("there is no run in {}; `onset train` and `onset reproduce` create runs", folder.display());
        }
        runs.extend(found);
    }
    let (all, mut failed) = (runs.len(), 0);
    for run in runs {
        let name = run.path.display();
        // Hidden if standard error is not a terminal.
        let bar = ProgressBar::new(0).with_style(
            ProgressStyle::with_template("{prefix} {bar:24} {pos}/{len} checkpoints  {msg}")
                .expect("it is right"),
        );
        bar.set_prefix(name.to_string());
        let mut told = Instant::now();
        let mut observe = |probing: Probing| {
            bar.set_length(probing.all as u64);
            bar.set_position(probing.done as u64);
            let Some(progress) = probing.progress else { return };
            bar.set_message(format!("{} {}/{}", progress.work, progress.done, progress.all));
            if bar.is_hidden() && told.elapsed() >= QUIET {
                told = Instant::now();
                note!("{name}: checkpoint {} of {}, {}", probing.done + 1, probing.all, bar.message());
            }
        };
        let probed = probe_run(&run.path, arguments.threads, cancel, &mut observe);
        bar.finish_and_clear();
        let probed = match probed {
            Ok(probed) => probed,
            Err(error) if all == 1 => return Err(error.into()),
            Err(error) => {
                let advice = advice::of(&error).map_or_else(String::new, |advice| format!("; {advice}"));
                note!("error: {name}: {error}{advice}");
                failed += 1;
                continue;
            }
        };
        say!("{name}: wrote attention records of {} steps", probed.steps.len());
        if !probed.missing.is_empty() {
            let steps: Vec<String> = probed.missing.iter().map(u64::to_string).collect();
            note!("{name}: no records for steps {}, whose parameters were not kept", steps.join(", "));
        }
        if probed.interrupted {
            note!("stopped; run the same command again to start over");
            return Ok(Ending::Interrupted);
        }
    }
    if failed > 0 {
        bail!("{failed} of {all} runs failed");
    }
    Ok(Ending::Done)
}

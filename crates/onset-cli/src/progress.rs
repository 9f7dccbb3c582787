//! Progress of several runs: bars on a terminal, plain lines elsewhere, always on standard error.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use onset::train::{Event, Recorded};
use onset::watch;

use crate::pace::{duration, pace};

/// Shows the progress of a set of runs.
pub struct Progress {
    names: Vec<String>,
    bars: Option<MultiProgress>,
    lines: Mutex<BTreeMap<usize, Line>>,
}

/// One run that has started, or other work beside the runs.
struct Line {
    name: String,
    bar: Option<ProgressBar>,
    steps: u64,
    step: u64,
    /// Steps that were taken since it began, and the seconds that they took, without evaluations.
    taken: (u64, f64),
    told: Instant,
    drawn: Option<Instant>,
    loss: f32,
    accuracies: Vec<f64>,
}

/// Least time between two plain lines of one run, if it has just recorded scores and if it has not.
const QUIET: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(10)];

/// Least time between two changes of a bar's text.
const REDRAW: Duration = Duration::from_millis(100);

impl Progress {
    /// No run has started.
    pub fn new(names: Vec<String>) -> Self {
        let bars = std::io::stderr().is_terminal().then(MultiProgress::new);
        Self { names, bars, lines: Mutex::default() }
    }

    /// Processes an event of run `index`.
    pub fn observe(&self, index: usize, event: Event<'_>) {
        let mut lines = self.lines.lock().expect("progress never panics while it holds its lock");
        if let Event::Retraced { step, steps } = event {
            return self.retrace(&mut lines, index, step, steps);
        }
        if let Event::Lengthened { step, steps, unrecorded } = event {
            return self.lengthened(index, step, steps, unrecorded);
        }
        if let Event::Started { step, steps } = event {
            lines.insert(index, self.begin(self.names[index].clone(), step, steps));
        }
        let Some(line) = lines.get_mut(&index) else { return };
        match event {
            Event::Started { .. } => line.draw(""),
            Event::Stepped { step, loss, seconds } => line.step(step, loss, seconds),
            Event::Evaluating { step, progress } => line.evaluate(step, progress),
            Event::Recorded { step, recorded } => line.record(step, recorded),
            Event::Retraced { .. } | Event::Lengthened { .. } => {}
        }
    }

    /// Takes in how far work beside the runs has come, which is called `name`; `place` tells such works apart.
    pub fn beside(&self, place: usize, name: &str, progress: watch::Progress) {
        let mut lines = self.lines.lock().expect("progress never panics while it holds its lock");
        let line = lines
            .entry(self.names.len() + place)
            .or_insert_with(|| self.begin(format!("{name}, {}", progress.work), 0, progress.all as u64));
        line.work(progress);
    }

    /// Says how a finished run goes on.
    fn lengthened(&self, index: usize, step: u64, steps: u64, unrecorded: &[u64]) {
        note!("{}: continues from step {step} to step {steps}", self.names[index]);
        if !unrecorded.is_empty() {
            let list: Vec<String> = unrecorded.iter().map(u64::to_string).collect();
            note!(
                "{}: unlike a run begun with {steps} steps, it has no checkpoints at steps {}; its spec \
                 lists the actual ones (record.checkpoints)",
                self.names[index],
                list.join(", ")
            );
        }
    }

    /// Takes in a repeated step.
    fn retrace(&self, lines: &mut BTreeMap<usize, Line>, index: usize, step: u64, steps: u64) {
        let line = lines.entry(index).or_insert_with(|| {
            note!(
                "{}: first repeats its {steps} steps, because it kept no snapshot (record.resume)",
                self.names[index]
            );
            self.begin(self.names[index].clone(), 0, steps)
        });
        if let Some(bar) = &line.bar {
            bar.set_position(step);
            if step == steps {
                bar.finish_and_clear();
            }
        } else if line.told.elapsed() >= QUIET[1] {
            line.told = Instant::now();
            note!("{}: step {step}/{steps} repeated", self.names[index]);
        }
    }

    fn begin(&self, name: String, step: u64, steps: u64) -> Line {
        let bar = self.bars.as_ref().map(|bars| {
            let template = "{prefix:>20} {bar:24} {pos:>5}/{len} {msg}";
            let style = ProgressStyle::with_template(template).expect("the template is right");
            let bar = bars.add(ProgressBar::new(steps).with_style(style).with_position(step));
            bar.set_prefix(name.clone());
            bar
        });
        let (told, loss) = (Instant::now(), f32::NAN);
        Line { name, bar, steps, step, taken: (0, 0.0), told, drawn: None, loss, accuracies: Vec::new() }
    }
}

impl Line {
    fn step(&mut self, step: u64, loss: f32, seconds: f64) {
        (self.step, self.loss) = (step, loss);
        self.taken = (self.taken.0 + 1, self.taken.1 + seconds);
        if let Some(bar) = &self.bar {
            bar.set_position(step);
        }
        self.draw("");
        if self.bar.is_none() && self.told.elapsed() >= QUIET[1] {
            self.tell(&format!("loss {loss:.4}"));
        }
    }

    /// Some text that says what is done beside steps.
    fn evaluate(&mut self, step: u64, progress: watch::Progress) {
        self.step = step;
        let watch::Progress { work, done, all } = progress;
        self.draw(&format!("evaluating: {work} {done}/{all}  "));
        if self.bar.is_none() && self.told.elapsed() >= QUIET[1] {
            self.tell(&format!("evaluating, {work} {done} of {all}"));
        }
    }

    fn record(&mut self, step: u64, recorded: &Recorded) {
        let accuracy = recorded.numbers().find(|(name, _)| *name == "accuracy").map_or(f64::NAN, |(_, x)| x);
        self.accuracies.push(accuracy);
        self.step = step;
        let done = step == self.steps;
        self.drawn = None;
        self.draw("");
        if let Some(bar) = &self.bar {
            if done {
                bar.finish();
            }
        } else if done || step == 0 || self.told.elapsed() >= QUIET[0] {
            let loss = match self.loss {
                loss if loss.is_nan() => String::new(),
                loss => format!("loss {loss:.4}, "),
            };
            self.tell(&format!("{loss}accuracy {accuracy:.3}"));
        }
    }

    /// Work that is no run.
    fn work(&mut self, progress: watch::Progress) {
        let (done, all) = (progress.done as u64, progress.all as u64);
        (self.step, self.steps) = (done, all);
        if let Some(bar) = &self.bar {
            bar.set_length(all);
            bar.set_position(done);
            if done == all {
                bar.finish();
            }
        } else if self.told.elapsed() >= QUIET[1] {
            self.told = Instant::now();
            note!("{}: {:.0} %", self.name, 100.0 * done as f64 / all.max(1) as f64);
        }
    }

    /// Draws the text behind the bar: `work`, how fast steps are, and how accuracy went.
    fn draw(&mut self, work: &str) {
        let Some(bar) = &self.bar else { return };
        if self.drawn.is_some_and(|drawn| drawn.elapsed() < REDRAW) {
            return;
        }
        self.drawn = Some(Instant::now());
        let pace = self.pace().map_or_else(String::new, |pace| pace + "  ");
        let accuracy = self.accuracies.last().map_or_else(String::new, |accuracy| {
            format!("accuracy {accuracy:.3} {}", sparkline(&self.accuracies))
        });
        bar.set_message(format!("{work}{pace}{accuracy}"));
    }

    fn tell(&mut self, what: &str) {
        self.told = Instant::now();
        let pace = self.pace().map_or_else(String::new, |pace| format!(", {pace}"));
        note!("{}: step {}/{}, {what}{pace}", self.name, self.step, self.steps);
    }

    /// How fast steps are and how long those that are left will take, without evaluations.
    fn pace(&self) -> Option<String> {
        let (steps, seconds) = self.taken;
        let left = (self.steps - self.step.min(self.steps)) as f64 * seconds / steps.max(1) as f64;
        Some(format!("{}, {} left", pace(steps, seconds)?, duration(left)))
    }
}

/// Numbers from 0 to 1 as a row of bars; the last 24 are shown.
fn sparkline(shares: &[f64]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let recent = &shares[shares.len().saturating_sub(24)..];
    recent.iter().map(|share| BARS[((share * 8.0) as usize).min(7)]).collect()
}

#[cfg(test)]
mod tests {
    use super::sparkline;

    #[test]
    fn a_sparkline_rises_with_its_shares() {
        assert_eq!(sparkline(&[0.0, 0.5, 1.0, f64::NAN]), "▁▅█▁");
        assert_eq!(sparkline(&[0.3; 100]).chars().count(), 24);
    }
}

//! Progress of several runs: bars on a terminal, plain lines elsewhere, always on standard error.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use onset::train::{Event, Recorded};

/// Shows the progress of a set of runs.
pub struct Progress {
    names: Vec<String>,
    bars: Option<MultiProgress>,
    lines: Mutex<BTreeMap<usize, Line>>,
}

/// One run that has started.
struct Line {
    bar: Option<ProgressBar>,
    began: Instant,
    began_at: u64,
    steps: u64,
    told: Instant,
    loss: f32,
    accuracies: Vec<f64>,
}

/// Least time between two plain lines of one run.
const QUIET: Duration = Duration::from_secs(2);

impl Progress {
    /// No run has started.
    pub fn new(names: Vec<String>) -> Self {
        let bars = std::io::stderr().is_terminal().then(MultiProgress::new);
        Self { names, bars, lines: Mutex::default() }
    }

    /// Processes an event of run `index`.
    pub fn observe(&self, index: usize, event: Event<'_>) {
        let mut lines = self.lines.lock().expect("progress never panics while it holds its lock");
        match event {
            Event::Retraced { step, steps } => self.retrace(&mut lines, index, step, steps),
            Event::Lengthened { step, steps, unrecorded } => {
                note!("{}: goes on from step {step} to step {steps}", self.names[index]);
                if !unrecorded.is_empty() {
                    let list: Vec<String> = unrecorded.iter().map(u64::to_string).collect();
                    note!(
                        "{}: a run begun for {steps} steps would have been recorded at steps {} too; this one was not, and its \
                         spec says so (record.checkpoints)",
                        self.names[index],
                        list.join(", ")
                    );
                }
            }
            Event::Started { step, steps } => {
                lines.insert(index, self.begin(index, step, steps));
            }
            Event::Stepped { step, loss } => {
                if let Some(line) = lines.get_mut(&index) {
                    line.step(step, loss);
                }
            }
            Event::Recorded { step, recorded } => {
                if let Some(line) = lines.get_mut(&index) {
                    line.record(&self.names[index], step, recorded);
                }
            }
        }
    }

    /// Takes in a repeated step.
    fn retrace(&self, lines: &mut BTreeMap<usize, Line>, index: usize, step: u64, steps: u64) {
        let line = lines.entry(index).or_insert_with(|| {
            note!(
                "{}: the {steps} steps that it took are taken again first, as no snapshot was kept (record.resume)",
                self.names[index]
            );
            self.begin(index, 0, steps)
        });
        if let Some(bar) = &line.bar {
            bar.set_position(step);
            if step == steps {
                bar.finish_and_clear();
            }
        } else if line.told.elapsed() >= QUIET {
            line.told = Instant::now();
            note!("{}: step {step}/{steps} taken again", self.names[index]);
        }
    }

    fn begin(&self, index: usize, step: u64, steps: u64) -> Line {
        let bar = self.bars.as_ref().map(|bars| {
            let template = "{prefix:>20} {bar:24} {pos:>5}/{len} {pace:>10} {eta:>4} left  {msg}";
            let pace = |state: &ProgressState, out: &mut dyn Write| {
                let _ = write!(out, "{}", pace(state.per_sec()));
            };
            let style = ProgressStyle::with_template(template).expect("the template is right");
            let style = style.with_key("pace", pace);
            let bar = bars.add(ProgressBar::new(steps).with_style(style).with_position(step));
            bar.set_prefix(self.names[index].clone());
            bar
        });
        let now = Instant::now();
        Line { bar, began: now, began_at: step, steps, told: now, loss: f32::NAN, accuracies: Vec::new() }
    }
}

impl Line {
    fn step(&mut self, step: u64, loss: f32) {
        self.loss = loss;
        if let Some(bar) = &self.bar {
            bar.set_position(step);
        }
    }

    fn record(&mut self, name: &str, step: u64, recorded: &Recorded) {
        let accuracy = recorded.numbers().find(|(name, _)| *name == "accuracy").map_or(f64::NAN, |(_, x)| x);
        self.accuracies.push(accuracy);
        let done = step == self.steps;
        if let Some(bar) = &self.bar {
            bar.set_message(format!("accuracy {accuracy:.3} {}", sparkline(&self.accuracies)));
            if done {
                bar.finish();
            }
        } else if done || step == 0 || self.told.elapsed() >= QUIET {
            self.told = Instant::now();
            let seconds = self.began.elapsed().as_secs_f64();
            let rate = (step - self.began_at) as f64 / seconds.max(1e-9);
            let left = (self.steps - step) as f64 / rate.max(1e-9);
            let pace = match step - self.began_at {
                0 => String::new(),
                _ => format!(", {}, {left:.0} s left", pace(rate)),
            };
            let (steps, loss) = (self.steps, self.loss);
            let loss = if loss.is_nan() { String::new() } else { format!("loss {loss:.4}, ") };
            note!("{name}: step {step}/{steps}, {loss}accuracy {accuracy:.3}{pace}");
        }
    }
}

/// Steps per second, to three digits; for slow runs, seconds per step.
fn pace(rate: f64) -> String {
    match rate {
        rate if rate <= 0.0 || rate.is_nan() => "– steps/s".into(),
        rate if rate < 1.0 => format!("{:.1} s/step", 1.0 / rate),
        rate if rate < 10.0 => format!("{rate:.2} steps/s"),
        rate if rate < 100.0 => format!("{rate:.1} steps/s"),
        rate => format!("{rate:.0} steps/s"),
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
    use super::{pace, sparkline};

    #[test]
    fn a_pace_is_rounded_to_what_people_read() {
        let paces = [188.098475019942, 18.8098, 1.88098, 0.12, 0.0];
        let read = ["188 steps/s", "18.8 steps/s", "1.88 steps/s", "8.3 s/step", "– steps/s"];
        assert_eq!(paces.map(pace), read);
    }

    #[test]
    fn a_sparkline_rises_with_its_shares() {
        assert_eq!(sparkline(&[0.0, 0.5, 1.0, f64::NAN]), "▁▅█▁");
        assert_eq!(sparkline(&[0.3; 100]).chars().count(), 24);
    }
}

//! Progress of fetching: a bar on a terminal, plain lines elsewhere, always on standard error.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use onset::data::Progress;

/// Least time between two plain lines.
const QUIET: Duration = Duration::from_secs(5);

/// Shows the progress of one set or checkpoint.
pub struct FetchProgress {
    name: String,
    bar: Option<ProgressBar>,
    told: Option<Instant>,
    doing: String,
}

impl FetchProgress {
    /// Nothing has started.
    pub fn new(name: &str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| ProgressBar::new(0).with_style(style()));
        Self { name: name.into(), bar, told: None, doing: String::new() }
    }

    /// Processes an event.
    pub fn observe(&mut self, event: Progress<'_>) {
        let (doing, done, total, so_far) = match event {
            Progress::Downloading { file, bytes, total } => {
                let of = total.map_or(String::new(), |total| format!(" of {}", megabytes(total)));
                (format!("downloading {file}"), bytes, total, megabytes(bytes) + &of)
            }
            Progress::Verifying { file } => (format!("verifying {file}"), 0, None, String::new()),
            Progress::Writing { file, rows } => (format!("writing {file}"), 0, None, format!("{rows} rows")),
        };
        let changed = doing != self.doing;
        if let Some(bar) = &self.bar {
            bar.set_length(total.unwrap_or(0));
            bar.set_position(done);
            bar.set_message(format!("{doing} {so_far}"));
        } else if changed || self.told.is_none_or(|told| told.elapsed() >= QUIET) {
            let line = format!("{}: {doing} {so_far}", self.name);
            note!("{}", line.trim_end());
            self.told = Some(Instant::now());
        }
        self.doing = doing;
    }

    /// Removes the bar; the result is printed in its place.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Drop for FetchProgress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            // The bar of a failed download stays visible above the message.
            bar.abandon();
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:24} {eta:>4} left  {msg}").expect("the template is right")
}

/// A size in readable form.
pub fn megabytes(bytes: u64) -> String {
    match bytes as f64 / 1e6 {
        size if size < 10.0 => format!("{size:.1} MB"),
        size => format!("{size:.0} MB"),
    }
}

//! Curves of a score over steps: one line a seed, their median, and reference lines.

use serde::Serialize;

use crate::stats::median;
use crate::store::{Status, StoreError};
use crate::study::RunRecord;

/// What `curves.js` draws.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curves {
    kind: &'static str,
    title: String,
    y_label: &'static str,
    /// The range of the y axis; none means that of the data.
    y_range: Option<[f64; 2]>,
    /// Whether early steps get more room.
    log_steps: bool,
    x_label: &'static str,
    steps: Vec<f64>,
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Line {
    label: String,
    role: Role,
    /// One value a step; null where there is none.
    values: Vec<Option<f64>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// One of several runs: thin.
    Seed,
    /// What they come down to: thick.
    Median,
    /// A line of its own colour.
    Main,
    /// A level to compare with: dashed.
    Reference,
}

/// Four significant digits are more than a pixel shows.
fn rounded(value: f64) -> Option<f64> {
    value.is_finite().then(|| format!("{value:.3e}").parse().unwrap_or(value))
}

impl Curves {
    /// No lines yet.
    pub fn new(title: impl Into<String>, y_label: &'static str, y_range: Option<[f64; 2]>) -> Self {
        Self {
            kind: "curves",
            title: title.into(),
            y_label,
            y_range,
            log_steps: false,
            x_label: "step",
            steps: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// Over these steps, the early ones with more room.
    pub fn over_log_steps(mut self, steps: impl IntoIterator<Item = u64>) -> Self {
        self.steps = steps.into_iter().map(|step| step as f64).collect();
        self.log_steps = true;
        self
    }

    /// Over something else than steps.
    pub fn over(mut self, x_label: &'static str, x: impl IntoIterator<Item = f64>) -> Self {
        self.x_label = x_label;
        self.steps = x.into_iter().collect();
        self
    }

    /// Adds a line of points (x, y); where the axis has another x, the line has none.
    pub fn with_points(
        mut self,
        label: impl Into<String>,
        role: Role,
        points: impl IntoIterator<Item = (f64, f64)>,
    ) -> Self {
        let mut values = vec![None; self.steps.len()];
        for (x, y) in points {
            if let Ok(place) = self.steps.binary_search_by(|step| step.total_cmp(&x)) {
                values[place] = rounded(y);
            }
        }
        self.lines.push(Line { label: label.into(), role, values });
        self
    }

    /// Adds the `score` of each run, and the median where there are several. In the median a finished run keeps its
    /// last value, so that a seed which stops because it is good enough does not drop out.
    pub fn with_seeds(mut self, runs: &[&RunRecord], score: &str) -> Result<Self, StoreError> {
        for run in runs {
            self.extend_steps(run.steps()?);
        }
        let mut all = Vec::new();
        for run in runs {
            let values = self.values(run.score(score)?);
            let role = if runs.len() == 1 { Role::Main } else { Role::Seed };
            self.lines.push(Line {
                label: format!("seed {}", run.spec.seed()),
                role,
                values: values.clone(),
            });
            all.push(if run.manifest().status == Status::Finished { carried_on(values) } else { values });
        }
        if runs.len() > 1 {
            let median = |step| median(&all.iter().filter_map(|values| values[step]).collect::<Vec<_>>());
            let values = (0..self.steps.len()).map(median).collect();
            self.lines.push(Line { label: "median".into(), role: Role::Median, values });
        }
        Ok(self)
    }

    /// Adds one run's `score` under a name of its own.
    pub fn with_line(mut self, label: &str, run: &RunRecord, score: &str) -> Result<Self, StoreError> {
        self.extend_steps(run.steps()?);
        let values = self.values(run.score(score)?);
        self.lines.push(Line { label: label.into(), role: Role::Main, values });
        Ok(self)
    }

    /// Adds a level to compare with.
    pub fn with_reference(mut self, label: &str, level: f64) -> Self {
        let values = vec![rounded(level); self.steps.len()];
        self.lines.push(Line { label: label.into(), role: Role::Reference, values });
        self
    }

    fn extend_steps(&mut self, steps: &[i64]) {
        if steps.len() > self.steps.len() {
            self.steps = steps.iter().map(|&step| step as f64).collect();
        }
    }

    /// A run that was stopped has fewer values than there are steps.
    fn values(&self, scores: &[f64]) -> Vec<Option<f64>> {
        let mut values: Vec<_> = scores.iter().map(|&score| rounded(score)).collect();
        values.resize(self.steps.len(), None);
        values
    }
}

/// The values with the last one up to the end.
fn carried_on(mut values: Vec<Option<f64>>) -> Vec<Option<f64>> {
    if let Some(last) = values.iter().rposition(Option::is_some) {
        let value = values[last];
        values[last..].fill(value);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_early_keeps_its_last_value() {
        let values = vec![None, Some(1.0), None, Some(2.0), None, None];
        assert_eq!(carried_on(values), [None, Some(1.0), None, Some(2.0), Some(2.0), Some(2.0)]);
        assert_eq!(carried_on(vec![None]), [None]);
    }

    #[test]
    fn values_are_short_and_never_nan() {
        assert_eq!(rounded(0.123_456_789), Some(0.1235));
        assert_eq!(rounded(f64::NAN), None);
    }
}

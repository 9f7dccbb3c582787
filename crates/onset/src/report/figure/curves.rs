//! Curves of a score over steps: a line a seed, their median, and reference lines.

use serde::Serialize;

use crate::stats::median;
use crate::store::{Status, StoreError};
use crate::study::RunRecord;

/// What `curves.js` draws, and [`plot()`](super::plot()).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curves {
    kind: &'static str,
    /// What its files are called.
    name: String,
    title: String,
    pub(super) y_label: String,
    /// The range of the y axis; none means that of the data.
    pub(super) y_range: Option<[f64; 2]>,
    /// Whether early steps get more room.
    pub(super) log_steps: bool,
    pub(super) x_label: &'static str,
    pub(super) steps: Vec<f64>,
    pub(super) lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Line {
    pub(super) label: String,
    pub(super) role: Role,
    /// One value a step; null where there is none.
    pub(super) values: Vec<Option<f64>>,
}

/// What a line stands for, which decides how it is drawn.
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
    pub fn new(title: impl Into<String>, y_label: impl Into<String>, y_range: Option<[f64; 2]>) -> Self {
        let (title, y_label) = (title.into(), y_label.into());
        Self {
            kind: "curves",
            name: file_name(&format!("{title} {y_label}")),
            title,
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

    /// Over these steps, the early ones with more room where most of them are early.
    pub fn over_steps(mut self, steps: impl IntoIterator<Item = u64>) -> Self {
        self.steps = steps.into_iter().map(|step| step as f64).collect();
        self.log_steps = is_dense_early(&self.steps);
        self
    }

    /// Title and name of the y axis.
    pub(super) fn heading(&self) -> String {
        if self.title.is_empty() { self.y_label.clone() } else { format!("{}: {}", self.title, self.y_label) }
    }

    /// The data as CSV, a value a line, under the names that the pages give its columns.
    pub fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["line", "step", "value", "low", "high"]).expect("memory takes it");
        for line in self.lines.iter().filter(|line| line.role != Role::Reference) {
            for (step, value) in self.steps.iter().zip(&line.values) {
                if let Some(value) = value {
                    let row = [
                        line.label.clone(),
                        step.to_string(),
                        value.to_string(),
                        String::new(),
                        String::new(),
                    ];
                    writer.write_record(row).expect("memory takes it");
                }
            }
        }
        String::from_utf8(writer.into_inner().expect("memory takes it")).expect("all fields are UTF-8")
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
        let labels: Vec<String> = runs.iter().map(|run| run.seed_label()).collect();
        for (run, label) in runs.iter().zip(&labels) {
            let values = self.values(run.score(score)?);
            // A line that stands alone, or for a seed that another folder has too, is named by its folder.
            let is_alone = runs.len() == 1 || labels.iter().filter(|other| *other == label).count() > 1;
            let label = if is_alone { format!("{label}, {}", run.name()) } else { label.clone() };
            let role = if runs.len() == 1 { Role::Main } else { Role::Seed };
            self.lines.push(Line { label, role, values: values.clone() });
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
            self.log_steps = is_dense_early(&self.steps);
        }
    }

    /// A run that was stopped has fewer values than there are steps.
    fn values(&self, scores: &[f64]) -> Vec<Option<f64>> {
        let mut values: Vec<_> = scores.iter().map(|&score| rounded(score)).collect();
        values.resize(self.steps.len(), None);
        values
    }
}

/// Whether most steps lie in the first quarter, so that a linear axis would crowd them.
fn is_dense_early(steps: &[f64]) -> bool {
    match steps {
        [first, .., last] => steps[steps.len() / 2] - first < 0.25 * (last - first),
        _ => false,
    }
}

/// A text as the name of a file.
fn file_name(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.map(str::to_lowercase).collect::<Vec<_>>().join("-");
    if name.is_empty() { "figure".into() } else { name.chars().take(60).collect() }
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
    fn steps_that_are_dense_early_ask_for_a_logarithmic_axis() {
        assert!(is_dense_early(&[0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0]));
        assert!(!is_dense_early(&[0.0, 10.0, 20.0, 30.0]));
        assert!(!is_dense_early(&[]));
    }

    #[test]
    fn files_are_named_after_what_they_show() {
        assert_eq!(file_name("BLEU of greedy translations: α^uf"), "bleu-of-greedy-translations-uf");
        assert_eq!(file_name("β"), "figure");
    }

    #[test]
    fn every_value_is_a_line_of_the_csv() {
        let curves = Curves::new("t", "loss", None)
            .over("step", [0.0, 10.0])
            .with_points("seed 0, a", Role::Seed, [(0.0, 1.5), (10.0, 0.25)])
            .with_reference("chance", 0.7);
        assert_eq!(
            curves.csv(),
            "line,step,value,low,high\n\"seed 0, a\",0,1.5,,\n\"seed 0, a\",10,0.25,,\n"
        );
    }

    #[test]
    fn values_are_short_and_never_nan() {
        assert_eq!(rounded(0.123_456_789), Some(0.1235));
        assert_eq!(rounded(f64::NAN), None);
    }
}

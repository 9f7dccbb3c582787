//! Predictions and their scores on standard output.

use anyhow::Result;
use onset::forecast::{
    CopyingPrediction, Forecast, Prediction, RunScore, Standing, WordsPrediction, score_copying, scored,
};
use onset::spec::Spec;
use onset::study::RunRecord;
use onset::theory::Beginning;

use crate::table::table;

fn step(step: Option<f64>, horizon: f64) -> String {
    step.map_or_else(|| format!("after {horizon:.0}"), |step| format!("{step:.0}"))
}

/// A number of the initial weights, of the head that will attend most.
fn start(prediction: &CopyingPrediction, of: fn(&Beginning) -> f64) -> String {
    prediction
        .beginning
        .get(prediction.outlook.head)
        .map_or_else(String::new, |head| format!("{:+.4}", of(head)))
}

/// Whether and when each seed learns.
pub fn show_copying(predictions: &[CopyingPrediction]) {
    let rows = predictions.iter().map(|prediction| {
        let outlook = &prediction.outlook;
        let [early, middle, late] = outlook.emergence.map(|each| step(each, outlook.horizon));
        vec![
            prediction.seed.to_string(),
            format!("{:.0} %", 100.0 * outlook.chance),
            middle,
            format!("{early}–{late}"),
            format!("{:.0} %", 100.0 * outlook.attends),
            start(prediction, |head| head.knowledge),
            start(prediction, |head| head.preference),
        ]
    });
    let budget = predictions.first().map_or(0, |prediction| prediction.outlook.budget);
    let within = format!("learns within {budget}");
    let header = ["seed", within.as_str(), "step", "8 of 10 times", "attends", "initial w", "initial a"];
    say!("{}", table(&header, rows));
    say!(
        "step: of 0.95 accuracy. attends: that attention finds the word, rather than leaves it (copying by elimination)."
    );
}

/// Which words attention goes to.
pub fn show_words(prediction: &WordsPrediction, top: usize) {
    say!("where attention will go (× uniform), from {} texts or pairs; nothing trained", prediction.seen);
    let pairs = prediction.words.iter().any(|word| word.translation.is_some());
    let rows = prediction.words.iter().take(top).map(|word| {
        let mut row = vec![word.word.clone()];
        row.extend(word.translation.clone());
        row.extend([
            format!("{:.2}", word.attention),
            word.occurrences.to_string(),
            format!("{:+.1}", word.signal),
        ]);
        row
    });
    let header: &[&str] = if pairs {
        &["word", "while saying", "attention", "occurrences", "signal/noise"]
    } else {
        &["word", "attention", "occurrences", "signal/noise"]
    };
    say!("{}", table(header, rows));
    say!(
        "{:.0} % of {} predictions rest on a co-occurrence that stands out of its noise by two standard errors",
        100.0 * prediction.above_noise,
        prediction.rows
    );
    if prediction.grouped > 0 {
        say!(
            "{} words cannot be told apart by co-occurrence, as they always come together:",
            prediction.grouped
        );
        for group in prediction.groups.iter().take(5) {
            say!("  {}", group.join(" "));
        }
    }
}

/// How forecasts of `runs` did, where there are some.
pub fn show_scores(runs: &[RunRecord]) -> Result<()> {
    let mut scores = Vec::new();
    for run in runs {
        if !matches!(run.spec, Spec::Copying(_)) && Forecast::read(run.directory.path())?.is_some() {
            note!(
                "scoring {}: the bag of embeddings for β^px is trained unless the run has one (minutes on large data)",
                run.name()
            );
        }
        scores.extend(scored(run)?);
    }
    if scores.is_empty() {
        return Ok(());
    }
    say!("forecasts");
    let rows = scores.iter().map(row);
    say!("{}", table(&["run", "seal", "said", "happened"], rows));
    let copying = score_copying(&scores);
    if copying.runs > 1 {
        let number = |x: Option<f64>| x.map_or("–".into(), |x| format!("{x:.2}"));
        say!(
            "{} copying forecasts: rank correlation of steps {}, steps within the 80 % interval {}, skill over the mean \
             {}, learned within the budget told from not (AUC) {}",
            copying.runs,
            number(copying.rank_correlation),
            number(copying.coverage),
            number(copying.skill),
            number(copying.discrimination)
        );
    }
    Ok(())
}

fn row(score: &RunScore) -> Vec<String> {
    let seal = match &score.standing {
        Standing::Sealed => "holds".into(),
        Standing::Waiting => "waiting".into(),
        Standing::Void(why) => format!("void: {why}"),
    };
    let (said, happened) = match &score.prediction {
        Prediction::Copying(prediction) => {
            let outlook = &prediction.outlook;
            let [early, middle, late] = outlook.emergence.map(|each| step(each, outlook.horizon));
            let happened = score
                .emergence
                .map_or_else(|| format!("not within {}", score.steps), |step| format!("learned at {step}"));
            (format!("{:.0} %, at {middle} ({early}–{late})", 100.0 * outlook.chance), happened)
        }
        Prediction::Words(_) => match score.words {
            Some(words) => (
                format!("A(α, predicted) {:.3}", words.predicted),
                format!(
                    "A(α, β^px) {:.3}, chance {:.3} ({} rows, step {})",
                    words.embeddings, words.baseline, words.rows, words.step
                ),
            ),
            None => ("where attention goes".into(), "no probes to score with".into()),
        },
    };
    vec![score.name.clone(), seal, said, happened]
}

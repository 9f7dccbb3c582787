//! Prints predictions and their scores.

use std::ops::ControlFlow;

use anyhow::Result;
use onset::forecast::{
    CopyingPrediction, Forecast, LevelsPrediction, PredictedWord, Prediction, RunScore, WordsPrediction,
    score_times, scored, theories_of,
};
use onset::measures::Emergence;
use onset::spec::CopyingSpec;
use onset::study::RunRecord;
use onset::task::rows::shown;
use onset::theory::InitialCondition;
use onset::watch;

use crate::progress::Progress;
use crate::table::{Row, table, table_of};

fn step(step: Option<f64>, horizon: f64) -> String {
    step.map_or_else(|| format!("after {horizon:.0}"), |step| format!("{step:.0}"))
}

/// A number of the initial condition, for the head that is predicted to attend most.
fn initial(prediction: &CopyingPrediction, of: fn(&InitialCondition) -> f64) -> String {
    prediction
        .initial_conditions
        .get(prediction.outcome.head)
        .map_or_else(String::new, |head| format!("{:+.4}", of(head)))
}

/// Prints whether and when each seed learns.
pub fn show_copying(predictions: &[CopyingPrediction]) {
    let rows = predictions.iter().map(|prediction| {
        let outcome = &prediction.outcome;
        let [early, middle, late] = outcome.emergence.map(|each| step(each, outcome.horizon));
        vec![
            prediction.seed.to_string(),
            format!("{:.0} %", 100.0 * outcome.chance),
            middle,
            format!("{early}–{late}"),
            format!("{:.0} %", 100.0 * outcome.attends),
            initial(prediction, |head| head.score_gap),
            initial(prediction, |head| head.logit_gap),
        ]
    });
    let budget = predictions.first().map_or(0, |prediction| prediction.outcome.budget);
    let within = format!("learns within {budget}");
    let header = ["seed", within.as_str(), "step", "80 % interval", "attends", "initial w", "initial a"];
    say!("{}", table(&header, rows));
    say!(
        "step: predicted step of 0.95 accuracy. attends: probability that attention moves to the right word rather than away from \
         it (copying by elimination). w: score gap, a: logit gap of the initial weights."
    );
    if predictions.iter().flat_map(|each| &each.initial_conditions).any(|head| head.rehearsed.is_some()) {
        say!(
            "Counts say nothing where every sequence has every word: attends is by a rehearsal, a few long steps of a copy of the model."
        );
    }
    for by in theories_of(predictions) {
        say!("{by}");
    }
}

/// Prints the words that attention is predicted to go to; those that do not stand out in grey.
pub fn show_words(prediction: &WordsPrediction, top: usize) {
    say!("predicted attention (× uniform), from {} texts or pairs, without training", prediction.seen);
    let pairs = prediction.words.iter().any(|word| word.translation.is_some());
    let rows = prediction
        .words
        .iter()
        .take(top)
        .map(|word| Row { cells: cells(word), quiet: word.clear == Some(false) });
    let header: &[&str] = if pairs {
        &["word", "target word", "attention", "occurrences", "signal/noise", "stands out"]
    } else {
        &["word", "attention", "occurrences", "label", "signal/noise", "stands out"]
    };
    say!("{}", table_of(header, rows));
    let meanings = match pairs {
        true => PAIR_COLUMNS,
        false if prediction.words.is_empty() => &[],
        false => TEXT_COLUMNS,
    };
    for (column, meaning) in meanings {
        say!("  {column:<13} {meaning}");
    }
    say!(
        "{:.0} % of {} predictions rest on a co-occurrence of at least two standard errors",
        100.0 * prediction.above_noise,
        prediction.rows
    );
    if let Some(accuracy) = prediction.label_accuracy {
        say!(
            "attention on a held-out text is predicted with its true label, by which β is signed; the bag of words predicts \
             that label for {:.1} % of the texts",
            100.0 * accuracy
        );
    }
    if prediction.grouped > 0 {
        say!(
            "{} words have the same co-occurrence statistics as another word, because they always occur together:",
            prediction.grouped
        );
        for group in prediction.groups.iter().take(5) {
            say!("  {}", shown(&group.join(" ")));
        }
    }
}

/// Prints the levels at which the loss stays.
pub fn show_levels(prediction: &LevelsPrediction) {
    say!("predicted levels of the loss, in nats, without training");
    let rows = prediction.levels.iter().map(|level| {
        vec![
            level.name.clone(),
            format!("{:.3}", level.loss),
            format!("{:.3}", level.error),
            level.meaning.clone(),
        ]
    });
    say!("{}", table(&["predictor", "loss", "standard error", "meaning"], rows));
    say!(
        "training ends at the level of {}, if it is long enough and the model can express it",
        prediction.ends
    );
    match (&prediction.drop, &prediction.withheld) {
        (Some(drop), _) => say!(
            "the loss comes halfway from the plateau to its end at step {:.0} (80 % interval {:.0}–{:.0}), by a law fitted on {} \
             settings; within the {} steps of this run with a probability of {:.0} %. What attention would gain (gap of β) rises \
             before attention does.",
            drop.step,
            drop.interval[0],
            drop.interval[1],
            drop.settings,
            drop.budget,
            100.0 * drop.chance
        ),
        (None, Some(reason)) => say!("no step is predicted at which the loss leaves the plateau: {reason}"),
        (None, None) => {}
    }
}

/// A row of the table of words.
fn cells(word: &PredictedWord) -> Vec<String> {
    let mut row = vec![word.word.clone()];
    row.extend(word.translation.clone());
    row.extend([format!("{:.2}", word.attention), word.occurrences.to_string()]);
    row.extend(word.label.clone());
    row.push(if word.label.is_some() {
        format!("{:.1}", word.signal.abs())
    } else {
        format!("{:+.1}", word.signal)
    });
    row.extend(word.clear.map(|clear| if clear { "yes" } else { "no" }.to_owned()));
    row
}

/// What the columns of words in texts mean.
const TEXT_COLUMNS: &[(&str, &str)] = &[
    (
        "attention",
        "predicted weight of the word in a held-out text; 1 is its share if all words weigh the same",
    ),
    ("occurrences", "how often the word is in held-out texts"),
    ("label", "the label that the word speaks for"),
    ("signal/noise", "how many standard errors it goes with that label, in training texts"),
    (
        "stands out",
        "attention above 1, and with that label in more texts than chance explains among so many words (exact test, 1 % false \
         discoveries); others are grey",
    ),
];

/// What the columns of pairs of words mean.
const PAIR_COLUMNS: &[(&str, &str)] = &[
    (
        "attention",
        "predicted weight of the word where the target word is predicted; 1 if all words weigh the same",
    ),
    ("occurrences", "how often both are in one of the predicted pairs"),
    ("signal/noise", "how many standard errors more often they come together than chance would have it"),
    (
        "stands out",
        "more than chance explains among so many pairs (at most 1 % that any does by chance); others are grey",
    ),
];

/// Prints the scores of the forecasts of `runs`, if there are any.
pub fn show_scores(runs: &[RunRecord]) -> Result<()> {
    let mut scores = Vec::new();
    let progress = Progress::new(Vec::new());
    for (place, run) in runs.iter().enumerate() {
        if CopyingSpec::of(&run.spec).is_none() && Forecast::read(run.directory.path())?.is_some() {
            note!(
                "scoring {}: trains the bag of embeddings for β^px unless there is one beside the run (minutes on large \
                 data)",
                run.name()
            );
        }
        let mut watch = |at: watch::Progress| {
            if at.all > 1 {
                progress.beside(place, &run.name(), at);
            }
            ControlFlow::Continue(())
        };
        scores.extend(scored(run, &mut watch)?);
    }
    if scores.is_empty() {
        return Ok(());
    }
    say!("forecasts");
    let rows = scores.iter().map(row);
    say!("{}", table(&["run", "forecast", "predicted", "measured"], rows));
    for times in score_times(&scores).iter().filter(|times| times.runs > 1) {
        let number = |x: Option<f64>| x.map_or("–".into(), |x| format!("{x:.2}"));
        let theory = times.theory.as_deref().map_or_else(String::new, |theory| format!(" (theory {theory})"));
        say!(
            "{} forecasts of {}{theory}: rank correlation of steps {}, share of steps within the 80 % interval {}, skill \
             over predicting the mean {}, AUC for learning within the budget {}",
            times.runs,
            if times.what == "drop" { "the drop of the loss" } else { times.what },
            number(times.rank_correlation),
            number(times.coverage),
            number(times.skill),
            number(times.discrimination)
        );
        if times.ended_early > 0 {
            say!(
                "{} of these runs ended within the budget before they learned, so that the AUC leaves them out",
                times.ended_early
            );
        }
    }
    Ok(())
}

fn row(score: &RunScore) -> Vec<String> {
    let (predicted, measured) = match &score.prediction {
        Prediction::Copying(CopyingPrediction { outcome, .. }) => {
            let [early, middle, late] = outcome.emergence.map(|each| step(each, outcome.horizon));
            let measured = match score.emergence {
                Some(Emergence::At(step)) => format!("learned at {step}"),
                Some(censored) => censored.to_string(),
                None => "–".into(),
            };
            (format!("{:.0} %, at {middle} ({early}–{late})", 100.0 * outcome.chance), measured)
        }
        Prediction::Levels(prediction) => {
            let named = prediction.levels.iter().map(|level| format!("{} {:.3}", level.name, level.loss));
            let mut measured =
                score.last_loss.map_or("–".into(), |loss| format!("loss {loss:.3} at the end"));
            let mut predicted =
                format!("ends at {} ({})", prediction.ends, named.collect::<Vec<_>>().join(", "));
            if let (Some(drop), Some(emergence)) = (&prediction.drop, score.emergence) {
                let [low, high] = drop.interval;
                predicted += &format!("; drop at {:.0} ({low:.0}–{high:.0})", drop.step);
                measured += &format!(
                    "; drop {}",
                    match emergence {
                        Emergence::At(step) => format!("at {step}"),
                        censored => censored.to_string(),
                    }
                );
            }
            (predicted, measured)
        }
        Prediction::Words(_) => match score.words {
            Some(words) => {
                let labels = words.by_predicted_label.map_or_else(String::new, |by_predicted| {
                    format!(" with the true label, {by_predicted:.3} with the predicted label")
                });
                (
                    format!("A(α, predicted) {:.3}{labels}", words.predicted),
                    format!(
                        "A(α, β^px) {:.3}, chance {:.3} ({} rows, step {})",
                        words.embeddings, words.baseline, words.rows, words.step
                    ),
                )
            }
            None => ("attention".into(), "no attribution records to score with".into()),
        },
    };
    vec![score.name.clone(), score.status.to_string(), predicted, measured]
}

//! The report of classification studies.

use std::path::Path;

use maud::{Markup, html};

use super::agreement_tables::study_grids;
use super::html::{columns, figure, grid, page, verdict};
use super::side_by_side::side_by_side;
use super::study_curves::{STUDY_COLUMNS, curves};
use crate::proxy::Proxies;
use crate::store::write_atomically;
use crate::study::{ClassificationPlan, RunRecord, Study, StudyError, StudyRuns};
use crate::task::text::WordTable;

/// Words that are listed for each proxy and label.
const WORDS: usize = 12;

/// Words below this count in training are not listed.
const AT_LEAST: u64 = 10;

/// Writes the report of `studies`, each with its proxies, whose runs are those of the plan of the same name.
pub fn write_classification_report(
    plans: &[ClassificationPlan],
    studies: &[(Study, Proxies)],
    path: &Path,
) -> Result<(), StudyError> {
    let mut sections = vec![html! {
        header {
            h1 { "Does a model know words before it attends to them?" }
            p class="lead" {
                "β is the score of a word by itself; α is its attention weight. If attention is drawn to \
                 words whose meaning is already known, then β of a run with attention frozen to uniform \
                 predicts where attention of another run will go, and does so earlier. The tables give the \
                 agreement A between two attributions, and ξ: the score at which attention of other seeds \
                 first agrees with gold α more than A."
            }
        }
    }];
    for plan in plans {
        let Some((study, proxies)) = studies.iter().find(|(study, _)| study.name == plan.name) else {
            continue;
        };
        sections.push(section(plan, study, proxies)?);
    }
    let read: Vec<StudyRuns> =
        plans.iter().filter_map(|plan| plan.read().transpose()).collect::<Result<_, _>>()?;
    let runs: Vec<&RunRecord> = read.iter().flat_map(StudyRuns::iter).collect();
    let page = page("Onset: words known, then attended to", &sections, &runs);
    write_atomically(path, page.as_bytes())?;
    Ok(())
}

fn section(plan: &ClassificationPlan, study: &Study, proxies: &Proxies) -> Result<Markup, StudyError> {
    let [validation, training] = &study_grids(study)[..] else { return Ok(html! {}) };
    let Some(labels) = &study.label_names else { return Ok(html! {}) };
    let shaded = match plan.read()? {
        Some(runs) => figure(
            &side_by_side(plan, study, proxies, &runs)?,
            html! {
                "Blue supports the true label, orange the others. For α, shading shows weight above that \
                 of uniform attention. Point at a word for its numbers."
            },
        ),
        None => html! {},
    };
    Ok(html! {
        h2 { (study.name) }
        (verdict(study.remarks().first().map_or("", String::as_str)))
        p class="lead" {
            (study.train) " training texts, " (study.validation) " held-out texts; labels "
            (labels.join(", ")) "; comparison runs: seeds "
            (study.comparisons.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")) "."
        }
        ul { @for sentence in study.remarks().iter().skip(1) { li { (sentence) } } }
        (grid(validation))
        (columns(&STUDY_COLUMNS))
        p class="caption" {
            "If an attribution is recorded at several checkpoints, the one with the largest agreement is \
             used. Rows with β^co, or with α and a proxy, are not in the paper."
        }
        details { summary { "Training texts" } (grid(training)) }
        h3 { "Does β come before α?" }
        (curves(study))
        h3 { "The same texts shaded by each attribution" }
        (shaded)
        h3 { "What word counts predict" }
        (word_lists(plan, labels, proxies))
    })
}

/// The words that each proxy counts most for each label.
fn word_lists(plan: &ClassificationPlan, labels: &[String], proxies: &Proxies) -> Markup {
    let vocabulary = &plan.data.vocabulary;
    let frequent: Vec<u32> =
        (0..vocabulary.len() as u32).filter(|&id| vocabulary.count(id) >= AT_LEAST).collect();
    let tables = [
        ("β^px, bag of embeddings", &proxies.embeddings),
        ("β^lr, logistic regression", &proxies.regression),
        ("β^co, first-order co-occurrence", &proxies.first_order),
    ];
    let strongest = |table: &WordTable, label: u32| {
        let mut order = frequent.clone();
        let support = |id: u32| table.support(id, label);
        order.sort_by(|&a, &b| support(b).total_cmp(&support(a)).then(a.cmp(&b)));
        order.iter().take(WORDS).map(|&id| vocabulary.word(id)).collect::<Vec<_>>().join("  ")
    };
    html! {
        div class="scroll" { table {
            thead { tr { th { "Label" } @for (name, _) in tables { th { (name) } } } }
            tbody { @for (label, name) in (0..).zip(labels) { tr {
                th scope="row" { (name) }
                @for (_, table) in tables { td class="list" { (strongest(table, label)) } }
            } } }
        } }
        p class="caption" {
            "Words that occur at least " (AT_LEAST) " times in training, strongest first. Bag of embeddings: best \
             after epoch " (proxies.facts.embeddings.best_epoch) " of " (proxies.facts.embeddings.epochs)
            ", held-out accuracy " (format!("{:.3}", proxies.facts.embeddings.validation_accuracy))
            "; logistic regression: C = " (format!("{:.0e}", proxies.facts.regression.strength)) "."
        }
    }
}

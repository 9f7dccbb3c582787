//! The report of translation studies.

use std::path::Path;

use maud::{Markup, html};

use super::Grid;
use super::agreement_tables::study_grids;
use super::figure::{Curves, Role};
use super::html::{columns, figure, grid, page, verdict};
use super::pair_page::alignments;
use super::study_curves::{STUDY_COLUMNS, curves};
use crate::align::{AlignmentScore, ScoredWay};
use crate::store::write_atomically;
use crate::study::{Lexicon, LexiconEntry, ProxyOrigin, RunRecord, Study, StudyError, StudyRuns};

/// Words of the lexicon that are shown; its CSV has all.
const SHOWN: usize = 150;

/// A study with the runs that it is of and its lexicon.
pub struct StudiedPairs {
    /// The findings.
    pub study: Study,
    /// The runs.
    pub runs: StudyRuns,
    /// The lexicon.
    pub lexicon: Lexicon,
}

/// Writes the report of `studies`.
pub fn write_translation_report(studies: &[StudiedPairs], path: &Path) -> Result<(), StudyError> {
    let mut sections = vec![html! {
        header {
            h1 { "Does a model know words before it aligns them?" }
            p class="lead" {
                "β is the log-probability of the target token from the state of one source word alone; α \
                 is the attention weight of that word. If attention is drawn to words whose translation is \
                 already known, then β of a run with attention frozen to uniform predicts where attention \
                 of another run will go, and does so earlier. The tables give the agreement A between two \
                 attributions, and ξ: the score at which attention of another seed first agrees with gold \
                 α more than A."
            }
        }
    }];
    for each in studies {
        sections.push(section(each)?);
    }
    let runs: Vec<&RunRecord> = studies.iter().flat_map(|each| each.runs.iter()).collect();
    let page = page("Onset: words known, then aligned", &sections, &runs);
    write_atomically(path, page.as_bytes())?;
    Ok(())
}

fn section(StudiedPairs { study, runs, lexicon }: &StudiedPairs) -> Result<Markup, StudyError> {
    let [validation, training] = &study_grids(study)[..] else { return Ok(html! {}) };
    let named = [("gold", &runs.gold), ("uniform attention", &runs.uniform)];
    let named = named.into_iter().chain(runs.comparisons.first().map(|run| ("comparison", run)));
    let named = named.map(|(role, run)| (format!("{role}, seed {}", run.spec.seed()), run));
    Ok(html! {
        h2 { (study.name) }
        (verdict(study.remarks().first().map_or("", String::as_str)))
        p class="lead" {
            (study.train) " training pairs, " (study.validation) " held-out pairs; comparison runs: seeds "
            (study.comparisons.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")) "."
        }
        ul {
            @for sentence in study.remarks().iter().skip(1) { li { (sentence) } }
            @if let Some(sentence) = lexicon.remark() { li { (sentence) } }
        }
        (grid(validation))
        (columns(&STUDY_COLUMNS))
        p class="caption" {
            "Held-out pairs, with one row per target word; ξ is a token accuracy. If an attribution is \
             recorded at several checkpoints, the one with the largest agreement is used. Rows with β^co, \
             or with α and a proxy, are not in the paper."
        }
        details { summary { "Training pairs" } (grid(training)) }
        h3 { "Does β come before α?" }
        (curves(study))
        h3 { "Word alignments" }
        (alignments(named)?)
        @if !study.alignments.is_empty() {
            h3 { "Against links made by hand" }
            (figure(&error_rates(&study.alignments), html! {
                "Alignment error rate of links to the source word with the largest weight, by step of training."
            }))
            (grid(&alignment_grid(study)))
        }
        h3 { "The lexicon that training learns" }
        (lexicon_part(study, lexicon))
    })
}

/// The agreement with links made by hand, a row for each way and step.
pub fn alignment_grid(study: &Study) -> Grid {
    let row = |each: &ScoredWay| {
        let AlignmentScore { found, precision, recall, aer, .. } = each.score;
        let step = each.step.map_or("–".into(), |step| step.to_string());
        let number = |value: f64| format!("{value:.3}");
        let run = each.run.clone().unwrap_or_else(|| "–".into());
        vec![run, each.by.into(), step, found.to_string(), number(precision), number(recall), number(aer)]
    };
    Grid {
        title: format!("{}: against links made by hand", study.name),
        header: ["run", "by", "step", "links", "precision", "recall", "error rate"]
            .map(String::from)
            .to_vec(),
        rows: study.alignments.iter().map(row).collect(),
    }
}

fn error_rates(scored: &[ScoredWay]) -> Curves {
    let of = |run: &str, by: &str| -> Vec<(f64, f64)> {
        let own = scored.iter().filter(|each| each.run.as_deref() == Some(run) && each.by == by);
        own.filter_map(|each| Some((each.step? as f64, each.score.aer))).collect()
    };
    let mut steps: Vec<u64> = scored.iter().filter_map(|each| each.step).collect();
    steps.sort_unstable();
    steps.dedup();
    let curves = Curves::new("alignment error rate", "error rate", Some([0.0, 1.0]))
        .over_log_steps(steps)
        .with_points("gold α", Role::Median, of("gold", "alpha"))
        .with_points("gold β", Role::Main, of("gold", "beta"))
        .with_points("β^uf", Role::Main, of("uniform", "beta"));
    let untrained =
        scored.iter().filter(|each| each.run.is_none() && ["theory", "beta-px"].contains(&each.by));
    untrained.fold(curves, |curves, each| curves.with_reference(each.by, each.score.aer))
}

fn lexicon_part(study: &Study, lexicon: &Lexicon) -> Markup {
    let listed: Vec<&LexiconEntry> = lexicon.timed().take(SHOWN).collect();
    let words = |list: &[(String, f64)], number: &dyn Fn(f64) -> String| {
        let each = list.iter().map(|(word, x)| format!("{}\u{a0}{}", plain(word), number(*x)));
        each.collect::<Vec<_>>().join("   ")
    };
    let step = |step: Option<u64>| step.map_or("–".into(), |step| step.to_string());
    let best = match &study.proxies {
        ProxyOrigin::Pairs(facts) => format!(
            "Bag of embeddings: best after epoch {} of {}, {:.2} nats per held-out target word.",
            facts.embeddings.best_epoch, facts.embeddings.epochs, facts.embeddings.validation_loss
        ),
        ProxyOrigin::Texts(_) => String::new(),
    };
    html! {
        (figure(&known_words(lexicon), html! {
            "By each step: the share of source words whose first translation β of the uniform run has \
             learned, and the share to which gold α attends when that translation is the target. A word \
             counts from the first checkpoint at which its position is among the top 5 % in more than half \
             of the recorded pairs that contain both."
        }))
        div class="scroll tall" { table {
            thead { tr {
                th { "Source" } th { "Pairs" } th { "By β^px (probability)" }
                th { "By co-occurrence (slope × 1,000)" } th { "Learned by β^uf at step" }
                th { "Found by α at step" }
            } }
            tbody { @for entry in &listed { tr {
                th scope="row" { (plain(&entry.source)) }
                td { (entry.pairs) }
                td class="list" { (words(&entry.by_embeddings, &|p| format!("{p:.2}"))) }
                td class="list" { (words(&entry.by_co_occurrence, &|x| format!("{:.1}", 1000.0 * x))) }
                td { (step(entry.known)) } td { (step(entry.attended)) }
            } } }
        } }
        p class="caption" {
            "The " (listed.len())
            " most frequent source words that co-occur with their first translation at least five times in the recorded pairs; \
             lexicon.csv has the rest. A leading dot marks a subword that does not begin a word. " (best)
        }
    }
}

/// A subword as people read it.
fn plain(piece: &str) -> String {
    match piece.strip_prefix('▁') {
        Some("") => "␣".into(),
        Some(word) => word.into(),
        None => format!("·{piece}"),
    }
}

/// The share of the lexicon that is known, and that attention finds, by checkpoint.
fn known_words(lexicon: &Lexicon) -> Curves {
    let count = lexicon.timed().count().max(1) as f64;
    let by = |steps: &[u64], first: &dyn Fn(&LexiconEntry) -> Option<u64>| {
        let at = |&step: &u64| {
            let there =
                lexicon.timed().filter(|entry| first(entry).is_some_and(|known| known <= step)).count();
            (step as f64, there as f64 / count)
        };
        steps.iter().map(at).collect::<Vec<_>>()
    };
    let mut steps = [&lexicon.uniform_steps[..], &lexicon.gold_steps].concat();
    steps.sort_unstable();
    steps.dedup();
    Curves::new("words learned and words attended to", "share of words", Some([0.0, 1.0]))
        .over_log_steps(steps)
        .with_points("learned by β^uf", Role::Main, by(&lexicon.uniform_steps, &|entry| entry.known))
        .with_points("attended to by gold α", Role::Median, by(&lexicon.gold_steps, &|entry| entry.attended))
}

//! The tables of studies: for the terminal, as Markdown, as LaTeX, and as CSV.

use std::collections::BTreeSet;

use super::Grid;
use crate::agreement::{Interval, Measure, Reached};
use crate::study::{Estimate, Finding, Pair, PartStudy, Study};
use crate::task::Split;

const NOT_REACHED: &str = "not reached";

fn number(value: f64) -> String {
    if value.is_nan() { "–".into() } else { format!("{value:.3}") }
}

fn interval(interval: Option<Interval>) -> String {
    interval.map_or("–".into(), |Interval { low, high }| format!("{low:.2}–{high:.2}"))
}

fn value(finding: Option<&Finding>) -> String {
    finding.and_then(|finding| finding.agreement.as_ref()).map_or("–".into(), |found| number(found.value))
}

/// ξ; a dash where there is no agreement to be reached.
fn progress(finding: Option<&Finding>) -> String {
    match finding {
        Some(Finding { agreement: Some(_), reached: Some(Reached { score, .. }), .. }) => number(*score),
        Some(Finding { agreement: Some(_), reached: None, .. }) => NOT_REACHED.into(),
        _ => "–".into(),
    }
}

/// ξ in BLEU, where it is reached.
fn bleu_progress(study: &Study, finding: Option<&Finding>) -> String {
    let bleu = finding.and_then(|finding| study.bleu_at(finding));
    match (finding, bleu) {
        (_, Some(bleu)) => format!("{bleu:.1}"),
        (Some(Finding { agreement: Some(_), reached: None, .. }), None) => NOT_REACHED.into(),
        _ => "–".into(),
    }
}

/// One grid a part: a row for each comparison, with every measure and its ξ, then Â and ξ*.
pub fn study_grids(study: &Study) -> Vec<Grid> {
    Split::ALL.iter().map(|part| part_grid(study, part.name())).collect()
}

fn part_grid(study: &Study, part: &str) -> Grid {
    let parts = Measure::ALL.map(|measure| study.part(part, measure));
    let with_bleu = study.bleu.is_some();
    let mut header = [part, "top 5 %", "95 %", "ξ"].map(String::from).to_vec();
    header.extend(with_bleu.then(|| "ξ BLEU".into()));
    header.extend(["τ-b", "ξ", "ρ", "ξ"].map(String::from));
    let row = |pair: Pair| {
        let found = parts.map(|part| part.finding(pair));
        let range = parts[0].agreement(pair).and_then(|agreement| agreement.over_texts);
        let mut row = vec![pair.to_string(), value(found[0]), interval(range), progress(found[0])];
        row.extend(with_bleu.then(|| bleu_progress(study, found[0])));
        found[1..].iter().for_each(|&finding| row.extend([value(finding), progress(finding)]));
        row
    };
    let (paper, ours): (Vec<Pair>, Vec<Pair>) =
        parts[0].findings.iter().map(|finding| finding.pair).partition(|pair| pair.is_of_paper());
    let mut rows: Vec<Vec<String>> = paper.into_iter().map(row).collect();
    rows.push(baseline_row(&parts, header.len(), with_bleu));
    let mut best = vec![String::new(); header.len()];
    best[0] = "ξ* (best gold score)".into();
    best[3] = number(study.gold.score);
    if let Some(bleu) = &study.bleu {
        best[4] = format!("{:.1}", bleu.gold);
    }
    rows.push(best);
    rows.extend(ours.into_iter().map(row));
    let count = match study.label_names {
        Some(_) => format!("{} texts", parts[0].texts),
        None => format!("{} pairs, {} target words", parts[0].texts, parts[0].rows),
    };
    Grid { title: format!("{}, {part} ({count})", study.name), header, rows }
}

/// Â by measure, in a row of `width` cells.
fn baseline_row(parts: &[&PartStudy; 3], width: usize, with_bleu: bool) -> Vec<String> {
    let mut row = vec![String::new(); width];
    row[0] = "Â (shuffled)".into();
    row[2] = parts[0].baseline.map_or("–".into(), |b| format!("{:.2}–{:.2}", b.low, b.high));
    let columns = if with_bleu { [1, 5, 7] } else { [1, 4, 6] };
    for (part, column) in parts.iter().zip(columns) {
        row[column] = part.baseline.map_or("–".into(), |baseline| number(baseline.mean));
    }
    row
}

/// The paper's layout: a row a data set, A with ξ in brackets, then Â and ξ*; one grid a part and measure.
pub fn paper_grids(studies: &[Study]) -> Vec<Grid> {
    let all = studies.iter().flat_map(|study| &study.parts).flat_map(|part| &part.findings);
    let there: BTreeSet<Pair> = all.map(|finding| finding.pair).filter(|pair| pair.is_of_paper()).collect();
    let mut grids = Vec::new();
    for part in Split::ALL {
        for measure in Measure::ALL {
            let mut header = vec!["data".to_string()];
            header.extend(there.iter().map(Pair::to_string));
            header.extend(["Â", "ξ*"].map(String::from));
            let rows = studies.iter().map(|study| paper_row(study, study.part(part.name(), measure), &there));
            grids.push(Grid {
                title: format!("{}, {}", measure.name(), part.name()),
                header,
                rows: rows.collect(),
            });
        }
    }
    grids
}

fn paper_row(study: &Study, part: &PartStudy, pairs: &BTreeSet<Pair>) -> Vec<String> {
    let mut row = vec![study.name.clone()];
    for &pair in pairs {
        let finding = part.finding(pair);
        let bleu = finding.and_then(|finding| study.bleu_at(finding));
        let bleu = bleu.map_or(String::new(), |bleu| format!(", BLEU {bleu:.1}"));
        row.push(format!("{} ({}{bleu})", value(finding), progress(finding)));
    }
    row.push(part.baseline.map_or("–".into(), |baseline| number(baseline.mean)));
    let bleu = study.bleu.as_ref().map_or(String::new(), |bleu| format!(", BLEU {:.1}", bleu.gold));
    row.push(number(study.gold.score) + &bleu);
    row
}

/// All grids as Markdown: the paper's layout, then each study in full.
pub fn agreement_markdown(studies: &[Study]) -> String {
    let mut text = String::from("# Agreement of attention with single-word predictions\n\n");
    text += "A, with ξ in brackets: the score of the comparison runs at the checkpoint where their own \
             attention first agrees with the gold run's more than A.\n";
    let grids = paper_grids(studies).into_iter().chain(studies.iter().flat_map(study_grids));
    grids.for_each(|grid| text += &grid.markdown());
    text
}

/// The grids of the paper's layout as LaTeX tables (package `booktabs`).
pub fn agreement_latex(studies: &[Study]) -> String {
    let mut text = String::from("% Needs \\usepackage{booktabs}.\n");
    paper_grids(studies).iter().for_each(|grid| text += &grid.latex());
    text
}

const CSV_HEADER: [&str; 23] = [
    "data",
    "part",
    "measure",
    "pair",
    "agreement",
    "low",
    "high",
    "seed_low",
    "seed_high",
    "step",
    "xi",
    "xi_step",
    "xi_best",
    "shuffled",
    "shuffled_deviation",
    "texts",
    "undefined",
    "tied",
    "paper",
    "xi_bleu",
    "xi_best_bleu",
    "rows",
    "absent",
];

/// Every finding as a row; empty fields where something is undefined or not reached.
pub fn agreement_csv(studies: &[Study]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(CSV_HEADER).expect("memory takes it");
    for study in studies {
        for part in &study.parts {
            for finding in &part.findings {
                writer.write_record(csv_row(study, part, finding)).expect("memory takes it");
            }
        }
    }
    String::from_utf8(writer.into_inner().expect("memory takes it")).expect("all fields are UTF-8")
}

fn csv_row(study: &Study, part: &PartStudy, finding: &Finding) -> Vec<String> {
    let field = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.6}"));
    let whole = |value: Option<u64>| value.map_or(String::new(), |value| value.to_string());
    let ends = |interval: Option<Interval>| [interval.map(|i| i.low), interval.map(|i| i.high)].map(field);
    let estimate: Option<&Estimate> = finding.agreement.as_ref();
    let [low, high] = ends(estimate.and_then(|e| e.over_texts));
    let [seed_low, seed_high] = ends(estimate.and_then(|e| e.over_seeds));
    let measure = serde_json::to_value(part.measure).expect("a plain name");
    let [first, second] = finding.pair.symbols();
    vec![
        study.name.clone(),
        part.part.into(),
        measure.as_str().unwrap_or_default().into(),
        format!("{first} {second}"),
        field(estimate.map(|e| e.value)),
        low,
        high,
        seed_low,
        seed_high,
        whole(estimate.and_then(|e| e.step)),
        field(finding.reached.map(|reached| reached.score)),
        whole(finding.reached.map(|reached| reached.step)),
        field(Some(study.gold.score)),
        field(part.baseline.map(|baseline| baseline.mean)),
        field(part.baseline.map(|baseline| baseline.deviation)),
        part.texts.to_string(),
        whole(estimate.map(|e| e.undefined as u64)),
        whole(estimate.map(|e| e.tied as u64)),
        finding.pair.is_of_paper().to_string(),
        field(study.bleu_at(finding)),
        field(study.bleu.as_ref().map(|bleu| bleu.gold)),
        part.rows.to_string(),
        whole(estimate.map(|e| e.absent as u64)),
    ]
}

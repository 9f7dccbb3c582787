//! Reports as single HTML files: words and tables written here, figures drawn by the page's script from
//! the data that is embedded with them. Nothing is fetched.

use std::path::Path;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Serialize;

use super::summary::{group_by_seed, has_own_summary};
use super::{Grid, copying_page, pair_page, run_page, text_page};
use crate::spec::CopyingSpec;
use crate::store::{StoreError, write_atomically};
use crate::study::RunRecord;

const STYLE: [&str; 2] = [include_str!("assets/uplot/uPlot.min.css"), include_str!("assets/report.css")];

const SCRIPT: [&str; 8] = [
    include_str!("assets/uplot/uPlot.iife.min.js"),
    include_str!("assets/controls.js"),
    include_str!("assets/curves.js"),
    include_str!("assets/heatmaps.js"),
    include_str!("assets/texts.js"),
    include_str!("assets/side_by_side.js"),
    include_str!("assets/alignments.js"),
    include_str!("assets/page.js"),
];

/// Writes a report of `runs` to `path`.
pub fn write_report(runs: &[RunRecord], path: &Path) -> Result<(), StoreError> {
    write_atomically(path, report(runs)?.as_bytes())
}

/// The page of `runs`.
pub fn report(runs: &[RunRecord]) -> Result<String, StoreError> {
    let groups = group_by_seed(runs);
    let (copying, text): (Vec<_>, Vec<_>) =
        groups.into_iter().partition(|group| CopyingSpec::of(&group[0].spec).is_some());
    let mut sections = Vec::new();
    if !copying.is_empty() {
        sections.push(copying_page::section(runs, &copying)?);
    }
    for group in &text {
        sections.push(text_page::section(group)?);
        sections.push(pair_page::section(group)?);
        if !has_own_summary(group) {
            sections.push(run_page::section(group)?);
        }
    }
    let title = match (copying.is_empty(), text.is_empty()) {
        (false, true) => "Onset: copying",
        (true, false) => "Onset: where attention goes",
        _ => "Onset",
    };
    Ok(page(title, &sections).into_string())
}

pub(super) fn page(title: &str, sections: &[Markup]) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE.join("\n"))) }
            }
            body {
                main { @for section in sections { (section) } }
                footer { "Made by Onset " (env!("CARGO_PKG_VERSION")) ". Drag over a curve to zoom, double-click to zoom out." }
                @for script in SCRIPT { script { (PreEscaped(script)) } }
            }
        }
    }
}

/// A figure that the page's script draws from `data`, with its caption.
pub(super) fn figure(data: &impl Serialize, caption: Markup) -> Markup {
    let json = serde_json::to_string(data).expect("figure data is plain");
    // Inside a script element only `</` and `<!--` could end it or change its meaning.
    let json = json.replace('<', "\\u003c");
    html! {
        figure {
            script type="application/json" { (PreEscaped(json)) }
            div class="drawing" {}
            figcaption { (caption) }
        }
    }
}

/// A table whose first column names its rows.
pub(super) fn grid(grid: &Grid) -> Markup {
    html! {
        div class="scroll" { table {
            thead { tr { @for cell in &grid.header { th { (cell) } } } }
            tbody { @for row in &grid.rows { tr {
                @for (column, cell) in row.iter().enumerate() {
                    @if column == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                }
            } } }
        } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_text_cannot_break_out_of_its_element() {
        let evil = "</script><b>&\"<!--";
        let markup = figure(&serde_json::json!({ "words": [evil] }), html! { (evil) }).into_string();
        assert_eq!(markup.matches("</script>").count(), 1, "{markup}");
        assert!(!markup.contains("<b>") && !markup.contains("<!--"), "{markup}");
        let json = markup.split("json\">").nth(1).unwrap().split("</script>").next().unwrap();
        let back: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(back["words"][0], evil);
    }

    #[test]
    fn nothing_is_fetched() {
        let page = page("t", &[]).into_string();
        for outside in ["src=\"", "href=\"", "@import", "url(", "fetch(", "XMLHttpRequest"] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}

//! Reports as single HTML files: words and tables written here, figures drawn by the page's script from
//! the data that is embedded with them. Nothing is fetched.

use std::path::Path;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Serialize;

use super::charts::{script, style};
use super::figure::{Curves, pieces, plot, svg};
use super::footer::footer;
use super::glossary::glossary;
use super::groups::{Group, groups};
use super::summary::has_own_summary;
use super::{Grid, branches_part, copying_page, pair_page, run_page, text_page};
use crate::spec::CopyingSpec;
use crate::store::{StoreError, write_atomically};
use crate::study::RunRecord;

/// Writes a report of `runs` to `path`.
pub fn write_report(runs: &[RunRecord], path: &Path) -> Result<(), StoreError> {
    write_atomically(path, report(runs)?.as_bytes())
}

/// The page of `runs`.
pub fn report(runs: &[RunRecord]) -> Result<String, StoreError> {
    let (copying, text): (Vec<Group<'_>>, Vec<Group<'_>>) =
        groups(runs).into_iter().partition(|group| CopyingSpec::of(&group[0].spec).is_some());
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
    sections.extend(branches_part::section(runs)?);
    let title = match (copying.is_empty(), text.is_empty()) {
        (false, true) => "Onset: copying",
        (true, false) => "Onset: where attention goes",
        _ => "Onset",
    };
    Ok(page(title, &sections, &runs.iter().collect::<Vec<_>>()))
}

/// A page of `sections` on `runs`, complete with glossary and footer.
pub(super) fn page(title: &str, sections: &[Markup], runs: &[&RunRecord]) -> String {
    let body = html! { @for part in sections { section { (part) } } }.into_string();
    let (body, text) = typeset(&body);
    let (glossary, _) = typeset(&glossary(&text).into_string());
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(style())) }
            }
            body {
                main { (PreEscaped(body)) (PreEscaped(glossary)) }
                (footer(runs))
                p class="visually-hidden" id="announcement" role="status" {}
                script type="module" { (PreEscaped(script())) }
            }
        }
    };
    page.into_string()
}

/// HTML with the superscripts of our symbols raised, and its text. Scripts and drawings are left as they are.
fn typeset(html: &str) -> (String, String) {
    let (mut typeset, mut text) = (String::with_capacity(html.len()), String::new());
    let mut rest = html;
    while !rest.is_empty() {
        let (words, after) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        for (piece, raised) in pieces(words) {
            if raised {
                typeset.extend(["<sup>", piece, "</sup>"]);
            } else {
                typeset += piece;
            }
        }
        text += words;
        text.push(' ');
        let kept = ["script", "svg"].into_iter().find(|name| after[after.len().min(1)..].starts_with(name));
        let end = match kept {
            Some(name) => format!("</{name}>"),
            None => ">".into(),
        };
        let tag = after.find(&end).map_or(after.len(), |place| place + end.len());
        typeset += &after[..tag];
        rest = &after[tag..];
    }
    (typeset, text)
}

/// What a figure is drawn from.
pub(super) trait FigureData: Serialize {
    /// A drawing for where no script runs.
    fn still(&self) -> Option<String> {
        None
    }
}

impl FigureData for Curves {
    fn still(&self) -> Option<String> {
        Some(svg(&plot(self, None)))
    }
}

impl<T: FigureData> FigureData for &T {
    fn still(&self) -> Option<String> {
        (*self).still()
    }
}

/// What was learned, before anything else.
pub(super) fn verdict(sentences: &str) -> Markup {
    html! { p class="verdict-box" { (sentences) } }
}

/// What the columns of a table above mean.
pub(super) fn columns(meanings: &[(&str, &str)]) -> Markup {
    html! { dl class="columns" { @for (column, meaning) in meanings { dt { (column) } dd { (meaning) } } } }
}

/// A figure that the page's script draws from `data`, with its caption.
pub(super) fn figure(data: &impl FigureData, caption: Markup) -> Markup {
    let json = serde_json::to_string(data).expect("figure data is plain");
    // Inside a script element only `</` and `<!--` could end it or change its meaning.
    let json = json.replace('<', "\\u003c");
    html! {
        figure {
            script type="application/json" { (PreEscaped(json)) }
            div class="drawing" { @if let Some(still) = data.still() { noscript { (PreEscaped(still)) } } }
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

    impl FigureData for serde_json::Value {}

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
        let page = page("t", &[], &[]);
        for outside in ["src=\"", "href=\"", "@import", "url(http", "fetch(", "XMLHttpRequest", "import "] {
            assert!(!page.contains(outside), "{outside}");
        }
    }

    #[test]
    fn superscripts_are_raised_in_words_and_nowhere_else() {
        let (html, text) =
            typeset("<p title=\"β^uf\">A(α, β^uf)</p><script>β^uf</script><svg><text>β^uf</text></svg>β^px");
        assert_eq!(
            html,
            "<p title=\"β^uf\">A(α, β<sup>uf</sup>)</p><script>β^uf</script><svg><text>β^uf</text></svg>β<sup>px</sup>"
        );
        assert_eq!(text.split_whitespace().collect::<Vec<_>>(), ["A(α,", "β^uf)", "β^px"]);
    }

    #[test]
    fn a_page_without_script_has_still_curves() {
        let curves = Curves::new("t", "loss", None).over("step", [0.0, 1.0]).with_reference("chance", 0.7);
        let markup = figure(&curves, html! {}).into_string();
        assert!(markup.contains("<noscript><svg") && markup.contains("chance</text>"), "{markup}");
    }
}

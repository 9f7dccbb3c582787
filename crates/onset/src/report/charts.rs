//! The charts of the pages: one set of scripts and one style sheet, for reports and the lab.

/// The files by name. The scripts are ES modules that import each other; the lab serves them as they are.
pub const CHARTS: [(&str, &str); 15] = [
    ("charts.css", include_str!("../../charts/charts.css")),
    ("element.js", include_str!("../../charts/element.js")),
    ("colours.js", include_str!("../../charts/colours.js")),
    ("symbols.js", include_str!("../../charts/symbols.js")),
    ("scale.js", include_str!("../../charts/scale.js")),
    ("painter.js", include_str!("../../charts/painter.js")),
    ("files.js", include_str!("../../charts/files.js")),
    ("ends.js", include_str!("../../charts/ends.js")),
    ("plot.js", include_str!("../../charts/plot.js")),
    ("legend.js", include_str!("../../charts/legend.js")),
    ("selection.js", include_str!("../../charts/selection.js")),
    ("chart.js", include_str!("../../charts/chart.js")),
    ("heatmap.js", include_str!("../../charts/heatmap.js")),
    ("shaded.js", include_str!("../../charts/shaded.js")),
    ("save.js", include_str!("../../charts/save.js")),
];

/// The scripts of reports alone, the one that draws the page last.
const PAGE: [&str; 8] = [
    include_str!("assets/controls.js"),
    include_str!("assets/curves.js"),
    include_str!("assets/heatmaps.js"),
    include_str!("assets/texts.js"),
    include_str!("assets/side_by_side.js"),
    include_str!("assets/alignments.js"),
    include_str!("assets/heads.js"),
    include_str!("assets/page.js"),
];

/// The style of a report.
pub(super) fn style() -> String {
    [CHARTS[0].1, include_str!("assets/report.css")].join("\n")
}

/// The script of a report: a file on disk cannot import modules, so that they are put into one, which has no imports.
pub(super) fn script() -> String {
    let modules = CHARTS[1..].iter().map(|&(_, module)| module).chain(PAGE);
    let lines = modules.flat_map(str::lines).filter(|line| !line.starts_with("import "));
    lines.map(|line| line.strip_prefix("export ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn modules_can_be_put_into_one() {
        let script = script();
        assert!(!script.lines().any(|line| line.starts_with("import") || line.starts_with("export")));
        let mut names = HashSet::new();
        for line in script.lines() {
            let words: Vec<&str> = line.split([' ', '(', ',']).collect();
            let name = match words[..] {
                ["async", "function", name, ..] | ["function" | "const" | "let", name, ..] => name,
                _ => continue,
            };
            assert!(names.insert(name), "two modules have `{name}` at their top");
        }
        assert!(names.len() > 40, "{names:?}");
    }

    #[test]
    fn every_import_is_of_a_module_that_is_there() {
        let modules = CHARTS[1..].iter().map(|&(_, module)| module).chain(PAGE);
        for line in modules.flat_map(str::lines).filter(|line| line.starts_with("import ")) {
            let name = line.split("\"./").nth(1).and_then(|rest| rest.strip_suffix("\";"));
            let name = name.unwrap_or_else(|| panic!("an import takes one line: {line}"));
            let own = ["controls", "curves", "heatmaps", "texts", "side_by_side", "alignments", "heads"];
            let known =
                CHARTS.iter().any(|(file, _)| *file == name) || own.contains(&name.trim_end_matches(".js"));
            assert!(known, "{line}");
        }
    }
}

//! A table of short texts, for the terminal and the page, as Markdown, LaTeX and CSV.

use std::fmt::Write;

/// A table of short texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// What it shows.
    pub title: String,
    /// One text a column.
    pub header: Vec<String>,
    /// One text a column in each.
    pub rows: Vec<Vec<String>>,
}

impl Grid {
    /// A heading and the table, as Markdown.
    pub fn markdown(&self) -> String {
        let Self { title, header, rows } = self;
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | ").replace('\n', " "));
        let rule = format!("|---|{}\n", "--:|".repeat(header.len() - 1));
        let mut text = format!("\n## {title}\n\n{}{rule}", line(header));
        rows.iter().for_each(|row| text += &line(row));
        text
    }

    /// As a LaTeX table (package `booktabs`).
    pub fn latex(&self) -> String {
        let Self { title, header, rows } = self;
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| latex(cell)).collect();
            format!("    {} \\\\\n", cells.join(" & "))
        };
        let mut text = format!(
            "\n\\begin{{table}}\n  \\centering\n  \\begin{{tabular}}{{l{}}}\n    \\toprule\n{}    \\midrule\n",
            "r".repeat(header.len() - 1),
            line(header)
        );
        rows.iter().for_each(|row| text += &line(row));
        let caption = latex(title);
        let _ =
            write!(text, "    \\bottomrule\n  \\end{{tabular}}\n  \\caption{{{caption}.}}\n\\end{{table}}\n");
        text
    }

    /// As CSV, without its title.
    pub fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let all = std::iter::once(&self.header).chain(&self.rows);
        all.for_each(|row| writer.write_record(row).expect("memory takes it"));
        String::from_utf8(writer.into_inner().expect("memory takes it")).expect("all fields are UTF-8")
    }
}

/// Symbols as LaTeX writes them; longer ones first, for the shorter are part of them.
const SYMBOLS: [(&str, &str); 13] = [
    ("β^uf", "$\\beta^{\\mathrm{uf}}$"),
    ("β^px", "$\\beta^{\\mathrm{px}}$"),
    ("β^lr", "$\\beta^{\\mathrm{lr}}$"),
    ("β^co", "$\\beta^{\\mathrm{co}}$"),
    ("ξ*", "$\\xi^*$"),
    ("Â", "$\\hat{A}$"),
    ("α", "$\\alpha$"),
    ("β", "$\\beta$"),
    ("Δ", "$\\Delta$"),
    ("ξ", "$\\xi$"),
    ("τ", "$\\tau$"),
    ("ρ", "$\\rho$"),
    ("–", "--"),
];

/// A cell in LaTeX's own writing.
fn latex(cell: &str) -> String {
    let (mut text, mut rest) = (String::new(), cell);
    while let Some(c) = rest.chars().next() {
        if let Some((symbol, written)) = SYMBOLS.iter().find(|(symbol, _)| rest.starts_with(symbol)) {
            text += written;
            rest = &rest[symbol.len()..];
            continue;
        }
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => text.extend(['\\', c]),
            '\\' => text += "\\textbackslash{}",
            '~' => text += "\\textasciitilde{}",
            '^' => text += "\\textasciicircum{}",
            _ => text.push(c),
        }
        rest = &rest[c.len_utf8()..];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latex_writes_symbols_and_escapes_what_would_be_commands() {
        assert_eq!(latex("A(α, β^uf)"), "A($\\alpha$, $\\beta^{\\mathrm{uf}}$)");
        assert_eq!(latex("sms_spam, top 5 %, ξ*"), "sms\\_spam, top 5 \\%, $\\xi^*$");
        assert_eq!(latex("a^b"), "a\\textasciicircum{}b");
    }

    #[test]
    fn a_grid_is_written_in_three_forms() {
        let texts = |texts: [&str; 2]| texts.map(String::from).to_vec();
        let grid = Grid { title: "t_1".into(), header: texts(["a", "b"]), rows: vec![texts(["x, y", "1"])] };
        assert_eq!(grid.markdown(), "\n## t_1\n\n| a | b |\n|---|--:|\n| x, y | 1 |\n");
        assert_eq!(grid.csv(), "a,b\n\"x, y\",1\n");
        assert!(grid.latex().contains("\\caption{t\\_1.}") && grid.latex().contains("x, y & 1 \\\\"));
    }
}

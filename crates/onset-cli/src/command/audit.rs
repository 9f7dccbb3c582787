//! `onset audit`: words that give labels away.

use anyhow::Result;
use onset::audit::{Audit, audit as audit_texts};
use onset::report::{giveaway_name, leak_sentences, leaks_grid, strong_words_grid, write_audit_page};
use onset::task::rows::shown;

use super::standard_input::Passing;
use super::target::{note_remarks, resolved};
use crate::Ending;
use crate::args::{AuditArguments, UsageError};
use crate::output::wrapped;
use crate::table::table;

/// Groups of words, and rows of a kind, that are printed; the page and the JSON have more.
const PRINTED: usize = 5;

/// Audits the texts of the target and prints what was found.
pub fn audit(arguments: &AuditArguments) -> Result<Ending> {
    let passing = Passing::new(&arguments.target)?;
    let target = resolved(&passing.target, &arguments.text, &arguments.overrides)?;
    let Some(source) = target.texts() else {
        let message = format!(
            "{} has no labelled texts to audit; `onset data inspect` describes sentence pairs",
            arguments.target
        );
        return Err(UsageError(message).into());
    };
    let found = audit_texts(source)?;
    note_remarks(&target.name, &found.inspection.remarks);
    if let Some(path) = &arguments.output {
        write_audit_page(path, &target.name, &found)?;
        note!("page: {}", path.display());
    }
    match arguments.json {
        true => say!("{}", serde_json::to_string_pretty(&found)?),
        false => print(&target.name, &found),
    }
    let fails = arguments.fail_on_leak && !found.leaks.is_empty();
    Ok(if fails { Ending::Found } else { Ending::Done })
}

fn print(name: &str, found: &Audit) {
    for sentence in leak_sentences(name, found) {
        say!("{}", wrapped(&shown(&sentence), 0));
    }
    if !found.leaks.is_empty() {
        let grid = leaks_grid(found);
        let header: Vec<&str> = grid.header.iter().map(String::as_str).collect();
        say!("\n{}\n{}", grid.title, table(&header, grid.rows));
        for leak in found.leaks.iter().take(PRINTED) {
            say!("\n{}, {}:", shown(&giveaway_name(leak)), shown(&leak.label));
            if !leak.with.is_empty() {
                say!("  together with {} other words: {}", leak.with_count, shown(&leak.with.join(" ")));
            }
            for row in &leak.examples {
                say!("  line {}: {}", row.line, shown(&row.text));
            }
        }
    }
    if !found.strong_words.is_empty() {
        let grid = strong_words_grid(found, 10);
        let header: Vec<&str> = grid.header.iter().map(String::as_str).collect();
        say!("\n{}\n{}", grid.title, table(&header, grid.rows));
    }
    print_repeats(found);
    if found.grouped > 0 {
        say!(
            "\n{} words always come together with another one, so that nothing can tell them apart:",
            found.grouped
        );
        for group in found.groups.iter().take(PRINTED) {
            say!("  {}", shown(&group.join(" ")));
        }
    }
}

/// Texts that are repeated, and rows that were left out.
fn print_repeats(found: &Audit) {
    let inspection = &found.inspection;
    for (overlap, what) in [
        (&inspection.leaked, "held-out texts have the same words as a training text"),
        (&inspection.conflicting, "texts occur with more than one label"),
        (&inspection.repeated, "texts have the same words as an earlier one"),
    ] {
        if overlap.count > 0 {
            say!("\n{} {what}", overlap.count);
            for pair in &overlap.examples {
                say!("  lines {} and {}: {}", pair.first_line, pair.second_line, shown(&pair.text));
            }
        }
    }
    let refused = inspection.refused.count;
    if refused > 0 {
        say!("\n{refused} rows that training would refuse are left out; `onset data inspect` lists them");
    }
}

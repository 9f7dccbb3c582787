//! Output of the command: results on standard output, everything else on standard error.
//!
//! `println!` and `eprintln!` panic if the reader has closed the pipe, as in `| head`. Here a closed pipe ends the
//! command quietly when a result is printed. Any other error in printing a result (a full disk) is reported. Notes that
//! cannot be printed are dropped, so that they never end a training. Files are therefore written before the result is
//! printed.

use std::fmt::Arguments;
use std::io::{ErrorKind, IsTerminal, Write, stderr, stdout};
use std::process::exit;

/// Prints a line of the result, like `println!`.
macro_rules! say {
    ($($part:tt)*) => { $crate::output::result(format_args!("{}\n", format_args!($($part)*))) };
}

/// Prints a line beside the result, like `eprintln!`.
macro_rules! note {
    ($($part:tt)*) => { $crate::output::aside(format_args!("{}\n", format_args!($($part)*))) };
}

/// Prints a part of the result.
pub fn result(part: Arguments<'_>) {
    let mut out = stdout().lock();
    if let Err(error) = out.write_fmt(part).and_then(|()| out.flush()) {
        if error.kind() == ErrorKind::BrokenPipe {
            exit(0);
        }
        note!("error: cannot write the result: {error}; check where standard output goes");
        exit(1);
    }
}

/// Prints text that is not the result; errors are ignored.
pub fn aside(part: Arguments<'_>) {
    let _ = stderr().lock().write_fmt(part);
}

/// Columns of what is not printed to a terminal.
const PLAIN_WIDTH: usize = 100;

/// `text` in lines that fit the terminal, each after `indent` spaces.
pub fn wrapped(text: &str, indent: usize) -> String {
    let terminal = stdout().is_terminal().then(terminal_size::terminal_size).flatten();
    let width = terminal.map_or(PLAIN_WIDTH, |(width, _)| usize::from(width.0)).clamp(indent + 20, 120);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(" ".repeat(indent) + word),
        }
    }
    lines.join("\n")
}

/// ", did you mean `x`?" for the most similar of `known`, if any is similar.
pub fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known = known.into_iter().map(|name| (strsim::jaro_winkler(found, name), name));
    match known.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((likeness, name)) if likeness > 0.75 => format!(", did you mean `{name}`?"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_wrap_and_stay_behind_their_indent() {
        let text = "word ".repeat(40);
        let lines = wrapped(&text, 6);
        assert!(lines.lines().count() > 1);
        assert!(lines.lines().all(|line| line.starts_with("      word") && line.len() <= PLAIN_WIDTH));
    }

    #[test]
    fn the_most_similar_name_is_suggested_if_it_is_similar() {
        assert_eq!(nearest("hiden", ["heads", "hidden"]), ", did you mean `hidden`?");
        assert_eq!(nearest("xyz", ["heads", "hidden"]), "");
    }
}

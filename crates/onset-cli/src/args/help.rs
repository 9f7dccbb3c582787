//! What can be typed after the commands that explain the others.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

pub const KEYS_EXAMPLES: &str = "\
Examples:
  onset keys                            all keys
  onset keys copying                    the keys of a task
  onset keys rnn                        the keys of a model
  onset keys train                      the keys of a table: task, model, train or record
  onset keys model.hidden               one key, or all keys with this prefix
  onset keys rnn --json | jq .          the same as JSON";

pub const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  onset completions bash > ~/.local/share/bash-completion/completions/onset
  onset completions zsh > ~/.zfunc/_onset
  onset completions fish > ~/.config/fish/completions/onset.fish
  onset completions powershell >> $PROFILE";

pub const MAN_EXAMPLES: &str = "\
Examples:
  onset man | man -l -                           displays the page
  onset man reproduce copying | man -l -
  onset man --out ~/.local/share/man/man1        writes a page for each command: man onset-train";

#[derive(Debug, Args)]
pub struct KeysArguments {
    /// The kind of a task or model, a table (task, model, train, record), or the beginning of a key [default: all]
    pub part: Option<String>,
    /// Print the keys as JSON
    #[arg(long)]
    pub json: bool,
    /// Print the keys as Markdown
    #[arg(long, conflicts_with = "json")]
    pub markdown: bool,
}

#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// Shell to complete for
    pub shell: Shell,
}

#[derive(Debug, Args)]
pub struct ManArguments {
    /// Command to describe [default: onset itself]
    #[arg(value_name = "COMMAND")]
    pub path: Vec<String>,
    /// Write a page for each command to this folder instead of printing one
    #[arg(long, value_name = "DIR", conflicts_with = "path")]
    pub out: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory};

    use crate::args::Arguments;

    /// The help of a command and of all below it, as `--help` prints it on 100 columns.
    fn assert_help(command: &Command, path: &str) {
        let help = command.clone().term_width(100).render_long_help().to_string();
        // White space at the end of a line means nothing, and editors remove it.
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        insta::assert_snapshot!(path, help.join("\n"));
        for inner in command.get_subcommands() {
            assert_help(inner, &format!("{path}-{}", inner.get_name()));
        }
    }

    #[test]
    fn the_help_of_every_command_is_as_it_was_read() {
        let mut root = Arguments::command().disable_help_subcommand(true);
        root.build();
        assert_help(&root, "onset");
    }

    #[test]
    fn every_command_and_every_option_says_what_it_is_for() {
        fn assert_said(command: &Command) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
            command.get_subcommands().for_each(assert_said);
        }
        let mut root = Arguments::command();
        root.build();
        assert_said(&root);
        root.debug_assert();
    }
}

//! How a file is read that is not what its ending says.

use clap::Args;
use onset::task::rows::Reading;
use onset::task::text::Tokens;

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Files")]
pub struct ReadingArguments {
    /// Field separator: a character, or `tab` [default: detected]
    #[arg(long, value_name = "CHAR")]
    pub separator: Option<String>,
    /// The file has no header; columns are named by number, counted from 1
    #[arg(long)]
    pub no_header: bool,
    /// Treat quotation marks in CSV as text
    #[arg(long)]
    pub no_quotes: bool,
    /// Encoding, such as windows-1252 or shift_jis [default: utf-8]
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// Tokens of a text: words, subwords, or characters; the last two for scripts without spaces between words [default: words, of
    /// running text characters]
    #[arg(long, value_name = "KIND", value_parser = tokens)]
    pub tokens: Option<Tokens>,
}

impl ReadingArguments {
    /// As the library takes it.
    pub fn reading(&self) -> Reading {
        Reading {
            separator: self.separator.clone(),
            header: self.no_header.then_some(false),
            quotes: self.no_quotes.then_some(false),
            encoding: self.encoding.clone(),
        }
    }
}

fn tokens(word: &str) -> Result<Tokens, String> {
    let named = Tokens::ALL.into_iter().find(|tokens| tokens.name() == word);
    named.ok_or_else(|| "expected words, subwords or characters".into())
}

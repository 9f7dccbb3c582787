//! Standard input line by line, as it comes.

use std::io::{BufRead, stdin};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Error, Result, anyhow};

use crate::interrupt;

/// Lines that are handed out together at most.
const MOST: usize = 256;

/// Lines that come within this time are handed out together: a file's all at once, those of a pipe as they are written.
const TOGETHER: Duration = Duration::from_millis(10);

/// How often waiting looks whether Ctrl-C was pressed.
const LOOK: Duration = Duration::from_millis(100);

/// Lines of standard input, read by a thread of its own so that waiting for them can be interrupted.
pub struct InputLines {
    lines: Receiver<Result<String>>,
    failed: Option<Error>,
}

impl InputLines {
    /// Begins to read.
    pub fn open() -> Self {
        let (sender, lines) = sync_channel(2 * MOST);
        std::thread::spawn(move || read(&sender));
        Self { lines, failed: None }
    }

    /// The next lines; none at the end, or once Ctrl-C was pressed. Errors if a line cannot be read; the lines before it are
    /// handed out first.
    pub fn next(&mut self) -> Result<Vec<String>> {
        let mut chunk = Vec::new();
        let mut first: Option<Instant> = None;
        while chunk.len() < MOST && self.failed.is_none() && !interrupt::is_cancelled() {
            let wait = first.map_or(LOOK, |first| TOGETHER.saturating_sub(first.elapsed()));
            match self.lines.recv_timeout(wait) {
                Ok(Ok(line)) => {
                    chunk.push(line);
                    first.get_or_insert_with(Instant::now);
                }
                Ok(Err(error)) => self.failed = Some(error),
                Err(RecvTimeoutError::Timeout) if first.is_none() => {}
                Err(_) => break,
            }
        }
        match self.failed.take_if(|_| chunk.is_empty()) {
            Some(error) => Err(error),
            None => Ok(chunk),
        }
    }
}

/// Sends lines without what ends them, and without a byte order mark, until one cannot be read.
fn read(sender: &SyncSender<Result<String>>) {
    let mut input = stdin().lock();
    for number in 1.. {
        let mut bytes = Vec::new();
        let line = match input.read_until(b'\n', &mut bytes) {
            Ok(0) => return,
            Ok(_) => decode(number, &bytes),
            Err(error) => Err(error).context("cannot read standard input"),
        };
        let failed = line.is_err();
        if sender.send(line).is_err() || failed {
            return;
        }
    }
}

/// The text of line `number`.
fn decode(number: usize, bytes: &[u8]) -> Result<String> {
    let bytes = bytes.strip_suffix(b"\n").map_or(bytes, |bytes| bytes.strip_suffix(b"\r").unwrap_or(bytes));
    let mark: &[u8] = if number == 1 { b"\xef\xbb\xbf" } else { b"" };
    let bytes = bytes.strip_prefix(mark).unwrap_or(bytes);
    String::from_utf8(bytes.to_vec())
        .map_err(|_| anyhow!("standard input:{number}: a byte that is not UTF-8; save the text as UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn lines_are_read_as_those_of_training() {
        assert_eq!(decode(1, b"\xef\xbb\xbfein Hund\r\n").unwrap(), "ein Hund");
        assert_eq!(decode(2, b"ein Hund").unwrap(), "ein Hund");
        assert_eq!(decode(2, b"\n").unwrap(), "");
        let message = decode(3, b"a\xff\n").unwrap_err().to_string();
        assert!(message.contains("standard input:3: a byte that is not UTF-8"), "{message}");
    }
}

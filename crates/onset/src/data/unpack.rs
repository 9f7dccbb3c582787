//! Converts an upstream file to the rows of one of our files.

use std::io::Read;
use std::path::Path;

use super::archive;
use super::rows::{self, Layout, lines};
use super::set::{Classes, Take};
use super::target::{Target, Written};
use super::{DataError, DataFile};

const NOT_UTF8: &str = "not UTF-8";

/// Makes `file` in `folder` from the upstream file at `source`. Calls `progress` with the number of rows written so
/// far.
pub(super) fn unpack(
    file: &DataFile,
    source: &Path,
    folder: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Written, DataError> {
    let path = folder.join(file.name);
    if let Take::Whole = file.take {
        return Written::copy(source, &path, count_lines(source)?);
    }
    let mut unpacking = Unpacking { source, target: Target::create(&path)?, progress };
    match file.take {
        Take::Lines { member, layout, classes } => unpacking.lines(member, layout, classes)?,
        Take::Folders { classes, layout } => unpacking.folders(classes, layout)?,
        Take::Classes { member, classes, escaped } => unpacking.classes(member, classes, escaped)?,
        Take::Column(column) => unpacking.column(column)?,
        Take::Talks { members } => unpacking.talks(members)?,
        Take::Whole => {}
    }
    unpacking.target.finish()
}

/// The number of lines of a gzip file. Reading it to its end also shows that it is complete.
pub(super) fn count_lines(path: &Path) -> Result<u64, DataError> {
    let mut count = 0;
    let mut content = archive::open_gzip(path)?;
    lines(
        &mut content,
        |e| DataError::unreadable(path)(e),
        |_| {
            count += 1;
            Ok(())
        },
    )?;
    Ok(count)
}

struct Unpacking<'a> {
    source: &'a Path,
    target: Target,
    progress: &'a mut dyn FnMut(u64),
}

impl Unpacking<'_> {
    fn labelled(&mut self, text: &str, label: &str) -> Result<(), DataError> {
        self.target.labelled(text, label)?;
        self.report();
        Ok(())
    }

    fn report(&mut self) {
        if self.target.rows().is_multiple_of(5000) {
            (self.progress)(self.target.rows());
        }
    }

    fn lines(&mut self, member: &str, layout: Layout, classes: Classes) -> Result<(), DataError> {
        self.target.header()?;
        let source = self.source;
        archive::open(source, Some(member), &mut |_, content| {
            let mut header = layout == Layout::HeaderThenLabelLast;
            lines(
                content,
                |e| DataError::unreadable(source)(e),
                |line| {
                    if std::mem::take(&mut header) {
                        return Ok(());
                    }
                    let Some(line) = line else {
                        self.target.leave_out(NOT_UTF8);
                        return Ok(());
                    };
                    if line.is_empty() {
                        return Ok(());
                    }
                    let Some((label, text)) = rows::halves(line, layout) else {
                        self.target.leave_out("no tab between text and label");
                        return Ok(());
                    };
                    match class(classes, label) {
                        Some(label) => self.labelled(text, label),
                        None => {
                            self.target.leave_out("another label");
                            Ok(())
                        }
                    }
                },
            )
        })
    }

    fn folders(&mut self, classes: Classes, layout: Layout) -> Result<(), DataError> {
        self.target.header()?;
        let source = self.source;
        archive::each_of_tar(source, &mut |name, content| {
            let Some((folder, _)) = name.rsplit_once('/') else { return Ok(()) };
            let Some(label) = class(classes, folder) else { return Ok(()) };
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes).map_err(DataError::unreadable(source))?;
            match rows::document(&bytes, layout) {
                Some(text) => self.labelled(&text, label),
                None => {
                    self.target.leave_out(NOT_UTF8);
                    Ok(())
                }
            }
        })?;
        if self.target.rows() == 0 {
            let (folder, _) = classes[0];
            return Err(archive::lacks(source, folder));
        }
        Ok(())
    }

    fn classes(&mut self, member: Option<&str>, classes: Classes, escaped: bool) -> Result<(), DataError> {
        self.target.header()?;
        let source = self.source;
        archive::open(source, member, &mut |_, content| {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(content);
            let mut record = csv::ByteRecord::new();
            while reader.read_byte_record(&mut record).map_err(DataError::unreadable(source))? {
                let all: Result<Vec<&str>, _> = record.iter().map(std::str::from_utf8).collect();
                match all.as_deref() {
                    Err(_) => self.target.leave_out(NOT_UTF8),
                    Ok([label, text @ ..]) if !text.is_empty() => match class(classes, label.trim()) {
                        Some(label) => self.labelled(&rows::fields(text, escaped), label)?,
                        None => self.target.leave_out("another class"),
                    },
                    Ok(_) => self.target.leave_out("a class without text"),
                }
            }
            Ok(())
        })
    }

    fn column(&mut self, column: usize) -> Result<(), DataError> {
        let source = self.source;
        let mut content = archive::open_gzip(source)?;
        lines(
            &mut content,
            |e| DataError::unreadable(source)(e),
            |line| {
                // Both columns are checked together, so that their files stay aligned.
                match line.map(|line| line.split('\t').map(str::trim).collect::<Vec<_>>()).as_deref() {
                    None => self.target.leave_out(NOT_UTF8),
                    Some(pair @ [first, second]) if !first.is_empty() && !second.is_empty() => {
                        self.target.sentence(pair[column])?;
                        self.report();
                    }
                    Some([_, _] | [""]) => self.target.leave_out("an empty side"),
                    Some(_) => self.target.leave_out("not two columns"),
                }
                Ok(())
            },
        )
    }

    fn talks(&mut self, members: &[&str]) -> Result<(), DataError> {
        let source = self.source;
        for member in members {
            let xml = member.ends_with(".xml");
            archive::open(source, Some(member), &mut |_, content: &mut dyn Read| {
                lines(
                    content,
                    |e| DataError::unreadable(source)(e),
                    |line| {
                        let Some(line) = line else {
                            // Left empty rather than omitted, because the other language also has this line.
                            self.target.leave_out("not UTF-8, replaced by an empty line");
                            return self.target.sentence("");
                        };
                        if let Some(sentence) = rows::talk(line, xml) {
                            self.target.sentence(sentence)?;
                            self.report();
                        }
                        Ok(())
                    },
                )
            })?;
        }
        Ok(())
    }
}

fn class(classes: Classes, found: &str) -> Option<&'static str> {
    classes.iter().find(|(name, _)| *name == found).map(|(_, label)| *label)
}

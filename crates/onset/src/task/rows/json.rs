//! JSON: an object a line, or one array of objects over any lines.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::encoding::decode;
use super::{EachRow, FileError, LineFault, NoRows, Part, Row};
use crate::settings::did_you_mean;

/// Hands the rows in `bytes` to `each`.
pub(super) fn each_row<E: From<FileError>>(
    part: &mut Part<'_>,
    bytes: &[u8],
    each: EachRow<'_, E>,
) -> Result<(), E> {
    let decoded = decode(part, bytes);
    let content: &str = &decoded.content;
    if content.trim().is_empty() && decoded.broken.is_empty() {
        let fault = NoRows::Nothing;
        return Err(FileError::Empty { path: part.path.into(), fault, roles: part.columns.roles }.into());
    }
    for &line in &decoded.broken {
        each(Err(part.wrong(line, decoded.fault.clone())))?;
    }
    let mut take = |line: usize, object: &str| match fields(part, line, object) {
        Ok([text, label]) => each(Ok(Row { line, text: &text, label: label.trim() })),
        Err(error) => each(Err(error)),
    };
    if content.trim_start().starts_with('[') {
        return Elements::new(content).try_for_each(|(line, element)| take(line, element));
    }
    let lines = content.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.into_iter().try_for_each(|(index, line)| take(index + 1, line))
}

/// The keys of the first object of a file that begins with `content`.
pub(super) fn first_keys(content: &str) -> Vec<String> {
    let first = match content.trim_start().starts_with('[') {
        true => Elements::new(content).next().map(|(_, element)| element),
        false => content.lines().find(|line| !line.trim().is_empty()),
    };
    let object = first.and_then(|first| serde_json::from_str::<Object>(first).ok());
    object.map_or_else(Vec::new, |object| object.0.into_iter().map(|(key, _)| key).collect())
}

/// The two fields of an object that stands at a line.
fn fields(part: &Part<'_>, line: usize, object: &str) -> Result<[String; 2], FileError> {
    let wrong = |fault: LineFault| part.wrong(line, fault);
    let object: Object =
        serde_json::from_str(object).map_err(|e| wrong(LineFault::NotAnObject(e.to_string())))?;
    let value = |key: &str| {
        let found = object.find(key).map_err(|key| wrong(LineFault::KeyTwice { key }))?;
        found.ok_or_else(|| {
            let found: Vec<String> = object.0.iter().map(|(key, _)| key.clone()).collect();
            let nearest = did_you_mean(key, found.iter().map(String::as_str));
            wrong(LineFault::MissingKey { wanted: key.into(), nearest, found, roles: part.columns.roles })
        })
    };
    let text = |key: &str| match value(key)? {
        Value::String(text) => Ok(text.clone()),
        _ => Err(wrong(LineFault::NotAString { key: key.into() })),
    };
    let [first, second] = part.columns.names;
    let one = !first.contains(',') || matches!(object.find(first), Ok(Some(_)));
    let first = if one {
        text(first)?
    } else {
        let parts = first.split(',').map(|key| text(key.trim())).collect::<Result<Vec<_>, _>>()?;
        let filled: Vec<&str> =
            parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
        filled.join(" ")
    };
    let second = match value(second)? {
        Value::String(label) => label.clone(),
        value @ (Value::Number(_) | Value::Bool(_)) => value.to_string(),
        other => return Err(wrong(LineFault::NotALabel { key: second.into(), found: other.to_string() })),
    };
    Ok([first, second])
}

/// An object with its keys in order, also those that come twice.
struct Object(Vec<(String, Value)>);

impl Object {
    /// The value of a key; of `a.b`, where there is no such key, that of `b` in `a`. Errors with a key that is there twice.
    fn find(&self, key: &str) -> Result<Option<&Value>, String> {
        let of = |wanted: &str| {
            let mut values = self.0.iter().filter(|(key, _)| key == wanted).map(|(_, value)| value);
            match (values.next(), values.next()) {
                (_, Some(_)) => Err(wanted.to_owned()),
                (first, None) => Ok(first),
            }
        };
        if let Some(value) = of(key)? {
            return Ok(Some(value));
        }
        let Some((outer, inner)) = key.split_once('.') else { return Ok(None) };
        let value = of(outer)?;
        Ok(value.and_then(|value| inner.split('.').try_fold(value, |value, key| value.get(key))))
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// The elements of an array as they are written, each with the line of its first character. What is no array comes out as
/// elements that are no objects.
struct Elements<'a> {
    content: &'a str,
    at: usize,
    line: usize,
    ended: bool,
}

impl<'a> Elements<'a> {
    /// `content` must begin with `[`, after white space.
    fn new(content: &'a str) -> Self {
        let mut elements = Self { content, at: 0, line: 1, ended: false };
        elements.pass(|byte: u8| byte.is_ascii_whitespace());
        elements.at += 1;
        elements
    }

    fn pass(&mut self, skipped: impl Fn(u8) -> bool) {
        let bytes = &self.content.as_bytes()[self.at..];
        let count = bytes.iter().take_while(|&&byte| skipped(byte)).count();
        self.line += bytes[..count].iter().filter(|&&byte| byte == b'\n').count();
        self.at += count;
    }

    /// Where the element that begins here ends: at the comma or the bracket behind it, or at the end of the file.
    fn end(&self) -> usize {
        let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
        for (place, &byte) in self.content.as_bytes().iter().enumerate().skip(self.at) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                _ if quoted => {}
                b'[' | b'{' => depth += 1,
                b',' | b']' if depth == 0 => return place,
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        self.content.len()
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        self.pass(|byte: u8| byte.is_ascii_whitespace());
        if self.ended {
            return None;
        }
        if self.at >= self.content.len() {
            // The array is cut off: that nothing stands here is an error of its own.
            self.ended = true;
            return Some((self.line, ""));
        }
        let bytes = self.content.as_bytes();
        if bytes[self.at] == b']' {
            // Whatever is behind the array is no row.
            self.at += 1;
            self.pass(|byte: u8| byte.is_ascii_whitespace());
            self.ended = true;
            return (self.at < self.content.len()).then(|| (self.line, &self.content[self.at..]));
        }
        let (line, start, end) = (self.line, self.at, self.end());
        self.line += bytes[start..end].iter().filter(|&&byte| byte == b'\n').count();
        self.at = end + usize::from(bytes.get(end) == Some(&b','));
        Some((line, self.content[start..end].trim_end()))
    }
}

//! From bytes to text: UTF-8 unless another encoding is given, or a byte order mark says UTF-16.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

use super::{LineFault, Part};

/// The text of a file.
pub(super) struct Decoded<'a> {
    /// The text, without a byte order mark; lines that cannot be decoded are empty.
    pub content: Cow<'a, str>,
    /// The numbers of these lines.
    pub broken: Vec<usize>,
    /// What is wrong with them.
    pub fault: LineFault,
}

/// Bytes that the guess of an encoding looks at.
const GUESSED_FROM: usize = 1 << 18;

/// Decodes `bytes` as the settings of `part` say; an encoding that a byte order mark tells is remarked.
pub(super) fn decode<'a>(part: &mut Part<'_>, bytes: &'a [u8]) -> Decoded<'a> {
    let given = part.reading.encoding.as_deref().and_then(|label| Encoding::for_label(label.as_bytes()));
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    if let (None, Some(encoding)) = (given, marked.filter(|&encoding| encoding != UTF_8)) {
        part.remark(format_args!("its byte order mark says {}, in which it is read", encoding.name()));
    }
    // A mark that is not of the encoding given is of no account.
    let encoding = given.or(marked).unwrap_or(UTF_8);
    let mark = Encoding::for_bom(bytes).filter(|(marked, _)| *marked == encoding).map_or(0, |(_, len)| len);
    let bytes = &bytes[mark..];
    let decode = |bytes: &'a [u8]| encoding.decode_without_bom_handling_and_without_replacement(bytes);
    let name = if encoding == UTF_8 { "UTF-8" } else { encoding.name() };
    if let Some(content) = decode(bytes) {
        return Decoded {
            content,
            broken: Vec::new(),
            fault: LineFault::Encoding { encoding: name, guess: None },
        };
    }
    let fault =
        LineFault::Encoding { encoding: name, guess: (encoding == UTF_8).then(|| guess(bytes)).flatten() };
    if !encoding.is_ascii_compatible() {
        // Where a line ends is not known before it is decoded.
        let (content, _) = encoding.decode_without_bom_handling(bytes);
        let is_broken = |(_, line): &(usize, &str)| line.contains('\u{fffd}');
        let broken = content.split('\n').enumerate().filter(is_broken).map(|(index, _)| index + 1).collect();
        return Decoded { content, broken, fault };
    }
    let (mut content, mut broken) = (String::with_capacity(bytes.len()), Vec::new());
    for (index, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
        if let Some(line) = decode(line) {
            content.push_str(&line);
        } else {
            broken.push(index + 1);
            content.push('\n');
        }
    }
    Decoded { content: content.into(), broken, fault }
}

/// An encoding in which `bytes`, which are not UTF-8, could be; none if they are not even that.
fn guess(bytes: &[u8]) -> Option<&'static str> {
    // What is not ASCII may come late in a long file.
    let first = bytes.iter().position(|byte| !byte.is_ascii())?;
    let from = bytes[..first].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let sample = &bytes[from..bytes.len().min(from + GUESSED_FROM)];
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    let encoding = detector.guess(None, Utf8Detection::Deny);
    let fits = encoding.decode_without_bom_handling_and_without_replacement(bytes).is_some();
    fits.then(|| encoding.name())
}

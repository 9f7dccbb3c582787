//! What bytes without a name hold.

use std::io::Read;

use flate2::read::MultiGzDecoder;

/// Bytes of a packed file that are unpacked to look at them.
const LOOKED_AT: u64 = 1 << 12;

/// The ending that a file of these bytes should have, such as `tsv` or `jsonl.gz`: by the first bytes of formats that have
/// their own, else by the first characters and the first line.
pub fn ending_of(bytes: &[u8]) -> String {
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    let within = |reader: &mut dyn Read, packing: &str| {
        let mut inner = Vec::new();
        // What is cut off or damaged is told by what reads all of it.
        let _ = reader.take(LOOKED_AT).read_to_end(&mut inner);
        format!("{}.{packing}", ending_of(&inner))
    };
    if begins(b"\x1f\x8b") {
        return within(&mut MultiGzDecoder::new(bytes), "gz");
    }
    #[cfg(feature = "formats")]
    if begins(b"\xfd7zXZ\0") {
        return within(&mut lzma_rust2::XzReader::new(bytes, true), "xz");
    }
    #[cfg(feature = "formats")]
    if begins(b"\x28\xb5\x2f\xfd") {
        return zstd::Decoder::new(bytes).map_or("csv.zst".into(), |mut reader| within(&mut reader, "zst"));
    }
    let holds = |part: &[u8]| bytes.windows(part.len()).take(1 << 16).any(|window| window == part);
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(1 << 16)]);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let ending = match () {
        () if begins(b"PAR1") => "parquet",
        () if begins(b"ARROW1") || begins(b"\xff\xff\xff\xff") => "arrow",
        () if begins(b"PK\x03\x04") && holds(b"xl/") => "xlsx",
        () if begins(b"PK\x03\x04") && holds(b"opendocument.spreadsheet") => "ods",
        () if begins(b"PK\x03\x04") => "zip",
        () if text.starts_with(['{', '[']) => "jsonl",
        () if text.lines().next().is_some_and(|line| line.contains('\t')) => "tsv",
        () => "csv",
    };
    ending.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_their_first_bytes_or_their_first_line() {
        for (bytes, ending) in [
            (&b"text\tlabel\na, b\t1\n"[..], "tsv"),
            (b"\xef\xbb\xbftext,label\na\tb,1\n", "csv"),
            (b" [\n{\"text\": 1}]", "jsonl"),
            (b"{\"text\": 1}\n", "jsonl"),
            (b"PAR1....", "parquet"),
            (b"PK\x03\x04....a.csv", "zip"),
            (b"PK\x03\x04....xl/workbook.xml", "xlsx"),
        ] {
            assert_eq!(ending_of(bytes), ending);
        }
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, b"text\tlabel\nx\t1\n").unwrap();
        assert_eq!(ending_of(&packed.finish().unwrap()), "tsv.gz");
    }
}

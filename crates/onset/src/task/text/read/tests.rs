//! What each format reads as, and what is refused.

use super::*;
use proptest::prelude::*;

/// Line, text and label of each row, or why it is refused.
type Rows = Vec<Result<(usize, String, String), TextError>>;

fn each(name: &str, content: &[u8]) -> Result<Rows, TextError> {
    let mut rows = Vec::new();
    each_row(Path::new(name), content, ["text", "label"], &mut |row| {
        rows.push(row.map(|row| (row.line, row.text.to_owned(), row.label.to_owned())));
        Ok(())
    })?;
    Ok(rows)
}

fn parse(name: &str, content: &[u8]) -> Result<Vec<(usize, String, String)>, TextError> {
    each(name, content)?.into_iter().collect()
}

fn pairs(name: &str, content: &str) -> Vec<(usize, String, String)> {
    parse(name, content.as_bytes()).unwrap()
}

#[test]
fn the_same_rows_come_out_of_every_form() {
    let expected =
        vec![(2, "say \"hi\", ok".to_string(), "1".to_string()), (3, "no".to_string(), "0".to_string())];
    assert_eq!(pairs("a.tsv", "\u{feff}text\tlabel\nsay \"hi\", ok\t1\nno\t0\n"), expected);
    assert_eq!(pairs("a.tsv", "label\ttext\r\n1\tsay \"hi\", ok\r\n0\tno"), expected);
    assert_eq!(pairs("a.csv", "text,label\n\"say \"\"hi\"\", ok\",1\nno,0\n"), expected);
    let json = "\n{\"text\":\"say \\\"hi\\\", ok\",\"label\":1}\n{\"label\":\"0\",\"text\":\"no\"}";
    assert_eq!(pairs("a.jsonl", json), expected);
}

#[test]
fn broken_files_are_refused_with_their_line() {
    for (name, content, part) in [
        ("a.tsv", &b"text\tlabel\nx\t1\n\xff\t0"[..], "a.tsv:3: a byte that is not UTF-8"),
        ("a.tsv", b"text\xff\tlabel\nx\t1", "a.tsv:1: a byte that is not UTF-8"),
        ("a.tsv", b"text\tlabel\nx\t1\ty", "a.tsv:2: 3 fields where the header has 2"),
        ("a.tsv", b"text\tlabel\n  \t1", "a.tsv:2: the text is empty"),
        ("a.tsv", b"text\tlabel\nx\t", "a.tsv:2: the label is empty"),
        ("a.tsv", b"text\tlabel\n", "has a header but no rows"),
        ("a.tsv", b" \n", "is empty"),
        ("a.csv", b"texts,label\nx,1", "no column `text`, did you mean `texts`?"),
        ("a.csv", b"text,label\nx", "a.csv:2: 1 fields"),
        ("a.csv", b"text,label\nx,1\n\"y,0\nz,1\n", "a.csv:3: 1 fields"),
        ("a.csv", b"text,label\nx,1\ny,\"0\nz,1\n", "a.csv:3: a quotation mark is never closed"),
        ("a.csv", b"text,label\r\n\r\nx,1\r\ny\r\n", "a.csv:4: 1 fields"),
        ("a.jsonl", b"\n{\"text\":\"x\"}", "a.jsonl:2: no key `label`"),
        ("a.jsonl", b"{\"text\":\"x\",", "a.jsonl:1: not a JSON object"),
        ("a.jsonl", b"{\"text\":3,\"label\":1}", "`text` is not a string"),
        ("a.jsonl", b"{\"text\":\"x\",\"label\":[1]}", "`label` is [1]"),
        ("a.txt", b"x", "no known ending"),
    ] {
        let message = parse(name, content).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_refused_row_does_not_hide_the_others() {
    let lines = |name: &str, content: &[u8]| -> (Vec<usize>, Vec<String>) {
        let (good, bad): (Vec<_>, Vec<_>) = each(name, content).unwrap().into_iter().partition(Result::is_ok);
        let messages = bad.into_iter().map(|row| row.unwrap_err().to_string()).collect();
        (good.into_iter().map(|row| row.unwrap().0).collect(), messages)
    };
    let (good, bad) = lines("a.tsv", b"text\tlabel\na\t1\n\xff\t1\nb\n \t0\nc\t0\n");
    assert_eq!(good, [2, 6]);
    assert!(bad[0].contains("a.tsv:3") && bad[1].contains("a.tsv:4") && bad[2].contains("a.tsv:5"));
    let (good, bad) = lines("a.csv", b"text,label\na,1\nb\nc,0\nd,\"1\ne,0\n");
    assert_eq!(good, [2, 4]);
    assert!(bad[1].contains("a.csv:5") && bad[1].contains("never closed"), "{bad:?}");
    let (good, bad) = lines("a.jsonl", b"{\"text\":\"x\",\"label\":1}\n{}\n");
    assert!(good == [1] && bad[0].contains("a.jsonl:2"));
}

#[test]
fn a_row_that_looks_like_the_end_of_a_csv_file_does_not_end_it() {
    let (good, bad): (Vec<_>, Vec<_>) = each("a.csv", b"text,label\na,1\nonset: end of file\nb,0\r\n\r\n")
        .unwrap()
        .into_iter()
        .partition(Result::is_ok);
    assert_eq!(good.into_iter().map(|row| row.unwrap().0).collect::<Vec<_>>(), [2, 4]);
    assert!(bad[0].as_ref().unwrap_err().to_string().contains("a.csv:3: 1 fields"), "{bad:?}");
}

#[test]
fn an_error_of_the_caller_ends_the_reading() {
    let mut seen = 0;
    let ended =
        each_row(Path::new("a.tsv"), b"text\tlabel\nx\t1\ny\nz\t0\n", ["text", "label"], &mut |row| {
            seen += 1;
            row.map(|_| ())
        });
    assert!(matches!(ended, Err(TextError::Row { fault: RowFault::Width { found: 1, .. }, .. })));
    assert_eq!(seen, 2);
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>, text in "[a-z\"\t,:{}\r\n]{0,60}") {
        for name in ["a.tsv", "a.csv", "a.jsonl"] {
            let _ = parse(name, &bytes);
            let _ = parse(name, format!("text{}label\n{text}", if name == "a.csv" { ',' } else { '\t' }).as_bytes());
        }
    }
}

#[test]
fn a_cut_gzip_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tsv.gz");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, b"text\tlabel\nx\t1\n").unwrap();
    let bytes = packed.finish().unwrap();
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(read_bytes(&path).unwrap(), b"text\tlabel\nx\t1\n");
    std::fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
    assert!(matches!(read_bytes(&path), Err(TextError::Unpackable { .. })));
}

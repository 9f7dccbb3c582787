//! TSV, CSV and their kin.

use super::*;
use proptest::prelude::*;

fn parse(name: &str, content: &[u8]) -> Result<Vec<(usize, String, String)>, FileError> {
    each(name, content)?.into_iter().collect()
}

fn reading() -> Reading {
    Reading::default()
}

const USUAL: [&str; 2] = ["text", "label"];

#[test]
fn the_same_rows_come_out_of_every_form() {
    let expected =
        vec![(2, "say \"hi\", ok".to_string(), "1".to_string()), (3, "no".to_string(), "0".to_string())];
    let rows = |name: &str, content: &str| parse(name, content.as_bytes()).unwrap();
    assert_eq!(rows("a.tsv", "\u{feff}text\tlabel\nsay \"hi\", ok\t1\nno\t0\n"), expected);
    assert_eq!(rows("a.tsv", "label\ttext\r\n1\tsay \"hi\", ok\r\n0\tno"), expected);
    assert_eq!(rows("a.csv", "text,label\n\"say \"\"hi\"\", ok\",1\nno,0\n"), expected);
    assert_eq!(rows("a.csv", "text;label\n\"say \"\"hi\"\", ok\";1\nno;0\n"), expected);
    let json = "\n{\"text\":\"say \\\"hi\\\", ok\",\"label\":1}\n{\"label\":\"0\",\"text\":\"no\"}";
    assert_eq!(rows("a.jsonl", json), expected);
}

#[test]
fn broken_files_are_refused_with_their_line() {
    for (name, content, part) in [
        ("a.tsv", &b"text\tlabel\nx\t1\n\xff\t0"[..], "a.tsv:3: a byte that is not UTF-8"),
        ("a.tsv", b"text\xff\tlabel\nx\t1", "a.tsv:1: a byte that is not UTF-8"),
        ("a.tsv", b"text\tlabel\nx\t1\ty", "a.tsv:2: 3 fields where the header has 2"),
        ("a.tsv", b"text\tlabel\n", "has a header but no rows"),
        ("a.tsv", b" \n", "is empty"),
        ("a.csv", b"texts,label\nx,1", "no column `text`, did you mean `texts`?"),
        ("a.csv", b"text,label\nx", "a.csv:2: 1 fields"),
        ("a.csv", b"text,label\nx,1\n\"y,0\nz,1\n", "a.csv:3: 1 fields"),
        ("a.csv", b"text,label\nx,1\ny,\"0\nz,1\n", "a.csv:3: a quotation mark is never closed"),
        ("a.csv", b"text,label\r\n\r\nx,1\r\ny\r\n", "a.csv:4: 1 fields"),
        ("a.doc", b"x", "no known ending"),
    ] {
        let found = message(name, content, &reading(), USUAL);
        assert!(found.contains(part), "{found}");
    }
}

#[test]
fn a_refused_row_does_not_hide_the_others() {
    let lines = |name: &str, content: &[u8]| -> (Vec<usize>, Vec<String>) {
        let (good, bad): (Vec<_>, Vec<_>) = each(name, content).unwrap().into_iter().partition(Result::is_ok);
        let messages = bad.into_iter().map(|row| row.unwrap_err().to_string()).collect();
        (good.into_iter().map(|row| row.unwrap().0).collect(), messages)
    };
    let (good, bad) = lines("a.tsv", b"text\tlabel\na\t1\n\xff\t1\nb\nc\t0\n");
    assert_eq!(good, [2, 5]);
    assert!(bad[0].contains("a.tsv:3") && bad[1].contains("a.tsv:4"));
    let (good, bad) = lines("a.csv", b"text,label\na,1\nb\nc,0\nd,\"1\ne,0\n");
    assert_eq!(good, [2, 4]);
    assert!(bad[1].contains("a.csv:5") && bad[1].contains("never closed"), "{bad:?}");
    let (good, bad) = lines("a.jsonl", b"{\"text\":\"x\",\"label\":1}\n{}\n");
    assert!(good == [1] && bad[0].contains("a.jsonl:2"));
}

#[test]
fn a_row_that_looks_like_the_end_of_a_csv_file_does_not_end_it() {
    let rows = each("a.csv", b"text,label\na,1\nendoffile\nb,0\r\n\r\n").unwrap();
    let (good, bad): (Vec<_>, Vec<_>) = rows.into_iter().partition(Result::is_ok);
    assert_eq!(good.into_iter().map(|row| row.unwrap().0).collect::<Vec<_>>(), [2, 4]);
    assert!(bad[0].as_ref().unwrap_err().to_string().contains("a.csv:3: 1 fields"), "{bad:?}");
}

#[test]
fn an_error_of_the_caller_ends_the_reading() {
    let mut seen = 0;
    let file = Unpacked { name: "a.tsv".into(), bytes: b"text\tlabel\nx\t1\ny\nz\t0\n".to_vec().into() };
    let columns = Columns { names: USUAL, roles: ColumnRoles::TextAndLabel };
    let ended = each_row_of::<FileError>(Path::new("a.tsv"), &file, &reading(), columns, &mut |row| {
        seen += 1;
        row.map(|_| ())
    });
    assert!(matches!(ended, Err(FileError::Row { fault: LineFault::Width { found: 1, .. }, .. })));
    assert_eq!(seen, 2);
}

#[test]
fn what_separates_fields_is_found_and_said_or_given() {
    for (separator, said) in [(";", "`;`"), ("|", "`|`"), ("\t", "a tab")] {
        let content = format!("text{separator}label\na, b{separator}1\nc{separator}0\n");
        let (rows, remarks) = plain("a.csv", content.as_bytes(), &reading(), USUAL);
        assert_eq!(rows, "a, b=1 c=0");
        assert!(remarks.contains(&format!("separated by {said}")), "{remarks}");
    }
    let (rows, remarks) = plain("a.tsv", b"text,label\na,1\n", &reading(), USUAL);
    assert!(rows == "a=1" && remarks.contains("`,`"), "{remarks}");
    let given = Reading { separator: Some(":".into()), ..reading() };
    assert_eq!(plain("a.csv", b"text:label\na;b:1\n", &given, USUAL), ("a;b=1".into(), String::new()));
    // The usual separator, where it gives the columns, is never doubted.
    let (_, remarks) = plain("a.csv", b"text,label,x;y\na;b;c,1,2;3\n", &reading(), USUAL);
    assert_eq!(remarks, "");
    let unknown = message("a.csv", b"Review;Stars\na;1\nb;2\n", &reading(), USUAL);
    assert!(unknown.contains("it has Review, Stars"), "{unknown}");
}

#[test]
fn a_file_without_a_header_is_recognised_and_read() {
    let content = b"\"0\",\"and a box\"\n\"1\",\"the shop\"\n\"0\",\"near it\"\n";
    for names in [USUAL, ["1", "0"], ["2", "1"]] {
        let found = message("a.csv", content, &reading(), names);
        assert!(found.contains("file without a header") && found.contains("task.header = false"), "{found}");
    }
    let headerless = Reading { header: Some(false), ..reading() };
    let rows = "and a box=0 the shop=1 near it=0";
    let (found, remarks) = plain("a.csv", content, &headerless, USUAL);
    assert!(
        found == rows && remarks.contains("column 2 is read as the text, column 1 as the label"),
        "{remarks}"
    );
    assert_eq!(plain("a.csv", content, &headerless, ["2", "1"]), (rows.into(), String::new()));
    let (found, remarks) = plain("a.csv", content, &headerless, ["1", "0"]);
    assert!(found == rows && remarks.contains("counted from 0"), "{remarks}");
    let (found, remarks) = plain("a.csv", b"0;a, b\n1;c d\n", &headerless, ["2", "1"]);
    assert!(found == "a, b=0 c d=1" && remarks.contains("`;`"), "{remarks}");
    let first = read("a.tsv", b"a\t1\nb\t0\n", &headerless, USUAL).unwrap().0[0].as_ref().unwrap().0;
    assert_eq!(first, 1);
    for (names, part) in [(["3", "1"], "has no column 3: it has 2"), (["body", "1"], "has no header")] {
        let found = message("a.csv", content, &headerless, names);
        assert!(found.contains(part), "{found}");
    }
    let three = message("a.csv", b"0,x,a\n1,y,b\n", &headerless, USUAL);
    assert!(three.contains("by number") && three.contains("3 (`a`)"), "{three}");
}

#[test]
fn columns_are_chosen_by_number_beside_a_header_and_two_of_one_name_are_refused() {
    let content = b"text,label,text\nmeta,0,and a box\nmeta,1,the shop\n";
    let found = message("a.csv", content, &reading(), USUAL);
    assert!(found.contains("has 2 columns called `text`") && found.contains("1 or 3"), "{found}");
    assert_eq!(plain("a.csv", content, &reading(), ["3", "label"]).0, "and a box=0 the shop=1");
    assert_eq!(plain("a.csv", content, &reading(), ["3", "2"]).0, "and a box=0 the shop=1");
}

#[test]
fn several_columns_make_one_text() {
    let content = b"title,description,label\nA,b c,1\n,d,0\n";
    assert_eq!(plain("a.csv", content, &reading(), ["title,description", "label"]).0, "A b c=1 d=0");
    let quoted = b"\"a,b\",label\nx,1\n";
    assert_eq!(plain("a.csv", quoted, &reading(), ["a,b", "label"]).0, "x=1");
    let found = message("a.csv", content, &reading(), ["title,descriptoin", "label"]);
    assert!(found.contains("`descriptoin`, did you mean `description`?"), "{found}");
}

#[test]
fn quoted_fields_of_several_lines_are_said_and_swallowed_rows_more_so() {
    let harmless = b"text,label\n\"one\ntwo\",1\nthree,0\n";
    let (rows, remarks) = plain("a.csv", harmless, &reading(), USUAL);
    assert_eq!(rows, "one\ntwo=1 three=0");
    assert!(remarks.contains("lines 2 to 3") && remarks.contains("task.quotes = false"), "{remarks}");
    assert!(!remarks.contains("swallowed"), "{remarks}");
    let stray = b"text,label\na,1\n\"b,0\nc,1\nd,0\n\"e,1\nf,0\n";
    let (rows, remarks) = plain("a.csv", stray, &reading(), USUAL);
    assert_eq!(rows.split(' ').count(), 3, "{rows}");
    for part in
        ["1 row has a quoted field", "lines 3 to 6", "2 of these lines look like rows", "row of line 3"]
    {
        assert!(remarks.contains(part), "{remarks}");
    }
    let unquoted = Reading { quotes: Some(false), ..reading() };
    assert_eq!(
        plain("a.csv", stray, &unquoted, USUAL),
        ("a=1 \"b=0 c=1 d=0 \"e=1 f=0".into(), String::new())
    );
    let quoted = Reading { quotes: Some(true), ..reading() };
    assert_eq!(plain("a.tsv", b"text\tlabel\n\"a\tb\"\t1\n", &quoted, USUAL).0, "a\tb=1");
}

#[test]
fn encodings_are_guessed_for_a_proposal_and_read_when_given() {
    let latin = "text,label\ncafé,1\nniño,0\nÜbermut,1\n";
    let bytes: Vec<u8> = latin.chars().map(|c| c as u8).collect();
    let found = message("a.csv", &bytes, &reading(), USUAL);
    assert!(found.contains("a.csv:2") && found.contains("windows-1252"), "{found}");
    let given = Reading { encoding: Some("latin1".into()), ..reading() };
    assert_eq!(plain("a.csv", &bytes, &given, USUAL).0, "café=1 niño=0 Übermut=1");
    let japanese = Reading { encoding: Some("shift_jis".into()), ..reading() };
    let (encoded, _, _) = encoding_rs::SHIFT_JIS.encode("text\tlabel\n日本\t1\n");
    assert_eq!(plain("a.tsv", &encoded, &japanese, USUAL).0, "日本=1");
    let found = message("a.tsv", b"text\tlabel\na\t1\n\x85\xff\t1\n", &japanese, USUAL);
    assert!(found.contains("a.tsv:3: a byte that is not Shift_JIS"), "{found}");
    let wide: Vec<u8> = "\u{feff}text\tlabel\nnaïve\t1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (rows, remarks) = plain("a.tsv", &wide, &reading(), USUAL);
    assert!(rows == "naïve=1" && remarks.contains("UTF-16LE"), "{remarks}");
}

#[test]
fn settings_that_do_not_apply_or_cannot_be_are_refused() {
    let refused = |reading: Reading, path: &str| reading.check(Path::new(path)).unwrap_err().to_string();
    let separator = |value: &str| Reading { separator: Some(value.into()), ..reading() };
    assert!(refused(separator(","), "a.jsonl").contains("JSON"));
    assert!(refused(separator("ab"), "a.csv").contains("one character"));
    assert!(
        refused(Reading { encoding: Some("latin-99".into()), ..reading() }, "a.csv").contains("latin-99")
    );
    assert!(refused(Reading { header: Some(false), ..reading() }, "a.parquet.gz").contains("no use"));
    assert!(separator("tab").check(Path::new("a.csv.xz")).is_ok());
    assert!(separator(",").check_lines().is_err());
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>, text in "[a-z\"\t,;:{}\\[\\]\r\n]{0,60}") {
        for name in ["a.tsv", "a.csv", "a.jsonl", "a.txt", "a.xlsx", "a.parquet", "a.arrow"] {
            let _ = parse(name, &bytes);
            let separator = if name == "a.csv" { ',' } else { '\t' };
            let _ = parse(name, format!("text{separator}label\n{text}").as_bytes());
            let headerless = Reading { header: Some(false), ..Reading::default() };
            let _ = read(name, text.as_bytes(), &headerless, ["text", "label"]);
        }
    }

    #[test]
    fn a_file_of_any_fields_reads_back_whatever_separates_them(
        rows in proptest::collection::vec(("[a-zé \"]{1,12}x", "[ab]"), 1..20),
        separator in 0usize..4,
    ) {
        let separator = char::from(separator::CANDIDATES[separator]);
        let lines: String = rows.iter().map(|(text, label)| format!("{text}{separator}{label}\n")).collect();
        let unquoted = Reading { quotes: Some(false), ..Reading::default() };
        let content = format!("text{separator}label\n{lines}");
        let (found, _) = read("a.csv", content.as_bytes(), &unquoted, ["text", "label"]).unwrap();
        let found: Vec<(String, String)> = found.into_iter().map(|row| row.unwrap()).map(|row| (row.1, row.2)).collect();
        prop_assert_eq!(found, rows);
    }
}

#[test]
fn a_cut_file_of_any_packing_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tsv.gz");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, b"text\tlabel\nx\t1\n").unwrap();
    let bytes = packed.finish().unwrap();
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(read_bytes(&path).unwrap(), b"text\tlabel\nx\t1\n");
    std::fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
    assert!(matches!(read_bytes(&path), Err(FileError::Unpackable { packing: "gzip", .. })));
}

//! JSON lines and arrays.

use super::*;

const USUAL: [&str; 2] = ["text", "label"];

#[test]
fn an_array_of_objects_reads_as_its_objects_with_their_lines() {
    let content = b"[\n {\n  \"text\": \"a ] } , \\\" b\",\n  \"label\": 0\n },\n {\"text\": \"c\", \"label\": \"1\"}\n]\n";
    for name in ["a.jsonl", "a.json"] {
        let rows = each(name, content).unwrap();
        let rows: Vec<_> = rows.into_iter().map(Result::unwrap).collect();
        assert_eq!(rows, [(2, "a ] } , \" b".into(), "0".into()), (6, "c".into(), "1".into())]);
    }
}

#[test]
fn a_damaged_array_hides_no_row_and_passes_for_no_whole_one() {
    for content in [
        &b"[{\"text\":\"a\",\"label\":1},\n{\"text\":\"b\",\"label\":1}"[..],
        b"[{\"text\":\"a\",\"label\":1},\n{\"text\":\"b\"",
        b"[{\"text\":\"a\",\"label\":1},\n3]",
        b"[{\"text\":\"a\",\"label\":1}]\n{\"text\":\"b\",\"label\":1}x",
    ] {
        let rows = each("a.json", content).unwrap();
        assert!(rows[0].is_ok(), "{rows:?}");
        let found = rows.last().unwrap().as_ref().unwrap_err().to_string();
        assert!(found.contains("a.json:2: not a JSON object"), "{found}");
    }
}

#[test]
fn objects_without_the_keys_are_refused_with_their_line() {
    for (content, part) in [
        (&b"\n{\"text\":\"x\"}"[..], "a.jsonl:2: no key `label`"),
        (b"{\"text\":\"x\",", "a.jsonl:1: not a JSON object"),
        (b"{\"text\":3,\"label\":1}", "`text` is not a string"),
        (b"{\"text\":\"x\",\"label\":[1]}", "`label` is [1]"),
        (b"{\"text\":\"x\",\"label\":1,\"text\":\"y\"}", "the key `text` is there twice"),
    ] {
        let found = message("a.jsonl", content, &Reading::default(), USUAL);
        assert!(found.contains(part), "{found}");
    }
}

#[test]
fn several_keys_make_one_text_and_a_full_stop_goes_into_an_object() {
    let content = b"{\"title\":\"A\",\"body\":\"b\",\"about\":{\"kind\":true}}\n";
    let (rows, _) = plain("a.jsonl", content, &Reading::default(), ["title,body", "about.kind"]);
    assert_eq!(rows, "A b=true");
}

#[test]
fn a_translation_of_two_languages_is_a_table_of_pairs() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let two = names(&["id", "translation.de", "translation.en"]);
    assert!(columns::are_pairs(&two) && columns::are_pairs(&names(&["source", "target"])));
    for other in [&["translation.de"][..], &["source"], &["text", "source", "target"]] {
        assert!(!columns::are_pairs(&names(other)), "{other:?}");
    }
    let roles = ColumnRoles::SourceAndTarget;
    let columns = Columns { names: roles.names(), roles };
    let reading = Reading::default();
    let mut part = Part { path: Path::new("a"), reading: &reading, columns, remarks: Vec::new() };
    let head = columns::Head { first: &two, is_header: true, sample: &[] };
    let chosen = columns::choose(&mut part, &head).unwrap();
    assert_eq!((chosen.first, chosen.second), (vec![1], 2));
    assert!(part.remarks[0].contains("`translation.de` is read as the source"), "{:?}", part.remarks);
}

//! `onset data`: what there is, getting it, looking into it.

#[path = "../../onset/tests/support/data.rs"]
mod data_on_disk;
mod support;

use std::fs;
use std::net::TcpListener;

use data_on_disk::data_files;
use support::{assert_parts, failure, onset, write};
use tempfile::{TempDir, tempdir};

fn output(folder: &TempDir, arguments: &[&str]) -> String {
    let output = onset(folder).arg("data").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

const MESSY: &[u8] = b"text\tlabel\nwin a prize now\t1\nsee you at home\t0\nwin a prize now\t1\nbroken row\n\
    \xff\t0\n \t0\nSee you  at home\t1\nwhere are you\t0\nget a prize\t1\n";

#[test]
fn the_sets_are_listed_with_sizes_and_licences() {
    let folder = tempdir().unwrap();
    let list = output(&folder, &["list"]);
    assert_parts(
        &list,
        &["sms_spam", "CC BY 4.0", "5574", "688 MB", "news_commentary_v14", "onset data fetch"],
    );
    let json: serde_json::Value = serde_json::from_str(&output(&folder, &["list", "--json"])).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 10);
    assert_eq!(json[1]["name"], "sst2");
    assert_eq!(json[1]["sources"][0]["sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn sentence_pairs_are_described() {
    let folder = tempdir().unwrap();
    write(&folder, "a.de", "ein Hund\nein Hund\n\nja\n");
    write(&folder, "a.en", "a dog\na dog\nnothing\none two three four five six seven\n");
    let text = output(&folder, &["inspect", "a.de", "a.en"]);
    let parts = ["4 lines each", "1 lines with an empty side", "1 pairs are the same", "three times as long"];
    assert_parts(&text, &parts);
    let json: serde_json::Value =
        serde_json::from_str(&output(&folder, &["inspect", "a.de", "a.en", "--json"])).unwrap();
    assert_eq!(json["repeated"]["count"], 1);
    write(&folder, "a.en", "a dog\n");
    let message = failure(onset(&folder).args(["data", "inspect", "a.de", "a.en"]), 1);
    assert_parts(&message, &["4 lines", "a.en has 1"]);
}

#[test]
fn a_messy_file_is_described_without_stopping() {
    let folder = tempdir().unwrap();
    write(&folder, "a.tsv", MESSY);
    let text = output(&folder, &["inspect", "a.tsv", "--set", "data.min_count=1"]);
    assert_parts(
        &text,
        &[
            "9 rows",
            "negative",
            "2 texts have the same words as an earlier one",
            "line 2, line 4: win a prize now",
            "1 texts occur with more than one label",
            "would refuse 3 rows",
            "a.tsv:5: 1 fields where the header has 2",
            "a.tsv:6: a byte that is not UTF-8",
            "a.tsv:7: the text is empty",
        ],
    );
}

#[test]
fn an_inspection_is_read_as_json() {
    let folder = tempdir().unwrap();
    write(&folder, "a.tsv", MESSY);
    let found: serde_json::Value =
        serde_json::from_str(&output(&folder, &["inspect", "a.tsv", "--json"])).unwrap();
    assert_eq!((found["rows"].as_u64(), found["refused"]["count"].as_u64()), (Some(9), Some(3)));
    assert_eq!(found["words"]["median"], 4);
    assert_eq!(found["labels"][0]["label"], "1");
}

#[test]
fn what_cannot_be_inspected_is_told() {
    let folder = tempdir().unwrap();
    assert_parts(&failure(onset(&folder).args(["data", "inspect", "a.tsv"]), 1), &["cannot read", "a.tsv"]);
    let message = failure(onset(&folder).args(["data", "inspect", "a.doc"]), 2);
    assert_parts(&message, &["a.doc is not a table", "a data set", "sms_spam"]);
    let message = failure(onset(&folder).args(["data", "inspect", "imdb"]), 1);
    assert_parts(&message, &["imdb is not in data/imdb", "onset data fetch imdb"]);
    write(&folder, "a.tsv", b"text\tlabel\nbroken\n \t1\n");
    assert_parts(
        &failure(onset(&folder).args(["data", "inspect", "a.tsv"]), 1),
        &["no row that can be used"],
    );
}

#[test]
fn a_set_on_disk_is_taken_and_inspected_by_its_name() {
    let Some([shared, ..]) = data_files(["", "sms_spam", "multi30k"]) else { return };
    let folder = tempdir().unwrap();
    let from = shared.to_str().unwrap();
    let text = output(&folder, &["fetch", "sms_spam", "--from", from]);
    assert_parts(&text, &["data/sms_spam/sms.tsv.gz: 5574 rows"]);
    assert_parts(&output(&folder, &["fetch", "sms_spam", "--from", from]), &["already", "--force"]);
    let record = fs::read_to_string(folder.path().join("data/sms_spam/source.json")).unwrap();
    assert_parts(&record, &["CC BY 4.0", "\"rows\": 5574"]);
    assert_parts(&output(&folder, &["inspect", "sms_spam"]), &["4459 texts", "refuse no row"]);
    let text = output(&folder, &["fetch", "multi30k", "--from", from]);
    assert_parts(&text, &["train.de.gz: 29000 rows", "val.en.gz: 1014 rows"]);
    let record = fs::read_to_string(folder.path().join("data/multi30k/source.json")).unwrap();
    assert_parts(&record, &["\"verified\": true"]);
}

#[test]
fn an_unknown_set_is_a_usage_error_with_the_nearest() {
    let folder = tempdir().unwrap();
    let message = failure(onset(&folder).args(["data", "fetch", "sst-2"]), 2);
    assert_parts(&message, &["no data set `sst-2`", "did you mean `sst2`?"]);
}

#[test]
fn without_a_network_the_way_by_hand_is_told() {
    let folder = tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mirror = format!("http://127.0.0.1:{port}");
    let mut command = onset(&folder);
    let message = failure(command.args(["data", "fetch", "imdb"]).env("ONSET_DATA_MIRROR", &mirror), 1);
    assert_parts(&message, &["no connection to 127.0.0.1", "aclImdb_v1.tar.gz yourself", "--from DIR"]);
    assert!(!message.contains("panicked"));
}

#[test]
fn a_folder_that_lacks_the_set_is_told_with_what_was_expected() {
    let folder = tempdir().unwrap();
    let message = failure(onset(&folder).args(["data", "fetch", "yelp", "--from", "."]), 1);
    assert_parts(&message, &["yelp_review_polarity_csv.tgz as downloaded", "train.tsv.gz"]);
    write(&folder, "yelp_review_polarity_csv.tgz", b"not it");
    let message = failure(onset(&folder).args(["data", "fetch", "yelp", "--from", "."]), 1);
    assert_parts(
        &message,
        &["not the expected file", "528f22e286cad085948acbc3bea7e58188416546b0e364d0ae4ca0ce"],
    );
    assert!(folder.path().join("yelp_review_polarity_csv.tgz").exists());
}

//! Fetching from a local server and from folders.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use tempfile::{TempDir, tempdir};

use super::*;
use crate::data::find;
use crate::data::test_server::{Request, answer, serve};
use crate::store::digest;

/// Responds with `body`, or with the rest of it if the request has a range.
fn answer_range(request: &Request, stream: &mut TcpStream, body: &[u8]) {
    match request.get("range") {
        None => answer(stream, "200 OK", "ETag: \"one\"\r\n", body),
        Some(range) => {
            let from: usize = range.strip_prefix("bytes=").unwrap().trim_end_matches('-').parse().unwrap();
            let header = format!("Content-Range: bytes {from}-{}/{}\r\n", body.len() - 1, body.len());
            answer(stream, "206 Partial Content", &header, &body[from..]);
        }
    }
}

fn zip(members: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(content).unwrap();
    packed.finish().unwrap()
}

fn tgz(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, *content).unwrap();
    }
    gzip(&archive.into_inner().unwrap())
}

/// A set of the catalogue with the checksums of `contents`.
fn set_with(name: &str, contents: &[&[u8]]) -> DataSet {
    let set = *find(name).unwrap();
    let sources = set.sources.iter().zip(contents).map(|(source, content)| {
        let sum: &'static str = Box::leak(digest(content).into_boxed_str());
        Source { sha256: source.sha256.map(|_| sum), ..*source }
    });
    DataSet { sources: Box::leak(sources.collect::<Box<[Source]>>()), ..set }
}

/// Fetches from a folder that has `contents` under the upstream names.
fn fetch_archives(name: &str, contents: &[&[u8]]) -> (TempDir, SourceRecord) {
    let set = set_with(name, contents);
    let root = tempdir().unwrap();
    for (source, content) in set.sources.iter().zip(contents) {
        fs::write(root.path().join(source.file), content).unwrap();
    }
    let out = root.path().join("data");
    let options = FetchOptions { out, from: Some(root.path().into()), ..FetchOptions::default() };
    match fetch(&set, &options, &mut |_| {}).unwrap() {
        Fetched::New(_, record) => (root, record),
        other => panic!("{other:?}"),
    }
}

fn unpacked(path: &Path) -> String {
    let mut text = String::new();
    MultiGzDecoder::new(fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

const MESSAGES: &str = "ham\tOk lar...  \"u\" oni\nspam\tWIN a\tprize\nham\t \nham\tno tab after\n";

fn sms() -> (DataSet, Vec<u8>) {
    let archive = zip(&[("readme", "x"), ("SMSSpamCollection", MESSAGES)]);
    (set_with("sms_spam", &[&archive]), archive)
}

fn from_mirror(mirror: &str, root: &TempDir) -> FetchOptions {
    FetchOptions { out: root.path().into(), mirror: Some(mirror.into()), ..FetchOptions::default() }
}

#[test]
fn a_set_is_downloaded_verified_unpacked_and_recorded() {
    let (set, archive) = sms();
    let body = archive.clone();
    let (url, asked) = serve(move |request, stream| answer_range(request, stream, &body));
    let root = tempdir().unwrap();
    let mut reported = Vec::new();
    let fetched = fetch(&set, &from_mirror(&url, &root), &mut |progress| {
        if let Progress::Downloading { bytes, total, .. } = progress {
            reported.push((bytes, total));
        }
    });
    let Fetched::New(folder, record) = fetched.unwrap() else { panic!("it was there already") };
    assert_eq!(asked.lock().unwrap()[0]["path"], "/sms_spam/smsspamcollection.zip");
    let size = archive.len() as u64;
    assert_eq!(reported.last(), Some(&(size, Some(size))));
    assert_eq!(
        unpacked(&folder.join("sms.tsv.gz")),
        "text\tlabel\nOk lar...  \"u\" oni\t0\nWIN a prize\t1\nno tab after\t0\n"
    );
    assert_eq!(record.files[0].rows, 3);
    assert_eq!(record.files[0].left_out["the text is empty"], 1);
    assert!(record.upstream[0].verified && record.upstream[0].bytes == size);
    assert_eq!(SourceRecord::read(&folder), Some(record));
    let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["sms.tsv.gz", "source.json"]);
    // The second time nothing is downloaded, unless it is forced.
    let mut options = from_mirror(&url, &root);
    assert_eq!(fetch(&set, &options, &mut |_| {}).unwrap(), Fetched::AlreadyThere(folder));
    options.force = true;
    assert!(matches!(fetch(&set, &options, &mut |_| {}).unwrap(), Fetched::New(..)));
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[test]
fn a_download_that_was_cut_off_goes_on_where_it_was() {
    let (set, archive) = sms();
    let body = archive.clone();
    let (url, asked) = serve(move |request, stream| {
        if request.contains_key("range") {
            return answer_range(request, stream, &body);
        }
        let headers = format!("Content-Length: {}\r\nETag: \"one\"\r\n", body.len());
        answer(stream, "200 OK", &headers, &body[..100]);
    });
    let root = tempdir().unwrap();
    let message = fetch(&set, &from_mirror(&url, &root), &mut |_| {}).unwrap_err().to_string();
    assert!(message.contains(&format!("cut off after 100 bytes of {}", archive.len())), "{message}");
    assert!(message.contains("fetching again resumes it"), "{message}");
    assert!(matches!(fetch(&set, &from_mirror(&url, &root), &mut |_| {}).unwrap(), Fetched::New(..)));
    let asked = asked.lock().unwrap();
    assert_eq!((asked[1]["range"].as_str(), asked[1]["if-range"].as_str()), ("bytes=100-", "\"one\""));
}

/// A folder with half of the archive.
fn half_downloaded(archive: &[u8]) -> TempDir {
    let root = tempdir().unwrap();
    let downloads = root.path().join("sms_spam/download");
    fs::create_dir_all(&downloads).unwrap();
    fs::write(downloads.join("smsspamcollection.zip.partial"), &archive[..archive.len() / 2]).unwrap();
    root
}

#[test]
fn a_server_that_knows_no_ranges_is_read_from_the_start() {
    let (set, archive) = sms();
    let root = half_downloaded(&archive);
    let (url, _) = serve(move |_, stream| answer(stream, "200 OK", "", &archive));
    assert!(matches!(fetch(&set, &from_mirror(&url, &root), &mut |_| {}).unwrap(), Fetched::New(..)));
}

#[test]
fn a_range_that_cannot_be_had_is_asked_for_as_a_whole() {
    let (set, archive) = sms();
    let root = half_downloaded(&archive);
    let (url, asked) = serve(move |request, stream| match request.get("range") {
        Some(_) => answer(stream, "416 Range Not Satisfiable", "Content-Range: bytes */7\r\n", b""),
        None => answer(stream, "200 OK", "", &archive),
    });
    assert!(matches!(fetch(&set, &from_mirror(&url, &root), &mut |_| {}).unwrap(), Fetched::New(..)));
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[test]
fn a_wrong_checksum_is_reported_and_the_file_is_put_aside() {
    let (set, archive) = sms();
    let (url, _) = serve(move |_, stream| answer(stream, "200 OK", "", b"<html>sign in</html>"));
    let root = tempdir().unwrap();
    let message = fetch(&set, &from_mirror(&url, &root), &mut |_| {}).unwrap_err().to_string();
    for part in
        [&digest(&archive), &digest(b"<html>sign in</html>"), "smsspamcollection.zip.rejected", "again"]
    {
        assert!(message.contains(part), "{message}");
    }
    assert!(root.path().join("sms_spam/download/smsspamcollection.zip.rejected").exists());
    assert!(!root.path().join("sms_spam/sms.tsv.gz").exists());
}

#[test]
fn without_a_published_checksum_the_first_one_seen_is_held_to() {
    let pair = gzip(b"good day\tgoedendag\n\t\nthanks\tdank je\n");
    let (set, root) = (*find("news_commentary_v14").unwrap(), tempdir().unwrap());
    let put = |content: &[u8]| {
        for source in set.sources {
            fs::write(root.path().join(source.file), content).unwrap();
        }
    };
    put(&pair);
    let from = Some(root.path().to_path_buf());
    let mut options = FetchOptions { out: root.path().join("data"), from, ..FetchOptions::default() };
    let Fetched::New(folder, record) = fetch(&set, &options, &mut |_| {}).unwrap() else { panic!() };
    assert!(!record.upstream[0].verified && record.files[0].left_out["an empty side"] == 1);
    assert_eq!(unpacked(&folder.join("en-nl.nl.gz")), "goedendag\ndank je\n");
    options.force = true;
    fetch(&set, &options, &mut |_| {}).unwrap();
    put(&gzip(b"another\teen ander\n"));
    let message = fetch(&set, &options, &mut |_| {}).unwrap_err().to_string();
    assert!(message.contains("at the first fetch"), "{message}");
}

#[test]
fn a_file_that_is_gone_is_reported_with_its_page() {
    let (set, _) = sms();
    let (url, _) = serve(|_, stream| answer(stream, "404 Not Found", "", b"gone"));
    let root = tempdir().unwrap();
    let message = fetch(&set, &from_mirror(&url, &root), &mut |_| {}).unwrap_err().to_string();
    assert!(message.contains("404 Not Found") && message.contains(set.page), "{message}");
}

#[test]
fn without_a_connection_the_way_by_hand_is_described() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    drop(listener);
    let root = tempdir().unwrap();
    let message = fetch(&sms().0, &from_mirror(&format!("http://{host}/"), &root), &mut |_| {})
        .unwrap_err()
        .to_string();
    assert!(message.contains(&format!("no connection to {host}")), "{message}");
    assert!(message.contains("smsspamcollection.zip yourself") && message.contains("a mirror"), "{message}");
}

#[test]
fn glue_reviews_and_posts_are_unpacked() {
    let archive = zip(&[
        ("SST-2/train.tsv", "sentence\tlabel\na \"fine\" film \t1\nbad\t0\n"),
        ("SST-2/dev.tsv", "sentence\tlabel\nso so\t0\n"),
    ]);
    let (root, _) = fetch_archives("sst2", &[&archive]);
    let read = |root: &TempDir, file: &str| unpacked(&root.path().join("data").join(file));
    assert_eq!(read(&root, "sst2/train.tsv.gz"), "text\tlabel\na \"fine\" film\t1\nbad\t0\n");
    assert_eq!(read(&root, "sst2/dev.tsv.gz"), "text\tlabel\nso so\t0\n");

    let archive = tgz(&[
        ("aclImdb/train/neg/0_3.txt", b"dull<br /><br />film"),
        ("aclImdb/train/pos/0_9.txt", b"great"),
        ("aclImdb/train/unsup/0_0.txt", b"unknown"),
        ("aclImdb/test/neg/0_2.txt", b"\xff"),
        ("aclImdb/test/pos/0_8.txt", b"good"),
    ]);
    let (root, record) = fetch_archives("imdb", &[&archive]);
    assert_eq!(read(&root, "imdb/train.tsv.gz"), "text\tlabel\ndull film\t0\ngreat\t1\n");
    assert_eq!(record.files[1].left_out["not UTF-8"], 1);

    let archive = tgz(&[
        ("20news-bydate-test/rec.sport.hockey/1", b"From: x\n\nice"),
        ("20news-bydate-test/rec.autos/1", b"From: x\n\ncars"),
        ("20news-bydate-train/rec.sport.baseball/1", b"From: x\nSubject: y\n\nthe\tcaf\xe9\n> quoted\n"),
        ("20news-bydate-train/rec.sport.hockey/1", b"From: x\n"),
    ]);
    let (root, record) = fetch_archives("20_newsgroups", &[&archive]);
    assert_eq!(read(&root, "20_newsgroups/train.tsv.gz"), "text\tlabel\nthe caf\u{e9} > quoted\t0\n");
    assert_eq!(read(&root, "20_newsgroups/test.tsv.gz"), "text\tlabel\nice\t1\n");
    assert_eq!(record.files[0].left_out["the text is empty"], 1);
}

#[test]
fn classes_in_csv_are_unpacked() {
    let train =
        b"\"3\",\"Oil, up\",\"By \"\"AP\"\"\"\n\"1\",\"Peace\",\"Talks\"\n\"4\",\"Web\",\"Site\"\n\"1\"\n";
    let (root, record) = fetch_archives("ag_news", &[train, b"\"1\",\"a\",\"b\"\n"]);
    let text = unpacked(&root.path().join("data/ag_news/train.tsv.gz"));
    assert_eq!(text, "text\tlabel\nOil, up By \"AP\"\t1\nPeace Talks\t0\n");
    assert_eq!(record.files[0].left_out["another class"], 1);
    assert_eq!(record.files[0].left_out["a class without text"], 1);

    for (name, row) in
        [("yelp", "\"2\",\"so\\n\\n\\\"\"good\\\"\"\"\n"), ("amazon", "\"2\",\"so\",\"\\\"\"good\\\"\"\"\n")]
    {
        let (train, test) =
            (format!("{name}_review_polarity_csv/train.csv"), format!("{name}_review_polarity_csv/test.csv"));
        let archive = tgz(&[(&train, row.as_bytes()), (&test, b"\"1\",\"bad\",\"\"\n")]);
        let (root, _) = fetch_archives(name, &[&archive]);
        let read = |file: &str| unpacked(&root.path().join("data").join(name).join(file));
        assert_eq!(read("train.tsv.gz"), "text\tlabel\nso \"good\"\t1\n", "{name}");
        assert_eq!(read("test.tsv.gz"), "text\tlabel\nbad\t0\n", "{name}");
    }
}

#[test]
fn parallel_text_stays_line_by_line_or_is_refused() {
    let talks = |german: &'static str, english: &'static str| {
        let files = find("iwslt14").unwrap().files.iter().flat_map(|file| match file.take {
            crate::data::set::Take::Talks { members } => members,
            _ => &[],
        });
        let content = |name: &str| match (name.ends_with(".xml"), name.contains("-en.de")) {
            (true, _) => "<doc>\n<seg id=\"1\"> x </seg>\n",
            (_, true) => german,
            _ => english,
        };
        tgz(&files.map(|name| (*name, content(name).as_bytes())).collect::<Vec<_>>())
    };
    let good = talks("<url>u</url>\n<title>Titel</title>\nHallo\n", "<title>Title</title>\nHello\n");
    let (root, _) = fetch_archives("iwslt14", &[&good]);
    assert_eq!(unpacked(&root.path().join("data/iwslt14/train.de.gz")), "Titel\nHallo\n");
    assert_eq!(unpacked(&root.path().join("data/iwslt14/test.en.gz")), "x\nx\nx\n");

    let root = tempdir().unwrap();
    fs::write(root.path().join("de-en.tgz"), talks("eins\nzwei\n", "one\n")).unwrap();
    let from = Some(root.path().to_path_buf());
    let options = FetchOptions { out: root.path().join("data"), from, ..FetchOptions::default() };
    let message = fetch(find("iwslt14").unwrap(), &options, &mut |_| {}).unwrap_err().to_string();
    assert!(message.contains("train.de.gz has 2 lines and train.en.gz 1"), "{message}");
    assert_eq!(fs::read_dir(root.path().join("data/iwslt14")).unwrap().count(), 0);
}

#[test]
fn files_in_our_form_are_taken_as_they_are() {
    let root = tempdir().unwrap();
    let (from, out) = (root.path().join("from"), root.path().join("data"));
    fs::create_dir_all(from.join("sms_spam")).unwrap();
    let file = from.join("sms_spam/sms.tsv.gz");
    let options = FetchOptions { out: out.clone(), from: Some(from.clone()), ..FetchOptions::default() };
    let set = find("sms_spam").unwrap();
    let fetch = || fetch(set, &options, &mut |_| {});
    let message = fetch().unwrap_err().to_string();
    assert!(message.contains("expected smsspamcollection.zip as downloaded, or sms.tsv.gz"), "{message}");
    fs::write(&file, gzip(b"label\ttext\n0\thi\n")).unwrap();
    assert!(fetch().unwrap_err().to_string().contains("its first line is \"label\\ttext\""));
    let whole = gzip(b"text\tlabel\nhi\t0\nwin\t1\n");
    fs::write(&file, &whole[..whole.len() - 9]).unwrap();
    assert!(fetch().unwrap_err().to_string().contains("sms.tsv.gz: "));
    fs::write(&file, &whole).unwrap();
    let Fetched::New(folder, record) = fetch().unwrap() else { panic!("it was there already") };
    assert_eq!((record.files[0].rows, record.upstream.len()), (2, 0));
    assert_eq!(fs::read(folder.join("sms.tsv.gz")).unwrap(), whole);
}

#[test]
fn a_broken_archive_is_reported() {
    let content: &[u8] = b"PK but not a zip";
    let set = set_with("sms_spam", &[content]);
    let root = tempdir().unwrap();
    fs::write(root.path().join("smsspamcollection.zip"), content).unwrap();
    let from = Some(root.path().to_path_buf());
    let options = FetchOptions { out: root.path().join("data"), from, ..FetchOptions::default() };
    let message = fetch(&set, &options, &mut |_| {}).unwrap_err().to_string();
    assert!(message.contains("smsspamcollection.zip: "), "{message}");
    let other = zip(&[("readme", "x")]);
    fs::write(root.path().join("smsspamcollection.zip"), &other).unwrap();
    let message = fetch(&set_with("sms_spam", &[&other]), &options, &mut |_| {}).unwrap_err().to_string();
    assert!(message.contains("it does not contain SMSSpamCollection"), "{message}");
}

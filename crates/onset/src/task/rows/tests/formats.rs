//! Binary formats and packings.

use std::io::Write;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray, StructArray};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::*;

const USUAL: [&str; 2] = ["text", "label"];
const ABOUT: &str = r#"{"info": {"features": {"label": {"names": ["ham", "spam"], "_type": "ClassLabel"}}}}"#;

fn batch(about: bool) -> RecordBatch {
    let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("a b"), Some("c"), None]));
    let labels: ArrayRef = Arc::new(Int64Array::from(vec![1, 0, 1]));
    let inner: ArrayRef = Arc::new(StringArray::from(vec!["ein", "zwei", "drei"]));
    let field = Arc::new(Field::new("de", DataType::Utf8, true));
    let pairs = StructArray::from(vec![(field, inner)]);
    let fields = vec![
        Field::new("text", DataType::Utf8, true),
        Field::new("label", DataType::Int64, true),
        Field::new("translation", pairs.data_type().clone(), true),
    ];
    let about = about.then(|| ("huggingface".to_owned(), ABOUT.to_owned()));
    let schema =
        Schema::new(fields).with_metadata(about.into_iter().collect::<std::collections::HashMap<_, _>>());
    RecordBatch::try_new(Arc::new(schema), vec![texts, labels, Arc::new(pairs)]).unwrap()
}

fn parquet(compression: Compression) -> Vec<u8> {
    let batch = batch(false);
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn parquet_of_every_usual_codec_is_read() {
    let codecs = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4_RAW,
    ];
    for codec in codecs.into_iter().chain([Compression::GZIP(Default::default())]) {
        let (rows, _) = plain("a.parquet", &parquet(codec), &Reading::default(), USUAL);
        assert_eq!(rows, "a b=1 c=0 =1", "{codec}");
    }
    let (rows, _) =
        plain("a.parquet", &parquet(Compression::SNAPPY), &Reading::default(), ["translation.de", "label"]);
    assert_eq!(rows, "ein=1 zwei=0 drei=1");
    assert!(!holds_pairs(Path::new("a.parquet"), &Reading::default()));
    let found = message("a.parquet", &parquet(Compression::SNAPPY), &Reading::default(), ["txt", "label"]);
    assert!(found.contains("did you mean `text`?") && found.contains("translation.de"), "{found}");
    let cut = parquet(Compression::SNAPPY);
    let found = message("a.parquet", &cut[..cut.len() - 5], &Reading::default(), USUAL);
    assert!(found.contains("cannot be read as Parquet"), "{found}");
}

#[test]
fn arrow_is_read_as_a_file_and_as_a_stream_with_the_names_of_classes() {
    let batch = batch(true);
    let mut file = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    file.write(&batch).unwrap();
    let mut stream = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    stream.write(&batch).unwrap();
    stream.write(&batch).unwrap();
    for (bytes, times) in [(file.into_inner().unwrap(), 1), (stream.into_inner().unwrap(), 2)] {
        let (rows, _) = read("a.arrow", &bytes, &Reading::default(), USUAL).unwrap();
        let rows: Vec<_> = rows.into_iter().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 3 * times);
        assert_eq!(rows[0], (1, "a b".into(), "spam".into()));
        assert_eq!(rows.last().unwrap().0, 3 * times);
    }
}

/// A spreadsheet with these rows, as small as one can be.
fn xlsx(rows: &[[&str; 2]]) -> Vec<u8> {
    let cell = |value: &str| match value.parse::<f64>() {
        Ok(_) => format!("<c><v>{value}</v></c>"),
        Err(_) => format!("<c t=\"inlineStr\"><is><t>{value}</t></is></c>"),
    };
    let row = |(number, [a, b]): (usize, &[&str; 2])| {
        format!("<row r=\"{}\">{}{}</row>", number + 1, cell(a), cell(b))
    };
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let rows: String = rows.iter().enumerate().map(row).collect();
    let files = [
        (
            "[Content_Types].xml",
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>".to_owned(),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>"),
        ),
    ];
    zipped(&files.map(|(name, content)| (name, content.into_bytes())))
}

fn zipped(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn a_spreadsheet_is_read_with_and_without_a_header() {
    let book = xlsx(&[["text", "label"], ["a b", "1"], ["c", "0"]]);
    let (rows, _) = read("a.xlsx", &book, &Reading::default(), USUAL).unwrap();
    let rows: Vec<_> = rows.into_iter().map(Result::unwrap).collect();
    assert_eq!(rows, [(2, "a b".into(), "1".into()), (3, "c".into(), "0".into())]);
    let headerless = Reading { header: Some(false), ..Reading::default() };
    let (rows, _) = plain("a.xlsx", &xlsx(&[["1", "a b"], ["0", "c"]]), &headerless, ["2", "1"]);
    assert_eq!(rows, "a b=1 c=0");
    assert!(message("a.xlsx", b"no", &Reading::default(), USUAL).contains("cannot be read as a spreadsheet"));
}

/// `text,label` and `a b,1`, as `xz` packs them.
const XZ: &[u8] = b"\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4F\x02\x00!\x01\x16\x00\x00\x00t/\xe5\xa3\x01\x00\x10text,label\x0aa b,1\x0a\x00\x00\x00\x00w._-\x86\xb2\x07\xf6\x00\x01)\x112\x0ap\x0e\x1f\xb6\xf3}\x01\x00\x00\x00\x00\x04YZ";

#[test]
fn every_packing_is_unpacked() {
    let content = b"text,label\na b,1\n".to_vec();
    let inner = |name| {
        zipped(&[("__MACOSX/._a.csv", b"x".to_vec()), ("read me", b"x".to_vec()), (name, content.clone())])
    };
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        ("a.csv.xz", XZ.to_vec()),
        ("a.csv.zst", zstd::encode_all(&content[..], 1).unwrap()),
        ("a.zip", inner("folder/b.csv")),
        ("b.csv.zip", zipped(&[("b", content.clone())])),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, &bytes).unwrap();
        let file = Unpacked::read(&path).unwrap();
        assert_eq!(
            (file.bytes.to_vec(), Form::of(&file.name)),
            (content.clone(), Form::of("a.csv")),
            "{name}"
        );
        if !name.ends_with("zip") {
            assert_eq!(peek::column_names(&path, &Reading::default())[0], USUAL);
            std::fs::write(&path, &bytes[..bytes.len() - 8]).unwrap();
            let found = Unpacked::read(&path).err().unwrap().to_string();
            assert!(found.contains("cannot unpack"), "{found}");
        }
    }
    let path = folder.path().join("two.zip");
    std::fs::write(&path, zipped(&[("a.csv", content.clone()), ("b.csv", content)])).unwrap();
    let found = Unpacked::read(&path).err().unwrap().to_string();
    assert!(found.contains("2 files of rows: a.csv, b.csv"), "{found}");
}

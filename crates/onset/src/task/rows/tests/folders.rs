//! Folders and patterns.

use std::fs;

use super::*;

fn names(paths: &[std::path::PathBuf]) -> Vec<&str> {
    paths.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect()
}

#[test]
fn a_folder_that_datasets_saved_is_read_in_the_order_of_its_state() {
    let folder = tempfile::tempdir().unwrap();
    let split = folder.path().join("train");
    fs::create_dir(&split).unwrap();
    fs::write(folder.path().join("dataset_dict.json"), r#"{"splits": ["train", "test"]}"#).unwrap();
    fs::write(
        split.join("state.json"),
        r#"{"_data_files": [{"filename": "b.arrow"}, {"filename": "a.arrow"}]}"#,
    )
    .unwrap();
    assert_eq!(names(&folder::parts(&split).unwrap()), ["b.arrow", "a.arrow"]);
    let (train, validation) = splits(folder.path()).unwrap();
    assert_eq!((train, validation), (split.clone(), Some(folder.path().join("test"))));
    assert_eq!(splits(&split).unwrap(), (split, None));
}

#[test]
fn a_folder_of_tables_is_split_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("data");
    fs::create_dir(&inner).unwrap();
    assert_eq!(splits(folder.path()), None);
    for name in [
        "train-00000-of-00002.csv",
        "train-00001-of-00002.csv",
        "validation-00000-of-00001.csv",
        "test.csv",
        "x.md",
    ] {
        fs::write(inner.join(name), "text,label\na,1\n").unwrap();
    }
    let (train, validation) = splits(folder.path()).unwrap();
    assert_eq!(
        names(&folder::parts(&train).unwrap()),
        ["train-00000-of-00002.csv", "train-00001-of-00002.csv"]
    );
    assert_eq!(names(&[validation.unwrap()]), ["validation-00000-of-00001.csv"]);
    let mut rows = 0;
    let columns = Columns { names: ["text", "label"], roles: ColumnRoles::TextAndLabel };
    let mut hash = Sha256::new();
    let read = each_row::<FileError>(&train, &Reading::default(), columns, &mut hash, &mut |row| {
        rows += usize::from(row.is_ok());
        Ok(())
    });
    assert!(read.is_ok() && rows == 2);
    let none = folder::parts(&inner.join("none-*.csv")).unwrap_err().to_string();
    assert!(none.contains("has no file of rows"), "{none}");
}

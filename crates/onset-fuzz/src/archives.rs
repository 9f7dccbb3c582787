//! What data sets are unpacked from: ZIP, gzipped tar, gzip and plain files.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use onset::data::fuzzing::{members, unpack_file};
use onset::data::{CATALOGUE, DataSet};

use crate::{Target, outcome, scratch};

/// An upstream file: the first byte chooses the set, the second whether the rest is the file or is packed first.
pub const ARCHIVES: Target = Target {
    name: "archives",
    run: archives,
    seeds,
    words: &[
        "\t",
        "\n",
        "ham\t",
        "\tspam",
        "\"1\",\"",
        "<seg id=\"1\">",
        "</seg>",
        "<title>",
        "\\n",
        "\\\"",
        "PK\u{3}\u{4}",
        "\u{1f}",
        "../../x",
        "ustar",
        "label",
        "\u{feff}",
        "0",
        "1",
        "2",
        "<br />",
    ],
};

/// The files of all sets.
fn all() -> Vec<(&'static DataSet, usize)> {
    CATALOGUE.iter().flat_map(|set| (0..set.files.len()).map(move |file| (set, file))).collect()
}

fn archives(bytes: &[u8]) -> String {
    let [which, packed, rest @ ..] = bytes else { return String::new() };
    let all = all();
    let (set, file) = all[usize::from(*which) % all.len()];
    let name = set.sources[set.files[file].source].file;
    let content =
        if packed.is_multiple_of(2) { rest.to_vec() } else { pack(name, &members(set, file), rest) };
    let source = scratch::file(name, &content);
    let folder = scratch::folder().join("unpacked");
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let made = unpack_file(set, file, &source, &folder);
    format!("{} {file} {}", set.name, outcome(&made))
}

/// Puts `content` into every one of `members`, in an archive of the kind that the name tells.
fn pack(name: &str, members: &[String], content: &[u8]) -> Vec<u8> {
    if name.ends_with(".zip") {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for member in members {
            let options = zip::write::SimpleFileOptions::default();
            archive.start_file(member.as_str(), options).expect("memory takes a member");
            archive.write_all(content).expect("memory takes bytes");
        }
        return archive.finish().expect("memory takes an archive").into_inner();
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    if members.is_empty() {
        if !name.ends_with("gz") {
            return content.to_vec();
        }
        packed.write_all(content).expect("memory takes bytes");
        return packed.finish().expect("memory takes bytes");
    }
    let mut archive = tar::Builder::new(packed);
    for member in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, member, content).expect("memory takes a member");
    }
    archive.into_inner().and_then(GzEncoder::finish).expect("memory takes an archive")
}

fn seeds() -> Vec<Vec<u8>> {
    let contents: [&[u8]; 4] = [
        b"ham\tsee you\nspam\twin now\nham\tso\n",
        b"sentence\tlabel\na good film\t1\nbad\t0\n",
        b"\"1\",\"title\",\"a text \"\"quoted\"\" \\n\"\n\"2\",\"x\",\"y\"\n",
        b"<seg id=\"1\"> ein Satz </seg>\n<seg id=\"2\"> noch einer </seg>\nein Hund\ta dog\n",
    ];
    let mut seeds = Vec::new();
    for (place, (set, file)) in all().into_iter().enumerate() {
        let name = set.sources[set.files[file].source].file;
        for content in contents {
            seeds.push([&[place as u8, 1][..], content].concat());
        }
        seeds.push([&[place as u8, 0][..], &pack(name, &members(set, file), contents[place % 4])].concat());
    }
    seeds
}

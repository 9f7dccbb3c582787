//! Starting and stopping the lab.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use support::{failure, onset};
use tempfile::{TempDir, tempdir};

/// A lab in a process of its own, and the address that it printed.
fn start(folder: &TempDir, more: &[&str]) -> (Child, String) {
    let mut lab = Command::new(assert_cmd::cargo::cargo_bin("onset"))
        .current_dir(folder.path())
        .args(["lab", "."])
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    BufReader::new(lab.stdout.take().unwrap()).read_line(&mut address).unwrap();
    (lab, address.trim().into())
}

/// The head of the answer to a GET of `path`; the connection stays open.
fn get(address: &str, path: &str) -> (TcpStream, String) {
    let host = address.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n").unwrap();
    let mut head = [0; 512];
    let read = stream.read(&mut head).unwrap();
    (stream, String::from_utf8_lossy(&head[..read]).into())
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_though_a_page_is_open() {
    let folder = tempdir().unwrap();
    let (mut lab, address) = start(&folder, &[]);
    let (mut events, head) = get(&address, "/api/events");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let (_page, head) = get(&address, "/");
    assert!(head.contains("200 OK") && head.contains("content-security-policy"), "{head}");
    Command::new("kill").args(["-INT", &lab.id().to_string()]).status().unwrap();
    assert!(lab.wait().unwrap().success());
    // The last, empty chunk: the stream ended by itself, and was not cut off when the time for it was over.
    let mut rest = Vec::new();
    events.read_to_end(&mut rest).unwrap();
    assert!(rest.ends_with(b"0\r\n\r\n"), "{}", String::from_utf8_lossy(&rest));
    let mut messages = String::new();
    lab.stderr.take().unwrap().read_to_string(&mut messages).unwrap();
    assert!(messages.contains("the lab has stopped") && !messages.contains("panicked"), "{messages}");
}

#[test]
fn two_labs_find_ports_of_their_own_and_a_taken_one_is_refused_by_name() {
    let folder = tempdir().unwrap();
    let labs = [(); 2].map(|()| start(&folder, &[]));
    assert_ne!(labs[0].1, labs[1].1);
    let port = labs[0].1.trim_end_matches('/').rsplit(':').next().unwrap();
    let error = failure(onset(&folder).args(["lab", ".", "--port", port]), 1);
    assert!(error.contains("cannot listen on") && error.contains("--port"), "{error}");
    for (mut lab, _) in labs {
        lab.kill().unwrap();
        lab.wait().unwrap();
    }
}

#[test]
fn a_token_comes_from_a_file_or_from_the_environment() {
    let folder = tempdir().unwrap();
    std::fs::write(folder.path().join("token"), "a-token-of-a-file-0123\n").unwrap();
    let (mut lab, address) = start(&folder, &["--token-file", "token"]);
    assert!(address.ends_with("/?token=a-token-of-a-file-0123"), "{address}");
    let (_, head) = get(&address, "/api/runs");
    assert!(head.starts_with("HTTP/1.1 401"), "{head}");
    lab.kill().unwrap();
    lab.wait().unwrap();
    let error = failure(onset(&folder).args(["lab", ".", "--token-file", "nowhere"]), 1);
    assert!(error.contains("cannot read the token from nowhere"), "{error}");
    // Too short, which shows that it was read.
    let error = failure(onset(&folder).args(["lab", "."]).env("ONSET_LAB_TOKEN", "short"), 1);
    assert!(error.contains("at least 16 characters"), "{error}");
}

#[test]
fn for_other_machines_it_prints_a_token_and_asks_for_it() {
    let folder = tempdir().unwrap();
    let (mut lab, address) = start(&folder, &["--address", "0.0.0.0"]);
    assert!(address.contains("/?token="), "{address}");
    let (_, head) = get(&address, "/api/runs");
    assert!(head.starts_with("HTTP/1.1 401"), "{head}");
    let (_, head) = get(&address, &address[address.find("/?").unwrap()..]);
    assert!(head.starts_with("HTTP/1.1 303") && head.contains("HttpOnly"), "{head}");
    lab.kill().unwrap();
    lab.wait().unwrap();
}

#[test]
fn what_is_not_possible_says_what_to_do() {
    let folder = tempdir().unwrap();
    let error = failure(onset(&folder).args(["lab", "nowhere"]), 1);
    assert!(error.contains("nowhere") && error.contains("onset train"), "{error}");
    let error = failure(onset(&folder).args(["lab", ".", "--token", "short"]), 1);
    assert!(error.contains("16 characters"), "{error}");
}

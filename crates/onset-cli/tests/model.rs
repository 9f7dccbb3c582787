//! `onset model`: public checkpoints.

mod support;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

use support::{failure, onset};
use tempfile::tempdir;

/// A server that has the checkpoint of the golden files in the repository `a/tiny`.
fn hub() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap();
            let request = String::from_utf8_lossy(&request[..read]).into_owned();
            let path = request.split(' ').nth(1).unwrap_or_default();
            let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../onset/tests/golden/described");
            let file = path.strip_prefix("/a/tiny/resolve/main/").map(|name| golden.join(name));
            match file.and_then(|file| std::fs::read(file).ok()) {
                Some(body) => {
                    write!(
                        stream,
                        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                        body.len()
                    )
                    .unwrap();
                    stream.write_all(&body).unwrap();
                }
                None => {
                    write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                        .unwrap()
                }
            }
        }
    });
    address
}

#[test]
fn the_models_are_listed() {
    let folder = tempdir().unwrap();
    let list = onset(&folder).args(["model", "list"]).output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    assert!(list.contains("minilm") && list.contains("onset model fetch"), "{list}");
    let json = onset(&folder).args(["model", "list", "--json"]).output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json[0]["repository"], "sentence-transformers/all-MiniLM-L6-v2");
}

#[test]
fn a_checkpoint_is_fetched_and_described() {
    let (folder, address) = (tempdir().unwrap(), hub());
    let fetch = |name: &str| {
        let mut command = onset(&folder);
        command.args(["model", "fetch", name]).env("HF_ENDPOINT", &address);
        command
    };
    let output = fetch("a/tiny").output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && told.contains("bert's form"), "{told}");
    assert!(folder.path().join("models/tiny/model.safetensors").is_file());
    let message = failure(&mut fetch("a/other"), 1);
    assert!(
        message.contains("404 Not Found") && message.contains("config.json, tokenizer.json"),
        "{message}"
    );
    let message = failure(&mut fetch("tinny"), 2);
    assert!(message.contains("OWNER/NAME"), "{message}");
}

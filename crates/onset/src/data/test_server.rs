//! A small HTTP server for the tests of downloads.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The header lines of a request, by lower-case name; `path` has its path.
pub type Request = BTreeMap<String, String>;

/// The requests so far.
pub type Requests = Arc<Mutex<Vec<Request>>>;

/// A server that responds with what `answer` writes and records the requests; it ends with the process.
pub fn serve(answer: impl Fn(&Request, &mut TcpStream) + Send + 'static) -> (String, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let first = lines.next().unwrap().unwrap();
            let mut request = Request::from([("path".into(), first.split(' ').nth(1).unwrap().into())]);
            for line in lines.map(Result::unwrap).take_while(|line| !line.is_empty()) {
                let (name, value) = line.split_once(": ").unwrap();
                request.insert(name.to_ascii_lowercase(), value.into());
            }
            log.lock().unwrap().push(request.clone());
            answer(&request, &mut stream);
        }
    });
    (url, asked)
}

pub fn answer(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) {
    let length = if headers.contains("Content-Length") {
        String::new()
    } else {
        format!("Content-Length: {}\r\n", body.len())
    };
    write!(stream, "HTTP/1.1 {status}\r\n{length}{headers}Connection: close\r\n\r\n").unwrap();
    stream.write_all(body).unwrap();
}

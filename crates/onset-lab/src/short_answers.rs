//! Bodies for the answers that are given before a request has been read.
//!
//! A head that is too long or no HTTP is answered by hyper, with an empty body. Here such an answer gets the form of all
//! errors of the lab.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// An answer with a sentence, after which the connection is closed.
macro_rules! answer {
    ($status:literal, $length:literal, $more:literal, $body:literal) => {
        concat!(
            "HTTP/1.1 ",
            $status,
            "\r\ncontent-type: application/json\r\ncontent-length: ",
            $length,
            "\r\nconnection: close\r\nx-content-type-options: nosniff\r\ncache-control: no-store\r\n",
            $more,
            "\r\n",
            $body
        )
    };
}

/// The answer to a connection above the limit.
pub const AT_CAPACITY: &str = answer!(
    "503 Service Unavailable",
    "72",
    "retry-after: 5\r\n",
    r#"{"error":"the lab has too many open connections; close some other tabs"}"#
);

/// The status lines of answers without a body, and what is sent instead.
const ANSWERS: [(&str, &str); 3] = [
    (
        "HTTP/1.1 400 ",
        answer!(
            "400 Bad Request",
            "71",
            "",
            r#"{"error":"this is not a request of HTTP/1.1; open the printed address"}"#
        ),
    ),
    (
        "HTTP/1.1 414 ",
        answer!(
            "414 URI Too Long",
            "81",
            "",
            r#"{"error":"the address is too long for the lab; compare fewer runs, or reload it"}"#
        ),
    ),
    (
        "HTTP/1.1 431 ",
        answer!(
            "431 Request Header Fields Too Large",
            "92",
            "",
            r#"{"error":"the headers of the request are too long for the lab; delete cookies of this site"}"#
        ),
    ),
];

/// A connection on which answers without a body get one.
#[derive(Debug)]
pub struct ShortAnswers<S> {
    stream: S,
    /// What is left to be sent of an answer that replaces another.
    left: &'static [u8],
}

impl<S> ShortAnswers<S> {
    /// Over `stream`.
    pub fn new(stream: S) -> Self {
        Self { stream, left: &[] }
    }
}

/// What is sent instead of `bytes`, if they are an answer of hyper's own.
fn replaced(bytes: &[u8]) -> Option<&'static str> {
    let answer = ANSWERS.iter().find(|(status, _)| bytes.starts_with(status.as_bytes()))?.1;
    // The lab's own answers of these kinds have a type and a body.
    let text = std::str::from_utf8(bytes).ok()?;
    (text.ends_with("\r\n\r\n") && !text.contains("content-type")).then_some(answer)
}

impl<S: AsyncWrite + Unpin> ShortAnswers<S> {
    /// Sends what is left.
    fn poll_left(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.left.is_empty() {
            match Pin::new(&mut self.stream).poll_write(context, self.left) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(sent)) => self.left = &self.left[sent..],
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ShortAnswers<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.poll_left(context)?.is_pending() {
            return Poll::Pending;
        }
        match replaced(bytes) {
            Some(answer) => {
                self.left = answer.as_bytes();
                // The rest is sent when the connection is flushed or closed.
                let _ = self.poll_left(context)?;
                Poll::Ready(Ok(bytes.len()))
            }
            None => Pin::new(&mut self.stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.poll_left(context)?.is_pending() {
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.poll_left(context)?.is_pending() {
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ShortAnswers<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_the_bodies() {
        for answer in ANSWERS.iter().map(|(_, answer)| *answer).chain([AT_CAPACITY]) {
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{} {answer}", body.len());
            assert!(serde_json::from_str::<serde_json::Value>(body).unwrap()["error"].is_string());
        }
    }

    #[test]
    fn only_answers_without_a_body_are_replaced() {
        let empty =
            b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        assert!(replaced(empty).unwrap().contains("too long"));
        assert_eq!(replaced(b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n\r\n"), None);
        assert_eq!(replaced(b"data: HTTP/1.1 400 \r\n\r\n"), None);
    }
}

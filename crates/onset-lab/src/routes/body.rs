//! The JSON bodies of requests, read one value at a time, so that an error is in the words of the page and not in those of a parser.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use serde_json::{Map, Value};

use crate::failure::Failure;

/// The header with the key of a training. Only who has it may change the training.
pub const KEY_HEADER: &str = "onset-key";

/// A body as it came.
pub type Body = Result<Bytes, BytesRejection>;

/// The fields of a JSON object.
pub type Fields = Map<String, Value>;

/// The object that a body has.
pub fn read(body: Body) -> Result<Fields, Failure> {
    let bytes = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "the request is larger than the lab takes; send less")
        }
        status => Failure::new(status, "the request did not arrive whole; send it again"),
    })?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Failure::bad_request("the request must be a JSON object; reload the page")),
        Err(_) => Err(Failure::bad_request("the request is not JSON; reload the page")),
    }
}

/// Refuses fields that mean nothing, which are likely misspelt.
pub fn only(fields: &Fields, known: &[&str]) -> Result<(), Failure> {
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let name = shown(&Value::String(name.clone()));
            Err(refused(format!(
                "the request has {name}, which means nothing here; it may have {}",
                known.join(", ")
            )))
        }
    }
}

/// A value for an error, cut where it is long.
pub fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => format!("“{text}”"),
        other => other.to_string(),
    };
    if text.chars().count() <= 40 { text } else { text.chars().take(39).chain(['…']).collect() }
}

/// A request that is understood and not possible.
pub fn refused(message: String) -> Failure {
    Failure::new(StatusCode::UNPROCESSABLE_ENTITY, message)
}

//! The query of an address, with an error in the form of all others.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// A query that can be named in an error.
pub trait Expected: DeserializeOwned {
    /// What is expected, as it would be written.
    const EXPECTED: &'static str;
}

/// The parameters of a query.
#[derive(Debug)]
pub struct Parameters<T>(pub T);

impl<T: Expected, S: Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let query = Query::<T>::try_from_uri(&parts.uri);
        query.map(|Query(query)| Self(query)).map_err(|_| {
            let path = parts.uri.path();
            Failure::bad_request(format!("the parameters of {path} are not as expected: {}", T::EXPECTED))
        })
    }
}

//! The token that requests must show where the lab listens to other machines.

use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::error::LabError;

/// The least length of a token that someone chose.
const LEAST: usize = 16;

/// A secret. It is shown once in the address, and then in a cookie of this port, or in `Authorization: Bearer …`.
#[derive(Clone)]
pub struct Token {
    secret: String,
    cookie: String,
}

/// How a request shows the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// As it should.
    InCookieOrHeader,
    /// In the address of the page, as printed.
    InAddress,
    /// Not, or a wrong one.
    No,
}

impl Token {
    /// Takes a chosen token, or draws one. Errors if it is too short, or has characters that an address cannot hold.
    pub fn new(chosen: Option<&str>, port: u16) -> Result<Self, LabError> {
        let secret = match chosen {
            Some(secret) => secret.to_owned(),
            None => {
                let mut bytes = [0; 16];
                getrandom::fill(&mut bytes).map_err(LabError::Random)?;
                bytes.iter().map(|byte| format!("{byte:02x}")).collect()
            }
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if secret.len() < LEAST || !secret.chars().all(plain) {
            return Err(LabError::Token { least: LEAST });
        }
        // Cookies do not tell ports apart, labs do.
        Ok(Self { secret, cookie: format!("onset-lab-{port}") })
    }

    /// The token itself, for the address that is printed.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// How `request` shows it.
    pub fn look_at(&self, request: &Request) -> Shown {
        let headers = request.headers();
        let texts = |name| headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        let cookies =
            texts(COOKIE).flat_map(|all| all.split(';')).filter_map(|one| one.trim().split_once('='));
        let cookie = cookies.filter(|(name, _)| *name == self.cookie).any(|(_, value)| self.is(value));
        if cookie
            || texts(AUTHORIZATION).filter_map(|text| text.strip_prefix("Bearer ")).any(|said| self.is(said))
        {
            return Shown::InCookieOrHeader;
        }
        let query = request.uri().query().unwrap_or_default().split('&');
        let in_address = query.filter_map(|pair| pair.strip_prefix("token=")).any(|said| self.is(said));
        if in_address && request.uri().path() == "/" && request.method() == Method::GET {
            Shown::InAddress
        } else {
            Shown::No
        }
    }

    /// Puts the token into a cookie and takes it out of the address.
    pub fn welcome(&self) -> Response {
        let cookie = format!("{}={}; HttpOnly; SameSite=Strict; Path=/", self.cookie, self.secret);
        (StatusCode::SEE_OTHER, [(LOCATION, "/".to_owned()), (SET_COOKIE, cookie)]).into_response()
    }

    /// Whether this is it, in a time that does not tell how much of it is right.
    fn is(&self, said: &str) -> bool {
        let (own, said) = (self.secret.as_bytes(), said.as_bytes());
        own.len() == said.len() && own.iter().zip(said).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn shown(method: Method, uri: &str, header: Option<(&str, &str)>) -> Shown {
        let token = Token::new(Some("0123456789abcdef"), 7103).unwrap();
        let mut request = Request::builder().method(method).uri(uri);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        token.look_at(&request.body(Body::empty()).unwrap())
    }

    #[test]
    fn it_counts_in_the_cookie_of_this_port_in_a_header_and_in_the_address_of_the_page() {
        let get = |uri, header| shown(Method::GET, uri, header);
        assert_eq!(
            get("/api/runs", Some(("cookie", "a=b; onset-lab-7103=0123456789abcdef"))),
            Shown::InCookieOrHeader
        );
        assert_eq!(
            get("/api/runs", Some(("authorization", "Bearer 0123456789abcdef"))),
            Shown::InCookieOrHeader
        );
        assert_eq!(get("/?token=0123456789abcdef", None), Shown::InAddress);
        for (uri, header) in [
            ("/", None),
            ("/?token=0123456789abcdeX", None),
            ("/?token=", None),
            ("/api/runs?token=0123456789abcdef", None),
            ("/", Some(("cookie", "onset-lab-7104=0123456789abcdef"))),
            ("/", Some(("authorization", "0123456789abcdef"))),
            ("/", Some(("authorization", "Bearer 0123456789abcde"))),
        ] {
            assert_eq!(get(uri, header), Shown::No, "{uri} {header:?}");
        }
        assert_eq!(shown(Method::POST, "/?token=0123456789abcdef", None), Shown::No);
    }

    #[test]
    fn a_chosen_token_must_be_long_and_plain_and_drawn_ones_differ() {
        assert!(Token::new(Some("short"), 1).is_err());
        assert!(Token::new(Some("0123456789abcdef; x"), 1).is_err());
        let [one, two] = [0, 1].map(|_| Token::new(None, 1).unwrap());
        assert_ne!(one.secret(), two.secret());
        assert!(!format!("{one:?}").contains(one.secret()));
    }
}

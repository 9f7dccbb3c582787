//! The token that requests must carry if the lab listens to other machines.

use crate::error::LabError;
use crate::secret::Secret;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};

/// The minimum length of a chosen token.
const MIN_LENGTH: usize = 16;

/// A secret. It is sent once in the address, then in a cookie for this port, or in `Authorization: Bearer …`.
#[derive(Clone)]
pub struct Token {
    secret: Secret,
    cookie: String,
}

/// How a request carries the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// In a cookie or in the Authorization header.
    InCookieOrHeader,
    /// In the address of the page, as printed at startup.
    InAddress,
    /// Not at all, or with a wrong token.
    No,
}

impl Token {
    /// Takes a chosen token, or generates one. Errors if it is too short, or has characters that an address cannot
    /// contain.
    pub fn new(chosen: Option<&str>, port: u16) -> Result<Self, LabError> {
        let secret = match chosen {
            Some(secret) => Secret::chosen(secret),
            None => Secret::generate().map_err(LabError::Random)?,
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let text = secret.as_str();
        if text.len() < MIN_LENGTH || !text.chars().all(plain) {
            return Err(LabError::Token { least: MIN_LENGTH });
        }
        // Cookies are shared by all ports of a host; two labs must not share one.
        Ok(Self { secret, cookie: format!("onset-lab-{port}") })
    }

    /// The token itself, for the address that is printed.
    pub fn secret(&self) -> &str {
        self.secret.as_str()
    }

    /// How `request` carries the token, if it does.
    pub fn presented_by(&self, request: &Request) -> Presented {
        let bearers = request.headers().get_all(AUTHORIZATION).iter().filter_map(|value| value.to_str().ok());
        let cookie =
            cookies(request).filter(|(name, _)| *name == self.cookie).any(|(_, value)| self.matches(value));
        if cookie
            || bearers
                .filter_map(|text| text.split_once(' '))
                .any(|(scheme, given)| scheme.eq_ignore_ascii_case("bearer") && self.matches(given.trim()))
        {
            return Presented::InCookieOrHeader;
        }
        let query = request.uri().query().unwrap_or_default().split('&');
        let in_address =
            query.filter_map(|pair| pair.strip_prefix("token=")).any(|given| self.matches(given));
        if in_address && request.uri().path() == "/" && request.method() == Method::GET {
            Presented::InAddress
        } else {
            Presented::No
        }
    }

    /// Sets the cookie and redirects to the address without the token. The cookie comes along when a link on another
    /// site leads here, but not when another site's page sends a request ([`super::origin`] refuses those too).
    pub fn set_cookie(&self) -> Response {
        redirect_with(cookie(&self.cookie, self.secret()))
    }

    /// Whether `given` is the token, in a time that depends on its length alone.
    pub fn matches(&self, given: &str) -> bool {
        self.secret.matches(given)
    }
}

/// The cookies of a request, by name.
pub(super) fn cookies(request: &Request) -> impl Iterator<Item = (&str, &str)> {
    let headers = request.headers().get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    headers.flat_map(|all| all.split(';')).filter_map(|one| one.trim().split_once('='))
}

/// A cookie for this server that scripts cannot read.
pub(super) fn cookie(name: &str, value: &str) -> String {
    format!("{name}={value}; HttpOnly; SameSite=Lax; Path=/")
}

/// Sets a cookie and leads to the page. A fragment in the address stays with the browser.
pub(super) fn redirect_with(cookie: String) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, "/".to_owned()), (SET_COOKIE, cookie)]).into_response()
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

    fn presented(method: Method, uri: &str, header: Option<(&str, &str)>) -> Presented {
        let token = Token::new(Some("0123456789abcdef"), 7103).unwrap();
        let mut request = Request::builder().method(method).uri(uri);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        token.presented_by(&request.body(Body::empty()).unwrap())
    }

    #[test]
    fn it_is_accepted_in_the_cookie_of_this_port_in_a_header_and_in_the_address_of_the_page() {
        let get = |uri, header| presented(Method::GET, uri, header);
        assert_eq!(
            get("/api/runs", Some(("cookie", "a=b; onset-lab-7103=0123456789abcdef"))),
            Presented::InCookieOrHeader
        );
        assert_eq!(
            get("/api/runs", Some(("authorization", "Bearer 0123456789abcdef"))),
            Presented::InCookieOrHeader
        );
        assert_eq!(
            get("/api/runs", Some(("authorization", "bearer 0123456789abcdef"))),
            Presented::InCookieOrHeader
        );
        assert_eq!(get("/?token=0123456789abcdef", None), Presented::InAddress);
        for (uri, header) in [
            ("/", None),
            ("/?token=0123456789abcdeX", None),
            ("/?token=", None),
            ("/api/runs?token=0123456789abcdef", None),
            ("/", Some(("cookie", "onset-lab-7104=0123456789abcdef"))),
            ("/", Some(("authorization", "0123456789abcdef"))),
            ("/", Some(("authorization", "Bearer 0123456789abcde"))),
        ] {
            assert_eq!(get(uri, header), Presented::No, "{uri} {header:?}");
        }
        assert_eq!(presented(Method::POST, "/?token=0123456789abcdef", None), Presented::No);
    }

    #[test]
    fn a_chosen_token_must_be_long_and_plain_and_generated_ones_differ() {
        assert!(Token::new(Some("short"), 1).is_err());
        assert!(Token::new(Some("0123456789abcdef; x"), 1).is_err());
        let [one, two] = [0, 1].map(|_| Token::new(None, 1).unwrap());
        assert_ne!(one.secret(), two.secret());
        assert!(!format!("{one:?}").contains(one.secret()));
    }
}

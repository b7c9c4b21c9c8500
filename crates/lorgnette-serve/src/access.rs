//! Who may ask: programs of this machine that show the token, and no web page that was not named.
//!
//! A page in a browser can send requests to loopback, too, and a name of its own can be made to mean
//! 127.0.0.1 (DNS rebinding). So the `Host` must be one of ours, an `Origin` must be allowed by name,
//! and the token comes on top of both.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use subtle::ConstantTimeEq as _;

use crate::error::ServeError;
use crate::refusal::Refusal;
use crate::token::TokenFile;

/// What browsers say of where a request comes from. Source: Fetch Metadata, W3C.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// What a page is told it may send.
const ALLOWED_HEADERS: &str = "authorization, content-type, user-agent";
/// What a page is told it may do.
const ALLOWED_METHODS: &str = "GET, POST, OPTIONS";

/// Who may ask.
#[derive(Debug)]
pub enum Access {
    /// Who shows the token in this file.
    Token(TokenFile),
    /// Every program of every person on this machine.
    Anyone,
}

/// The origin of web pages, as a browser writes it: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl FromStr for Origin {
    type Err = ServeError;

    /// Takes what browsers send alone: no path, no name of a user, and neither `*` nor `null`.
    fn from_str(text: &str) -> Result<Self, ServeError> {
        let origin = url::Url::parse(text).ok().map(|url| url.origin());
        let ascii = origin.filter(url::Origin::is_tuple).map(|origin| origin.ascii_serialization());
        match ascii {
            Some(ascii) if ascii == text => Ok(Self(ascii)),
            _ => Err(ServeError::NoOrigin { text: text.to_owned() }),
        }
    }
}

/// What is checked of every request before anything is done for it.
pub(crate) struct Policy {
    address: SocketAddr,
    access: Access,
    origins: Vec<Origin>,
}

/// A request that may be answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Admitted {
    /// The page that asks, if one does.
    pub(crate) origin: Option<HeaderValue>,
    /// It only asks whether it may ask.
    pub(crate) is_preflight: bool,
}

impl Policy {
    /// `address` is where the server listens.
    pub(crate) fn new(address: SocketAddr, access: Access, origins: Vec<Origin>) -> Self {
        Self { address, access, origins }
    }

    /// # Errors
    /// [`Refusal::Host`], [`Refusal::Origin`], [`Refusal::NoToken`], [`Refusal::WrongToken`],
    /// [`Refusal::TokenFile`].
    pub(crate) fn admit(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Admitted, Refusal> {
        self.check_host(uri, headers)?;
        let origin = self.check_origin(headers)?;
        // A browser asks first, and without the token.
        let is_preflight = origin.is_some() && method == Method::OPTIONS;
        if !is_preflight {
            self.check_token(headers)?;
        }
        Ok(Admitted { origin, is_preflight })
    }

    fn check_host(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let (host, more) = (hosts.next(), hosts.next());
        let host = host.map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
        let foreign = |host: String| Err(Refusal::Host { host });
        match host {
            None => return foreign("that is not named".into()),
            Some(host) if more.is_some() || !self.is_ours(&host) => return foreign(host),
            Some(_) => {}
        }
        // A request line may name a host of its own, which counts more.
        match uri.authority() {
            Some(authority) if !self.is_ours(authority.as_str()) => foreign(authority.to_string()),
            _ => Ok(()),
        }
    }

    /// Whether a name and port are where this server listens.
    fn is_ours(&self, host: &str) -> bool {
        let port = self.address.port();
        let name = match host.strip_suffix(&format!(":{port}")) {
            Some(name) => name,
            // Browsers leave the usual port out.
            None if port == 80 => host,
            None => return false,
        };
        if name.eq_ignore_ascii_case("localhost") {
            return true;
        }
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
        let ip: Option<IpAddr> = bare.unwrap_or(name).parse().ok();
        ip.is_some_and(|ip| ip == self.address.ip() && ip.is_ipv6() == bare.is_some())
    }

    fn check_origin(&self, headers: &HeaderMap) -> Result<Option<HeaderValue>, Refusal> {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (Some(origin), None)
                if self.origins.iter().any(|one| one.0.as_bytes() == origin.as_bytes()) =>
            {
                Ok(Some(origin.clone()))
            }
            (Some(origin), _) => {
                let origin = String::from_utf8_lossy(origin.as_bytes()).into_owned();
                Err(Refusal::Origin { origin })
            }
            // Pictures and links of a page come without an origin, and say what they are.
            (None, _) => match headers.get(SEC_FETCH_SITE) {
                Some(site) if !matches!(site.as_bytes(), b"none" | b"same-origin") => {
                    Err(Refusal::Origin { origin: "another site".into() })
                }
                _ => Ok(None),
            },
        }
    }

    fn check_token(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let Access::Token(file) = &self.access else { return Ok(()) };
        let shown = headers.get(header::AUTHORIZATION).and_then(|value| bearer(value.as_bytes()));
        let shown = shown.ok_or(Refusal::NoToken)?;
        let token = file.read().map_err(Refusal::TokenFile)?;
        // In a time that does not say how much of it was right.
        if bool::from(shown.ct_eq(token.as_bytes())) { Ok(()) } else { Err(Refusal::WrongToken) }
    }
}

/// The token of an `Authorization` header. Source: RFC 6750, 2.1.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    const SCHEME: &[u8] = b"bearer ";
    let (scheme, token) = value.split_at_checked(SCHEME.len())?;
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case(SCHEME) && !token.is_empty()).then_some(token)
}

/// Tells a page that it may read the reply, and nobody else.
pub(crate) fn allow(origin: HeaderValue, headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
    let exposed = "x-request-id, x-lorgnette-queue, retry-after";
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(exposed));
}

/// Tells a page what it may send, when it asks first.
pub(crate) fn allow_preflight(headers: &mut HeaderMap) {
    let methods = HeaderValue::from_static(ALLOWED_METHODS);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    let allowed = HeaderValue::from_static(ALLOWED_HEADERS);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
}

#[cfg(test)]
mod tests;

//! Where a server is.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::error::RemoteError;

/// Where OpenAI's interface is at a server that was named without a path.
const USUAL_PATH: &str = "/v1";

/// The address of a server's interface, which ends in `/v1` at most servers: https, or http to
/// loopback or by an explicit word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Address {
    /// Without a slash at its end.
    url: Url,
    allow_http: bool,
}

/// As it is in the file.
#[derive(Serialize, Deserialize)]
struct Stored {
    url: String,
    #[serde(default)]
    allow_http: bool,
}

impl TryFrom<Stored> for Address {
    type Error = RemoteError;

    fn try_from(stored: Stored) -> Result<Self, RemoteError> {
        Self::new(&stored.url, stored.allow_http)
    }
}

impl From<Address> for Stored {
    fn from(address: Address) -> Self {
        Self { url: address.url.into(), allow_http: address.allow_http }
    }
}

impl Address {
    /// Reads an address as a person writes it. Without a path it is that of `/v1`. `allow_http` is the
    /// word that http is wanted to a host that is not this machine.
    ///
    /// # Errors
    /// [`RemoteError::Address`], [`RemoteError::PlainHttp`].
    pub fn new(text: &str, allow_http: bool) -> Result<Self, RemoteError> {
        let wrong = |reason: &str| RemoteError::Address {
            text: without_password(text),
            reason: reason.to_owned(),
        };
        let mut url = Url::parse(text.trim()).map_err(|error| wrong(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("it begins with neither https:// nor http://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("a name or password is in it, and it would be in plain files"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("there is a question mark or a # in it"));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(if path.is_empty() { USUAL_PATH } else { &path });
        let address = Self { url, allow_http };
        if address.url.scheme() == "http" && !address.is_loopback() && !allow_http {
            return Err(RemoteError::PlainHttp { host: address.host() });
        }
        Ok(address)
    }

    /// The host for people, with its port where that is not the usual one.
    pub fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Whether the host is this machine.
    pub fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
            None => false,
        }
    }

    /// The address of a resource of the interface, such as `chat/completions`.
    pub(crate) fn of(&self, resource: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/{resource}", self.url.path()));
        url
    }

    /// The address of what lies beside the interface, such as llama.cpp's `props`.
    pub(crate) fn beside(&self, resource: &str) -> Url {
        let path = self.url.path();
        let above = path.strip_suffix(USUAL_PATH).unwrap_or(path);
        let mut url = self.url.clone();
        url.set_path(&format!("{above}/{resource}"));
        url
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

/// An address for a message, without what stands before an @.
fn without_password(text: &str) -> String {
    match (text.find("://"), text.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => {
            format!("{}://…{}", &text[..scheme], &text[at..])
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str, host: &str) {
        let address = Address::new(text, false).unwrap();
        assert_eq!((address.to_string().as_str(), address.host().as_str()), (expected, host));
        let stored = serde_json::to_string(&address).unwrap();
        assert_eq!(serde_json::from_str::<Address>(&stored).unwrap(), address);
    }

    #[test]
    fn an_address_without_a_path_is_that_of_the_usual_interface() {
        check("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1", "127.0.0.1:8000");
        check("http://localhost:8080/v1/", "http://localhost:8080/v1", "localhost:8080");
        check("https://example.org/a/v1", "https://example.org/a/v1", "example.org");
        check("http://[::1]:1", "http://[::1]:1/v1", "[::1]:1");
        let address = Address::new("http://127.0.0.1:1/proxy/v1", false).unwrap();
        assert_eq!(address.of("chat/completions").path(), "/proxy/v1/chat/completions");
        assert_eq!(address.beside("props").path(), "/proxy/props");
        let address = Address::new("http://127.0.0.1:1", false).unwrap();
        assert_eq!(address.beside("props").path(), "/props");
    }

    #[test]
    fn http_goes_to_this_machine_or_by_an_explicit_word() {
        for text in
            ["http://192.168.0.2:8000", "http://example.org", "http://localhost.example.org"]
        {
            let error = Address::new(text, false).unwrap_err();
            assert!(matches!(error, RemoteError::PlainHttp { .. }), "{error}");
            assert!(Address::new(text, true).is_ok());
        }
        assert!(Address::new("http://127.1.2.3", false).is_ok());
        // A file that was changed by hand is read with the same care.
        let by_hand = r#"{"url":"http://example.org/v1"}"#;
        assert!(serde_json::from_str::<Address>(by_hand).is_err());
    }

    #[test]
    fn what_is_no_address_is_said_without_its_password() {
        for text in ["example.org", "ftp://example.org", "file:///etc/passwd", "", "https://a/?b"] {
            assert!(matches!(Address::new(text, true), Err(RemoteError::Address { .. })), "{text}");
        }
        let error = Address::new("https://ada:secret@example.org", true).unwrap_err().to_string();
        assert!(!error.contains("secret") && error.contains("@example.org"), "{error}");
    }
}

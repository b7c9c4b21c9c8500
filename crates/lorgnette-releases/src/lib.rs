//! Whether there is a newer version: asked when a person wants to know, and never by itself.
//!
//! The program is told where it is published when it is built ([`Source::here`]). What is asked for is one
//! description of a release, in the form of GitHub's `releases/latest`; nothing is sent but that request,
//! and nothing is fetched or installed.
#![warn(missing_docs)]

use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::{ACCEPT, USER_AGENT};
use reqwest::{Client, Url};
use semver::Version;
use serde::Deserialize;

/// The variable that names the address, when the program is built and when it runs.
pub const VARIABLE: &str = "LORGNETTE_RELEASES";
/// The longest wait for the whole answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest description of a release.
const MAX_BYTES: usize = 1 << 20;

/// Where releases are published.
#[derive(Debug, Clone)]
pub struct Source {
    url: Url,
}

/// The newest release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The version, without the `v` of its tag.
    pub version: Version,
    /// The address of its page, for a browser. It comes from the network.
    pub page: String,
}

/// Why nobody knows whether there is a newer version.
#[derive(Debug, thiserror::Error)]
pub enum ReleasesError {
    /// The address makes no sense, or would be asked without encryption.
    #[error("{VARIABLE} is {address}, which is no https address")]
    Address {
        /// The address as it is set.
        address: String,
    },
    /// The system does not let the program speak to the network.
    #[error("the network cannot be used: {reason}")]
    Network {
        /// What the system or the TLS library says.
        reason: String,
    },
    /// There was no connection, or it broke.
    #[error("the server {host} cannot be reached: {reason}")]
    Connect {
        /// Who was asked.
        host: String,
        /// What went wrong.
        reason: String,
    },
    /// The server has no such description.
    #[error("the server {host} answered with status {status}")]
    Status {
        /// Who was asked.
        host: String,
        /// The status of HTTP.
        status: u16,
    },
    /// The answer is no description of a release.
    #[error("the server {host} answered with something that is no release: {reason}")]
    Answer {
        /// Who was asked.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl ReleasesError {
    /// What to do now.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Address { .. } => "correct the variable, or unset it",
            Self::Network { .. } | Self::Connect { .. } => {
                "try again when there is a network, or look at the project's page in a browser"
            }
            Self::Status { .. } | Self::Answer { .. } => "look at the project's page in a browser",
        }
    }
}

impl Source {
    /// The source that the variable names now, or named when the program was built; `None` where neither
    /// does, as in a build of one's own.
    ///
    /// # Errors
    /// [`ReleasesError::Address`] if it is another kind of address.
    pub fn here() -> Result<Option<Self>, ReleasesError> {
        let built_in = || option_env!("LORGNETTE_RELEASES").map(str::to_owned);
        let address = std::env::var(VARIABLE).ok().or_else(built_in);
        address.filter(|address| !address.is_empty()).map(|address| Self::new(&address)).transpose()
    }

    /// The source at an address: https, or http on this machine.
    ///
    /// # Errors
    /// [`ReleasesError::Address`] if it is another kind of address.
    pub fn new(address: &str) -> Result<Self, ReleasesError> {
        let url = address.parse::<Url>().ok().filter(|url| {
            url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && is_here(url)))
        });
        url.map(|url| Self { url })
            .ok_or_else(|| ReleasesError::Address { address: address.into() })
    }

    /// Who is asked.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Asks for the newest release. It blocks, for 20 seconds at the most.
    ///
    /// # Errors
    /// Any [`ReleasesError`] but `Address`.
    pub fn newest(&self) -> Result<Release, ReleasesError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|error| ReleasesError::Network { reason: error.to_string() })?;
        runtime.block_on(async {
            let late = || self.unreachable(format!("no answer in {} s", PATIENCE.as_secs()));
            tokio::time::timeout(PATIENCE, self.ask()).await.unwrap_or_else(|_| Err(late()))
        })
    }

    async fn ask(&self) -> Result<Release, ReleasesError> {
        // The program's one TLS provider; an error means that it is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // What the person agreed to ask is this host.
        let mut client = Client::builder().redirect(reqwest::redirect::Policy::none());
        if is_here(&self.url) {
            client = client.no_proxy();
        }
        let client = client.build();
        let client =
            client.map_err(|error| ReleasesError::Network { reason: innermost(&error) })?;
        // GitHub wants a name; the version is nobody's concern.
        let request = client.get(self.url.clone()).header(USER_AGENT, "lorgnette");
        let sent = request.header(ACCEPT, "application/json").send().await;
        let mut response = sent.map_err(|error| self.unreachable(innermost(&error)))?;
        if !response.status().is_success() {
            let status = response.status().as_u16();
            return Err(ReleasesError::Status { host: self.host().into(), status });
        }
        let mut body = Vec::new();
        let broken = |error: reqwest::Error| self.unreachable(innermost(&error));
        while let Some(piece) = response.chunk().await.map_err(broken)? {
            if body.len() + piece.len() > MAX_BYTES {
                return Err(self.no_release("it is too long"));
            }
            body.extend_from_slice(&piece);
        }
        self.parsed(&body)
    }

    fn parsed(&self, body: &[u8]) -> Result<Release, ReleasesError> {
        let said: Description =
            serde_json::from_slice(body).map_err(|error| self.no_release(&error))?;
        let number = said.tag_name.strip_prefix('v').unwrap_or(&said.tag_name);
        let version = Version::parse(number).map_err(|error| self.no_release(&error))?;
        let page = said.html_url.parse::<Url>().ok().filter(|page| page.scheme() == "https");
        let page = page.ok_or_else(|| self.no_release("its page has no https address"))?;
        Ok(Release { version, page: page.into() })
    }

    fn unreachable(&self, reason: String) -> ReleasesError {
        ReleasesError::Connect { host: self.host().into(), reason }
    }

    fn no_release(&self, reason: &(impl ToString + ?Sized)) -> ReleasesError {
        ReleasesError::Answer { host: self.host().into(), reason: reason.to_string() }
    }
}

impl Release {
    /// Whether it is newer than the version that asks.
    pub fn is_newer(&self) -> bool {
        let own = Version::parse(env!("CARGO_PKG_VERSION"));
        own.is_ok_and(|own| self.version > own)
    }
}

/// A release as GitHub describes it; it says much more.
#[derive(Deserialize)]
struct Description {
    tag_name: String,
    html_url: String,
}

/// Whether an address is on this machine.
fn is_here(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
        host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
    })
}

/// The innermost cause, which says most.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

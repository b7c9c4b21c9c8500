//! Settings that people make once for all programs that use the hub.

use std::path::PathBuf;

use reqwest::Url;

use crate::error::WeightsError;

const HUGGING_FACE: &str = "https://huggingface.co";

/// The address of the hub, and how it is used.
#[derive(Clone)]
pub struct HubSettings {
    /// Address of the hub or of a mirror.
    pub endpoint: Url,
    /// The person's token, which is sent to the endpoint's host only.
    pub token: Option<String>,
    /// The folder of the shared cache, with `models--owner--name` in it.
    pub cache: PathBuf,
    /// Whether fetching is forbidden.
    pub offline: bool,
}

/// Leaves out the token.
impl std::fmt::Debug for HubSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HubSettings")
            .field("endpoint", &self.endpoint.as_str())
            .field("token", &self.token.as_ref().map(|_| "***"))
            .field("cache", &self.cache)
            .field("offline", &self.offline)
            .finish()
    }
}

impl HubSettings {
    /// Reads `HF_ENDPOINT`, `HF_TOKEN`, `HF_TOKEN_PATH`, `HF_HOME`, `HF_HUB_CACHE`,
    /// `HF_HUB_OFFLINE` and the token file.
    ///
    /// # Errors
    /// [`WeightsError::Settings`] for an endpoint that is not a web address.
    pub fn from_environment() -> Result<Self, WeightsError> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(get: impl Fn(&str) -> Option<String>) -> Result<Self, WeightsError> {
        let get = |name: &str| get(name).filter(|value| !value.trim().is_empty());
        let endpoint = get("HF_ENDPOINT").unwrap_or_else(|| HUGGING_FACE.into());
        let endpoint = Url::parse(endpoint.trim())
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| WeightsError::Settings {
                reason: format!("HF_ENDPOINT is {endpoint:?}, which is no web address"),
            })?;
        let home = get("HF_HOME").map(PathBuf::from).or_else(|| {
            // XDG's folder on every system, as the hub's own tools have it.
            let cache = get("XDG_CACHE_HOME").map(PathBuf::from);
            let home = || directories::BaseDirs::new().map(|dirs| dirs.home_dir().join(".cache"));
            Some(cache.or_else(home)?.join("huggingface"))
        });
        let home = home.unwrap_or_default();
        let cache = get("HF_HUB_CACHE").map_or_else(|| home.join("hub"), PathBuf::from);
        let token_path = get("HF_TOKEN_PATH").map_or_else(|| home.join("token"), PathBuf::from);
        let token = get("HF_TOKEN").or_else(|| fs_err::read_to_string(token_path).ok());
        // A line end at the end of a file, and anything else that no header may hold.
        let token = token.map(|token| token.trim().to_owned());
        let token = token.filter(|t| !t.is_empty() && t.bytes().all(|b| b.is_ascii_graphic()));
        let offline = get("HF_HUB_OFFLINE").is_some_and(|value| {
            matches!(value.trim().to_ascii_uppercase().as_str(), "1" | "ON" | "YES" | "TRUE")
        });
        Ok(Self { endpoint, token, cache, offline })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Result<HubSettings, WeightsError> {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name);
        HubSettings::from_variables(|name| find(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_token_variable_comes_before_the_token_file() {
        let dir = tempfile::tempdir().expect("temp dir");
        let home = dir.path().to_str().expect("UTF-8");
        fs_err::write(dir.path().join("token"), "from-file\n").expect("write");
        let read = settings(&[("HF_HOME", home)]).expect("settings");
        assert_eq!(read.token.as_deref(), Some("from-file"));
        assert_eq!(read.cache, dir.path().join("hub"));
        let read = settings(&[("HF_HOME", home), ("HF_TOKEN", "from-variable")]).expect("settings");
        assert_eq!(read.token.as_deref(), Some("from-variable"));
        assert!(!format!("{read:?}").contains("from-variable"));
        let none =
            settings(&[("HF_HOME", "/nowhere"), ("HF_TOKEN", "two\nlines")]).expect("settings");
        assert_eq!(none.token, None);
    }

    #[test]
    fn endpoints_are_web_addresses() {
        let endpoint = |text| settings(&[("HF_HOME", "/nowhere"), ("HF_ENDPOINT", text)]);
        assert_eq!(endpoint("").expect("default").endpoint.as_str(), "https://huggingface.co/");
        assert!(endpoint("http://127.0.0.1:8000/mirror").is_ok());
        for text in ["huggingface.co", "ftp://hub", "file:///tmp"] {
            assert!(endpoint(text).is_err(), "{text}");
        }
    }

    #[test]
    fn offline_is_said_in_several_ways() {
        let offline = |text| settings(&[("HF_HUB_OFFLINE", text)]).expect("settings").offline;
        assert!(offline("1") && offline("true") && offline("Yes"));
        assert!(!offline("0") && !offline(""));
    }
}

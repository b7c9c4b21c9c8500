//! Settings that people make once for all programs that use the hub.

use std::path::{Path, PathBuf};

use reqwest::Url;

use crate::error::WeightsError;
use crate::home::{at_home, is_of_other};

const HUGGING_FACE: &str = "https://huggingface.co";

/// The address of the hub, and how it is used.
#[derive(Clone)]
pub struct HubSettings {
    /// Address of the hub or of a mirror.
    pub endpoint: Url,
    /// The person's token, which is sent to the endpoint's host only. [`Hub::new`](super::Hub::new)
    /// refuses one that cannot be sent.
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
    /// `HF_HUB_OFFLINE` and the token file. `~` in a folder is the home folder.
    ///
    /// # Errors
    /// [`WeightsError::Settings`] for an endpoint that is not a web address, and for `~name`.
    pub fn from_environment() -> Result<Self, WeightsError> {
        // What is not UTF-8 is not unset: a token or an address of it is refused where it is used.
        let variable =
            |name: &str| std::env::var_os(name).map(|v| v.to_string_lossy().into_owned());
        Self::from_variables(variable)
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
        let path = |name: &str| get(name).map(|path| named(name, Path::new(&path))).transpose();
        let home = if let Some(home) = path("HF_HOME")? {
            Some(home)
        } else {
            // XDG's folder on every system, as the hub's own tools have it.
            let home = || directories::BaseDirs::new().map(|dirs| dirs.home_dir().join(".cache"));
            path("XDG_CACHE_HOME")?.or_else(home).map(|cache| cache.join("huggingface"))
        };
        let home = home.unwrap_or_default();
        let cache = path("HF_HUB_CACHE")?.unwrap_or_else(|| home.join("hub"));
        let token_path = path("HF_TOKEN_PATH")?.unwrap_or_else(|| home.join("token"));
        let in_file =
            || Some(String::from_utf8_lossy(&fs_err::read(token_path).ok()?).into_owned());
        let token = get("HF_TOKEN").or_else(in_file);
        // Without the line end of a file.
        let token = token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty());
        let offline = get("HF_HUB_OFFLINE").is_some_and(|value| {
            matches!(value.trim().to_ascii_uppercase().as_str(), "1" | "ON" | "YES" | "TRUE")
        });
        Ok(Self { endpoint, token, cache, offline })
    }

    /// Refuses a token that no header can hold, without showing it.
    ///
    /// # Errors
    /// [`WeightsError::Token`]
    pub(super) fn check_token(&self) -> Result<(), WeightsError> {
        let can_be_sent = |token: &String| token.bytes().all(|byte| byte.is_ascii_graphic());
        if self.token.as_ref().is_none_or(can_be_sent) { Ok(()) } else { Err(WeightsError::Token) }
    }
}

/// Returns the folder or file that a variable names.
fn named(variable: &str, path: &Path) -> Result<PathBuf, WeightsError> {
    let of = |reason: &str| {
        let reason = format!("{variable} is {}, and {reason}", path.display());
        WeightsError::Settings { reason }
    };
    let path = at_home(path).ok_or_else(|| of("the system names no home folder"))?;
    if is_of_other(&path) {
        return Err(of("of home folders only your own is known, as ~"));
    }
    Ok(path)
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
    }

    #[test]
    fn the_home_folder_may_be_written_as_a_tilde() {
        let home = std::env::home_dir().expect("home");
        let read = settings(&[("HF_HOME", "~/hf")]).expect("settings");
        assert_eq!(read.cache, home.join("hf/hub"));
        let read = settings(&[("HF_HOME", "/hf"), ("HF_HUB_CACHE", "~/hub")]).expect("settings");
        assert_eq!(read.cache, home.join("hub"));
        let read = settings(&[("XDG_CACHE_HOME", "~/cache")]).expect("settings");
        assert_eq!(read.cache, home.join("cache/huggingface/hub"));
        let error = settings(&[("HF_HOME", "~ada/hf")]).expect_err("another person's");
        assert!(error.to_string().contains("HF_HOME is ~ada/hf"), "{error}");
    }

    #[test]
    fn a_token_that_no_header_can_hold_is_refused_and_not_shown() {
        for token in ["two\nlines", "with space", "größe", "\u{FFFD}"] {
            let read = settings(&[("HF_HOME", "/nowhere"), ("HF_TOKEN", token)]).expect("settings");
            let refused = read.check_token().expect_err("no header holds it");
            assert!(matches!(refused, WeightsError::Token), "{refused:?}");
            assert!(!format!("{refused} {refused:?} {}", refused.hint()).contains(token));
        }
        assert!(settings(&[("HF_HOME", "/nowhere")]).expect("settings").check_token().is_ok());
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

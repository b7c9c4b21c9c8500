//! The options of `lorgnette models connect`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

/// Help for `--key-from`.
const KEY_FROM: &str = "Where its key is: env:VARIABLE, file:PATH (its first line), or keyring, which asks for it \
                        and puts it into the system's keyring [default: it needs none]";

#[derive(Args)]
pub struct ModelsConnect {
    /// What the server is to be called
    #[arg(value_name = "NAME")]
    pub name: String,
    #[arg(value_name = "URL")]
    #[arg(help = "Its address, such as http://127.0.0.1:8000 or https://HOST/v1")]
    pub url: String,
    /// Which of its models answers [default: the only one that it has]
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
    #[arg(long, value_name = "SOURCE", help = KEY_FROM)]
    pub key_from: Option<KeyFrom>,
    /// Connect with http to another machine: everybody on the way there can read what is sent
    #[arg(long)]
    pub allow_http: bool,
}

/// Where the key of a server comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyFrom {
    Env(String),
    File(PathBuf),
    Keyring,
}

impl FromStr for KeyFrom {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("env", variable)) if !variable.is_empty() => Ok(Self::Env(variable.to_owned())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(PathBuf::from(path))),
            None if text == "keyring" => Ok(Self::Keyring),
            // Not the text: it may be the key itself.
            _ => Err("use env:VARIABLE, file:PATH or keyring".into()),
        }
    }
}

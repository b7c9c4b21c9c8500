//! What a server says of itself: its models, and where it says so, its software, its context, and
//! whether it reads pictures.

use lorgnette_interrupt::Cancel;
use serde::Deserialize;
use serde_json::Value;

use crate::error::RemoteError;
use crate::http::{Http, Stopped};
use crate::sse::beginning;

/// The software of a server, which decides what it can be told beyond OpenAI's interface.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Software {
    Lorgnette,
    LlamaCpp,
    Vllm,
    /// Anything else: it is told what OpenAI's interface has words for.
    #[default]
    Other,
}

/// What a server says of one of its models.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Probed {
    /// The model's id.
    pub(crate) model: String,
    pub(crate) software: Software,
    /// Tokens of a chat, where it says so.
    pub(crate) context: Option<usize>,
    /// Whether it reads pictures, where it says so.
    pub(crate) reads_pictures: Option<bool>,
}

/// The list of models.
#[derive(Deserialize)]
struct Listed {
    data: Vec<ListedModel>,
}

#[derive(Deserialize)]
struct ListedModel {
    id: String,
    #[serde(default)]
    owned_by: Value,
    /// vLLM's word for the context.
    #[serde(default)]
    max_model_len: Value,
}

/// Asks a server for its models, and what it says of the one that is wanted; without a wanted one, of
/// the only one.
///
/// # Errors
/// [`RemoteError::WrongModel`], [`RemoteError::SeveralModels`]; those of requests.
pub(crate) async fn probe(
    http: &Http,
    wanted: Option<&str>,
    cancel: &Cancel,
) -> Result<Probed, Stopped> {
    let host = http.address.host();
    let said = http.get(http.address.of("models"), cancel).await?;
    let listed: Listed = serde_json::from_value(said).map_err(|error| RemoteError::NotOpenAi {
        host: host.clone(),
        reason: beginning(&format!("its list of models cannot be read ({error})")),
    })?;
    let there = || listed.data.iter().map(|model| beginning(&model.id)).collect::<Vec<_>>();
    let model = match (wanted, listed.data.as_slice()) {
        (Some(wanted), models) => {
            models.iter().find(|model| model.id == wanted).ok_or_else(|| {
                let (model, there) = (wanted.to_owned(), there());
                RemoteError::WrongModel { host: host.clone(), model, there }
            })?
        }
        (None, [only]) => only,
        (None, []) => {
            let reason = "it has no models".to_owned();
            return Err(RemoteError::NotOpenAi { host, reason }.into());
        }
        (None, _) => return Err(RemoteError::SeveralModels { host, there: there() }.into()),
    };
    let mut probed = Probed {
        model: model.id.clone(),
        context: as_count(&model.max_model_len),
        ..Probed::default()
    };
    match model.owned_by.as_str() {
        Some("lorgnette") => probed.software = Software::Lorgnette,
        Some("vllm") => probed.software = Software::Vllm,
        Some("llamacpp") => {
            probed.software = Software::LlamaCpp;
            let props = http.get(http.address.beside("props"), cancel).await?;
            probed.context = as_count(&props["default_generation_settings"]["n_ctx"]);
            probed.reads_pictures = props["modalities"]["vision"].as_bool();
        }
        _ => {}
    }
    Ok(probed)
}

/// A number of tokens that can be one.
fn as_count(value: &Value) -> Option<usize> {
    value.as_u64().filter(|n| (1..=1 << 32).contains(n)).and_then(|n| usize::try_from(n).ok())
}

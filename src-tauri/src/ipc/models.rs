//! Models that there are, and that can be had.

use lorgnette_app::Fault;
use lorgnette_app::models::{
    FetchPhase, FetchState, Fits, Model, ModelState, PublishedAt, Recommended,
};
use serde::Serialize;
use specta::Type;

use super::UiError;

/// A model in the list: one that is here, or one that can be had.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Model")]
pub struct ModelDto {
    id: String,
    name: String,
    in_use: bool,
    chosen: bool,
    licence: Option<String>,
    about: String,
    /// Bytes that come over the network; 0 when it is here.
    fetch_bytes: u64,
    /// Bytes that stay on the disk.
    disk_bytes: u64,
    /// Bytes on the disk at the most, while it is made.
    peak_disk_bytes: u64,
    memory_bytes: Option<u64>,
    fits: Fits,
    recommended: Option<Recommended>,
    source: Option<PublishedAt>,
    picture_s: Option<f64>,
    state: ModelStateDto,
}

/// What became of a model that the person pointed at.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[serde(rename = "AddedModel")]
pub enum AddedModelDto {
    /// The model is used from now on.
    Used { models: Vec<ModelDto> },
    /// The model has no vision part, and nothing has changed yet.
    TextOnly { name: String },
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "at", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[serde(rename = "ModelState")]
pub enum ModelStateDto {
    /// The model is part of the program.
    BuiltIn,
    /// The model is on disk.
    Installed {
        path: String,
        /// Whether it was made here, and so can be verified and removed.
        made_here: bool,
    },
    Broken {
        path: String,
        reason: String,
    },
    Offered,
    Fetching {
        phase: FetchPhase,
        done_bytes: u64,
        total_bytes: u64,
        bytes_per_s: f64,
        left_s: Option<f64>,
        trouble: Option<String>,
    },
    Paused {
        done_bytes: u64,
        total_bytes: u64,
    },
    /// A server answers, and pictures go to that host.
    Remote {
        /// What the server is called.
        server: String,
        host: String,
    },
    Stopped {
        error: UiError,
        done_bytes: u64,
        total_bytes: u64,
    },
}

impl From<Model> for ModelDto {
    fn from(model: Model) -> Self {
        let (name, fetch_bytes) = (model.label(), model.fetch_bytes());
        let (disk_bytes, peak_disk_bytes) = (model.disk_bytes(), model.peak_disk_bytes());
        let state = match model.state {
            ModelState::BuiltIn => ModelStateDto::BuiltIn,
            ModelState::Installed { made_here } => {
                ModelStateDto::Installed { path: model.id.clone(), made_here }
            }
            ModelState::Broken { reason } => {
                ModelStateDto::Broken { path: model.id.clone(), reason }
            }
            ModelState::Offered => ModelStateDto::Offered,
            ModelState::Begun(fetch) => fetch.into(),
            ModelState::Remote { host } => {
                ModelStateDto::Remote { server: model.name.clone(), host }
            }
        };
        Self {
            id: model.id,
            name,
            in_use: model.in_use,
            chosen: model.is_chosen,
            licence: model.licence,
            about: model.good_for.unwrap_or_default(),
            fetch_bytes,
            disk_bytes,
            peak_disk_bytes,
            memory_bytes: model.memory_bytes,
            fits: model.fits,
            recommended: model.recommended,
            source: model.source,
            picture_s: model.picture_s,
            state,
        }
    }
}

impl From<FetchState> for ModelStateDto {
    fn from(fetch: FetchState) -> Self {
        match fetch {
            FetchState::Running { phase, done_bytes, total_bytes, bytes_per_s, trouble } => {
                let left = total_bytes.saturating_sub(done_bytes) as f64;
                Self::Fetching {
                    phase,
                    done_bytes,
                    total_bytes,
                    bytes_per_s,
                    left_s: (bytes_per_s > 0.0).then(|| left / bytes_per_s),
                    trouble,
                }
            }
            FetchState::Paused { done_bytes, total_bytes } => {
                Self::Paused { done_bytes, total_bytes }
            }
            FetchState::Stopped { error, done_bytes, total_bytes } => {
                let error = Fault::from(&*error).into();
                Self::Stopped { error, done_bytes, total_bytes }
            }
        }
    }
}

//! Models that there are.

use lorgnette_app::offers::{Fits, Model};
use lorgnette_app::settings::BUILT_IN;
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::UiError;

/// A model.
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
    disk_bytes: u64,
    memory_bytes: Option<u64>,
    fits: FitsDto,
    #[specta(type = Option<Number>)]
    picture_s: Option<f64>,
    state: ModelStateDto,
}

#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Fits")]
enum FitsDto {
    Yes,
    Tight,
    No,
    Unknown,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "at", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[serde(rename = "ModelState")]
#[expect(dead_code, reason = "the states of a download come with the downloads")]
enum ModelStateDto {
    BuiltIn,
    Installed {
        path: String,
    },
    Broken {
        path: String,
        reason: String,
    },
    Offered,
    Fetching {
        phase: PhaseDto,
        done_bytes: u64,
        total_bytes: u64,
        #[specta(type = Number)]
        bytes_per_s: f64,
        #[specta(type = Option<Number>)]
        left_s: Option<f64>,
    },
    Paused {
        done_bytes: u64,
        total_bytes: u64,
    },
    Stopped {
        error: UiError,
        done_bytes: u64,
        total_bytes: u64,
    },
}

#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "FetchPhase")]
#[expect(dead_code, reason = "the phases of a download come with the downloads")]
enum PhaseDto {
    Downloading,
    Verifying,
    Converting,
}

impl From<Model> for ModelDto {
    fn from(model: Model) -> Self {
        let is_built_in = model.id == BUILT_IN;
        let state = match model.fault {
            Some(reason) => ModelStateDto::Broken { path: model.id.clone(), reason },
            None if is_built_in => ModelStateDto::BuiltIn,
            None => ModelStateDto::Installed { path: model.id.clone() },
        };
        Self {
            name: model.name,
            in_use: model.in_use,
            chosen: model.is_chosen,
            licence: is_built_in.then(|| "Apache-2.0".into()),
            about: String::new(),
            disk_bytes: model.disk_bytes,
            memory_bytes: model.memory_bytes,
            fits: match model.fits {
                Fits::Yes => FitsDto::Yes,
                Fits::Tight => FitsDto::Tight,
                Fits::No => FitsDto::No,
                Fits::Unknown => FitsDto::Unknown,
            },
            picture_s: model.picture_s,
            state,
            id: model.id,
        }
    }
}

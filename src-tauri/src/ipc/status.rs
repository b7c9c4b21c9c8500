//! What the program is doing.

use lorgnette_app::coordinator::{LoadedModel, State, Status};
use serde::Serialize;
use specta::Type;

use super::UiError;

/// What the program is doing.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Status")]
pub struct StatusDto {
    state: StateDto,
    model: Option<LoadedModelDto>,
    n_queued: usize,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "at", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[serde(rename = "State")]
enum StateDto {
    NoModel,
    Fetching {
        done_bytes: u64,
        total_bytes: u64,
    },
    Loading {
        name: String,
        done_bytes: u64,
        total_bytes: u64,
    },
    Ready,
    Answering {
        answer_id: i64,
    },
    /// It answers another program.
    Lent,
    Failed {
        error: UiError,
    },
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "LoadedModel")]
struct LoadedModelDto {
    id: String,
    name: String,
    built_in: bool,
    reads_pictures: bool,
    /// The host that pictures go to, where a server answers.
    pictures_go_to: Option<String>,
    device: String,
    device_notes: Vec<String>,
    kernels: String,
    context: usize,
    weights_bytes: u64,
    cache_bytes: u64,
    load_s: f64,
    max_side: u32,
    min_side: u32,
    unit: u32,
    speed: Option<SpeedDto>,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Speed")]
#[expect(clippy::struct_field_names, reason = "units come last")]
struct SpeedDto {
    /// Seconds to encode and read the largest picture.
    picture_s: Option<f64>,
    prefill_tokens_per_s: Option<f64>,
    decode_tokens_per_s: Option<f64>,
}

/// How the memory is used.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Memory")]
pub struct MemoryDto {
    pub model: Option<ModelMemoryDto>,
    /// The memory of this program now.
    pub process_bytes: Option<u64>,
    /// The most that this program has had.
    pub peak_bytes: Option<u64>,
    /// The memory of the machine.
    pub total_bytes: Option<u64>,
    pub available_bytes: Option<u64>,
}

/// What the model takes of the memory.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "ModelMemory")]
pub struct ModelMemoryDto {
    name: String,
    weights_bytes: u64,
    cache_bytes: u64,
}

impl From<LoadedModel> for ModelMemoryDto {
    fn from(model: LoadedModel) -> Self {
        Self {
            name: model.name,
            weights_bytes: model.weights_bytes,
            cache_bytes: model.cache_bytes,
        }
    }
}

impl From<Status> for StatusDto {
    fn from(status: Status) -> Self {
        let name = status.loading.unwrap_or_default();
        let state = match status.state {
            State::NoModel => StateDto::NoModel,
            State::Fetching { done_bytes, total_bytes } => {
                StateDto::Fetching { done_bytes, total_bytes }
            }
            State::Loading { done_bytes, total_bytes } => {
                StateDto::Loading { name, done_bytes, total_bytes }
            }
            State::Ready => StateDto::Ready,
            State::Answering { answer } => StateDto::Answering { answer_id: answer },
            State::Lent => StateDto::Lent,
            State::Failed(fault) => StateDto::Failed { error: fault.into() },
        };
        Self { state, model: status.model.map(Into::into), n_queued: status.n_waiting }
    }
}

impl From<LoadedModel> for LoadedModelDto {
    fn from(model: LoadedModel) -> Self {
        let unit = model.image.map_or(1, |image| image.unit());
        let max_side = model.image.map_or(0, |image| image.max_side / unit * unit);
        let speed = model.speed;
        let is_known = speed.prefill_tokens_per_s.or(speed.decode_tokens_per_s).is_some();
        Self {
            id: model.id,
            name: model.name,
            built_in: model.built_in,
            reads_pictures: model.image.is_some(),
            pictures_go_to: model.pictures_go_to,
            device: model.device,
            device_notes: model.device_notes,
            kernels: model.kernels,
            context: model.context,
            weights_bytes: model.weights_bytes,
            cache_bytes: model.cache_bytes,
            load_s: model.load_s,
            max_side,
            // Less than a quarter shows nothing that could be asked about.
            min_side: (max_side / 4).div_ceil(unit).max(1) * unit,
            unit,
            speed: is_known.then_some(SpeedDto {
                picture_s: model.picture_s,
                prefill_tokens_per_s: speed.prefill_tokens_per_s,
                decode_tokens_per_s: speed.decode_tokens_per_s,
            }),
        }
    }
}

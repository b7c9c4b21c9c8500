//! Pictures, and what they cost.

use lorgnette_app::AppError;
use lorgnette_app::Region;
use lorgnette_app::chats::{Attachment, PictureInfo};
use lorgnette_app::coordinator::{Estimate, PictureEstimate};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use super::UiError;

/// A picture that was added.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Picture")]
pub struct PictureDto {
    id: String,
    name: String,
    width: u32,
    height: u32,
    format: String,
    bytes: u64,
    is_animation: bool,
}

/// A picture that was not.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename = "Fault")]
pub struct FaultDto {
    /// Its name.
    pub name: String,
    /// Why.
    pub error: UiError,
}

/// What became of several.
#[derive(Debug, Clone, Default, Serialize, Type)]
#[serde(rename = "Added")]
pub struct AddedDto {
    pub(crate) pictures: Vec<PictureDto>,
    pub(crate) faults: Vec<FaultDto>,
}

/// What was in the clipboard.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[serde(rename = "Pasted")]
pub enum PastedDto {
    /// Pictures, files or paths of such.
    Pictures {
        /// What became of them.
        added: AddedDto,
    },
    /// Words.
    Text {
        /// Which.
        text: String,
    },
    /// Nothing that can be used.
    Nothing,
}

/// A picture as it is asked about.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Attachment")]
pub struct AttachmentDto {
    picture: String,
    name: String,
    region: Option<RegionDto>,
    turn: u8,
    max_side: Option<u32>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
#[serde(rename = "Region")]
struct RegionDto {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
}

/// What a question costs.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "Estimate")]
pub struct EstimateDto {
    pictures: Vec<PictureEstimateDto>,
    tokens: usize,
    #[specta(type = Option<Number>)]
    wait_s: Option<f64>,
    chat_tokens: usize,
    context: usize,
}

#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[serde(rename = "PictureEstimate")]
struct PictureEstimateDto {
    tokens: usize,
    rows: u32,
    cols: u32,
    seen_width: u32,
    seen_height: u32,
    kv_bytes: u64,
    #[specta(type = Option<Number>)]
    wait_s: Option<f64>,
}

impl AddedDto {
    /// One picture, or why it is none.
    pub fn one(name: &str, added: Result<PictureInfo, AppError>) -> Self {
        match added {
            Ok(picture) => Self::from((vec![picture], vec![])),
            Err(error) => Self::from((vec![], vec![(name.to_owned(), error)])),
        }
    }
}

impl From<(Vec<PictureInfo>, Vec<(String, AppError)>)> for AddedDto {
    fn from((pictures, faults): (Vec<PictureInfo>, Vec<(String, AppError)>)) -> Self {
        let fault = |(name, error): (String, AppError)| FaultDto { name, error: error.into() };
        Self {
            pictures: pictures.into_iter().map(Into::into).collect(),
            faults: faults.into_iter().map(fault).collect(),
        }
    }
}

impl From<PictureInfo> for PictureDto {
    fn from(picture: PictureInfo) -> Self {
        Self {
            id: picture.id,
            name: picture.name,
            width: picture.width,
            height: picture.height,
            format: picture.format,
            bytes: picture.n_bytes,
            is_animation: picture.is_animation,
        }
    }
}

impl From<Attachment> for AttachmentDto {
    fn from(attachment: Attachment) -> Self {
        let region = |Region { x, y, width, height }| RegionDto { x, y, width, height };
        Self {
            picture: attachment.picture,
            name: attachment.name,
            region: attachment.region.map(region),
            turn: attachment.turn,
            max_side: attachment.max_side,
        }
    }
}

impl From<AttachmentDto> for Attachment {
    fn from(attachment: AttachmentDto) -> Self {
        let region = |RegionDto { x, y, width, height }| Region { x, y, width, height };
        Self {
            picture: attachment.picture,
            name: attachment.name,
            region: attachment.region.map(region),
            turn: attachment.turn % 4,
            max_side: attachment.max_side,
        }
    }
}

/// All of them, for the app.
pub fn attachments(pictures: Vec<AttachmentDto>) -> Vec<Attachment> {
    pictures.into_iter().map(Into::into).collect()
}

impl From<Estimate> for EstimateDto {
    fn from(estimate: Estimate) -> Self {
        let picture = |picture: PictureEstimate| PictureEstimateDto {
            tokens: picture.n_tokens,
            rows: picture.rows,
            cols: picture.cols,
            seen_width: picture.seen_width,
            seen_height: picture.seen_height,
            kv_bytes: picture.kv_bytes,
            wait_s: picture.wait_s,
        };
        Self {
            pictures: estimate.pictures.into_iter().map(picture).collect(),
            tokens: estimate.n_tokens,
            wait_s: estimate.wait_s,
            chat_tokens: estimate.chat_tokens,
            context: estimate.context,
        }
    }
}

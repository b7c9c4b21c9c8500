//! Pictures, as they are added and as they are asked about.

use lorgnette_app::chats::{Attachment, PictureInfo};
use lorgnette_app::{AppError, PictureError};
use lorgnette_app::{Note, Region};
use serde::{Deserialize, Serialize};
use specta::Type;

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
    notes: Vec<Note>,
}

/// A file that could not be added.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename = "RefusedFile")]
pub struct RefusedFileDto {
    pub name: String,
    pub error: UiError,
    /// What its password is told for, of a document that opens with one only.
    pub locked: Option<String>,
}

/// What became of files that were to be added.
#[derive(Debug, Clone, Default, Serialize, Type)]
#[serde(rename = "Added")]
pub struct AddedDto {
    pub(crate) pictures: Vec<PictureDto>,
    pub(crate) faults: Vec<RefusedFileDto>,
}

/// What was in the clipboard.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[serde(rename = "Pasted")]
pub enum PastedDto {
    /// The clipboard had pictures, files, or paths of files.
    Pictures { added: AddedDto },
    /// The clipboard had a text.
    Text { text: String },
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

impl AddedDto {
    /// One file: a picture, or the reason why it is none.
    pub fn one(name: &str, added: Result<PictureInfo, AppError>) -> Self {
        match added {
            Ok(picture) => Self::from((vec![picture], vec![])),
            Err(error) => Self::from((vec![], vec![(name.to_owned(), error)])),
        }
    }
}

impl From<(Vec<PictureInfo>, Vec<(String, AppError)>)> for AddedDto {
    fn from((pictures, faults): (Vec<PictureInfo>, Vec<(String, AppError)>)) -> Self {
        let fault = |(name, error): (String, AppError)| {
            let locked = match &error {
                AppError::Picture(PictureError::Locked { id, .. }) => Some(id.clone()),
                _ => None,
            };
            RefusedFileDto { name, error: error.into(), locked }
        };
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
            notes: picture.notes,
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

/// Pictures of a question, for the app.
pub fn attachments(pictures: Vec<AttachmentDto>) -> Vec<Attachment> {
    pictures.into_iter().map(Into::into).collect()
}

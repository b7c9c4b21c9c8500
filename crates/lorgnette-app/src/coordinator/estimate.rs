//! What a question costs, before it costs.

use lorgnette_image::{Note, Region};

use super::App;
use crate::chats::{Attachment, MessageId};
use crate::error::AppError;
use crate::models::cost;
use crate::picture_store::viewed_size;
use crate::view::View;

/// What a question costs with the model in memory.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "ipc", derive(serde::Serialize, specta::Type))]
#[cfg_attr(feature = "ipc", serde(rename_all = "camelCase"))]
pub struct Estimate {
    pub pictures: Vec<PictureEstimate>,
    /// Tokens of the pictures and of the words.
    pub n_tokens: usize,
    /// Seconds to the first word of the answer; `None` where nothing is known.
    pub wait_s: Option<f64>,
    /// Tokens that the chat takes already.
    pub chat_tokens: usize,
    /// Tokens that there is room for.
    pub context: usize,
}

/// What one picture costs.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "ipc", derive(serde::Serialize, specta::Type))]
#[cfg_attr(feature = "ipc", serde(rename_all = "camelCase"))]
pub struct PictureEstimate {
    pub n_tokens: usize,
    /// Rows and columns of tokens.
    pub rows: u32,
    pub cols: u32,
    /// What the model sees, in pixels.
    pub model_view_width: u32,
    pub model_view_height: u32,
    /// Bytes of its keys and values.
    pub kv_bytes: u64,
    /// Seconds to encode it and to read its tokens.
    pub wait_s: Option<f64>,
    /// What a person should know about how the model sees it.
    pub notes: Vec<Note>,
}

/// Letters of a token, about: for words that are still being written.
const LETTERS_PER_TOKEN: usize = 4;

impl App {
    /// What a question would cost that goes on from `leaf`. Without a model in memory, nothing.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a picture or message that is gone.
    pub fn estimate(
        &self,
        leaf: Option<MessageId>,
        pictures: &[Attachment],
        text: &str,
    ) -> Result<Estimate, AppError> {
        let Some(conversation) = self.0.conversation() else {
            return Ok(Estimate::default());
        };
        let (model, speed) = (conversation.model(), conversation.speed());
        let mut estimate = Estimate { context: model.context, ..Estimate::default() };
        for attachment in pictures {
            let info = self.0.picture(&attachment.picture)?;
            let size = viewed_size(&info, attachment.region, attachment.turn);
            let config = model.image_config(attachment.max_side)?;
            let view = View::of(size, &config, attachment.max_side, model.context);
            let part = |region: &Region| {
                cost::of_picture((region.width, region.height), &config, &model.config)
            };
            let Some(costs) = view.regions.iter().map(part).collect::<Option<Vec<_>>>() else {
                continue;
            };
            // Of parts, what the whole picture would be in their scale.
            let (rows, cols) = if let [whole] = costs.as_slice() {
                (whole.rows, whole.cols)
            } else {
                let units =
                    |side: u32| (f64::from(side) / view.shrink / f64::from(config.unit())).ceil();
                (units(size.1) as u32, units(size.0) as u32)
            };
            estimate.pictures.push(PictureEstimate {
                n_tokens: view.n_tokens,
                rows,
                cols,
                model_view_width: cols * config.unit(),
                model_view_height: rows * config.unit(),
                kv_bytes: costs.iter().map(|cost| cost.kv_bytes).sum(),
                wait_s: costs.iter().map(|cost| speed.picture_s(cost)).sum(),
                notes: info.notes.iter().cloned().chain(view.notes()).collect(),
            });
        }
        let words = text.chars().count().div_ceil(LETTERS_PER_TOKEN);
        let of_pictures: usize = estimate.pictures.iter().map(|picture| picture.n_tokens).sum();
        estimate.n_tokens = of_pictures + words;
        estimate.wait_s = speed.prefill_tokens_per_s.and_then(|rate| {
            let waits = estimate.pictures.iter().map(|picture| picture.wait_s);
            Some(words as f64 / rate + waits.sum::<Option<f64>>()?)
        });
        if let Some(leaf) = leaf {
            let path = self.0.chats_of(leaf)?.path_to(leaf)?;
            let timings = path.iter().rev().find_map(|message| message.timings.as_ref());
            estimate.chat_tokens = timings.map_or(0, |timings| {
                timings.n_cached_tokens + timings.n_read_tokens + timings.n_answer_tokens
            });
        }
        Ok(estimate)
    }
}

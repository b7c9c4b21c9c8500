//! What a question costs, before it costs.

use super::App;
use crate::chats::{Attachment, MessageId};
use crate::error::AppError;
use crate::models::cost;
use crate::picture_store::viewed_size;

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
            let info = self.0.chats.picture(&attachment.picture)?;
            let size = viewed_size(&info, attachment.region, attachment.turn);
            let config = model.image_config(attachment.max_side)?;
            let Some(cost) = cost::of_picture(size, &config, &model.config) else { continue };
            estimate.pictures.push(PictureEstimate {
                n_tokens: cost.n_tokens,
                rows: cost.rows,
                cols: cost.cols,
                model_view_width: cost.cols * config.unit(),
                model_view_height: cost.rows * config.unit(),
                kv_bytes: cost.kv_bytes,
                wait_s: speed.picture_s(&cost),
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
            let path = self.0.chats.path_to(leaf)?;
            let timings = path.iter().rev().find_map(|message| message.timings.as_ref());
            estimate.chat_tokens = timings.map_or(0, |timings| {
                timings.n_cached_tokens + timings.n_read_tokens + timings.n_answer_tokens
            });
        }
        Ok(estimate)
    }
}

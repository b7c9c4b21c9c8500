//! What a question costs, before it costs.

use lorgnette_image::{Grid, Note, Region};

use super::App;
use crate::chats::{AnswerBy, Attachment, MessageId};
use crate::conversation::Conversation;
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
    /// What would fit, where it does not.
    pub fit: Option<Fit>,
}

/// What would fit into the context instead of a question that does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "ipc", derive(serde::Serialize, specta::Type))]
#[cfg_attr(feature = "ipc", serde(rename_all = "camelCase"))]
pub struct Fit {
    /// So many of its pictures, the first ones, as they are.
    pub n_pictures: usize,
    /// All of them, with that longest side in pixels; `None` where they would be too small for it.
    pub max_side: Option<u32>,
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

/// The share of the context that is left for an answer.
const ANSWER_SHARE: usize = 8;
/// The smallest longest side that is offered, as a share of the largest.
const MIN_SIDE_SHARE: u32 = 4;

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
        let mut estimate = Estimate { context: model.context(), ..Estimate::default() };
        for attachment in pictures {
            let info = self.0.picture(&attachment.picture)?;
            let size = viewed_size(&info, attachment.region, attachment.turn);
            let config = model.image_config(attachment.max_side)?;
            let view = View::of(size, &config, attachment.max_side, model.context());
            let part = |region: &Region| {
                let config = (&config, &model.local()?.config);
                cost::of_picture((region.width, region.height), config.0, config.1)
            };
            // Of a server, only how large the picture is for it.
            let costs = view.regions.iter().map(part).collect::<Option<Vec<_>>>();
            // Of parts, what the whole picture would be in their scale.
            let (rows, cols) = if let [whole] = view.regions.as_slice() {
                let Grid { rows, cols, .. } = Grid::for_picture(whole.width, whole.height, &config);
                (rows, cols)
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
                kv_bytes: model
                    .local()
                    .map_or(0, |model| view.n_tokens as u64 * model.kv_bytes_per_token()),
                wait_s: costs
                    .and_then(|costs| costs.iter().map(|cost| speed.picture_s(cost)).sum()),
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
            let answer = path.iter().rev().find(|message| message.timings.is_some());
            estimate.chat_tokens = answer.map_or(0, |answer| match &answer.timings {
                // Its pages were read one after the other, and are not in the chat.
                Some(timings) if matches!(answer.by, AnswerBy::Pages | AnswerBy::Summary) => {
                    timings.n_answer_tokens
                }
                Some(timings) => {
                    timings.n_cached_tokens + timings.n_read_tokens + timings.n_answer_tokens
                }
                None => 0,
            });
        }
        if estimate.chat_tokens + estimate.n_tokens > estimate.context {
            let taken = estimate.chat_tokens + words + model.context() / ANSWER_SHARE;
            let room = model.context().saturating_sub(taken);
            estimate.fit = Some(self.fit(&conversation, &estimate, pictures, room)?);
        }
        Ok(estimate)
    }

    /// What of the pictures fits into so many tokens.
    fn fit(
        &self,
        conversation: &Conversation,
        estimate: &Estimate,
        pictures: &[Attachment],
        room: usize,
    ) -> Result<Fit, AppError> {
        let mut left = room;
        let fits = estimate.pictures.iter().take_while(|picture| {
            let rest = left.checked_sub(picture.n_tokens);
            left = rest.unwrap_or_default();
            rest.is_some()
        });
        let n_pictures = fits.count();
        let sizes = pictures.iter().map(|one| {
            let info = self.0.picture(&one.picture)?;
            Ok(viewed_size(&info, one.region, one.turn))
        });
        let sizes = sizes.collect::<Result<Vec<_>, AppError>>()?;
        let config = conversation.model().image_config(None)?;
        let unit = config.unit();
        let sides = (config.max_side / MIN_SIDE_SHARE / unit..=config.max_side / unit).rev();
        let n_tokens = |side: u32| -> usize {
            let of = |(width, height): &(u32, u32)| {
                Grid::for_picture(*width, *height, &config.with_max_side(side)).n_tokens()
            };
            sizes.iter().map(of).sum()
        };
        let max_side = sides.map(|n_units| n_units * unit).find(|side| n_tokens(*side) <= room);
        Ok(Fit { n_pictures, max_side })
    }
}

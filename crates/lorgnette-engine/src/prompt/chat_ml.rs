//! `ChatML` as `LightOnOCR` was taught it.
//!
//! `<|im_start|>user\n` what the person says `<|im_end|>\n` and so on, where a picture is a row of
//! `<|image_pad|>` and nothing else. Instructions stand first; where nobody gives any, the turn for
//! them is there all the same, and empty. Each text of the person ends with a newline.
//! Source: the chat template of `lightonai/LightOnOCR-2-1B`.

use super::{ChatMessage, Content, EncodedChat, ImageSlot, PromptError, Role};
use crate::tokens::{TokenId, Tokenizer};

/// Encodes a chat; a last answer is left open, to be continued.
pub(super) fn encode(
    tokenizer: &Tokenizer,
    messages: &[ChatMessage],
    begin: TokenId,
) -> Result<EncodedChat, PromptError> {
    let end = tokenizer.control().eos;
    let mut prompt = Prompt { tokenizer, text: String::new(), encoded: EncodedChat::default() };
    if messages.first().is_none_or(|message| message.role != Role::System) {
        prompt.token(begin);
        prompt.text.push_str("system");
        prompt.token(end);
        prompt.text.push('\n');
    }
    for (i, ChatMessage { role, content }) in messages.iter().enumerate() {
        prompt.token(begin);
        prompt.text.push_str(match role {
            Role::System => "system\n",
            Role::User => "user\n",
            Role::Assistant => "assistant\n",
        });
        for part in content {
            prompt.part(*role, part)?;
        }
        prompt.cut();
        prompt.encoded.n_open = prompt.encoded.ids.len();
        if *role == Role::Assistant && i + 1 == messages.len() {
            return Ok(prompt.encoded);
        }
        prompt.token(end);
        prompt.text.push('\n');
    }
    prompt.token(begin);
    prompt.text.push_str("assistant\n");
    prompt.cut();
    Ok(prompt.encoded)
}

/// The ids so far, and the text behind them: between two control tokens it is tokenised as one.
struct Prompt<'a> {
    tokenizer: &'a Tokenizer,
    text: String,
    encoded: EncodedChat,
}

impl Prompt<'_> {
    /// Ends the text.
    fn cut(&mut self) {
        self.encoded.ids.extend(self.tokenizer.encode_text(&self.text));
        self.text.clear();
    }

    fn token(&mut self, id: TokenId) {
        self.cut();
        self.encoded.ids.push(id);
    }

    fn part(&mut self, role: Role, part: &Content) -> Result<(), PromptError> {
        match part {
            Content::Text(text) => {
                self.text.push_str(text);
                if role == Role::User {
                    self.text.push('\n');
                }
            }
            Content::Image { .. } if role != Role::User => {
                return Err(PromptError::PictureOutsideQuestion);
            }
            Content::Image { picture, rows: 0, .. } | Content::Image { picture, cols: 0, .. } => {
                return Err(PromptError::EmptyPicture { picture: *picture });
            }
            Content::Image { picture, rows, cols } => {
                let img = self.tokenizer.control().img.ok_or(PromptError::NoPictureTokens)?;
                self.cut();
                let (start, n_ids) = (self.encoded.ids.len(), *rows as usize * *cols as usize);
                self.encoded.ids.extend(std::iter::repeat_n(img, n_ids));
                let slot = ImageSlot { picture: *picture, start, rows: *rows, cols: *cols, n_ids };
                self.encoded.images.push(slot);
            }
            Content::Thinking { .. } if role == Role::User => {
                return Err(PromptError::ThinkingInQuestion);
            }
            Content::Thinking { .. } => return Err(PromptError::NoThinkingTokens),
        }
        Ok(())
    }
}

//! From a chat to an answer: encode the new pictures, prefill the new tokens, decode.

use std::collections::VecDeque;
use std::iter;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use lorgnette_interrupt::{Cancel, Interrupted};
use lorgnette_pixtral::{
    CHUNK_TOKENS, ImageFeatures, KvCache, KvFormat, ModelError, PictureRows, Pixtral, Prompt,
};

use crate::chat::{Chat, PreparedPicture};
use crate::encoder_cache::EncoderCache;
use crate::error::EngineError;
use crate::event::{Answer, AnswerEvent, StopReason, Timings, seconds};
use crate::kv_snapshot::{self, SnapshotError};
use crate::prompt::{EncodedChat, encode_chat};
use crate::prompt_lookup::PromptLookup;
use crate::sampling::Sampling;
use crate::tokens::{TokenId, Tokenizer};
use crate::writing::{Choice, Writing};

/// Limits and choices for an answer.
#[derive(Debug, Clone)]
pub struct AnswerOptions {
    /// The most tokens that the answer may have.
    pub max_tokens: usize,
    /// Of its thoughts, so many tokens do not count to [`Self::max_tokens`]: they leave it the length that
    /// was wanted. Those beyond count, so that a model that thinks for ever ends.
    pub room_to_think: usize,
    /// Whether a model that thinks may begin to. If not, it answers at once.
    pub may_think: bool,
    /// The way in which they are chosen.
    pub sampling: Sampling,
    /// Texts at which the answer ends, before them.
    pub stop: Vec<String>,
}

impl Default for AnswerOptions {
    fn default() -> Self {
        Self {
            max_tokens: 1024,
            room_to_think: 4096,
            may_think: true,
            sampling: Sampling::default(),
            stop: Vec::new(),
        }
    }
}

/// A network with its tokenizer and its KV cache.
pub struct Generator {
    pub(crate) model: Pixtral,
    pub(crate) tokenizer: Tokenizer,
    pub(crate) cache: KvCache,
    /// The tokens that the KV cache holds, position by position.
    pub(crate) read: Vec<Position>,
    /// Pictures of the last request, with their rows for the decoder.
    encoded: Vec<([u8; 32], ImageFeatures)>,
    /// Encoder outputs of this and earlier requests, before the projector.
    encoder_cache: EncoderCache,
    uses_prompt_lookup: bool,
}

/// A position of the KV cache: its token, and for `[IMG]` the picture. The row of the picture needs
/// no place here: it is the count of `[IMG]`s before, which a common prefix has in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) id: TokenId,
    pub(crate) picture: Option<[u8; 32]>,
}

impl Generator {
    /// Puts a network and its tokenizer together, with a KV cache for `context` tokens.
    ///
    /// # Errors
    /// [`EngineError::TokenizerMismatch`] when they do not belong together.
    pub fn new(
        model: Pixtral,
        tokenizer: Tokenizer,
        context: usize,
        kv_format: KvFormat,
    ) -> Result<Self, EngineError> {
        let mismatch = |reason| Err(EngineError::TokenizerMismatch { reason });
        let (n_tokens, vocab_size) = (tokenizer.vocab_size(), model.config().text.vocab_size);
        if n_tokens > vocab_size {
            return mismatch(format!("it has {n_tokens} tokens and the model {vocab_size}"));
        }
        let ours = tokenizer.control().img;
        let theirs = model.config().vision.as_ref().and_then(|vision| vision.image_token_id);
        if let (Some(ours), Some(theirs)) = (ours, theirs)
            && ours != theirs
        {
            return mismatch(format!("its [IMG] is {ours} and the model's {theirs}"));
        }
        let context = context.min(model.config().text.max_position_embeddings);
        let cache = model.new_cache(context, kv_format)?;
        let (read, encoded) = (Vec::new(), Vec::new());
        Ok(Self {
            model,
            tokenizer,
            cache,
            read,
            encoded,
            encoder_cache: EncoderCache::new(),
            uses_prompt_lookup: true,
        })
    }

    /// From now on the encoded pictures of answered questions are stored in this folder, for other
    /// chats and other runs. When it grows over `limit_bytes`, those not used for longest go.
    pub fn set_encoder_cache_folder(&mut self, folder: &Path, limit_bytes: u64) {
        self.encoder_cache.set_folder(folder, limit_bytes);
    }

    /// Turns speculative decoding by prompt lookup on, as it is by default, or off. It changes no
    /// answer, and pauses where it does not pay.
    pub fn set_prompt_lookup(&mut self, on: bool) {
        self.uses_prompt_lookup = on;
    }

    /// Writes the KV cache to a file: 160 KiB a token for Pixtral 12B.
    ///
    /// # Errors
    /// [`SnapshotError::Io`] if the file cannot be written.
    pub fn save_snapshot(&self, path: &Path) -> Result<(), SnapshotError> {
        kv_snapshot::write(path, self.model.fingerprint(), &self.read, &self.cache)
    }

    /// Replaces the KV cache by what [`Self::save_snapshot`] wrote, and returns its length in tokens.
    /// A chat that begins with these tokens goes on from there.
    ///
    /// # Errors
    /// [`SnapshotError`]; then the cache is empty.
    pub fn restore_snapshot(&mut self, path: &Path) -> Result<usize, SnapshotError> {
        self.read.clear();
        self.read = kv_snapshot::read(path, self.model.fingerprint(), &mut self.cache)?;
        Ok(self.read.len())
    }

    /// The network that computes.
    pub fn model(&self) -> &Pixtral {
        &self.model
    }

    /// The tokenizer of the network.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The most tokens that a chat may have: the length of the KV cache.
    pub fn context(&self) -> usize {
        self.cache.capacity()
    }

    /// Whether the chat format has a place for thoughts.
    pub(crate) fn thinks(&self) -> bool {
        self.tokenizer.control().thinking().is_some()
    }

    /// Forgets what was read and encoded, except for what is on the disk.
    pub fn forget(&mut self) {
        self.cache.truncate(0);
        self.read.clear();
        self.encoded.clear();
        self.encoder_cache.clear();
    }

    /// Answers the chat's last turn. The longest beginning that the chat shares with the KV cache is
    /// not read again.
    ///
    /// # Errors
    /// [`EngineError`]; the next request may succeed. Cancelling is no error.
    pub fn answer(
        &mut self,
        chat: &Chat,
        options: &AnswerOptions,
        cancel: &Cancel,
        emit: &mut dyn FnMut(AnswerEvent),
    ) -> Result<Answer, EngineError> {
        let started = Instant::now();
        let mut timings = Timings::default();
        match self.read_chat(chat, cancel, &mut timings, emit) {
            Ok(logits) => self.decode(logits, options, cancel, (started, timings), emit),
            // An answer all the same: what was read stays, and its timings say what.
            Err(Interrupted::Cancelled) => Ok(cancelled(timings)),
            Err(Interrupted::Failed(error)) => Err(error),
        }
    }

    /// Reads all of a chat that the KV cache does not hold, and returns the logits behind it.
    pub(crate) fn read_chat(
        &mut self,
        chat: &Chat,
        cancel: &Cancel,
        timings: &mut Timings,
        emit: &mut dyn FnMut(AnswerEvent),
    ) -> Result<Vec<f32>, Interrupted<EngineError>> {
        let (messages, pictures) = chat.messages(self.thinks());
        let prompt = encode_chat(&self.tokenizer, &messages).map_err(Interrupted::failed)?;
        self.check_room(&prompt, &pictures)?;
        let logits = self.encode_and_prefill(&prompt, &pictures, cancel, timings, emit)?;
        if !chat.is_private {
            self.persist_encoded(&prompt, &pictures);
        }
        Ok(logits)
    }

    /// Encodes and reads what the chat holds so far, while its last turn is still being written:
    /// the answer then reads only what is new.
    ///
    /// # Errors
    /// [`Interrupted`], with the errors of [`Self::answer`]; nothing that an answer would say
    /// changes.
    pub fn prepare(
        &mut self,
        chat: &Chat,
        cancel: &Cancel,
        emit: &mut dyn FnMut(AnswerEvent),
    ) -> Result<(), Interrupted<EngineError>> {
        let (messages, pictures) = chat.messages(self.thinks());
        let mut prompt = encode_chat(&self.tokenizer, &messages).map_err(Interrupted::failed)?;
        // The question goes before the end of the turn.
        prompt.ids.truncate(prompt.n_open);
        self.check_room(&prompt, &pictures)?;
        let mut timings = Timings::default();
        self.encode_and_prefill(&prompt, &pictures, cancel, &mut timings, emit).map(drop)
    }

    /// Reads the part of the prompt that the KV cache does not hold, and returns the logits behind it.
    fn encode_and_prefill(
        &mut self,
        prompt: &EncodedChat,
        pictures: &[Arc<PreparedPicture>],
        cancel: &Cancel,
        timings: &mut Timings,
        emit: &mut dyn FnMut(AnswerEvent),
    ) -> Result<Vec<f32>, Interrupted<EngineError>> {
        let wanted = self.positions(prompt, pictures);
        let n_common = wanted.iter().zip(&self.read).take_while(|(a, b)| a == b).count();
        // At least the last token is read, for what comes after it.
        let n_cached = n_common.min(prompt.ids.len() - 1);
        self.cache.truncate(n_cached);
        self.read.truncate(n_cached);
        timings.n_cached_tokens = n_cached;

        self.encode_pictures(prompt, pictures, cancel, timings, emit)?;
        let prefilling = Instant::now();
        let logits = self.prefill(prompt, pictures, cancel, emit);
        // What is in the cache was read, also when reading stopped half-way.
        self.read = wanted[..self.cache.len()].to_vec();
        timings.prefill_s = seconds(prefilling.elapsed());
        timings.n_read_tokens = self.cache.len() - n_cached;
        logits
    }

    /// Stores the pictures that were asked about; those that were only prepared leave no file.
    fn persist_encoded(&self, prompt: &EncodedChat, pictures: &[Arc<PreparedPicture>]) {
        for slot in &prompt.images {
            self.encoder_cache
                .persist(&(*self.model.fingerprint(), *pictures[slot.picture].hash()));
        }
    }

    fn check_room(
        &self,
        prompt: &EncodedChat,
        pictures: &[Arc<PreparedPicture>],
    ) -> Result<(), EngineError> {
        let (needed, capacity) = (prompt.ids.len() + 1, self.context());
        if needed <= capacity {
            return Ok(());
        }
        let cost = |picture: &Arc<PreparedPicture>| {
            (picture.name.clone(), picture.pixels().grid().n_tokens())
        };
        let pictures = pictures.iter().map(cost).collect();
        Err(EngineError::ContextFull { needed, capacity, pictures })
    }

    fn positions(&self, prompt: &EncodedChat, pictures: &[Arc<PreparedPicture>]) -> Vec<Position> {
        let image_token = self.tokenizer.control().img;
        let mut positions: Vec<Position> =
            prompt.ids.iter().map(|id| Position { id: *id, picture: None }).collect();
        for slot in &prompt.images {
            let picture = Some(*pictures[slot.picture].hash());
            for position in &mut positions[slot.start..][..slot.n_ids] {
                if Some(position.id) == image_token {
                    position.picture = picture;
                }
            }
        }
        positions
    }

    /// Encodes the pictures of which rows are still to be read.
    fn encode_pictures(
        &mut self,
        prompt: &EncodedChat,
        pictures: &[Arc<PreparedPicture>],
        cancel: &Cancel,
        timings: &mut Timings,
        emit: &mut dyn FnMut(AnswerEvent),
    ) -> Result<(), Interrupted<EngineError>> {
        let started = Instant::now();
        let unread = prompt.images.iter().filter(|slot| slot.start + slot.n_ids > self.cache.len());
        let mut needed: Vec<&Arc<PreparedPicture>> =
            unread.map(|slot| &pictures[slot.picture]).collect();
        self.encoded.retain(|(hash, _)| pictures.iter().any(|picture| picture.hash() == hash));
        needed.retain(|picture| find(&self.encoded, picture.hash()).is_none());
        needed.sort_by_key(|picture| picture.hash());
        needed.dedup_by_key(|picture| picture.hash());
        for picture in std::mem::take(&mut needed) {
            let grid = picture.pixels().grid();
            let size = (grid.rows as usize, grid.cols as usize);
            let key = (*self.model.fingerprint(), *picture.hash());
            match self.encoder_cache.get(&key, self.model.n_hidden(size)) {
                Some(hidden) => {
                    let features = self.model.project(hidden, size).map_err(Interrupted::failed)?;
                    self.encoded.push((*picture.hash(), features));
                    timings.n_recalled_pictures += 1;
                }
                None => needed.push(picture),
            }
        }
        let n_pictures = needed.len();
        for (i, picture) in needed.into_iter().enumerate() {
            let watch = &mut |done, total| {
                emit(AnswerEvent::Encode { picture: i, n_pictures, done, total });
                go_on_unless(cancel)
            };
            let features = self.model.encode_image(picture.pixels(), watch);
            let features = features.map_err(Interrupted::err_into)?;
            let hidden = features.vision_hidden().flatten_all();
            let hidden = hidden.and_then(|hidden| hidden.to_vec1()).map_err(ModelError::from);
            let key = (*self.model.fingerprint(), *picture.hash());
            self.encoder_cache.insert(key, hidden.map_err(Interrupted::failed)?);
            self.encoded.push((*picture.hash(), features));
        }
        timings.n_encoded_pictures = n_pictures;
        timings.encode_s = if n_pictures > 0 { seconds(started.elapsed()) } else { 0.0 };
        Ok(())
    }

    /// Reads the prompt from where the cache ends, and returns the logits behind it.
    fn prefill(
        &mut self,
        prompt: &EncodedChat,
        pictures: &[Arc<PreparedPicture>],
        cancel: &Cancel,
        emit: &mut dyn FnMut(AnswerEvent),
    ) -> Result<Vec<f32>, Interrupted<EngineError>> {
        let rows: Vec<PictureRows<'_>> = prompt
            .images
            .iter()
            .map(|slot| PictureRows {
                first: slot.start,
                n_rows: slot.rows as usize * slot.cols as usize,
                features: find(&self.encoded, pictures[slot.picture].hash()),
            })
            .collect();
        let prompt =
            Prompt { ids: &prompt.ids, image_token: self.tokenizer.control().img, pictures: &rows };
        let cached_tokens = self.cache.len();
        let total = prompt.ids.len() - cached_tokens;
        let watch = &mut |done_tokens, total_tokens| {
            emit(AnswerEvent::Prefill { done_tokens, total_tokens, cached_tokens });
            go_on_unless(cancel)
        };
        let logits = self.model.prefill(&prompt, &mut self.cache, CHUNK_TOKENS, watch);
        let logits = logits.map_err(Interrupted::err_into)?;
        emit(AnswerEvent::Prefill { done_tokens: total, total_tokens: total, cached_tokens });
        Ok(logits)
    }

    /// Chooses the answer token by token, and emits its thoughts and its text.
    pub(crate) fn decode(
        &mut self,
        mut logits: Vec<f32>,
        options: &AnswerOptions,
        cancel: &Cancel,
        begun: (Instant, Timings),
        emit: &mut dyn FnMut(AnswerEvent),
    ) -> Result<Answer, EngineError> {
        let read = self.read_ids();
        let mut writing = Writing::new(&self.tokenizer, &read, options, begun);
        let mut prompt_lookup = PromptLookup::new(read, self.uses_prompt_lookup);
        // Drafted tokens that were read, and the logits behind each.
        let mut drafted: VecDeque<(TokenId, Vec<f32>)> = VecDeque::new();
        let stop = loop {
            if cancel.is_cancelled() {
                break StopReason::Cancelled;
            }
            let id = match writing.choose(std::mem::take(&mut logits), self.read.len())? {
                Choice::Token(id) => id,
                Choice::End(stop) => break stop,
            };
            if let Some(stop) = writing.take(id, emit) {
                break stop;
            }
            let room = self.cache.capacity() - self.read.len();
            if room == 0 {
                break StopReason::ContextFull;
            }
            logits = match drafted.pop_front() {
                Some((draft, logits)) if draft == id => {
                    prompt_lookup.accept(id);
                    writing.count_drafted();
                    logits
                }
                _ => {
                    drafted.clear();
                    self.cache.truncate(self.read.len());
                    let draft = prompt_lookup.draft(id, room - 1);
                    let reading = Instant::now();
                    let ids: Vec<TokenId> = iter::once(id).chain(draft.iter().copied()).collect();
                    let mut all = self.model.decode_steps(&ids, &mut self.cache)?.into_iter();
                    prompt_lookup.learn(draft.len(), reading.elapsed());
                    let logits = all.next().unwrap_or_default();
                    drafted.extend(draft.into_iter().zip(all));
                    logits
                }
            };
            self.read.push(Position { id, picture: None });
        };
        // Drafted tokens behind the end are forgotten.
        self.cache.truncate(self.read.len());
        Ok(writing.finish(stop, emit))
    }

    /// The tokens that were read.
    pub(crate) fn read_ids(&self) -> Vec<TokenId> {
        self.read.iter().map(|position| position.id).collect()
    }
}

fn find<'a>(
    encoded: &'a [([u8; 32], ImageFeatures)],
    hash: &[u8; 32],
) -> Option<&'a ImageFeatures> {
    encoded.iter().find(|(known, _)| known == hash).map(|(_, features)| features)
}

fn go_on_unless(cancel: &Cancel) -> ControlFlow<()> {
    if cancel.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// An answer of which nothing came.
pub(crate) fn cancelled(timings: Timings) -> Answer {
    let (thoughts, text) = (String::new(), String::new());
    Answer { thoughts, text, stop: StopReason::Cancelled, timings }
}

//! The whole network, and the three things it does: encode a picture, read a prompt, say what
//! comes next.

use candle_core::{Device, Tensor};
use lorgnette_image::Pixels;
use lorgnette_interrupt::Interrupted;
use lorgnette_kernels::Precision;
use lorgnette_kernels::quant::FEW_ROWS;
use sha2::{Digest as _, Sha256};

use crate::checkpoint::{Checkpoint, Part};
use crate::config::ModelConfig;
use crate::device;
use crate::error::{LoadError, ModelError};
use crate::features::ImageFeatures;
use crate::kv_cache::{KvCache, KvFormat, KvTail};
use crate::placement::{Placement, Shortage};
use crate::text::TextDecoder;
use crate::vision::VisionEncoder;
use crate::watch::{self, Watch, go_on};
use crate::weights::{LoadOptions, Loader};

/// Tokens read in one pass through the network: each matrix is unpacked once for all of them.
pub const CHUNK_TOKENS: usize = 512;
/// Sequences that [`Pixtral::decode_together`] brings through the network in one pass.
pub const TOGETHER: usize = FEW_ROWS;
/// Tokens that take no longer than a few that are written: nobody waits to stop them half-way.
const FEW_TOKENS: usize = 16;

/// A network in memory.
#[derive(Debug)]
pub struct Pixtral {
    config: ModelConfig,
    vision: Option<VisionEncoder>,
    text: TextDecoder,
    placement: Placement,
    fingerprint: [u8; 32],
    precision: Precision,
}

/// A prompt: ids, and the pictures whose rows stand where `[IMG]` is.
#[derive(Debug, Clone, Copy)]
pub struct Prompt<'a> {
    /// Token ids of the whole sequence, from its beginning.
    pub ids: &'a [u32],
    /// The id of `[IMG]`.
    pub image_token: Option<u32>,
    /// The pictures, in order. Those that lie before what is read may be left out with
    /// [`PictureRows::features`] `None`.
    pub pictures: &'a [PictureRows<'a>],
}

/// A picture in a prompt.
#[derive(Debug, Clone, Copy)]
pub struct PictureRows<'a> {
    /// Position of its first `[IMG]`.
    pub first: usize,
    /// How many `[IMG]` tokens it has.
    pub n_rows: usize,
    /// Its rows; `None` when the cache holds them already.
    pub features: Option<&'a ImageFeatures>,
}

/// A run of a chunk: ids to look up, or rows of a picture.
enum Run<'a> {
    Ids(&'a [u32]),
    Rows { features: &'a ImageFeatures, first: usize, n: usize },
}

impl Pixtral {
    /// Reads a checkpoint onto a device. `on_progress` is told the bytes read of
    /// [`Checkpoint::n_bytes`].
    ///
    /// # Errors
    /// [`LoadError`] names the tensor or file that does not fit.
    pub fn load(
        checkpoint: &Checkpoint,
        device: &Device,
        on_progress: &mut dyn FnMut(u64),
    ) -> Result<Self, LoadError> {
        let placement = Placement::all_on(device);
        Self::load_with(checkpoint, &placement, &LoadOptions::default(), on_progress)
    }

    /// As [`Self::load`], with the choice of what is where, of kernels and of how weights get into
    /// memory.
    ///
    /// # Errors
    /// As [`Self::load`]; [`LoadError::DeviceMemory`] when the device does not hold its parts.
    pub fn load_with(
        checkpoint: &Checkpoint,
        placement: &Placement,
        options: &LoadOptions,
        on_progress: &mut dyn FnMut(u64),
    ) -> Result<Self, LoadError> {
        Self::load_parts(checkpoint, placement, options, on_progress).map_err(|error| match error {
            LoadError::Device { source } if device::is_out_of_memory(&source) => {
                LoadError::DeviceMemory { shortage: Box::new(shortage(placement)) }
            }
            error => error,
        })
    }

    fn load_parts(
        checkpoint: &Checkpoint,
        placement: &Placement,
        options: &LoadOptions,
        on_progress: &mut dyn FnMut(u64),
    ) -> Result<Self, LoadError> {
        let mut config = checkpoint.config().clone();
        let mut loader = Loader::new(checkpoint, options, on_progress);
        let text = TextDecoder::load(&mut loader, &config.text, placement)?;
        loader.device = placement.vision();
        let vision = match &config.vision {
            Some(vision) if checkpoint.has(Part::PatchConv) => {
                Some(VisionEncoder::load(&mut loader, vision, &config.text)?)
            }
            _ => {
                config.vision = None;
                None
            }
        };
        let precision = loader.precision;
        // What was sent is there before another thread computes with it.
        placement.device().synchronize()?;
        // What computes changes the last bits of what comes out.
        let mut hash = Sha256::new();
        hash.update(checkpoint.fingerprint()?);
        hash.update(format!("{:?} {}", placement.device(), options.fingerprint()));
        let fingerprint = hash.finalize().into();
        let placement = placement.clone();
        Ok(Self { config, vision, text, placement, fingerprint, precision })
    }

    /// What factors of products with half-precision matrices, and of attention, are rounded to on
    /// this processor.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// What tells this network, and how it computes, from others.
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// The sizes of the network as it was loaded: without vision part if its tensors are missing.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// What computes which part.
    pub fn placement(&self) -> &Placement {
        &self.placement
    }

    /// An empty cache for `capacity` tokens.
    ///
    /// # Errors
    /// [`ModelError::DeviceMemory`] when the device has not that much memory.
    pub fn new_cache(&self, capacity: usize, format: KvFormat) -> Result<KvCache, ModelError> {
        let device_of = |layer| self.text.device(layer).clone();
        let cache = KvCache::new(&self.config.text, capacity, format, device_of);
        cache.map_err(|error| self.explained(error.into()))
    }

    /// Encodes one picture. The watcher is asked several times a layer.
    ///
    /// # Errors
    /// [`ModelError::NoVision`] for a network that only reads text.
    pub fn encode_image(
        &self,
        pixels: &Pixels,
        watch: &mut Watch<'_>,
    ) -> Result<ImageFeatures, Interrupted<ModelError>> {
        let vision = self.vision.as_ref().ok_or(ModelError::NoVision)?;
        vision.encode(pixels, watch).map_err(|end| end.map(|error| self.explained(error.into())))
    }

    /// The features of a picture whose [`ImageFeatures::vision_hidden`] were kept: the projector
    /// alone computes.
    ///
    /// # Errors
    /// [`ModelError::NoVision`]; [`ModelError::Device`] when the numbers are not those of a picture
    /// of so many rows and columns of tokens.
    pub fn project(
        &self,
        hidden: Vec<f32>,
        (rows, cols): (usize, usize),
    ) -> Result<ImageFeatures, ModelError> {
        let vision = self.vision.as_ref().ok_or(ModelError::NoVision)?;
        Ok(vision.project(hidden, (rows, cols))?)
    }

    /// Numbers of [`ImageFeatures::vision_hidden`] for a picture of so many tokens' rows and
    /// columns; 0 for a network that only reads text.
    pub fn n_hidden(&self, (rows, cols): (usize, usize)) -> usize {
        self.config.vision.as_ref().map_or(0, |vision| {
            let merge = vision.spatial_merge_size;
            rows * merge * cols * merge * vision.hidden_size
        })
    }

    /// Reads what the cache does not hold yet of the prompt, `chunk_len` tokens at a time, and
    /// returns the logits of its last position, `(vocab_size)`. The watcher is asked several times a
    /// chunk, with the tokens read; the chunks read before it stopped stay in the cache.
    ///
    /// # Errors
    /// [`ModelError::CacheFull`] and [`ModelError::Prompt`] before anything is computed.
    pub fn prefill(
        &self,
        prompt: &Prompt<'_>,
        cache: &mut KvCache,
        chunk_len: usize,
        watch: &mut Watch<'_>,
    ) -> Result<Vec<f32>, Interrupted<ModelError>> {
        let mut last = None;
        self.for_each_chunk(prompt, cache, chunk_len, watch, |hidden| {
            last = Some(hidden);
            Ok(())
        })?;
        let nothing = || ModelError::Prompt { reason: "there is nothing new to read".into() };
        let logits = self.text.last_logits(&last.ok_or_else(nothing)?);
        Ok(logits.map_err(|error| self.explained(error.into()))?)
    }

    /// As [`Self::prefill`], but with the logits of every position read, `(n, vocab_size)`: what
    /// the reference implementation is compared by.
    ///
    /// # Errors
    /// The same as those of [`Self::prefill`].
    pub fn prefill_all_logits(
        &self,
        prompt: &Prompt<'_>,
        cache: &mut KvCache,
        chunk_len: usize,
    ) -> Result<Tensor, ModelError> {
        let mut logits = Vec::new();
        self.for_each_chunk(prompt, cache, chunk_len, &mut go_on, |hidden| {
            logits.push(self.text.logits(&hidden)?);
            Ok(())
        })
        .map_err(Interrupted::expect_failure)?;
        Ok(Tensor::cat(&logits, 0)?)
    }

    /// Reads one token and returns the logits of what follows, `(vocab_size)`.
    ///
    /// # Errors
    /// [`ModelError::CacheFull`]; [`ModelError::Prompt`] for an id outside the vocabulary.
    pub fn decode_step(&self, id: u32, cache: &mut KvCache) -> Result<Vec<f32>, ModelError> {
        cache.check_room(1)?;
        self.check_ids(&[id])?;
        let logits = self.within_pool(|| {
            let hidden = self.text.forward(self.text.embed(&[id])?, cache, &mut go_on);
            self.text.last_logits(&hidden.map_err(Interrupted::expect_failure)?)
        });
        logits.map_err(|error| self.explained(error.into()))
    }

    /// A device that ran out of memory, with what would fit.
    fn explained(&self, error: ModelError) -> ModelError {
        match error {
            ModelError::Device { source } if device::is_out_of_memory(&source) => {
                ModelError::DeviceMemory { shortage: Box::new(shortage(&self.placement)) }
            }
            error => error,
        }
    }

    /// Reads tokens and returns the logits of what follows each, `(vocab_size)` each.
    ///
    /// # Errors
    /// The same as those of [`Self::decode_step`].
    pub fn decode_steps(
        &self,
        ids: &[u32],
        cache: &mut KvCache,
    ) -> Result<Vec<Vec<f32>>, ModelError> {
        cache.check_room(ids.len())?;
        self.check_ids(ids)?;
        let logits = self.within_pool(|| {
            let hidden = self.text.forward(self.text.embed(ids)?, cache, &mut go_on);
            self.text.logits(&hidden.map_err(Interrupted::expect_failure)?)?.to_vec2()
        });
        logits.map_err(|error: candle_core::Error| self.explained(error.into()))
    }

    /// Bytes of memory that are free for keys and values, where the system says it: on the device that has
    /// blocks of the decoder, else of the machine.
    pub fn free_bytes(&self) -> Option<u64> {
        let first = self.placement.layer(0);
        let memory = if first.is_cpu() { device::machine_memory() } else { device::memory(&first) };
        memory.map(|memory| memory.free_bytes)
    }

    /// An empty tail of what is in the cache: a sequence goes on there by itself.
    ///
    /// # Errors
    /// [`ModelError::DeviceMemory`] when a device has no memory for it.
    pub fn new_tail(&self, cache: &KvCache) -> Result<KvTail, ModelError> {
        cache.tail().map_err(|error| self.explained(error.into()))
    }

    /// Reads one token for each of several sequences, `ids[i]` behind `tails[i]`, all of which are tails
    /// of what is in the cache, and returns the logits of what follows each, `(vocab_size)` each. The
    /// matrices are read from memory once for every [`TOGETHER`] of them. On the CPU, with our kernels,
    /// the logits of a sequence are those of [`Self::decode_step`], to the last bit.
    ///
    /// # Errors
    /// [`ModelError::CacheFull`] for a sequence that is as long as the cache can be;
    /// [`ModelError::Prompt`] for an id outside the vocabulary, and for a tail of something else.
    pub fn decode_together(
        &self,
        ids: &[u32],
        cache: &KvCache,
        tails: &mut [&mut KvTail],
    ) -> Result<Vec<Vec<f32>>, ModelError> {
        self.check_ids(ids)?;
        let fault = |reason: &str| Err(ModelError::Prompt { reason: reason.into() });
        if ids.len() != tails.len() {
            return fault("there is not a token for each sequence");
        }
        if tails.iter().any(|tail| !tail.is_of(cache)) {
            return fault("a sequence does not go on from what was read");
        }
        let capacity = cache.capacity();
        if let Some(full) = tails.iter().find(|tail| tail.len() >= capacity) {
            return Err(ModelError::CacheFull { needed: full.len() + 1, capacity });
        }
        let mut logits = Vec::with_capacity(ids.len());
        for (ids, tails) in ids.chunks(TOGETHER).zip(tails.chunks_mut(TOGETHER)) {
            let some = self.within_pool(|| {
                let hidden = self.text.forward_together(self.text.embed(ids)?, cache, tails)?;
                self.text.logits(&hidden)?.to_vec2()
            });
            logits.extend(some.map_err(|error: candle_core::Error| self.explained(error.into()))?);
        }
        Ok(logits)
    }

    /// Does a token's work on a thread of the pool. From any other, each of its several hundred
    /// products would be handed over and waited for asleep, which costs as much as a tenth of it.
    fn within_pool<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        if self.placement.device().is_cpu() { rayon::scope(|_| work()) } else { work() }
    }

    fn for_each_chunk(
        &self,
        prompt: &Prompt<'_>,
        cache: &mut KvCache,
        chunk_len: usize,
        watch: &mut Watch<'_>,
        mut use_hidden: impl FnMut(Tensor) -> Result<(), ModelError>,
    ) -> Result<(), Interrupted<ModelError>> {
        let (first, end) = (cache.len(), prompt.ids.len());
        cache.check_room(end.saturating_sub(first))?;
        self.check_ids(prompt.ids)?;
        check_pictures(prompt, first)?;
        let mut position = first;
        while position < end {
            let chunk_end = end.min(position + chunk_len.max(1));
            let embeddings = self.embed(&runs(prompt, position, chunk_end))?;
            // A chunk takes seconds, so that its blocks count as parts of its tokens.
            let of_chunk = &mut |done, all| {
                watch(position - first + (chunk_end - position) * done / all, end - first)
            };
            let hidden = if chunk_end - position <= FEW_TOKENS {
                watch::tell(of_chunk, 0, 1)?;
                self.within_pool(|| self.text.forward(embeddings, cache, &mut go_on))
            } else {
                self.text.forward(embeddings, cache, of_chunk)
            };
            use_hidden(hidden.map_err(|end| end.map(|error| self.explained(error.into())))?)?;
            position = chunk_end;
        }
        Ok(())
    }

    fn embed(&self, runs: &[Run<'_>]) -> Result<Tensor, ModelError> {
        let mut parts = Vec::new();
        for run in runs {
            parts.push(match run {
                Run::Ids(ids) => self.text.embed(ids)?,
                Run::Rows { features, first, n } => features.rows().narrow(0, *first, *n)?,
            });
        }
        Ok(Tensor::cat(&parts, 0)?)
    }

    fn check_ids(&self, ids: &[u32]) -> Result<(), ModelError> {
        let vocab_size = self.config.text.vocab_size;
        match ids.iter().find(|id| **id as usize >= vocab_size) {
            None => Ok(()),
            Some(id) => Err(ModelError::Prompt {
                reason: format!("token {id} is outside its vocabulary of {vocab_size}"),
            }),
        }
    }
}

fn shortage(placement: &Placement) -> Shortage {
    let free_bytes = device::memory(placement.device()).map(|memory| memory.free_bytes);
    placement.shortage(free_bytes)
}

/// Every `[IMG]` from `first` on has a row, and every picture's rows have their `[IMG]`s.
fn check_pictures(prompt: &Prompt<'_>, first: usize) -> Result<(), ModelError> {
    let Some(image_token) = prompt.image_token else {
        return Ok(());
    };
    let mut positions =
        prompt.ids.iter().enumerate().filter(|(_, id)| **id == image_token).map(|(i, _)| i);
    let fault = |reason: String| Err(ModelError::Prompt { reason });
    for (number, picture) in prompt.pictures.iter().enumerate() {
        let number = number + 1;
        let taken: Vec<usize> = positions.by_ref().take(picture.n_rows).collect();
        if taken.len() < picture.n_rows || taken.first().is_some_and(|at| *at != picture.first) {
            return fault(format!("the [IMG] tokens of picture {number} are not where it says"));
        }
        match picture.features {
            Some(features) if features.n_rows() != picture.n_rows => {
                let (rows, tokens) = (features.n_rows(), picture.n_rows);
                return fault(format!("picture {number} has {rows} rows for {tokens} tokens"));
            }
            None if taken.last().is_some_and(|last| *last >= first) => {
                return fault(format!("picture {number} is not encoded"));
            }
            _ => {}
        }
    }
    match positions.find(|at| *at >= first) {
        Some(at) => fault(format!("the [IMG] at {at} belongs to no picture")),
        None => Ok(()),
    }
}

/// The prompt's positions `start..end` as runs of ids and of picture rows.
fn runs<'a>(prompt: &Prompt<'a>, start: usize, end: usize) -> Vec<Run<'a>> {
    let is_image = |id: u32| prompt.image_token == Some(id);
    let mut runs = Vec::new();
    let mut at = start;
    while at < end {
        let here = is_image(prompt.ids[at]);
        let n = prompt.ids[at..end].iter().take_while(|id| is_image(**id) == here).count();
        // The picture is the last one that begins at or before here; its row, the count of `[IMG]`s since.
        let picture = here.then(|| prompt.pictures.iter().rfind(|p| p.first <= at)).flatten();
        match picture.and_then(|picture| Some((picture, picture.features?))) {
            Some((picture, features)) => {
                let before = &prompt.ids[picture.first..at];
                let first = before.iter().filter(|id| is_image(**id)).count();
                runs.push(Run::Rows { features, first, n });
            }
            None => runs.push(Run::Ids(&prompt.ids[at..at + n])),
        }
        at += n;
    }
    runs
}

#[cfg(test)]
mod tests;

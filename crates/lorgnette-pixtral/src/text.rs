//! The decoder: a Mistral network that reads embeddings and says how likely each token is next.

use candle_core::{Device, IndexOp as _, Result, Tensor};

use crate::block::{Block, BlockSizes, RmsNorm};
use crate::checkpoint::Part;
use crate::config::{RopeLayout, TextConfig};
use crate::error::LoadError;
use crate::kv_cache::KvCache;
use crate::rope::Rotation;
use crate::watch::{Outcome, Watch};
use crate::weights::{Loader, Matrix};

/// Embedding, blocks, norm and output matrix.
#[derive(Debug)]
pub(crate) struct TextDecoder {
    embedding: Matrix,
    blocks: Vec<Block>,
    norm: RmsNorm,
    /// The embedding itself when they are tied.
    output: Matrix,
    config: TextConfig,
    rope_layout: RopeLayout,
    device: Device,
}

impl TextDecoder {
    pub(crate) fn load(
        loader: &mut Loader<'_>,
        config: &TextConfig,
    ) -> std::result::Result<Self, LoadError> {
        let sizes = BlockSizes {
            hidden: config.hidden_size,
            intermediate: config.intermediate_size,
            n_heads: config.n_heads,
            n_kv_heads: config.n_kv_heads,
            head_dim: config.head_dim,
            eps: config.rms_norm_eps,
        };
        let vocabulary = (config.vocab_size, config.hidden_size);
        let embedding = loader.matrix(Part::TokenEmbedding, vocabulary)?;
        let blocks = (0..config.n_layers)
            .map(|i| Block::load(loader, |part| Part::Text(i, part), sizes))
            .collect::<std::result::Result<_, _>>()?;
        let norm =
            RmsNorm::load(loader, Part::OutputNorm, config.hidden_size, config.rms_norm_eps)?;
        let output = if config.tied_embeddings {
            embedding.clone()
        } else {
            loader.matrix(Part::Output, vocabulary)?
        };
        Ok(Self {
            embedding,
            blocks,
            norm,
            output,
            config: config.clone(),
            rope_layout: loader.checkpoint.naming().rope_layout(),
            device: loader.device.clone(),
        })
    }

    /// Embeddings of `ids`, `(n, hidden)`.
    pub(crate) fn embed(&self, ids: &[u32]) -> Result<Tensor> {
        self.embedding.rows(&Tensor::new(ids, &self.device)?)
    }

    /// Reads `x` `(n, hidden)` behind what is in the cache; the hidden states `(n, hidden)`. The
    /// watcher is asked before each block, with the blocks done and all of them; stopped, the
    /// cache is as it was.
    pub(crate) fn forward(
        &self,
        x: Tensor,
        cache: &mut KvCache,
        watch: &mut Watch<'_>,
    ) -> Result<Outcome<Tensor>> {
        let (n, first) = (x.dim(0)?, cache.len());
        let rotation = Rotation::of_tokens(
            first,
            n,
            self.config.head_dim,
            self.config.rope_theta,
            self.rope_layout,
            &self.device,
        )?;
        let mut x = x;
        for (i, block) in self.blocks.iter().enumerate() {
            if watch(i, self.blocks.len()).is_break() {
                return Ok(Outcome::Stopped);
            }
            let (q, k, v) = block.qkv(&x)?;
            let (k, v) = cache.write(i, &rotation.apply(&k)?, &v)?;
            let q = rotation.apply(&q)?;
            let found = block.attention(&q, &k, &v, Some(first))?;
            x = block.add_attention(&x, &found)?;
            x = block.add_mlp(&x)?;
        }
        cache.advance(n);
        Ok(Outcome::Done(x))
    }

    /// Logits of every position of `hidden`, `(n, vocab_size)`.
    pub(crate) fn logits(&self, hidden: &Tensor) -> Result<Tensor> {
        self.output.forward(&self.norm.forward(hidden)?)
    }

    /// Logits of the last position, `(vocab_size)`.
    pub(crate) fn last_logits(&self, hidden: &Tensor) -> Result<Vec<f32>> {
        let last = hidden.narrow(0, hidden.dim(0)? - 1, 1)?.contiguous()?;
        self.logits(&last)?.i(0)?.to_vec1()
    }
}

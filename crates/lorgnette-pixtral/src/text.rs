//! The decoder: a Mistral network that reads embeddings and says how likely each token is next.
//!
//! Its blocks may be on two devices; hidden states go from one to the other between them.

use candle_core::{Device, IndexOp as _, Result, Tensor};
use lorgnette_interrupt::Interrupted;

use crate::block::{Block, BlockSizes, RmsNorm};
use crate::checkpoint::Part;
use crate::config::{AttentionScale, TextConfig};
use crate::error::LoadError;
use crate::kv_cache::{KvCache, KvTail};
use crate::ops::Causal;
use crate::placement::Placement;
use crate::rope::Rope;
use crate::watch::{self, Watch, Watched};
use crate::weights::{Loader, Matrix};

/// Embedding, blocks, norm and output matrix.
#[derive(Debug)]
pub(crate) struct TextDecoder {
    /// On the CPU: a token needs one row of it.
    embedding: Matrix,
    /// Each with the device that it is on.
    blocks: Vec<(Block, Device)>,
    norm: RmsNorm,
    /// The embedding itself when they are tied.
    output: Matrix,
    /// What norm and output matrix are on.
    output_device: Device,
    rope: Rope,
    attention_scale: Option<AttentionScale>,
}

impl TextDecoder {
    pub(crate) fn load(
        loader: &mut Loader<'_>,
        config: &TextConfig,
        placement: &Placement,
    ) -> std::result::Result<Self, LoadError> {
        let sizes = BlockSizes {
            hidden: config.hidden_size,
            intermediate: config.intermediate_size,
            n_heads: config.n_heads,
            n_kv_heads: config.n_kv_heads,
            head_dim: config.head_dim,
            eps: config.rms_norm_eps,
            qk_norm: config.qk_norm,
        };
        let vocabulary = (config.vocab_size, config.hidden_size);
        let embedding = loader.matrix(Part::TokenEmbedding, vocabulary)?;
        let mut blocks = Vec::new();
        for i in 0..config.n_layers {
            loader.device = placement.layer(i);
            let block = Block::load(loader, |part| Part::Text(i, part), sizes)?;
            blocks.push((block, loader.device.clone()));
        }
        let output_device = placement.output();
        loader.device = output_device.clone();
        let norm =
            RmsNorm::load(loader, Part::OutputNorm, config.hidden_size, config.rms_norm_eps)?;
        let output = match (config.tied_embeddings, output_device.is_cpu()) {
            (true, true) => embedding.clone(),
            (true, false) => loader.matrix(Part::TokenEmbedding, vocabulary)?,
            (false, _) => loader.matrix(Part::Output, vocabulary)?,
        };
        let rope_layout = loader.checkpoint.naming().text_rope_layout(config);
        let rope = Rope::new(&config.rope, config.head_dim, rope_layout);
        let attention_scale = config.attention_scale;
        Ok(Self { embedding, blocks, norm, output, output_device, rope, attention_scale })
    }

    /// Embeddings of `ids`, `(n, hidden)`, on the CPU.
    pub(crate) fn embed(&self, ids: &[u32]) -> Result<Tensor> {
        self.embedding.rows(&Tensor::new(ids, &Device::Cpu)?)
    }

    /// What a block is on.
    pub(crate) fn device(&self, block: usize) -> &Device {
        &self.blocks[block].1
    }

    /// Reads `x` `(n, hidden)` behind what is in the cache; the hidden states `(n, hidden)`. The
    /// watcher is asked before each block, with the blocks done and all of them; when it stops, the
    /// cache is as it was.
    pub(crate) fn forward(
        &self,
        x: Tensor,
        cache: &mut KvCache,
        watch: &mut Watch<'_>,
    ) -> Watched<Tensor> {
        let (n, first) = (x.dim(0)?, cache.len());
        let mut causal = None;
        let attend = |i: usize, block: &Block, q: &Tensor, k: &Tensor, v: &Tensor| {
            let (k, v) = cache.write(i, k, v)?;
            let device = self.device(i);
            if i == 0 || !device.same_device(self.device(i - 1)) {
                causal = Some(Causal::new(first, n, device)?);
            }
            block.attention(q, &k, &v, causal.as_ref())
        };
        let x = self.through_blocks(x, first..first + n, watch, attend)?;
        cache.advance(n);
        Ok(x)
    }

    /// Reads a token of each of several sequences, `x` `(n, hidden)`, behind their tails, which go on
    /// from what is in the cache; the hidden states `(n, hidden)`. After an error the tails are as they
    /// were.
    pub(crate) fn forward_together(
        &self,
        x: Tensor,
        cache: &KvCache,
        tails: &mut [&mut KvTail],
    ) -> Result<Tensor> {
        for tail in tails.iter_mut() {
            tail.make_room()?;
        }
        let positions: Vec<usize> = tails.iter().map(|tail| tail.len()).collect();
        let attend = |i: usize, block: &Block, q: &Tensor, k: &Tensor, v: &Tensor| {
            let write = |(row, tail): (usize, &&mut KvTail)| {
                tail.rest().write(i, &k.narrow(1, row, 1)?, &v.narrow(1, row, 1)?)
            };
            let own = tails.iter().enumerate().map(write).collect::<Result<Vec<_>>>()?;
            block.attention_together(q, &cache.read(i)?, &own)
        };
        let x = self.through_blocks(x, positions.into_iter(), &mut watch::go_on, attend);
        let x = x.map_err(Interrupted::expect_failure)?;
        for tail in tails.iter_mut() {
            tail.advance();
        }
        Ok(x)
    }

    /// Brings `x` `(n, hidden)`, tokens at these positions, through all blocks. `attend` takes a block
    /// with its index, and queries, keys and values `(heads, n, head_dim)` that are turned by their
    /// positions; it returns what the queries find, `(n, n_heads * head_dim)`.
    fn through_blocks(
        &self,
        mut x: Tensor,
        positions: impl ExactSizeIterator<Item = usize> + Clone,
        watch: &mut Watch<'_>,
        mut attend: impl FnMut(usize, &Block, &Tensor, &Tensor, &Tensor) -> Result<Tensor>,
    ) -> Watched<Tensor> {
        let n = positions.len();
        let rotation = self.rope.of_positions(positions.clone(), &Device::Cpu)?;
        let query_scale = self.query_scale(positions)?;
        let (mut rotation_here, mut query_scale_here) = (rotation.clone(), query_scale.clone());
        for (i, (block, device)) in self.blocks.iter().enumerate() {
            // A device works behind our back, and a token is over before one could stop it.
            if n > 1 {
                x.device().synchronize()?;
            }
            watch::tell(watch, i, self.blocks.len())?;
            if !x.device().same_device(device) {
                x = x.to_device(device)?;
                rotation_here = rotation.to_device(device)?;
                query_scale_here =
                    query_scale.as_ref().map(|scale| scale.to_device(device)).transpose()?;
            }
            let (q, k, v) = block.qkv(&x)?;
            let k = rotation_here.apply(&k)?;
            let mut q = rotation_here.apply(&q)?;
            if let Some(scale) = &query_scale_here {
                q = q.broadcast_mul(scale)?;
            }
            let found = attend(i, block, &q, &k, &v)?;
            x = block.add_attention(&x, &found)?;
            x = block.add_mlp(&x)?;
        }
        Ok(x)
    }

    /// What the queries of tokens at these positions are multiplied with, `(1, n, 1)`; `None` where that
    /// changes nothing.
    fn query_scale(
        &self,
        positions: impl ExactSizeIterator<Item = usize> + Clone,
    ) -> Result<Option<Tensor>> {
        let Some(scale) = self.attention_scale else { return Ok(None) };
        let scales: Vec<f32> = positions.map(|at| scale.at(at) as f32).collect();
        if scales.iter().all(|scale| *scale <= 1.0) {
            return Ok(None);
        }
        let n = scales.len();
        Tensor::from_vec(scales, (1, n, 1), &Device::Cpu).map(Some)
    }

    /// Logits of every position of `hidden`, `(n, vocab_size)`.
    pub(crate) fn logits(&self, hidden: &Tensor) -> Result<Tensor> {
        let hidden = hidden.to_device(&self.output_device)?;
        self.output.forward(&self.norm.forward(&hidden)?)
    }

    /// Logits of the last position, `(vocab_size)`.
    pub(crate) fn last_logits(&self, hidden: &Tensor) -> Result<Vec<f32>> {
        let last = hidden.narrow(0, hidden.dim(0)? - 1, 1)?.contiguous()?;
        self.logits(&last)?.i(0)?.to_vec1()
    }
}

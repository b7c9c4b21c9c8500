//! What a block of the decoder and one of the encoder have in common.

use candle_core::{DType, Result, Tensor};
use lorgnette_kernels::Precision;

use crate::checkpoint::{BlockPart, Part};
use crate::error::LoadError;
use crate::ops::{self, Causal};
use crate::weights::{Loader, Matrix};

/// RMSNorm. Source: `modeling_pixtral.py`, `PixtralRMSNorm`: `x · rsqrt(mean(x²) + eps) · weight`.
#[derive(Debug)]
pub(crate) struct RmsNorm {
    weight: Tensor,
    eps: f32,
}

impl RmsNorm {
    pub(crate) fn load(
        loader: &mut Loader<'_>,
        part: Part,
        size: usize,
        eps: f64,
    ) -> std::result::Result<Self, LoadError> {
        Ok(Self { weight: loader.vector(part, size)?, eps: eps as f32 })
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        candle_nn::ops::rms_norm(x, &self.weight, self.eps)
    }
}

/// The sizes of a block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BlockSizes {
    pub(crate) hidden: usize,
    pub(crate) intermediate: usize,
    pub(crate) n_heads: usize,
    pub(crate) n_kv_heads: usize,
    pub(crate) head_dim: usize,
    pub(crate) eps: f64,
    /// Queries and keys pass norms of their own.
    pub(crate) qk_norm: bool,
}

/// Norms and matrices of a pre-norm transformer block with a gated MLP.
#[derive(Debug)]
pub(crate) struct Block {
    attention_norm: RmsNorm,
    q: Matrix,
    k: Matrix,
    v: Matrix,
    o: Matrix,
    q_norm: Option<RmsNorm>,
    k_norm: Option<RmsNorm>,
    ffn_norm: RmsNorm,
    gate: Matrix,
    up: Matrix,
    down: Matrix,
    sizes: BlockSizes,
    precision: Precision,
}

impl Block {
    /// Reads a block; `part` says which.
    pub(crate) fn load(
        loader: &mut Loader<'_>,
        part: impl Fn(BlockPart) -> Part,
        sizes: BlockSizes,
    ) -> std::result::Result<Self, LoadError> {
        use BlockPart as B;
        let BlockSizes { hidden, intermediate, n_heads, n_kv_heads, head_dim, eps, qk_norm } =
            sizes;
        let (q_size, kv_size) = (n_heads * head_dim, n_kv_heads * head_dim);
        let head_norm = |loader: &mut Loader<'_>, which| {
            let norm = qk_norm.then(|| RmsNorm::load(loader, part(which), head_dim, eps));
            norm.transpose()
        };
        Ok(Self {
            q_norm: head_norm(loader, B::QNorm)?,
            k_norm: head_norm(loader, B::KNorm)?,
            attention_norm: RmsNorm::load(loader, part(B::AttentionNorm), hidden, eps)?,
            q: loader.matrix(part(B::Q), (q_size, hidden))?,
            k: loader.matrix(part(B::K), (kv_size, hidden))?,
            v: loader.matrix(part(B::V), (kv_size, hidden))?,
            o: loader.matrix(part(B::O), (hidden, q_size))?,
            ffn_norm: RmsNorm::load(loader, part(B::FfnNorm), hidden, eps)?,
            gate: loader.matrix(part(B::Gate), (intermediate, hidden))?,
            up: loader.matrix(part(B::Up), (intermediate, hidden))?,
            down: loader.matrix(part(B::Down), (hidden, intermediate))?,
            sizes,
            precision: loader.precision,
        })
    }

    /// Queries, keys and values of the normed `x` `(n, hidden)`: `(heads, n, head_dim)` each,
    /// before their positions are turned in.
    pub(crate) fn qkv(&self, x: &Tensor) -> Result<(Tensor, Tensor, Tensor)> {
        let BlockSizes { n_heads, n_kv_heads, head_dim, .. } = self.sizes;
        let x = self.attention_norm.forward(x)?;
        let heads = |matrix: &Matrix, norm: Option<&RmsNorm>, n_heads| {
            let n = x.dim(0)?;
            let rows = matrix.forward(&x)?.reshape((n, n_heads, head_dim))?;
            let rows = if let Some(norm) = norm { norm.forward(&rows)? } else { rows };
            rows.transpose(0, 1)
        };
        let q = heads(&self.q, self.q_norm.as_ref(), n_heads)?;
        let k = heads(&self.k, self.k_norm.as_ref(), n_kv_heads)?;
        Ok((q, k, heads(&self.v, None, n_kv_heads)?))
    }

    /// `x` plus what attention found, `(n, n_heads * head_dim)`.
    pub(crate) fn add_attention(&self, x: &Tensor, found: &Tensor) -> Result<Tensor> {
        x + self.o.forward(found)?
    }

    /// `x` plus its MLP.
    pub(crate) fn add_mlp(&self, x: &Tensor) -> Result<Tensor> {
        let normed = self.ffn_norm.forward(x)?;
        let inner = ops::silu_mul(self.gate.forward(&normed)?, &self.up.forward(&normed)?)?;
        x + self.down.forward(&inner)?
    }

    /// What the queries `q` `(n_heads, n, head_dim)` find, `(n, n_heads * head_dim)`; `causal` as
    /// in [`ops::attention`]. A cache of f32 asks for products of f32.
    pub(crate) fn attention(
        &self,
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        causal: Option<&Causal>,
    ) -> Result<Tensor> {
        let scale = (self.sizes.head_dim as f32).sqrt().recip();
        let asks_for_f32 = causal.is_some() && k.dtype() == DType::F32;
        let precision = if asks_for_f32 { Precision::F32 } else { self.precision };
        ops::attention(q, k, v, scale, causal, precision)
    }

    /// What the queries of different sequences find, `(n, n_heads * head_dim)`, as in
    /// [`ops::attention_together`].
    pub(crate) fn attention_together(
        &self,
        q: &Tensor,
        shared: &(Tensor, Tensor),
        tails: &[(Tensor, Tensor)],
    ) -> Result<Tensor> {
        let scale = (self.sizes.head_dim as f32).sqrt().recip();
        ops::attention_together(q, shared, tails, scale)
    }
}

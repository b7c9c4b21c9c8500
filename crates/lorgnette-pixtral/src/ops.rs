//! What the network computes beside products: on the CPU with our kernels, elsewhere with
//! candle's operations.

use candle_core::{
    CpuStorage, CustomOp2, CustomOp3, DType, Device, InplaceOp2, Layout, Result, Shape, Tensor,
    bail,
};
use half::{bf16, f16};
use lorgnette_kernels::attention::Attention;
use lorgnette_kernels::element::Element;
use lorgnette_kernels::{Precision, elementwise, half_matmul};

/// Scores that are in memory at a time on a device.
const SCORES: usize = 1 << 24;
/// Bytes of them: twice in the number format of the keys, thrice in f32, for the mask and the softmax.
pub(crate) const SCORES_BYTES: u64 = 16 * SCORES as u64;

/// Queries in a row, of which each sees one key more than the one before.
#[derive(Debug, Clone)]
pub(crate) struct Causal {
    /// The first query's position among the keys.
    first: usize,
    /// `(n, first + n)` f32, what is added to scores: −∞ where a key is hidden. `None` where nothing
    /// is, or where the kernel counts by itself.
    mask: Option<Tensor>,
}

impl Causal {
    /// For queries at the positions `first..first + n`.
    pub(crate) fn new(first: usize, n: usize, device: &Device) -> Result<Self> {
        let mask = if device.is_cpu() || n == 1 { None } else { Some(mask(first, n, device)?) };
        Ok(Self { first, mask })
    }
}

fn mask(first: usize, n: usize, device: &Device) -> Result<Tensor> {
    let n_keys = first + n;
    let mut mask = vec![0_f32; n * n_keys];
    for (row, keys) in mask.chunks_exact_mut(n_keys).enumerate() {
        keys[first + row + 1..].fill(f32::NEG_INFINITY);
    }
    Tensor::from_vec(mask, (n, n_keys), device)
}

/// softmax(scale · q·kᵀ)·v without the whole score matrix.
///
/// Shapes: `q` `(n_heads, n, head_dim)` f32; `k`, `v` `(n_kv_heads, n_keys, head_dim)` f32, f16 or
/// bf16, each head contiguous; the result `(n, n_heads * head_dim)` f32.
/// `causal`: which keys a query sees; `None`: all. `precision`: of products on a CPU; a device
/// multiplies in the number format of the keys.
pub(crate) fn attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    scale: f32,
    causal: Option<&Causal>,
    precision: Precision,
) -> Result<Tensor> {
    let (n_heads, n, head_dim) = q.dims3()?;
    let out = if q.device().is_cpu() {
        let causal_from = causal.map(|causal| causal.first);
        q.contiguous()?.apply_op3_no_bwd(k, v, &AttentionOp { scale, causal_from, precision })?
    } else {
        let mask = causal.and_then(|causal| causal.mask.as_ref());
        attention_by_blocks(q, k, v, scale, mask)?
    };
    out.transpose(0, 1)?.reshape((n, n_heads * head_dim))
}

struct AttentionOp {
    scale: f32,
    causal_from: Option<usize>,
    precision: Precision,
}

impl CustomOp3 for AttentionOp {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        q: &CpuStorage,
        q_layout: &Layout,
        k: &CpuStorage,
        k_layout: &Layout,
        v: &CpuStorage,
        v_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (n_heads, n_queries, head_dim) = q_layout.shape().dims3()?;
        let (n_kv_heads, n_keys, _) = k_layout.shape().dims3()?;
        let kv_head_stride = k_layout.stride()[0];
        // A dimension of size 1 is never stepped along, so its stride may be any number.
        let strides_are = |layout: &Layout, expected: [usize; 3]| {
            let sizes = [n_kv_heads, n_keys, head_dim];
            (0..3).all(|i| sizes[i] == 1 || layout.stride()[i] == expected[i])
        };
        let heads_are_rows = |layout: &Layout| strides_are(layout, [kv_head_stride, head_dim, 1]);
        if !q_layout.is_contiguous() || !heads_are_rows(k_layout) || !heads_are_rows(v_layout) {
            bail!(
                "attention over tensors of another layout: {q_layout:?} {k_layout:?} {v_layout:?}"
            );
        }
        let attention = Attention {
            n_heads,
            n_kv_heads,
            head_dim,
            n_queries,
            n_keys,
            scale: self.scale,
            causal_from: self.causal_from,
            precision: self.precision,
        };
        let q = &q.as_slice::<f32>()?[q_layout.start_offset()..];
        let mut out = vec![0.0; n_heads * n_queries * head_dim];
        let (k_start, v_start) = (k_layout.start_offset(), v_layout.start_offset());
        match (k, v) {
            (CpuStorage::F32(k), CpuStorage::F32(v)) => {
                attention.run(q, &k[k_start..], &v[v_start..], kv_head_stride, &mut out);
            }
            (CpuStorage::F16(k), CpuStorage::F16(v)) => {
                attention.run(q, &k[k_start..], &v[v_start..], kv_head_stride, &mut out);
            }
            (CpuStorage::BF16(k), CpuStorage::BF16(v)) => {
                attention.run(q, &k[k_start..], &v[v_start..], kv_head_stride, &mut out);
            }
            _ => bail!("attention over keys and values of another number format"),
        }
        let shape = (n_kv_heads, n_queries, n_heads / n_kv_heads * head_dim);
        Ok((CpuStorage::F32(out), shape.into()))
    }
}

/// The same with candle's operations, some queries at a time, in the number format of the keys:
/// devices multiply halves many times faster, and the cache is not copied. Softmax is in f32.
/// `mask` as in [`Causal`].
fn attention_by_blocks(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    scale: f32,
    mask: Option<&Tensor>,
) -> Result<Tensor> {
    let (n_heads, n, head_dim) = q.dims3()?;
    let (n_kv_heads, n_keys, _) = k.dims3()?;
    let group = n_heads / n_kv_heads;
    let n_at_a_time = (SCORES / (n_heads * n_keys)).clamp(1, n.max(1));
    // Scaled before it is narrowed: scores are then within what f16 can say.
    let q = (q * f64::from(scale))?.to_dtype(k.dtype())?;
    let k = k.transpose(1, 2)?;
    let mut blocks = Vec::new();
    for first in (0..n).step_by(n_at_a_time) {
        let n_block = n_at_a_time.min(n - first);
        // The heads of a group stand under each other and share the keys.
        let q = q.narrow(1, first, n_block)?.contiguous()?;
        let q = q.reshape((n_kv_heads, group * n_block, head_dim))?;
        let mut scores = q.matmul(&k)?.to_dtype(DType::F32)?;
        if let Some(mask) = mask {
            let by_head = scores.reshape((n_heads, n_block, n_keys))?;
            let masked = by_head.broadcast_add(&mask.narrow(0, first, n_block)?)?;
            scores = masked.reshape((n_kv_heads, group * n_block, n_keys))?;
        }
        let weights = candle_nn::ops::softmax_last_dim(&scores)?.to_dtype(v.dtype())?;
        let out = weights.matmul(v)?.to_dtype(DType::F32)?;
        let out = out.reshape((n_kv_heads, group, n_block, head_dim))?;
        let out = out.transpose(1, 2)?.contiguous()?;
        blocks.push(out.reshape((n_kv_heads, n_block, group * head_dim))?);
    }
    if let [block] = blocks.as_slice() { Ok(block.clone()) } else { Tensor::cat(&blocks, 1) }
}

/// `x · wᵀ` for a matrix of 2-byte numbers; `x` `(n, cols)` f32, `w` `(rows, cols)`. `precision` as in
/// [`attention`].
pub(crate) fn matmul_half(x: &Tensor, w: &Tensor, precision: Precision) -> Result<Tensor> {
    if x.device().is_cpu() {
        return x.contiguous()?.apply_op2_no_bwd(w, &HalfMatmulOp { precision });
    }
    x.to_dtype(w.dtype())?.matmul(&w.t()?)?.to_dtype(DType::F32)
}

struct HalfMatmulOp {
    precision: Precision,
}

impl CustomOp2 for HalfMatmulOp {
    fn name(&self) -> &'static str {
        "matmul-half"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        w: &CpuStorage,
        w_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        fn product<T: Element>(
            x: &[f32],
            w: &[T],
            sizes: (usize, usize, usize),
            precision: Precision,
        ) -> Vec<f32> {
            let mut y = vec![0.0; sizes.0 * sizes.1];
            half_matmul::matmul_nt(x, w, &mut y, sizes, precision);
            y
        }
        let (m, k) = x_layout.shape().dims2()?;
        let (n, k_of_w) = w_layout.shape().dims2()?;
        let (Some((x_start, x_end)), Some((w_start, w_end))) =
            (x_layout.contiguous_offsets(), w_layout.contiguous_offsets())
        else {
            bail!("matmul-half needs contiguous tensors");
        };
        if k != k_of_w {
            bail!("rows of {k} numbers by a matrix of {k_of_w} columns");
        }
        let x = &x.as_slice::<f32>()?[x_start..x_end];
        let y = match w {
            CpuStorage::F16(w) => product::<f16>(x, &w[w_start..w_end], (m, n, k), self.precision),
            CpuStorage::BF16(w) => {
                product::<bf16>(x, &w[w_start..w_end], (m, n, k), self.precision)
            }
            _ => bail!("matmul-half needs a matrix of 2-byte numbers"),
        };
        Ok((CpuStorage::F32(y), (m, n).into()))
    }
}

/// `silu(gate) * up`; both `(n, cols)` f32 and contiguous. `gate` is used up.
pub(crate) fn silu_mul(gate: Tensor, up: &Tensor) -> Result<Tensor> {
    if gate.device().is_cpu() {
        gate.inplace_op2(up, &SiluMulOp)?;
        return Ok(gate);
    }
    gate.silu()? * up
}

struct SiluMulOp;

impl InplaceOp2 for SiluMulOp {
    fn name(&self) -> &'static str {
        "silu-mul"
    }

    fn cpu_fwd(
        &self,
        gate: &mut CpuStorage,
        gate_layout: &Layout,
        up: &CpuStorage,
        up_layout: &Layout,
    ) -> Result<()> {
        let (CpuStorage::F32(gate), CpuStorage::F32(up)) = (gate, up) else {
            bail!("silu-mul needs f32");
        };
        let (Some((gate_start, gate_end)), Some((up_start, up_end))) =
            (gate_layout.contiguous_offsets(), up_layout.contiguous_offsets())
        else {
            bail!("silu-mul needs contiguous tensors");
        };
        elementwise::silu_mul(&mut gate[gate_start..gate_end], &up[up_start..up_end]);
        Ok(())
    }
}

#[cfg(test)]
mod tests;

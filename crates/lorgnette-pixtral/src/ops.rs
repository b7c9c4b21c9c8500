//! What the network computes beside products: on the CPU with our kernels, elsewhere with
//! candle's operations.

use std::ops::Deref;

use candle_core::{
    CpuStorage, CustomOp2, CustomOp3, DType, Device, InplaceOp2, Layout, Result, Shape, Storage,
    Tensor, WithDType, bail,
};
use half::{bf16, f16};
use lorgnette_kernels::attention::{Attention, Span};
use lorgnette_kernels::element::Element;
use lorgnette_kernels::kv::{DenseHeads, Heads, Q8Heads, q8_0_row_bytes};
use lorgnette_kernels::quant::FEW_ROWS;
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
/// bf16, or `(n_kv_heads, n_keys, bytes of a row)` of `Q8_0` blocks, each head contiguous; the result `(n, n_heads * head_dim)` f32.
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
        if !q_layout.is_contiguous() {
            bail!("attention of queries in another layout: {q_layout:?}");
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
        let (k, v) = ((k, k_layout), (v, v_layout));
        match k.0 {
            CpuStorage::F32(_) => attention.run(q, dense::<f32>(k)?, dense(v)?, &mut out),
            CpuStorage::F16(_) => attention.run(q, dense::<f16>(k)?, dense(v)?, &mut out),
            CpuStorage::BF16(_) => attention.run(q, dense::<bf16>(k)?, dense(v)?, &mut out),
            CpuStorage::U8(_) => {
                attention.run(q, blocks(k, head_dim)?, blocks(v, head_dim)?, &mut out);
            }
            _ => bail!("attention over keys and values of another number format"),
        }
        let shape = (n_kv_heads, n_queries, n_heads / n_kv_heads * head_dim);
        Ok((CpuStorage::F32(out), shape.into()))
    }
}

/// Keys or values that are numbers, `(n_kv_heads, n_keys, head_dim)`.
fn dense<'a, T: Element + WithDType>(
    (storage, layout): (&'a CpuStorage, &Layout),
) -> Result<DenseHeads<'a, T>> {
    let numbers = &storage.as_slice::<T>()?[layout.start_offset()..];
    Ok(DenseHeads { numbers, stride: head_stride(layout)?, head_dim: layout.dims()[2] })
}

/// Keys or values that are `Q8_0` blocks, `(n_kv_heads, n_keys, bytes of a row)`.
fn blocks<'a>(
    (storage, layout): (&'a CpuStorage, &Layout),
    head_dim: usize,
) -> Result<Q8Heads<'a>> {
    if layout.dims()[2] != q8_0_row_bytes(head_dim) {
        bail!("blocks of {} bytes for heads of {head_dim} numbers", layout.dims()[2]);
    }
    let bytes = &storage.as_slice::<u8>()?[layout.start_offset()..];
    Ok(Q8Heads { bytes, stride: head_stride(layout)?, head_dim })
}

/// Elements from one head to the next, where the rows of each lie behind each other.
fn head_stride(layout: &Layout) -> Result<usize> {
    let (n_heads, n_keys, row_len) = layout.shape().dims3()?;
    let (sizes, expected) = ([n_heads, n_keys, row_len], [layout.stride()[0], row_len, 1]);
    // A dimension of size 1 is never stepped along, so its stride may be any number.
    if (0..3).any(|i| sizes[i] > 1 && layout.stride()[i] != expected[i]) {
        bail!("attention over tensors of another layout: {layout:?}");
    }
    Ok(layout.stride()[0])
}

/// [`attention`] of queries of different sequences with the same beginning, each behind all its keys.
///
/// Shapes: `q` `(n_heads, n, head_dim)`; keys and values of the beginning and of each of the `n` tails
/// as in [`attention`]; the result `(n, n_heads * head_dim)`.
pub(crate) fn attention_together(
    q: &Tensor,
    shared: &(Tensor, Tensor),
    tails: &[(Tensor, Tensor)],
    scale: f32,
) -> Result<Tensor> {
    let (n_heads, n, head_dim) = q.dims3()?;
    if !q.device().is_cpu() {
        let mut found = Vec::with_capacity(n);
        for (i, (k, v)) in tails.iter().enumerate() {
            let k = Tensor::cat(&[&shared.0, k], 1)?;
            let v = Tensor::cat(&[&shared.1, v], 1)?;
            let q = q.narrow(1, i, 1)?;
            found.push(attention(&q, &k, &v, scale, None, Precision::F32)?);
        }
        return Tensor::cat(&found, 0);
    }
    let n_kv_heads = shared.0.dim(0)?;
    let q = q.flatten_all()?.to_vec1::<f32>()?;
    let all: Vec<[_; 2]> = std::iter::once(shared)
        .chain(tails)
        .map(|(k, v)| [k, v].map(Tensor::storage_and_layout))
        .collect();
    let sizes = Attention {
        n_heads,
        n_kv_heads,
        head_dim,
        n_queries: n,
        n_keys: 0,
        scale,
        causal_from: None,
        precision: Precision::F32,
    };
    let spans = || all.iter().map(|[k, v]| Ok([on_cpu(k)?, on_cpu(v)?]));
    let mut out = vec![0.0; n_heads * n * head_dim];
    match shared.0.dtype() {
        DType::F32 => run_together(&sizes, &q, spans(), dense::<f32>, &mut out)?,
        DType::F16 => run_together(&sizes, &q, spans(), dense::<f16>, &mut out)?,
        DType::BF16 => run_together(&sizes, &q, spans(), dense::<bf16>, &mut out)?,
        DType::U8 => run_together(&sizes, &q, spans(), |one| blocks(one, head_dim), &mut out)?,
        other => bail!("attention over keys and values of {other:?}"),
    }
    let shape = (n_kv_heads, n, n_heads / n_kv_heads * head_dim);
    Tensor::from_vec(out, shape, &Device::Cpu)?.transpose(0, 1)?.reshape((n, n_heads * head_dim))
}

/// What a tensor on the CPU is made of.
type OnCpu<'a> = (&'a CpuStorage, &'a Layout);

fn on_cpu<'a>((storage, layout): &'a (impl Deref<Target = Storage>, &Layout)) -> Result<OnCpu<'a>> {
    match &**storage {
        Storage::Cpu(storage) => Ok((storage, layout)),
        _ => bail!("keys and values on a device, for queries on the CPU"),
    }
}

/// The keys and values that are shared come first.
fn run_together<'a, H: Heads>(
    sizes: &Attention,
    q: &[f32],
    spans: impl Iterator<Item = Result<[OnCpu<'a>; 2]>>,
    heads: impl Fn(OnCpu<'a>) -> Result<H>,
    out: &mut [f32],
) -> Result<()> {
    let span = |span: Result<[OnCpu<'a>; 2]>| {
        let [k, v] = span?;
        Ok(Span { k: heads(k)?, v: heads(v)?, n_keys: k.1.dims()[1] })
    };
    let spans = spans.map(span).collect::<Result<Vec<_>>>()?;
    if let [shared, tails @ ..] = spans.as_slice() {
        sizes.run_together(q, *shared, tails, out);
    }
    Ok(())
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

/// `x · wᵀ` for a matrix of f32. Of few rows of `x`, each is what it would be alone.
pub(crate) fn matmul_f32(x: &Tensor, w: &Tensor) -> Result<Tensor> {
    if x.device().is_cpu() && w.is_contiguous() && x.dim(0)? <= FEW_ROWS {
        let precision = Precision::F32;
        return x.contiguous()?.apply_op2_no_bwd(w, &DenseMatmulOp { precision });
    }
    x.matmul(&w.t()?)
}

/// `x · wᵀ` for a matrix of 2-byte numbers; `x` `(n, cols)` f32, `w` `(rows, cols)`. `precision` as in
/// [`attention`].
pub(crate) fn matmul_half(x: &Tensor, w: &Tensor, precision: Precision) -> Result<Tensor> {
    if x.device().is_cpu() {
        return x.contiguous()?.apply_op2_no_bwd(w, &DenseMatmulOp { precision });
    }
    x.to_dtype(w.dtype())?.matmul(&w.t()?)?.to_dtype(DType::F32)
}

struct DenseMatmulOp {
    precision: Precision,
}

impl CustomOp2 for DenseMatmulOp {
    fn name(&self) -> &'static str {
        "matmul-dense"
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
            bail!("matmul-dense needs contiguous tensors");
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
            CpuStorage::F32(w) => product::<f32>(x, &w[w_start..w_end], (m, n, k), self.precision),
            _ => bail!("matmul-dense needs a matrix of f32, f16 or bf16"),
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

//! What the network computes beside products: on the CPU with our kernels, elsewhere with
//! candle's operations.

use candle_core::{
    CpuStorage, CustomOp2, CustomOp3, D, DType, InplaceOp2, Layout, Result, Shape, Tensor, bail,
};
use half::{bf16, f16};
use lorgnette_kernels::attention::Attention;
use lorgnette_kernels::element::Element;
use lorgnette_kernels::{elementwise, half_matmul};

/// softmax(scale · q·kᵀ)·v without the whole score matrix.
///
/// Shapes: `q` `(n_heads, n, head_dim)` f32; `k`, `v` `(n_kv_heads, n_keys, head_dim)` f32, f16 or
/// bf16, each head contiguous; the result `(n, n_heads * head_dim)` f32.
/// `causal_from`: the position of the first query, whose followers see one key more each; `None`:
/// all see all. `rounds`: factors may be rounded to bf16.
pub(crate) fn attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    scale: f32,
    causal_from: Option<usize>,
    rounds: bool,
) -> Result<Tensor> {
    let (n_heads, n, head_dim) = q.dims3()?;
    let out = if q.device().is_cpu() {
        q.contiguous()?.apply_op3_no_bwd(k, v, &AttentionOp { scale, causal_from, rounds })?
    } else {
        attention_by_blocks(q, k, v, scale, causal_from)?
    };
    out.transpose(0, 1)?.reshape((n, n_heads * head_dim))
}

struct AttentionOp {
    scale: f32,
    causal_from: Option<usize>,
    rounds: bool,
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
        let heads_are_rows = |layout: &Layout| {
            layout.stride()[1..] == [head_dim, 1] && layout.stride()[0] == kv_head_stride
        };
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
            rounds: self.rounds,
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

/// The same with candle's operations, a block of queries at a time.
fn attention_by_blocks(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    scale: f32,
    causal_from: Option<usize>,
) -> Result<Tensor> {
    const BLOCK: usize = 256;
    let (n_heads, n, head_dim) = q.dims3()?;
    let (n_kv_heads, n_keys, _) = k.dims3()?;
    let group = n_heads / n_kv_heads;
    let k = k.to_dtype(DType::F32)?.transpose(1, 2)?.contiguous()?;
    let v = v.to_dtype(DType::F32)?.contiguous()?;
    let mut blocks = Vec::new();
    for first in (0..n).step_by(BLOCK) {
        let n_block = BLOCK.min(n - first);
        // The heads of a group stand under each other and share the keys.
        let q = q.narrow(1, first, n_block)?.contiguous()?;
        let q = q.reshape((n_kv_heads, group * n_block, head_dim))?;
        let mut scores = (q.matmul(&k)? * f64::from(scale))?;
        if let Some(position) = causal_from {
            let hidden = |row: usize, key: usize| key > position + first + row % n_block;
            let mask: Vec<f32> = (0..group * n_block)
                .flat_map(|row| {
                    (0..n_keys).map(
                        move |key| {
                            if hidden(row, key) { f32::NEG_INFINITY } else { 0.0 }
                        },
                    )
                })
                .collect();
            let mask = Tensor::from_vec(mask, (group * n_block, n_keys), scores.device())?;
            scores = scores.broadcast_add(&mask)?;
        }
        let weights = candle_nn::ops::softmax(&scores, D::Minus1)?;
        let out = weights.matmul(&v)?.reshape((n_kv_heads, group, n_block, head_dim))?;
        let out = out.transpose(1, 2)?.contiguous()?;
        blocks.push(out.reshape((n_kv_heads, n_block, group * head_dim))?);
    }
    Tensor::cat(&blocks, 1)
}

/// `x · wᵀ` for a matrix of 2-byte numbers; `x` `(n, cols)` f32, `w` `(rows, cols)`. `rounds`: both
/// may be rounded to bf16.
pub(crate) fn matmul_half(x: &Tensor, w: &Tensor, rounds: bool) -> Result<Tensor> {
    if x.device().is_cpu() {
        return x.contiguous()?.apply_op2_no_bwd(w, &HalfMatmulOp { rounds });
    }
    x.to_dtype(w.dtype())?.matmul(&w.t()?)?.to_dtype(DType::F32)
}

struct HalfMatmulOp {
    rounds: bool,
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
            rounds: bool,
        ) -> Vec<f32> {
            let mut y = vec![0.0; sizes.0 * sizes.1];
            if rounds {
                half_matmul::matmul_nt_rounded(x, w, &mut y, sizes);
            } else {
                half_matmul::matmul_nt(x, w, &mut y, sizes);
            }
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
            CpuStorage::F16(w) => product::<f16>(x, &w[w_start..w_end], (m, n, k), self.rounds),
            CpuStorage::BF16(w) => product::<bf16>(x, &w[w_start..w_end], (m, n, k), self.rounds),
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

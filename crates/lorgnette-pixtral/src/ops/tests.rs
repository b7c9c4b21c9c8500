use super::*;

fn random(shape: impl Into<Shape>) -> Tensor {
    Tensor::randn(0_f32, 1.0, shape, &Device::Cpu).unwrap()
}

#[track_caller]
fn assert_close(a: &Tensor, b: &Tensor, tolerance: f32) {
    let difference = (a - b).unwrap().abs().unwrap().max_all().unwrap();
    let difference = difference.to_scalar::<f32>().unwrap();
    assert!(difference <= tolerance, "{difference}");
}

/// The kernel, and candle's operations as other devices use them, are the same function.
#[test]
fn both_attentions_agree() {
    for (n, first) in [(1, 40), (300, 0), (20, 290)] {
        let n_keys = first + n;
        let q = random((6, n, 32));
        // A cache with room behind the keys in use.
        let cache = random((2, n_keys + 9, 32));
        let k = cache.narrow(1, 0, n_keys).unwrap();
        let v = random((2, n_keys + 9, 32)).narrow(1, 0, n_keys).unwrap();
        for causal in [Some(Causal::new(first, n, &Device::Cpu).unwrap()), None] {
            let mask = causal.as_ref().map(|_| mask(first, n, &Device::Cpu).unwrap());
            for (dtype, tolerance) in [(DType::F32, 1e-5), (DType::F16, 2e-2), (DType::BF16, 8e-2)]
            {
                let (k, v) = (k.to_dtype(dtype).unwrap(), v.to_dtype(dtype).unwrap());
                let kernel = attention(&q, &k, &v, 0.2, causal.as_ref(), Precision::F32).unwrap();
                let blocks = attention_by_blocks(&q, &k, &v, 0.2, mask.as_ref()).unwrap();
                let blocks = blocks.transpose(0, 1).unwrap().reshape((n, 6 * 32)).unwrap();
                assert_close(&kernel, &blocks, tolerance);
            }
        }
    }
}

/// A picture of one patch, of one row and of one column: what is one long has strides of its own.
#[test]
fn one_key_and_one_head_are_no_other_layout() {
    for (n_heads, n) in [(1, 1), (1, 5), (4, 1), (4, 5)] {
        let heads = || random((n, n_heads, 32)).transpose(0, 1).unwrap();
        let (q, k, v) = (heads().contiguous().unwrap(), heads(), heads());
        // What `contiguous` leaves as it is where a dimension is one long.
        let (k, v) = (k.contiguous().unwrap(), v.contiguous().unwrap());
        for precision in [Precision::F32, Precision::best()] {
            let kernel = attention(&q, &k, &v, 0.2, None, precision).unwrap();
            let blocks = attention_by_blocks(&q, &k, &v, 0.2, None).unwrap();
            let blocks = blocks.transpose(0, 1).unwrap().reshape((n, n_heads * 32)).unwrap();
            assert_close(&kernel, &blocks, 2e-2);
        }
    }
}

/// So many keys that queries go through by themselves: the blocks join to the same.
#[test]
fn attention_over_many_keys_goes_in_several_blocks() {
    let (n, n_keys) = (5, SCORES / 16);
    let (q, k, v) = (random((8, n, 4)), random((2, n_keys, 4)), random((2, n_keys, 4)));
    let kernel = attention(&q, &k, &v, 0.5, None, Precision::F32).unwrap();
    let blocks = attention_by_blocks(&q, &k, &v, 0.5, None).unwrap();
    assert_close(&kernel, &blocks.transpose(0, 1).unwrap().reshape((n, 32)).unwrap(), 1e-4);
}

#[test]
fn a_mask_hides_what_comes_later() {
    let rows: Vec<Vec<f32>> = mask(2, 3, &Device::Cpu).unwrap().to_vec2().unwrap();
    let hidden: Vec<Vec<bool>> =
        rows.iter().map(|row| row.iter().map(|x| x.is_infinite()).collect()).collect();
    assert_eq!(hidden[0], [false, false, false, true, true]);
    assert_eq!(hidden[2], [false; 5]);
}

#[test]
fn a_product_with_a_half_matrix_is_that_of_the_wide_one() {
    let (x, w) = (random((5, 48)), random((70, 48)));
    for dtype in [DType::F16, DType::BF16] {
        let w = w.to_dtype(dtype).unwrap();
        let wide = w.to_dtype(DType::F32).unwrap();
        let expected = x.matmul(&wide.t().unwrap()).unwrap();
        assert_close(&matmul_half(&x, &w, Precision::F32).unwrap(), &expected, 1e-4);
        // A view into a larger tensor.
        let part = matmul_half(&x.narrow(0, 2, 3).unwrap(), &w, Precision::F32).unwrap();
        assert_close(&part, &expected.narrow(0, 2, 3).unwrap(), 1e-4);
    }
    assert!(
        matmul_half(&random((2, 3)), &w.to_dtype(DType::F16).unwrap(), Precision::F32).is_err()
    );
}

#[test]
fn silu_mul_is_candles() {
    let (gate, up) = (random((3, 50)), random((3, 50)));
    let expected = (gate.silu().unwrap() * &up).unwrap();
    assert_close(&silu_mul(gate, &up).unwrap(), &expected, 1e-5);
}

use super::*;

#[test]
fn exp_is_within_three_units_of_the_last_place() {
    let mut x = -86.9_f32;
    while x < 88.0 {
        let expected = f64::from(x).exp();
        let relative = ((f64::from(exp(x)) - expected) / expected).abs();
        assert!(relative < 3e-7, "exp({x}): {relative:e}");
        x += 0.003_7;
    }
    assert_eq!(exp(0.0).to_bits(), 1.0_f32.to_bits());
    assert_eq!(exp(-1e30).to_bits(), 0.0_f32.to_bits());
    assert_eq!(exp(f32::NEG_INFINITY).to_bits(), 0.0_f32.to_bits());
}

#[test]
fn silu_mul_equals_its_definition_also_far_out() {
    let gate: Vec<f32> = (-5000..5000_i16).map(|i| f32::from(i) * 0.03).collect();
    let up: Vec<f32> = (0..10_000_u16).map(|i| (f32::from(i) * 0.7).sin()).collect();
    let mut product = gate.clone();
    silu_mul(&mut product, &up);
    for ((got, g), u) in product.iter().zip(&gate).zip(&up) {
        let (g, u) = (f64::from(*g), f64::from(*u));
        let expected = g / (1.0 + (-g).exp()) * u;
        assert!(
            (f64::from(*got) - expected).abs() <= 1e-5 * expected.abs().max(1e-3),
            "silu({g})·{u}"
        );
    }
}

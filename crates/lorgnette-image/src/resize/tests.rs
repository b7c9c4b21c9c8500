use super::*;

/// Pillow 13: `Image.frombytes("RGB", (4, 3), bytes).resize((3, 5), BICUBIC).tobytes()`, where hard
/// edges overshoot in both directions.
#[test]
fn the_passes_run_in_pillows_order() {
    #[rustfmt::skip]
    let rgb = [
        0, 0, 0,  255, 255, 255,  0, 0, 0,  255, 0, 255,
        255, 255, 0,  0, 0, 255,  255, 255, 255,  0, 0, 0,
        0, 0, 0,  255, 0, 255,  0, 255, 0,  255, 255, 255,
    ];
    #[rustfmt::skip]
    let expected = [
        71, 71, 79,  128, 137, 118,  184, 0, 186,
        117, 121, 72,  128, 133, 178,  138, 19, 132,
        177, 177, 63,  128, 128, 255,  78, 78, 63,
        117, 67, 72,  128, 128, 178,  138, 196, 132,
        71, 0, 79,  128, 128, 118,  184, 255, 186,
        ];
    assert_eq!(resize(&rgb, (4, 3), (3, 5)).unwrap(), expected);
}

#[test]
fn one_colour_stays_one_colour() {
    let rgb = [7, 130, 255].repeat(37 * 5);
    assert_eq!(resize(&rgb, (37, 5), (16, 32)).unwrap(), [7, 130, 255].repeat(16 * 32));
}

//! The detection network: how likely each pixel is text.

use lorgnette_image::Region;

use crate::border::BORDER;
use crate::error::ReaderError;
use crate::networks::Networks;

/// What both sides of the network's input are multiples of.
pub const UNIT: u32 = 32;
/// The shortest side that the network takes.
const SHORTEST: u32 = 64;
/// What the network was trained with, for the channels blue, green, red in this order.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const STD: [f32; 3] = [0.229, 0.224, 0.225];

/// How likely each pixel of a strip is text.
#[derive(Debug)]
pub struct Map {
    pub width: usize,
    pub height: usize,
    /// Row by row, from 0 to 1.
    pub values: Vec<f32>,
}

/// Looks for text in a strip of `rgb`, three bytes a pixel in rows of `width`. The map begins
/// [`BORDER`] pixels above and left of the strip.
///
/// # Errors
/// `Network` if the network fails.
pub fn detect(
    networks: &Networks,
    (rgb, width): (&[u8], u32),
    strip: Region,
    ground: [u8; 3],
) -> Result<Map, ReaderError> {
    let side = |side: u32| (side + 2 * BORDER).next_multiple_of(UNIT).max(SHORTEST) as usize;
    let (map_width, map_height) = (side(strip.width), side(strip.height));
    let plane = map_width * map_height;
    let mut input = vec![0.0; 3 * plane];
    let rows = rgb.chunks_exact(width as usize * 3).skip(strip.y as usize);
    let from = strip.x as usize * 3;
    for (channel, values) in input.chunks_exact_mut(plane).enumerate() {
        let (mean, std) = (MEAN[channel], STD[channel]);
        let normalised: [f32; 256] =
            std::array::from_fn(|value| (value as f32 / 255.0 - mean) / std);
        // Blue first.
        let channel = 2 - channel;
        values.fill(normalised[usize::from(ground[channel])]);
        let targets = values.chunks_exact_mut(map_width).skip(BORDER as usize);
        for (target, row) in targets.zip(rows.clone()).take(strip.height as usize) {
            let pixels = row[from..from + strip.width as usize * 3].chunks_exact(3);
            for (value, pixel) in target[BORDER as usize..].iter_mut().zip(pixels) {
                *value = normalised[usize::from(pixel[channel])];
            }
        }
    }
    let values = networks.detect(input, (map_width, map_height))?;
    Ok(Map { width: map_width, height: map_height, values })
}

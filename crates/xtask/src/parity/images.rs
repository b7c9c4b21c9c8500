//! Compares prepared pictures with Pillow and mistral-common.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use half::f16;
use lorgnette_image::{ImageConfig, Picture};
use safetensors::SafeTensors;
use serde::Deserialize;

use super::Report;

/// The mean difference that is allowed, in normalised units. JPEG decoders differ a little.
const MEAN: f32 = 0.01;
/// The same for CMYK, which every decoder turns into RGB in its own way.
const MEAN_OF_CMYK: f32 = 0.05;
/// The difference that 99.9 % of the values must be within.
const NEAR: f32 = 0.06;

#[derive(Deserialize)]
struct Expected {
    file: String,
    oriented_width: u32,
    oriented_height: u32,
    rows: u32,
    cols: u32,
    image_tokens: usize,
}

pub(super) fn check(dir: &Path, report: &mut Report) -> Result<()> {
    let expected: Vec<Expected> =
        serde_json::from_slice(&fs_err::read(dir.join("expected.json"))?)?;
    let pixels_path = dir.join("pixels.safetensors");
    let pixels = fs_err::read(&pixels_path)?;
    let pixels = SafeTensors::deserialize(&pixels)
        .map_err(|error| anyhow!("{}: {error}", pixels_path.display()))?;
    for expected in &expected {
        let file = &expected.file;
        let bytes = fs_err::read(dir.join(file))?;
        let picture = Picture::decode(&bytes).with_context(|| file.clone())?;
        let prepared = picture.prepare(&ImageConfig::PIXTRAL_12B).with_context(|| file.clone())?;
        let grid = prepared.grid();
        let got = (picture.width(), picture.height(), grid.rows, grid.cols, grid.n_tokens());
        let wanted = (
            expected.oriented_width,
            expected.oriented_height,
            expected.rows,
            expected.cols,
            expected.image_tokens,
        );
        let numbers = format!("(width, height, rows, cols, tokens) {got:?}, expected {wanted:?}");
        report.line(&format!("{file} grid"), &numbers, got == wanted);

        let Ok(tensor) = pixels.tensor(file) else {
            continue;
        };
        let wanted: Vec<f32> = tensor
            .data()
            .as_chunks()
            .0
            .iter()
            .map(|two| f16::from_le_bytes(*two).to_f32())
            .collect();
        compare(report, file, prepared.data(), &wanted, is_cmyk_jpeg(&bytes));
    }
    Ok(())
}

fn compare(report: &mut Report, file: &str, got: &[f32], expected: &[f32], cmyk: bool) {
    let what = format!("{file} pixels");
    if got.len() != expected.len() {
        let numbers = format!("{} numbers instead of {}", got.len(), expected.len());
        return report.line(&what, &numbers, false);
    }
    let differences: Vec<f32> = got.iter().zip(expected).map(|(a, b)| (a - b).abs()).collect();
    let n = differences.len() as f32;
    let mean = differences.iter().sum::<f32>() / n;
    let near = differences.iter().filter(|d| **d <= NEAR).count() as f32 / n;
    let passes = if cmyk { mean <= MEAN_OF_CMYK } else { mean <= MEAN && near >= 0.999 };
    let numbers = format!("mean |difference| {mean:.5}, {:.3} % within {NEAR}", near * 100.0);
    report.line(&what, &numbers, passes);
}

/// Returns whether the frame header of a JPEG counts four components.
fn is_cmyk_jpeg(bytes: &[u8]) -> bool {
    let Some(mut rest) = bytes.strip_prefix(&[0xFF, 0xD8]) else {
        return false;
    };
    while let [0xFF, marker, high, low, data @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        // Frame headers, less the Huffman, extension and arithmetic tables among them.
        if matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC) {
            return data.get(5) == Some(&4);
        }
        match rest.get(2 + length..) {
            Some(next) => rest = next,
            None => return false,
        }
    }
    false
}

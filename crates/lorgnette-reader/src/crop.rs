//! Cutting a line out of the picture, level and 48 pixels high.

use lorgnette_image::Picture;

use crate::geometry::Rect;

/// The height of the lines that the recognition network takes.
pub const LINE_HEIGHT: usize = 48;
/// A line that is higher is sampled smaller at once, each pixel from several.
const MAX_SAMPLED_HEIGHT: f64 = 96.0;
/// The free number of bicubic interpolation, as `OpenCV` has it. The networks were trained so.
const A: f64 = -0.75;

/// A line of text, level: three bytes a pixel, rows of `width`, [`LINE_HEIGHT`] rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineImage {
    pub width: usize,
    pub rgb: Vec<u8>,
}

/// Cuts a rectangle out of a picture that lies on `ground`.
pub fn line_image(picture: &Picture, ground: [u8; 3], rect: &Rect) -> LineImage {
    let reduced = (rect.height / MAX_SAMPLED_HEIGHT).ceil().max(1.0);
    let side = |length: f64| ((length / reduced).round() as usize).max(1);
    let (width, height) = (side(rect.width), side(rect.height));
    let sampled = sampled(picture, ground, rect, (width, height), reduced as usize);
    let wanted = (LINE_HEIGHT * width).div_ceil(height);
    LineImage { width: wanted, rgb: resized(&sampled, (width, height), (wanted, LINE_HEIGHT)) }
}

/// Samples the rectangle at that size, in `n` x `n` places for each pixel.
fn sampled(
    picture: &Picture,
    ground: [u8; 3],
    rect: &Rect,
    (width, height): (usize, usize),
    n: usize,
) -> Vec<u8> {
    let source = Source { picture, ground };
    let corner = rect.corners()[0];
    let (step_x, step_y) = (rect.width / (width * n) as f64, rect.height / (height * n) as f64);
    let mut rgb = Vec::with_capacity(width * height * 3);
    for row in 0..height {
        for col in 0..width {
            let mut sum = [0.0; 3];
            for i in 0..n {
                for j in 0..n {
                    let along = ((col * n + j) as f64 + 0.5) * step_x;
                    let across = ((row * n + i) as f64 + 0.5) * step_y;
                    let x = corner.0 + along * rect.ux - across * rect.uy;
                    let y = corner.1 + along * rect.uy + across * rect.ux;
                    // The middle of the first pixel is at a half.
                    source.add(x - 0.5, y - 0.5, &mut sum);
                }
            }
            let n = (n * n) as f64;
            rgb.extend(sum.map(|value| (value / n).round().clamp(0.0, 255.0) as u8));
        }
    }
    rgb
}

struct Source<'a> {
    picture: &'a Picture,
    ground: [u8; 3],
}

impl Source<'_> {
    /// Adds the bicubic sample at a place; the middle of the first pixel is at 0.
    fn add(&self, x: f64, y: f64, sum: &mut [f64; 3]) {
        let (left, top) = (x.floor(), y.floor());
        let (weights_x, weights_y) = (weights(x - left), weights(y - top));
        for (i, weight_y) in weights_y.into_iter().enumerate() {
            for (j, weight_x) in weights_x.into_iter().enumerate() {
                let weight = weight_x * weight_y;
                if weight == 0.0 {
                    continue;
                }
                let pixel = self.pixel(left as i64 + j as i64 - 1, top as i64 + i as i64 - 1);
                for (sum, value) in sum.iter_mut().zip(pixel) {
                    *sum += weight * f64::from(value);
                }
            }
        }
    }

    fn pixel(&self, x: i64, y: i64) -> [u8; 3] {
        let (width, height) = (i64::from(self.picture.width()), i64::from(self.picture.height()));
        if x < 0 || y < 0 || x >= width || y >= height {
            return self.ground;
        }
        let at = ((y * width + x) * 3) as usize;
        match self.picture.rgb().get(at..at + 3) {
            Some(&[r, g, b]) => [r, g, b],
            _ => self.ground,
        }
    }
}

/// Returns the weights of the four neighbours of a place between the two in the middle.
fn weights(t: f64) -> [f64; 4] {
    let near = |d: f64| ((A + 2.0) * d - (A + 3.0)) * d * d + 1.0;
    let far = |d: f64| ((A * d - 5.0 * A) * d + 8.0 * A) * d - 4.0 * A;
    if t == 0.0 {
        return [0.0, 1.0, 0.0, 0.0];
    }
    [far(1.0 + t), near(t), near(1.0 - t), far(2.0 - t)]
}

/// Resizes by two neighbours a side, however much it shrinks: as `OpenCV` does, and the training did.
fn resized(rgb: &[u8], from: (usize, usize), to: (usize, usize)) -> Vec<u8> {
    let (columns, rows) = (neighbours(from.0, to.0), neighbours(from.1, to.1));
    let mut resized = Vec::with_capacity(to.0 * to.1 * 3);
    for (top, bottom, down) in rows {
        for &(left, right, along) in &columns {
            for channel in 0..3 {
                let at = |x: usize, y: usize| f32::from(rgb[(y * from.0 + x) * 3 + channel]);
                let above = at(left, top) + (at(right, top) - at(left, top)) * along;
                let below = at(left, bottom) + (at(right, bottom) - at(left, bottom)) * along;
                resized.push((above + (below - above) * down).round().clamp(0.0, 255.0) as u8);
            }
        }
    }
    resized
}

/// Returns, for each pixel of a side, the two it lies between and how far it is on the way.
fn neighbours(from: usize, to: usize) -> Vec<(usize, usize, f32)> {
    let scale = from as f32 / to as f32;
    let neighbour = |i: usize| {
        let place = ((i as f32 + 0.5) * scale - 0.5).clamp(0.0, (from - 1) as f32);
        let first = (place as usize).min(from - 1);
        (first, (first + 1).min(from - 1), place - first as f32)
    };
    (0..to).map(neighbour).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a picture whose red falls to the right and whose green falls downwards.
    fn places(width: u32, height: u32) -> Picture {
        let pixel = |x: u32, y: u32| [(x * 2) as u8, (y * 2) as u8, 0];
        let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect();
        Picture::from_rgb(width, height, rgb).unwrap()
    }

    fn rect(x: f64, y: f64, width: f64, height: f64) -> Rect {
        Rect { x, y, ux: 1.0, uy: 0.0, width, height }
    }

    #[test]
    fn a_level_line_of_its_own_height_is_copied() {
        let picture = places(120, 60);
        let line = line_image(&picture, [255; 3], &rect(60.0, 29.0, 100.0, 48.0));
        assert_eq!((line.width, line.rgb.len()), (100, 100 * 48 * 3));
        assert_eq!(line.rgb[..3], [20, 10, 0]);
        assert_eq!(line.rgb[line.rgb.len() - 3..], [218, 104, 0]);
    }

    #[test]
    fn a_line_that_is_read_downwards_is_turned() {
        let picture = places(60, 120);
        let line = line_image(&picture, [255; 3], &rect(30.0, 60.0, 48.0, 100.0).turned(1));
        // It begins above on the right, and its columns go down.
        assert_eq!((line.width, &line.rgb[..6]), (100, &[106, 20, 0, 106, 22, 0][..]));
    }

    #[test]
    fn outside_is_the_ground() {
        let line = line_image(&places(9, 9), [7, 8, 9], &rect(-40.0, 4.5, 20.0, 48.0));
        assert!(line.rgb.chunks_exact(3).all(|pixel| pixel == [7, 8, 9]));
    }

    #[test]
    fn high_lines_are_averaged() {
        let stripes = (0..400_u32)
            .flat_map(|_| (0..400_u32).flat_map(|x| [if x % 2 == 0 { 0 } else { 200 }; 3]));
        let picture = Picture::from_rgb(400, 400, stripes.collect()).unwrap();
        let line = line_image(&picture, [0; 3], &rect(200.0, 200.0, 384.0, 384.0));
        assert!(line.rgb.iter().all(|value| value.abs_diff(100) < 12));
    }

    #[test]
    fn weights_are_a_whole() {
        for t in [0.0, 0.1, 0.5, 0.999] {
            assert!((weights(t).iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }
}

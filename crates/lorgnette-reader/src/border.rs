//! The border that is put around a picture: text that touches the edge is found only with some ground
//! around it.

use lorgnette_image::Picture;

/// The number of pixels of ground on each side. Without it, lines that were cut out tightly are lost.
pub const BORDER: u32 = 16;

/// Returns the commonest colour along the edge of a picture. Colours that look alike count as one, so
/// that the noise of a photo has a commonest colour too.
pub fn ground(picture: &Picture) -> [u8; 3] {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let rgb = picture.rgb();
    // 32 levels of each channel; the number of pixels and the sums of their channels.
    let mut bins = vec![(0_u32, [0_u64; 3]); 1 << 15];
    let mut count = |x: usize, y: usize| {
        let at = (y * width + x) * 3;
        let Some(&[r, g, b]) = rgb.get(at..at + 3) else { return };
        let level = |value: u8| usize::from(value >> 3);
        let (n, sums) = &mut bins[(level(r) << 10) | (level(g) << 5) | level(b)];
        *n += 1;
        for (sum, value) in sums.iter_mut().zip([r, g, b]) {
            *sum += u64::from(value);
        }
    };
    for x in 0..width {
        count(x, 0);
        count(x, height - 1);
    }
    for y in 0..height {
        count(0, y);
        count(width - 1, y);
    }
    // The first of equals.
    let most = bins.iter().rev().max_by_key(|(n, _)| *n);
    most.map_or([255; 3], |(n, sums)| {
        let n = u64::from(*n).max(1);
        sums.map(|sum| ((sum + n / 2) / n) as u8)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ground_is_the_commonest_colour_of_the_edge() {
        let mut rgb = vec![250; 5 * 4 * 3];
        rgb[..6].copy_from_slice(&[0, 0, 0, 10, 20, 30]);
        // What is inside does not count.
        rgb[6 * 3..9 * 3].fill(7);
        rgb[11 * 3..14 * 3].fill(7);
        assert_eq!(ground(&Picture::from_rgb(5, 4, rgb).unwrap()), [250; 3]);
        assert_eq!(ground(&Picture::from_rgb(1, 1, vec![9, 8, 7]).unwrap()), [9, 8, 7]);
    }

    #[test]
    fn noise_has_a_commonest_colour() {
        let rgb = (0..40 * 3).map(|i| if i % 5 == 0 { 3 } else { 200 + (i % 7) as u8 }).collect();
        let [r, g, b] = ground(&Picture::from_rgb(40, 1, rgb).unwrap());
        assert!([r, g, b].iter().filter(|value| **value >= 200).count() >= 2);
    }
}

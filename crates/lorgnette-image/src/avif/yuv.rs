//! Converts YCbCr of video to RGB.

use re_rav1d::dav1d::pixel::{MatrixCoefficients, YUVRange};
use re_rav1d::dav1d::{Picture, PixelLayout, PlanarImageComponent, Plane};

/// Returns RGB bytes row by row, or `None` if the planes hold something else.
///
/// Source: ITU-T H.273, 8.3, equations of `MatrixCoefficients`. Chroma is repeated, not interpolated.
pub(super) fn to_rgb(picture: &Picture) -> Option<Vec<u8>> {
    let luma = Samples::new(picture, PlanarImageComponent::Y);
    let n_values = picture.width() as usize * picture.height() as usize * 3;
    let mut rgb = Vec::with_capacity(n_values);
    if picture.pixel_layout() == PixelLayout::I400 {
        luma.for_each(|_, _, y| rgb.extend([to_byte(luma.scaled(y)); 3]));
        return Some(rgb);
    }
    let blue = Samples::new(picture, PlanarImageComponent::U);
    let red = Samples::new(picture, PlanarImageComponent::V);
    let (x_shift, y_shift) = match picture.pixel_layout() {
        PixelLayout::I420 => (1, 1),
        PixelLayout::I422 => (1, 0),
        _ => (0, 0),
    };
    let colour = |x: usize, y: usize| {
        let (x, y) = (x >> x_shift, y >> y_shift);
        (blue.at(x, y), red.at(x, y))
    };
    let (kr, kb) = match picture.matrix_coefficients() {
        // The planes are green, blue, red.
        MatrixCoefficients::Identity => {
            luma.for_each(|x, y, green| {
                let (blue_value, red_value) = colour(x, y);
                rgb.extend([red_value, green, blue_value].map(|value| to_byte(luma.scaled(value))));
            });
            return Some(rgb);
        }
        MatrixCoefficients::BT709 => (0.2126, 0.0722),
        // Files that say nothing are taken for this, as libavif does.
        MatrixCoefficients::Unspecified
        | MatrixCoefficients::BT470BG
        | MatrixCoefficients::ST170M => (0.299, 0.114),
        MatrixCoefficients::BT470M => (0.30, 0.11),
        MatrixCoefficients::ST240M => (0.212, 0.087),
        MatrixCoefficients::BT2020NonConstantLuminance => (0.2627, 0.0593),
        _ => return None,
    };
    let kg = 1.0 - kr - kb;
    luma.for_each(|x, y, value| {
        let (blue_value, red_value) = colour(x, y);
        let (cb, cr) = (luma.centred(blue_value), luma.centred(red_value));
        let y = luma.scaled(value);
        let red = y + 2.0 * (1.0 - kr) * cr;
        let blue = y + 2.0 * (1.0 - kb) * cb;
        let green = (y - kr * red - kb * blue) / kg;
        rgb.extend([red, green, blue].map(to_byte));
    });
    Some(rgb)
}

/// Returns RGBA bytes. `alpha` is a picture of the same size.
pub(super) fn with_alpha(rgb: &[u8], alpha: &Picture, is_premultiplied: bool) -> Vec<u8> {
    let luma = Samples::new(alpha, PlanarImageComponent::Y);
    let mut rgba = Vec::with_capacity(rgb.len() / 3 * 4);
    let mut pixels = rgb.as_chunks::<3>().0.iter();
    luma.for_each(|_, _, value| {
        let alpha = to_byte(luma.scaled(value));
        if let Some(&pixel) = pixels.next() {
            let whole = |sample| crate::levels::divided(sample, alpha);
            rgba.extend(if is_premultiplied { pixel.map(whole) } else { pixel });
            rgba.push(alpha);
        }
    });
    rgba
}

/// Turns 0..=1 into a byte, and clamps what is outside.
fn to_byte(value: f32) -> u8 {
    (value * 255.0).round() as u8
}

/// One plane of samples of a picture.
struct Samples {
    plane: Plane,
    stride: usize,
    width: usize,
    height: usize,
    is_wide: bool,
    /// Returns the sample value of luma 0, the span from it to luma 1, the whole span of chroma, and
    /// the middle of chroma.
    black: f32,
    luma_span: f32,
    chroma_span: f32,
    middle: f32,
}

impl Samples {
    fn new(picture: &Picture, component: PlanarImageComponent) -> Self {
        let bits = picture.bit_depth();
        let steps = (1_u32 << (bits - 8)) as f32;
        let most = ((1_u32 << bits) - 1) as f32;
        let (black, luma_span, chroma_span) = match picture.color_range() {
            YUVRange::Limited => (16.0 * steps, 219.0 * steps, 224.0 * steps),
            YUVRange::Full => (0.0, most, most),
        };
        Self {
            stride: picture.stride(component) as usize,
            plane: picture.plane(component),
            width: picture.width() as usize,
            height: picture.height() as usize,
            is_wide: bits > 8,
            black,
            luma_span,
            chroma_span,
            middle: 128.0 * steps,
        }
    }

    fn at(&self, x: usize, y: usize) -> f32 {
        if self.is_wide {
            let at = y * self.stride + x * 2;
            f32::from(u16::from_ne_bytes([self.plane[at], self.plane[at + 1]]))
        } else {
            f32::from(self.plane[y * self.stride + x])
        }
    }

    /// Returns x, y and the sample there, row by row.
    fn for_each(&self, mut take: impl FnMut(usize, usize, f32)) {
        for y in 0..self.height {
            for x in 0..self.width {
                take(x, y, self.at(x, y));
            }
        }
    }

    fn scaled(&self, value: f32) -> f32 {
        (value - self.black) / self.luma_span
    }

    fn centred(&self, value: f32) -> f32 {
        (value - self.middle) / self.chroma_span
    }
}

//! The matrix of YCbCr in the header of AV1 video. The decoder has it too, but panics at one that is
//! reserved.
//!
//! Source: AV1 bitstream specification, 5.3 (OBUs), 5.5.1 (`sequence_header_obu`), 5.5.2 (`color_config`).

const SEQUENCE_HEADER: u32 = 1;
/// The one number below those of the future that stands for nothing (ITU-T H.273, 8.3).
const RESERVED: u32 = 3;

/// Whether a header says that its matrix is one that nothing stands for.
pub(super) fn has_reserved_matrix(item: &[u8]) -> bool {
    let mut rest = item;
    while let Some((is_header, data, after)) = next_unit(rest) {
        if is_header && at_matrix(data).and_then(|mut bits| bits.take(8)) == Some(RESERVED) {
            return true;
        }
        rest = after;
    }
    false
}

/// The first unit: whether it is a sequence header, its data, and what follows.
fn next_unit(bytes: &[u8]) -> Option<(bool, &[u8], &[u8])> {
    let mut bits = Bits { bytes, at: 0 };
    bits.skip(1)?;
    let kind = bits.take(4)?;
    let (has_extension, has_size) = (bits.flag()?, bits.flag()?);
    bits.skip(if has_extension { 9 } else { 1 })?;
    let mut size = None;
    if has_size {
        let mut n_bytes = 0_u64;
        for place in 0..8 {
            let byte = u64::from(bits.take(8)?);
            n_bytes |= (byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                break;
            }
        }
        size = Some(usize::try_from(n_bytes).ok()?);
    }
    let data = &bytes[bits.at / 8..];
    let (data, after) = data.split_at_checked(size.unwrap_or(data.len()))?;
    Some((kind == SEQUENCE_HEADER, data, after))
}

/// The bits of a header from its matrix on, where it says one.
fn at_matrix(header: &[u8]) -> Option<Bits<'_>> {
    let mut bits = Bits { bytes: header, at: 0 };
    let profile = bits.take(3)?;
    bits.skip(1)?;
    let is_reduced = bits.flag()?;
    if is_reduced {
        bits.skip(5)?;
    } else {
        operating_points(&mut bits)?;
    }
    let (n_width_bits, n_height_bits) = (bits.take(4)? + 1, bits.take(4)? + 1);
    bits.skip(n_width_bits + n_height_bits)?;
    if !is_reduced && bits.flag()? {
        bits.skip(7)?; // lengths of frame numbers
    }
    bits.skip(3)?; // the size of blocks, and filters
    if !is_reduced {
        tools_between_frames(&mut bits)?;
    }
    bits.skip(3)?; // more filters
    let is_deep = bits.flag()?;
    if profile == 2 && is_deep {
        bits.skip(1)?;
    }
    if profile != 1 {
        bits.skip(1)?;
    }
    let is_described = bits.flag()?;
    if !is_described {
        return None;
    }
    bits.skip(16)?;
    Some(bits)
}

fn operating_points(bits: &mut Bits<'_>) -> Option<()> {
    let mut n_delay_bits = None;
    if bits.flag()? {
        bits.skip(64)?;
        if bits.flag()? {
            // A number in as many bits as zeros stand before it.
            let mut n_zeros = 0;
            while n_zeros < 32 && !bits.flag()? {
                n_zeros += 1;
            }
            bits.skip(n_zeros)?;
        }
        if bits.flag()? {
            n_delay_bits = Some(bits.take(5)? + 1);
            bits.skip(42)?;
        }
    }
    let has_display_delay = bits.flag()?;
    for _ in 0..=bits.take(5)? {
        bits.skip(12)?;
        if bits.take(5)? > 7 {
            bits.skip(1)?;
        }
        if let Some(n_delay_bits) = n_delay_bits
            && bits.flag()?
        {
            bits.skip(2 * n_delay_bits + 1)?;
        }
        if has_display_delay && bits.flag()? {
            bits.skip(4)?;
        }
    }
    Some(())
}

fn tools_between_frames(bits: &mut Bits<'_>) -> Option<()> {
    bits.skip(4)?;
    let has_order = bits.flag()?;
    if has_order {
        bits.skip(2)?;
    }
    // Screen content, and whole numbers for motion where there may be some.
    let is_chosen_later = bits.flag()?;
    if (is_chosen_later || bits.flag()?) && !bits.flag()? {
        bits.skip(1)?;
    }
    if has_order {
        bits.skip(3)?;
    }
    Some(())
}

/// Bits, the highest of each byte first; `None` behind the last.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn flag(&mut self) -> Option<bool> {
        Some(self.take(1)? == 1)
    }

    fn take(&mut self, n: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..n {
            let byte = self.bytes.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    fn skip(&mut self, n: u32) -> Option<()> {
        self.at += n as usize;
        (self.at <= 8 * self.bytes.len()).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ImageError;
    use crate::avif::boxes;

    #[test]
    fn a_matrix_that_does_not_exist_is_refused_where_the_decoder_panics() {
        let forms = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/forms");
        for form in ["444", "420", "limited", "clear-rgba"] {
            let mut bytes = fs_err::read(format!("{forms}/{form}.avif")).unwrap();
            let Ok(item) = boxes::parts(&bytes).map(|parts| parts.primary) else {
                panic!("{form} has a picture")
            };
            assert!(!has_reserved_matrix(&item));
            let mut rest = &item[..];
            let data = loop {
                let (is_header, data, after) = next_unit(rest).unwrap();
                if is_header {
                    break data;
                }
                rest = after;
            };
            let mut bits = at_matrix(data).unwrap();
            let first = bits.at;
            // BT.601, or that of sRGB, whose planes are green, blue and red.
            assert!(matches!(bits.take(8), Some(0 | 1 | 5 | 6)), "{form}");
            let start = bytes.windows(data.len()).position(|window| window == data).unwrap();
            for at in first..first + 8 {
                let bit = 1 << (7 - at % 8);
                let byte = &mut bytes[start + at / 8];
                *byte = if at >= first + 6 { *byte | bit } else { *byte & !bit };
            }
            let damaged = crate::Picture::decode(&bytes).map(|picture| picture.width());
            assert!(matches!(damaged, Err(ImageError::Damaged { .. })), "{form}: {damaged:?}");
        }
    }
}

//! What the headers of a JPEG say.
//!
//! Source: ITU-T T.81, annex B.

use super::bits::Huffman;

/// The size of a picture and the components that it is made of.
pub(super) struct Frame {
    pub(super) is_progressive: bool,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) components: Vec<Component>,
    /// The most blocks of a component in a unit, across and down.
    pub(super) max_across: u32,
    pub(super) max_down: u32,
}

/// One component of a picture: its brightness, or one of its two colours.
pub(super) struct Component {
    pub(super) id: u8,
    /// The number of blocks in a unit, across and down.
    pub(super) across: u32,
    pub(super) down: u32,
    /// Whether the first scan of each row of pixels is there.
    pub(super) is_there: Vec<bool>,
    /// The lowest bit of each coefficient that a scan has brought.
    pub(super) lowest_bits: [Option<u8>; 64],
    /// For each block the coefficients that are not 0, as bits. Empty unless it is progressive.
    pub(super) coefficients: Vec<u64>,
}

impl Frame {
    /// Reads the body of a frame header. `None` if no decoder would take it.
    pub(super) fn new(marker: u8, body: &[u8]) -> Option<Self> {
        let [8, height_high, height_low, width_high, width_low, n, specs @ ..] = body else {
            return None;
        };
        let height = u32::from(u16::from_be_bytes([*height_high, *height_low]));
        let width = u32::from(u16::from_be_bytes([*width_high, *width_low]));
        let specs = specs.as_chunks::<3>().0;
        let is_fine =
            |spec: &[u8; 3]| (1..=4).contains(&(spec[1] >> 4)) && matches!(spec[1] & 15, 1..=4);
        let has_all = (1..=4).contains(n) && specs.len() == usize::from(*n);
        if width == 0 || height == 0 || !has_all || !specs.iter().all(is_fine) {
            return None;
        }
        let components: Vec<_> = specs
            .iter()
            .map(|&[id, factors, _]| Component {
                id,
                across: u32::from(factors >> 4),
                down: u32::from(factors & 15),
                is_there: vec![false; height as usize],
                lowest_bits: [None; 64],
                coefficients: Vec::new(),
            })
            .collect();
        let max = |of: fn(&Component) -> u32| components.iter().map(of).max();
        let (max_across, max_down) = (max(|c| c.across)?, max(|c| c.down)?);
        Some(Self {
            is_progressive: marker == 0xc2,
            width,
            height,
            components,
            max_across,
            max_down,
        })
    }

    /// Returns the number of units of a scan, across and down. A scan of one component counts its blocks
    /// alone; others count groups of blocks of all their components.
    pub(super) fn units(&self, components: &[usize]) -> (usize, usize) {
        let (across, down) = match components {
            [idx] => {
                let component = &self.components[*idx];
                let width = (self.width * component.across).div_ceil(self.max_across);
                let height = (self.height * component.down).div_ceil(self.max_down);
                (width.div_ceil(8), height.div_ceil(8))
            }
            _ => {
                (self.width.div_ceil(8 * self.max_across), self.height.div_ceil(8 * self.max_down))
            }
        };
        (across as usize, down as usize)
    }

    /// Returns the number of rows of pixels that a row of units of a scan is high, as a fraction.
    pub(super) fn unit_height(&self, components: &[usize]) -> (usize, usize) {
        match components {
            [idx] => (8 * self.max_down as usize, self.components[*idx].down as usize),
            _ => (8 * self.max_down as usize, 1),
        }
    }
}

/// Reads the tables of a segment. `None` if they are broken.
pub(super) fn huffman_tables(
    mut body: &[u8],
    dc: &mut [Option<Huffman>; 4],
    ac: &mut [Option<Huffman>; 4],
) -> Option<()> {
    while let Some((&kind, rest)) = body.split_first() {
        let (n_codes, rest) = rest.split_first_chunk::<16>()?;
        let n_symbols = n_codes.iter().map(|&n| usize::from(n)).sum();
        let (symbols, rest) = rest.split_at_checked(n_symbols)?;
        let tables = if kind >> 4 == 0 { &mut *dc } else { &mut *ac };
        *tables.get_mut(usize::from(kind & 15))? = Some(Huffman::new(n_codes, symbols));
        body = rest;
    }
    Some(())
}

/// Returns whether the first frame of a JPEG is coded arithmetically, which hardly any decoder reads.
pub(super) fn is_arithmetic(bytes: &[u8]) -> bool {
    let mut rest = bytes.strip_prefix(b"\xff\xd8").unwrap_or_default();
    loop {
        match *rest {
            [0xff, 0xff, ..] => rest = &rest[1..],
            [0xff, marker, high, low, ..] => match marker {
                0xc9..=0xcb | 0xcd..=0xcf => return true,
                0xc0..=0xc3 | 0xc5..=0xc7 | 0xd0..=0xda | 0x00 | 0x01 => return false,
                _ => {
                    let length = usize::from(u16::from_be_bytes([high, low]));
                    rest = rest.get(2 + length..).unwrap_or_default();
                }
            },
            _ => return false,
        }
    }
}

/// Returns the width and height of the JPEG that these bytes begin with; `None` if they begin with
/// something else, or with a lossless one, which holds the raw data of a camera.
pub(crate) fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    loop {
        let (marker, length) = match *rest {
            [0xff, 0xff, ..] => {
                rest = &rest[1..];
                continue;
            }
            [0xff, marker, high, low, ..] => (marker, u16::from_be_bytes([high, low])),
            _ => return None,
        };
        let end = 2 + usize::from(length);
        match marker {
            0xc0..=0xc2 => {
                let frame = Frame::new(marker, rest.get(4..end)?)?;
                return Some((frame.width, frame.height));
            }
            // Other frames, data, and markers that have no body.
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xda | 0x00 | 0x01 => return None,
            _ => rest = rest.get(end..)?,
        }
    }
}

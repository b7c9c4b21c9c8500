//! Follows the coded data of one scan of a JPEG, to see how far it goes.
//!
//! Source: ITU-T T.81, annexes F and G.

use super::bits::{Bits, Huffman, Lost, Segment};
use super::frame::Frame;

/// The bytes that may be left over after the last unit of a segment.
const FEW: usize = 16;

/// One scan: some components, and which part of their coefficients it brings.
pub(super) struct Scan<'a> {
    /// The indices of the components in the frame.
    pub(super) components: Vec<usize>,
    /// The tables of each component.
    pub(super) dc: Vec<Option<&'a Huffman>>,
    pub(super) ac: Vec<Option<&'a Huffman>>,
    /// The first and last coefficient.
    pub(super) first: u8,
    pub(super) last: u8,
    /// The lowest bit that earlier scans brought; 0 for the first scan.
    pub(super) from_bit: u8,
    /// The lowest bit that this scan brings.
    pub(super) to_bit: u8,
}

/// How far the data of a segment goes.
pub(super) struct Reach {
    /// The number of units that were decoded from data.
    pub(super) n_units: usize,
    /// Where the data of these units ends, in bytes without stuffed zeros.
    pub(super) end: usize,
    /// Whether much follows the last unit.
    pub(super) has_more: bool,
}

impl Scan<'_> {
    /// Returns whether it brings the first bits of a picture, which all others only refine.
    pub(super) fn is_first(&self, frame: &Frame) -> bool {
        !frame.is_progressive || (self.first == 0 && self.from_bit == 0)
    }

    /// Follows a segment of at most `n_units` units, the first of which is `first_unit`.
    pub(super) fn follow(
        &self,
        frame: &mut Frame,
        segment: &Segment,
        first_unit: usize,
        n_units: usize,
    ) -> Reach {
        let mut bits = Bits::new(&segment.bytes);
        let mut zeros = segment.zeros().into_iter().peekable();
        // The first unit that begins in the last run of zeros.
        let mut first_of_zeros = None;
        let mut n_blocks_to_skip = 0;
        for idx in 0..n_units {
            let start = bits.at;
            let unit = self.unit(frame, first_unit + idx, &mut bits, &mut n_blocks_to_skip);
            let Ok(is_flat) = unit else {
                return Reach { n_units: idx, end: start / 8, has_more: false };
            };
            while zeros.peek().is_some_and(|run| run.end * 8 < bits.at) {
                zeros.next();
                first_of_zeros = None;
            }
            if let Some(run) = zeros.peek()
                && run.start * 8 <= start
                && start < bits.at
            {
                // Zeros stand for something in each table. That a picture has it many times in a row is
                // only likely if it means that nothing changes.
                if !is_flat {
                    return Reach { n_units: idx, end: run.start, has_more: true };
                }
                first_of_zeros.get_or_insert((idx, run.clone()));
            }
        }
        let has_more = bits.n_bytes_left() > FEW;
        match first_of_zeros {
            Some((idx, run)) if has_more && run.end == segment.bytes.len() => {
                Reach { n_units: idx, end: run.start, has_more }
            }
            _ => Reach { n_units, end: bits.at.div_ceil(8), has_more },
        }
    }

    /// Follows one unit, and returns whether nothing changes in it.
    fn unit(
        &self,
        frame: &mut Frame,
        unit: usize,
        bits: &mut Bits,
        n_blocks_to_skip: &mut u32,
    ) -> Result<bool, Lost> {
        let mut is_flat = true;
        let is_alone = self.components.len() == 1;
        for (idx, &component) in self.components.iter().enumerate() {
            let (across, down) = {
                let component = &frame.components[component];
                (component.across, component.down)
            };
            let n_blocks = if is_alone { 1 } else { across * down };
            for _ in 0..n_blocks {
                is_flat &= match (frame.is_progressive, self.first, self.from_bit) {
                    (false, ..) => dc(bits, self.dc[idx])? & ac(bits, self.ac[idx])?,
                    (true, 0, 0) => dc(bits, self.dc[idx])?,
                    (true, 0, _) => bits.number(1)? == 0,
                    (true, _, from_bit) => {
                        let table = self.ac[idx].ok_or(Lost)?;
                        let coefficients = &mut frame.components[component].coefficients;
                        let block = coefficients.get_mut(unit).ok_or(Lost)?;
                        if from_bit == 0 {
                            self.first_ac(bits, table, block, n_blocks_to_skip)?
                        } else {
                            self.refined_ac(bits, table, block, n_blocks_to_skip)?
                        }
                    }
                };
            }
        }
        Ok(is_flat)
    }

    fn first_ac(
        &self,
        bits: &mut Bits,
        table: &Huffman,
        block: &mut u64,
        n_blocks_to_skip: &mut u32,
    ) -> Result<bool, Lost> {
        if *n_blocks_to_skip > 0 {
            *n_blocks_to_skip -= 1;
            return Ok(true);
        }
        let mut idx = self.first;
        let mut is_flat = true;
        while idx <= self.last {
            let symbol = bits.symbol(table)?;
            let (run, n_bits) = (symbol >> 4, symbol & 15);
            if n_bits == 0 && run < 15 {
                *n_blocks_to_skip = (1_u32 << run) - 1 + bits.number(run)?;
                break;
            }
            idx += run;
            if n_bits > 0 {
                if idx > self.last {
                    return Err(Lost);
                }
                bits.number(n_bits)?;
                *block |= 1 << idx;
                is_flat = false;
            }
            idx += 1;
        }
        Ok(is_flat)
    }

    fn refined_ac(
        &self,
        bits: &mut Bits,
        table: &Huffman,
        block: &mut u64,
        n_blocks_to_skip: &mut u32,
    ) -> Result<bool, Lost> {
        let mut idx = self.first;
        let mut is_flat = true;
        if *n_blocks_to_skip == 0 {
            while idx <= self.last {
                let symbol = bits.symbol(table)?;
                let (mut run, n_bits) = (symbol >> 4, symbol & 15);
                if n_bits == 0 && run < 15 {
                    *n_blocks_to_skip = (1_u32 << run) + bits.number(run)?;
                    break;
                }
                if n_bits > 0 {
                    bits.number(1)?;
                }
                // Coefficients that are not 0 are corrected on the way; the run counts the others.
                while idx <= self.last {
                    if *block >> idx & 1 == 1 {
                        bits.number(1)?;
                    } else if run == 0 {
                        break;
                    } else {
                        run -= 1;
                    }
                    idx += 1;
                }
                if n_bits > 0 && idx <= self.last {
                    *block |= 1 << idx;
                    is_flat = false;
                }
                idx += 1;
            }
        }
        if *n_blocks_to_skip > 0 {
            *n_blocks_to_skip -= 1;
            for at in idx..=self.last {
                if *block >> at & 1 == 1 {
                    bits.number(1)?;
                }
            }
        }
        Ok(is_flat)
    }
}

/// Follows the mean of a block, and returns whether it is that of the block before.
fn dc(bits: &mut Bits, table: Option<&Huffman>) -> Result<bool, Lost> {
    let n_bits = bits.symbol(table.ok_or(Lost)?)?;
    if n_bits > 16 {
        return Err(Lost);
    }
    bits.number(n_bits)?;
    Ok(n_bits == 0)
}

/// Follows all other coefficients of a block, and returns whether there are none.
fn ac(bits: &mut Bits, table: Option<&Huffman>) -> Result<bool, Lost> {
    let table = table.ok_or(Lost)?;
    let mut idx = 1;
    let mut is_flat = true;
    while idx < 64 {
        let symbol = bits.symbol(table)?;
        let (run, n_bits) = (symbol >> 4, symbol & 15);
        if n_bits == 0 && run < 15 {
            break;
        }
        idx += run;
        if n_bits > 0 {
            if idx > 63 {
                return Err(Lost);
            }
            bits.number(n_bits)?;
            is_flat = false;
        }
        idx += 1;
    }
    Ok(is_flat)
}

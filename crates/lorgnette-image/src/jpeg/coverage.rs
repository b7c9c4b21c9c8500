//! Finds out which rows of a JPEG are decoded from data.
//!
//! No decoder reports it: where the data ends they go on with grey, or with what zeros stand for. So
//! the coded data is followed here, symbol by symbol, without computing a pixel.

use std::ops::Range;

use super::bits::{Huffman, Segment};
use super::frame::{self, Frame};
use super::scan::Scan;
use crate::gaps::Gaps;

/// How much of a picture is there.
pub(super) struct Coverage {
    pub(super) gaps: Gaps,
    /// Where a decoder must stop reading, so that it invents no detail and finds no broken header.
    pub(super) stop_at: Option<usize>,
    /// Whether an end mark must be put there.
    pub(super) needs_end: bool,
    /// Whether the decoder would make nonsense of it: baseline, a scan for each component, and fewer rows
    /// of colours than of brightness.
    pub(super) has_misread_planes: bool,
}

/// Bytes between two scans that belong to neither.
const MANY: usize = 32;

/// Follows the data of a file. `None` if it is of a form that is not known here, or has more pixels.
pub(super) fn of(bytes: &[u8], max_pixels: u64) -> Option<Coverage> {
    let mut walk = Walk {
        bytes,
        max_pixels,
        at: 2,
        frame: None,
        dc: [const { None }; 4],
        ac: [const { None }; 4],
        restart_interval: 0,
        coarse: Vec::new(),
        lost_at: None,
        end_at: None,
        is_cut: false,
        has_misread_planes: false,
    };
    walk.follow()?;
    walk.coverage()
}

struct Walk<'a> {
    bytes: &'a [u8],
    max_pixels: u64,
    at: usize,
    frame: Option<Frame>,
    dc: [Option<Huffman>; 4],
    ac: [Option<Huffman>; 4],
    /// The number of units between two restart markers; 0 for none.
    restart_interval: usize,
    /// For each row of pixels whether a scan that refines it ends before it.
    coarse: Vec<bool>,
    /// Where data of a scan is missing for the first time.
    lost_at: Option<usize>,
    /// Where something else follows that is no scan.
    end_at: Option<usize>,
    /// Whether something is where the next scan or the end mark should be.
    is_cut: bool,
    has_misread_planes: bool,
}

impl Walk<'_> {
    fn follow(&mut self) -> Option<()> {
        while let Some(marker) = self.marker() {
            let place = self.at - 2;
            match marker {
                0xd9 => return Some(()),
                // Without a body.
                0x01 | 0xd0..=0xd8 => continue,
                _ => {}
            }
            let Some(body) = self.body() else {
                self.end_at = Some(place);
                break;
            };
            let body = &self.bytes[body];
            match marker {
                0xc0..=0xc2 if self.frame.is_none() => {
                    let frame = Frame::new(marker, body)?;
                    if u64::from(frame.width) * u64::from(frame.height) > self.max_pixels {
                        return None;
                    }
                    self.coarse = vec![false; frame.height as usize];
                    self.frame = Some(frame);
                }
                0xc4 => frame::huffman_tables(body, &mut self.dc, &mut self.ac)?,
                0xda => self.scan(body)?,
                0xdd => {
                    let [high, low] = *body else { return None };
                    self.restart_interval = usize::from(u16::from_be_bytes([high, low]));
                }
                // Lossless, hierarchical and arithmetic coding; a second frame.
                0xc0..=0xcf => return None,
                _ => {}
            }
        }
        self.is_cut = true;
        Some(())
    }

    /// Reads the next marker. Bytes before it are skipped, as decoders do.
    fn marker(&mut self) -> Option<u8> {
        let start = self.at;
        loop {
            self.at += self.bytes.get(self.at..)?.iter().position(|&byte| byte == 0xff)?;
            while self.bytes.get(self.at) == Some(&0xff) {
                self.at += 1;
            }
            let marker = *self.bytes.get(self.at)?;
            self.at += 1;
            if marker != 0 {
                self.is_cut |= self.at - start > MANY;
                return Some(marker);
            }
        }
    }

    fn body(&mut self) -> Option<Range<usize>> {
        let length = self.bytes.get(self.at..self.at + 2)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
        let body = self.at + 2..self.at + length;
        self.bytes.get(body.clone())?;
        self.at = body.end;
        Some(body)
    }

    fn scan(&mut self, header: &[u8]) -> Option<()> {
        let frame = self.frame.as_mut()?;
        let (&n_components, specs) = header.split_first()?;
        let (specs, rest) = specs.split_at_checked(usize::from(n_components) * 2)?;
        let [first, last, bits, ..] = *rest else { return None };
        let mut scan = Scan {
            components: Vec::new(),
            dc: Vec::new(),
            ac: Vec::new(),
            first,
            last: last.min(63),
            from_bit: bits >> 4,
            to_bit: bits & 15,
        };
        for &[id, tables] in specs.as_chunks::<2>().0 {
            scan.components.push(frame.components.iter().position(|found| found.id == id)?);
            scan.dc.push(self.dc.get(usize::from(tables >> 4))?.as_ref());
            scan.ac.push(self.ac.get(usize::from(tables & 15))?.as_ref());
        }
        self.has_misread_planes |= !frame.is_progressive
            && scan.components.len() < frame.components.len()
            && frame.components.iter().any(|component| component.down != frame.max_down);
        let brings_ac = !frame.is_progressive || first > 0;
        let brings_dc = !frame.is_progressive || (first == 0 && scan.from_bit == 0);
        let has_tables = |is_needed: bool, tables: &[Option<&Huffman>]| {
            !is_needed || tables.iter().all(Option::is_some)
        };
        if scan.components.is_empty()
            || !has_tables(brings_dc, &scan.dc)
            || !has_tables(brings_ac, &scan.ac)
            || (frame.is_progressive && first > 0 && scan.components.len() > 1)
        {
            return None;
        }
        let (units_across, units_down) = frame.units(&scan.components);
        if frame.is_progressive {
            for &idx in &scan.components {
                let component = &mut frame.components[idx];
                for bit in component
                    .lowest_bits
                    .iter_mut()
                    .take(usize::from(scan.last) + 1)
                    .skip(first.into())
                {
                    *bit = Some(scan.to_bit);
                }
                if first > 0 {
                    component.coefficients.resize(units_across * units_down, 0);
                }
            }
        }

        let n_units = units_across * units_down;
        let mut n_units_there = vec![0; units_down];
        let mut first_unit = 0;
        let mut n_restarts = 0_u8;
        loop {
            let segment = Segment::at(self.bytes, self.at);
            self.at = segment.place.end;
            let n_wanted = match self.restart_interval {
                0 => n_units - first_unit,
                interval => interval.min(n_units - first_unit),
            };
            let reach = scan.follow(frame, &segment, first_unit, n_wanted);
            for unit in first_unit..first_unit + reach.n_units {
                n_units_there[unit / units_across] += 1;
            }
            let is_whole = reach.n_units == n_wanted;
            let end = segment.place_of(self.bytes, reach.end);
            if !is_whole {
                self.lost_at.get_or_insert(end);
            }
            self.end_at = reach.has_more.then_some(end);
            self.is_cut |= reach.has_more;
            first_unit += n_wanted;
            // Restart markers count to eight. Where data is missing and another one follows than should,
            // decoders put what comes after it into the wrong places.
            match self.bytes.get(self.at..self.at + 2) {
                Some(&[0xff, marker @ 0xd0..=0xd7])
                    if self.restart_interval > 0
                        && first_unit < n_units
                        && (is_whole || marker & 7 == n_restarts & 7) =>
                {
                    n_restarts = n_restarts.wrapping_add(1);
                    self.at += 2;
                }
                _ => break,
            }
        }

        let is_first = scan.is_first(frame);
        let (height, divisor) = frame.unit_height(&scan.components);
        for (unit_row, &n_there) in n_units_there.iter().enumerate() {
            let row_of = |unit_row: usize| (unit_row * height / divisor).min(self.coarse.len());
            let rows = row_of(unit_row)..row_of(unit_row + 1);
            let is_whole = n_there == units_across;
            if is_first && is_whole {
                for &idx in &scan.components {
                    frame.components[idx].is_there[rows.clone()].fill(true);
                }
            } else if !is_first && !is_whole {
                self.coarse[rows].fill(true);
            }
        }
        Some(())
    }

    fn coverage(self) -> Option<Coverage> {
        let frame = self.frame?;
        let is_missing =
            |row: usize| !frame.components.iter().all(|component| component.is_there[row]);
        let missing = (0..frame.height as usize).map(is_missing).collect();
        let mut coarse = self.coarse;
        // Which scans there are is for the encoder to choose. Only if something is wrong after the last
        // one were there to be more.
        let are_scans_missing = frame.is_progressive
            && self.is_cut
            && frame.components.iter().any(|component| component.lowest_bits != [Some(0); 64]);
        if are_scans_missing {
            coarse.fill(true);
        }
        let has_misread_planes = self.has_misread_planes;
        let (stop_at, needs_end) = match self.lost_at {
            // With an end mark it goes on with zeros, and without one it may give up: the gaps are known.
            Some(_) if !frame.is_progressive => (None, self.is_cut),
            Some(place) => (Some(place), false),
            None => (self.end_at.filter(|_| self.is_cut), self.is_cut),
        };
        Some(Coverage { gaps: Gaps::new(missing, coarse), stop_at, needs_end, has_misread_planes })
    }
}

//! The coded data of a JPEG: its bits, and the Huffman codes in them.
//!
//! Source: ITU-T T.81, annexes C and F.

use std::ops::Range;

/// The data ended, or a code is none of its table's.
pub(super) struct Lost;

/// Reads bits, most significant first.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The number of bits that were read.
    pub(super) at: usize,
}

impl<'a> Bits<'a> {
    /// `bytes` have no stuffed zeros.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Returns the next 16 bits without reading them; zeros where the data ended.
    fn peek(&self) -> u16 {
        let byte = self.at / 8;
        let word = if let Some(word) = self.bytes.get(byte..byte + 4) {
            u32::from_be_bytes([word[0], word[1], word[2], word[3]])
        } else {
            let rest = self.bytes.get(byte..).unwrap_or_default();
            let at = |idx: usize| u32::from(rest.get(idx).copied().unwrap_or(0));
            at(0) << 24 | at(1) << 16 | at(2) << 8
        };
        (word << (self.at % 8) >> 16) as u16
    }

    fn skip(&mut self, n: usize) -> Result<(), Lost> {
        self.at += n;
        if self.at > self.bytes.len() * 8 { Err(Lost) } else { Ok(()) }
    }

    /// Reads up to 16 bits as a number.
    pub(super) fn number(&mut self, n: u8) -> Result<u32, Lost> {
        let number = u32::from(self.peek()) >> (16 - u32::from(n.min(16)));
        self.skip(n.into())?;
        Ok(number)
    }

    /// Reads one symbol.
    pub(super) fn symbol(&mut self, table: &Huffman) -> Result<u8, Lost> {
        let [n_bits, symbol] = table.codes[usize::from(self.peek())];
        if n_bits == 0 {
            return Err(Lost);
        }
        self.skip(n_bits.into())?;
        Ok(symbol)
    }

    /// Returns the number of whole bytes that were not read.
    pub(super) fn n_bytes_left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at.div_ceil(8))
    }
}

/// The symbol of each code. Its index is the next 16 bits of the data.
pub(super) struct Huffman {
    /// The number of bits of the code, 0 for what is no code, and its symbol.
    codes: Vec<[u8; 2]>,
}

impl Huffman {
    /// Makes a table of the number of codes of each length, 1 to 16, and the symbols in their order.
    pub(super) fn new(n_codes: &[u8; 16], symbols: &[u8]) -> Self {
        let mut codes = Vec::with_capacity(1 << 16);
        let mut symbols = symbols.iter();
        for (n_codes, n_bits) in n_codes.iter().zip(1_u8..) {
            for &symbol in symbols.by_ref().take((*n_codes).into()) {
                let n_indices = (1_usize << (16 - n_bits)).min((1 << 16) - codes.len());
                codes.extend(std::iter::repeat_n([n_bits, symbol], n_indices));
            }
        }
        codes.resize(1 << 16, [0, 0]);
        Self { codes }
    }
}

/// Coded data up to the next marker, without stuffed zeros.
pub(super) struct Segment {
    pub(super) bytes: Vec<u8>,
    /// Where it begins in the file, and where the marker after it is.
    pub(super) place: Range<usize>,
}

impl Segment {
    /// Reads the data that begins at a place of a file.
    pub(super) fn at(file: &[u8], start: usize) -> Self {
        let mut bytes = Vec::new();
        let mut at = start;
        while let Some(&byte) = file.get(at) {
            if byte != 0xff {
                bytes.push(byte);
                at += 1;
                continue;
            }
            match file.get(at + 1) {
                Some(0) => {
                    bytes.push(0xff);
                    at += 2;
                }
                // A byte that fills up before a marker, or the end of the file.
                Some(0xff) | None => at += 1,
                Some(_) => break,
            }
        }
        Self { bytes, place: start..at }
    }

    /// Returns where in the file one of the bytes is.
    pub(super) fn place_of(&self, file: &[u8], idx: usize) -> usize {
        let (mut at, mut n_bytes) = (self.place.start, 0);
        while at < self.place.end && n_bytes < idx {
            at += if file[at] == 0xff && file.get(at + 1) == Some(&0) { 2 } else { 1 };
            n_bytes += 1;
        }
        at
    }

    /// Returns the long runs of zeros, which are rarely data: a download that stopped, or a block of a
    /// disk that was never written.
    pub(super) fn zeros(&self) -> Vec<Range<usize>> {
        const LONG: usize = 48;
        let mut runs = Vec::new();
        let mut start = 0;
        for run in self.bytes.split_inclusive(|&byte| byte != 0) {
            let end = start + run.len();
            let n_zeros = run.len() - usize::from(run.last() != Some(&0));
            if n_zeros >= LONG {
                runs.push(start..start + n_zeros);
            }
            start = end;
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuffed_zeros_and_fill_bytes_go() {
        let file = b"\xff\xd8ab\xff\0c\xff\xff\xd9";
        let segment = Segment::at(file, 2);
        assert_eq!(segment.bytes, b"ab\xffc");
        assert_eq!(file[segment.place.end..], *b"\xff\xd9");
        assert_eq!(segment.place_of(file, 3), 6);
    }

    #[test]
    fn long_runs_of_zeros_are_found() {
        let mut bytes = vec![1, 0, 0, 2];
        bytes.extend([0; 50]);
        bytes.extend([3; 3]);
        bytes.extend([0; 60]);
        let segment = Segment { bytes, place: 0..0 };
        assert_eq!(segment.zeros(), [4..54, 57..117]);
    }

    #[test]
    fn codes_are_read_shortest_first() {
        // Codes 0, 10 and 110.
        let mut n_codes = [0; 16];
        n_codes[..3].copy_from_slice(&[1, 1, 1]);
        let table = Huffman::new(&n_codes, &[7, 8, 9]);
        let mut bits = Bits::new(&[0b0101_1011]);
        let mut symbol = || bits.symbol(&table).ok();
        assert_eq!([symbol(), symbol(), symbol()], [Some(7), Some(8), Some(9)]);
        assert_eq!(symbol(), None);
    }
}

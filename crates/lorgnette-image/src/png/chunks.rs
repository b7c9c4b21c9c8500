//! The chunks of a PNG file.
//!
//! Source: PNG specification, third edition, section 5.

use flate2::Crc;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Returns whether these are the first bytes of a PNG file.
pub(crate) fn is_png(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE)
}

/// The chunks of a file, as far as they are there.
pub(super) struct Chunks<'a> {
    pub(super) all: Vec<Chunk<'a>>,
    /// Whether the last chunk is there, which only says that it is the last.
    pub(super) has_end: bool,
    /// Whether it is of the kind that Apple's tools put into apps, which is no PNG.
    pub(super) is_apple: bool,
}

/// One chunk, without its length and its checksum.
pub(super) struct Chunk<'a> {
    pub(super) name: [u8; 4],
    pub(super) body: &'a [u8],
    /// The whole chunk as it is in the file, if all of it is there.
    whole: Option<&'a [u8]>,
}

impl<'a> Chunks<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        let mut rest = bytes.get(SIGNATURE.len()..).unwrap_or_default();
        let mut all = Vec::new();
        while let Some((&[l0, l1, l2, l3, name @ ..], body)) = rest.split_first_chunk::<8>() {
            let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
            let whole = length.checked_add(12).and_then(|length| rest.get(..length));
            all.push(Chunk { name, body: &body[..length.min(body.len())], whole });
            let Some(whole) = whole else { break };
            if name == *b"IEND" {
                break;
            }
            rest = &rest[whole.len()..];
        }
        let is_end = |chunk: &Chunk| chunk.name == *b"IEND" && chunk.whole.is_some();
        Self {
            has_end: all.last().is_some_and(is_end),
            is_apple: all.first().is_some_and(|chunk| chunk.name == *b"CgBI"),
            all,
        }
    }

    /// Returns a file with what is there, and an end.
    pub(super) fn with_end(&self) -> Vec<u8> {
        let mut file = SIGNATURE.to_vec();
        for chunk in &self.all {
            match (chunk.whole, &chunk.name) {
                (Some(whole), _) => file.extend(whole),
                // A part of the data is of use.
                (None, b"IDAT" | b"fdAT") => put(&mut file, chunk.name, chunk.body),
                (None, _) => {}
            }
        }
        put(&mut file, *b"IEND", &[]);
        file
    }

    fn find(&self, name: [u8; 4]) -> Option<&Chunk<'a>> {
        self.all.iter().find(|chunk| chunk.name == name)
    }

    /// Returns the number of frames of an animation; 0 for a still picture.
    pub(super) fn n_frames(&self) -> u32 {
        let body = self.find(*b"acTL").and_then(|chunk| chunk.body.first_chunk());
        body.map_or(0, |n_frames| u32::from_be_bytes(*n_frames))
    }

    /// Returns the gamma of the samples, if nothing says better what they mean.
    pub(super) fn gamma(&self) -> Option<f64> {
        let knows_better = [b"sRGB", b"iCCP", b"cICP"];
        if knows_better.into_iter().any(|name| self.find(*name).is_some()) {
            return None;
        }
        let gamma = self.find(*b"gAMA")?.body.first_chunk()?;
        Some(f64::from(u32::from_be_bytes(*gamma)) / 100_000.0)
    }
}

/// Appends a chunk to a file.
pub(super) fn put(file: &mut Vec<u8>, name: [u8; 4], body: &[u8]) {
    let mut crc = Crc::new();
    crc.update(&name);
    crc.update(body);
    file.extend((body.len() as u32).to_be_bytes());
    file.extend(name);
    file.extend(body);
    file.extend(crc.sum().to_be_bytes());
}

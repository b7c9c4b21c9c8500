//! Finds where in an AVIF file the picture is, and how it is turned.
//!
//! All of it is in `meta`: `pitm` names the primary item, `iloc` says where the bytes of each item are,
//! `iref` says which item is the alpha of another, and `iprp` lists properties and assigns them to items.
//! Source: ISO/IEC 14496-12 section 8.11, ISO/IEC 23008-12 section 6.5, AV1 Image File Format 1.1.

use image::metadata::Orientation;

/// The parts of a still picture.
pub(super) struct Parts {
    /// The colours, as one frame of AV1.
    pub(super) primary: Vec<u8>,
    /// The transparency, as one frame of AV1 whose luma is the alpha.
    pub(super) alpha: Option<Vec<u8>>,
    /// Whether the colours are multiplied by the alpha already.
    pub(super) is_premultiplied: bool,
    pub(super) orientation: Orientation,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// The reason why a file has no picture that can be decoded.
pub(super) enum Missing {
    /// The boxes are not what the standard says.
    Broken,
    /// The boxes would end after the file does.
    CutOff,
    /// The item is not one frame; it is composed of others.
    Derived,
}

/// Finds the parts of the primary item.
pub(super) fn parts(file: &[u8]) -> Result<Parts, Missing> {
    // A file may also end between its description and its data.
    let is_cut = ends_inside_a_box(file) || find(file, *b"mdat").is_none();
    let missing = if is_cut { Missing::CutOff } else { Missing::Broken };
    let Some(meta) = Meta::new(file) else {
        return Err(missing);
    };
    if meta.kind(meta.primary) != Some(*b"av01") {
        return Err(if meta.kind(meta.primary).is_some() { Missing::Derived } else { missing });
    }
    meta.parts().ok_or(missing)
}

/// Returns the number of frames of a sequence; 0 for a still picture.
///
/// Source: ISO/IEC 14496-12 section 8.7.3, the sample sizes of a track.
pub(super) fn n_frames(file: &[u8]) -> u32 {
    let track = find(file, *b"moov").and_then(|moov| find(moov, *b"trak"));
    let sizes = [*b"mdia", *b"minf", *b"stbl", *b"stsz"]
        .into_iter()
        .fold(track, |body, name| find(body?, name));
    let n_frames = sizes.and_then(|body| Fields(body.get(8..)?).number(4));
    n_frames.map_or(0, |n_frames| n_frames as u32)
}

struct Meta<'a> {
    file: &'a [u8],
    body: &'a [u8],
    primary: u32,
}

impl<'a> Meta<'a> {
    fn new(file: &'a [u8]) -> Option<Self> {
        let body = find(file, *b"meta")?.get(4..)?; // version and flags
        let mut pitm = Fields(find(body, *b"pitm")?);
        let version = pitm.version()?;
        Some(Self { file, body, primary: pitm.id(version == 0)? })
    }

    fn parts(&self) -> Option<Parts> {
        let alpha = self
            .references(*b"auxl")
            .into_iter()
            .flatten()
            .find_map(|(from, to)| (to == self.primary && self.is_alpha(from)).then_some(from));
        let is_premultiplied = alpha.is_some_and(|alpha| {
            self.references(*b"prem").is_some_and(|all| all.contains(&(self.primary, alpha)))
        });
        let mut size = Fields(self.property(self.primary, *b"ispe")?);
        size.version()?;
        Some(Parts {
            primary: self.bytes(self.primary)?,
            alpha: match alpha {
                Some(alpha) => Some(self.bytes(alpha)?),
                None => None,
            },
            is_premultiplied,
            orientation: self.orientation(),
            width: size.number(4)? as u32,
            height: size.number(4)? as u32,
        })
    }

    /// Returns the type of an item, as the four letters of the standard.
    fn kind(&self, item: u32) -> Option<[u8; 4]> {
        let mut iinf = Fields(find(self.body, *b"iinf")?);
        let count_size = if iinf.version()? == 0 { 2 } else { 4 };
        iinf.number(count_size)?;
        all(iinf.0).filter(|(name, _)| name == b"infe").find_map(|(_, body)| {
            let mut infe = Fields(body);
            let version = infe.version()?;
            let is_it = infe.id(version < 3)? == item;
            infe.number(2)?; // protection
            is_it.then(|| infe.0.first_chunk().copied())?
        })
    }

    /// Returns the references of a kind, as pairs of items: from, to.
    fn references(&self, kind: [u8; 4]) -> Option<Vec<(u32, u32)>> {
        let mut iref = Fields(find(self.body, *b"iref")?);
        let is_short = iref.version()? == 0;
        let mut pairs = Vec::new();
        for (_, body) in all(iref.0).filter(|(name, _)| *name == kind) {
            let mut fields = Fields(body);
            let from = fields.id(is_short)?;
            for _ in 0..fields.number(2)? {
                pairs.push((from, fields.id(is_short)?));
            }
        }
        Some(pairs)
    }

    fn is_alpha(&self, item: u32) -> bool {
        const ALPHA: &[u8] = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0";
        let kind = self.property(item, *b"auxC").and_then(|body| body.get(4..));
        kind.is_some_and(|kind| kind.starts_with(ALPHA))
    }

    /// Returns the body of the property with this name.
    fn property(&self, item: u32, name: [u8; 4]) -> Option<&'a [u8]> {
        let iprp = find(self.body, *b"iprp")?;
        let properties: Vec<_> = all(find(iprp, *b"ipco")?).collect();
        let mut ipma = Fields(find(iprp, *b"ipma")?);
        let version = ipma.number(1)?;
        let index_size = if ipma.number(3)? & 1 == 1 { 2 } else { 1 };
        for _ in 0..ipma.number(4)? {
            let is_it = ipma.id(version == 0)? == item;
            for _ in 0..ipma.number(1)? {
                // The first bit says whether one must know the property.
                let idx = ipma.number(index_size)? & if index_size == 2 { 0x7fff } else { 0x7f };
                let property =
                    usize::try_from(idx).ok()?.checked_sub(1).map(|idx| properties.get(idx));
                if let (true, Some(Some((found, body)))) = (is_it, property)
                    && *found == name
                {
                    return Some(body);
                }
            }
        }
        None
    }

    /// Returns rotation and mirroring as one EXIF orientation, as libavif `src/exif.c` does.
    fn orientation(&self) -> Orientation {
        let first_byte = |name| self.property(self.primary, name).and_then(|body| body.first());
        let quarters = first_byte(*b"irot").map_or(0, |byte| byte & 3); // counter-clockwise
        let exif = match (quarters, first_byte(*b"imir").map(|byte| byte & 1)) {
            // 0: top and bottom change places; 1: left and right; after turning.
            (0, None) => 1,
            (0, Some(0)) | (2, Some(1)) => 4,
            (0 | 2, Some(_)) => 2,
            (1, None) => 8,
            (1, Some(0)) | (3, Some(1)) => 5,
            (2, None) => 3,
            (_, None) => 6,
            (_, Some(_)) => 7,
        };
        Orientation::from_exif(exif).unwrap_or(Orientation::NoTransforms)
    }

    /// Returns the bytes of an item, which may be in several places.
    fn bytes(&self, item: u32) -> Option<Vec<u8>> {
        let mut iloc = Fields(find(self.body, *b"iloc")?);
        let version = iloc.version()?;
        let sizes = iloc.number(2)?;
        let size = |shift: u32| (sizes >> shift & 15) as usize;
        let (offset_size, length_size, base_size) = (size(12), size(8), size(4));
        let index_size = if version == 0 { 0 } else { size(0) };
        let n_items = iloc.number(if version < 2 { 2 } else { 4 })?;
        for _ in 0..n_items {
            let is_it = iloc.id(version < 2)? == item;
            let method = if version == 0 { 0 } else { iloc.number(2)? & 15 };
            iloc.number(2)?; // another file
            let base = iloc.number(base_size)?;
            let source = match method {
                0 => self.file,
                1 => find(self.body, *b"idat").unwrap_or_default(),
                _ => &[],
            };
            let mut bytes = Vec::new();
            for _ in 0..iloc.number(2)? {
                iloc.number(index_size)?;
                let (offset, length) = (iloc.number(offset_size)?, iloc.number(length_size)?);
                if !is_it {
                    continue;
                }
                let start = usize::try_from(base.checked_add(offset)?).ok()?;
                let rest = source.get(start..)?;
                let length = if length == 0 { rest.len() } else { usize::try_from(length).ok()? };
                bytes.extend_from_slice(rest.get(..length)?);
                // The same place again and again would grow without end.
                if bytes.len() > self.file.len() {
                    return None;
                }
            }
            if is_it {
                return Some(bytes);
            }
        }
        None
    }
}

/// Reads numbers one after another, most significant byte first.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn number(&mut self, n_bytes: usize) -> Option<u64> {
        let (number, rest) = self.0.split_at_checked(n_bytes)?;
        self.0 = rest;
        Some(number.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    /// Reads the version of a box that has one, and skips its flags.
    fn version(&mut self) -> Option<u64> {
        Some(self.number(4)? >> 24)
    }

    fn id(&mut self, is_short: bool) -> Option<u32> {
        Some(self.number(if is_short { 2 } else { 4 })? as u32)
    }
}

/// Returns the name and body of each box, up to the first broken one.
fn all(mut boxes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let (name, head, end) = header(boxes)?;
        let body = boxes.get(head..end)?;
        boxes = &boxes[end..];
        Some((name, body))
    })
}

fn find(boxes: &[u8], name: [u8; 4]) -> Option<&[u8]> {
    all(boxes).find(|(found, _)| *found == name).map(|(_, body)| body)
}

/// Returns the name of the first box, where its body begins and where it ends.
fn header(boxes: &[u8]) -> Option<([u8; 4], usize, usize)> {
    let mut fields = Fields(boxes);
    let size = fields.number(4)?;
    let name = *fields.0.first_chunk()?;
    fields.number(4)?;
    let (head, end) = match size {
        0 => (8, boxes.len()),
        1 => (16, usize::try_from(fields.number(8)?).ok()?),
        size => (8, size as usize),
    };
    (end >= head).then_some((name, head, end))
}

fn ends_inside_a_box(mut file: &[u8]) -> bool {
    while !file.is_empty() {
        match header(file) {
            Some((.., end)) if end <= file.len() => file = &file[end..],
            Some(_) => return true,
            None => return file.len() < 8,
        }
    }
    false
}

//! Decodes TIFF, which scanners and faxes write in many forms.

use std::borrow::Cow;
use std::io::Cursor;

use image::DynamicImage;
use image::codecs::tiff::TiffDecoder;
use tiff::decoder::{Decoder, DecodingResult, Limits};

use crate::decode::{Source, Stored};
use crate::gaps::Gaps;
use crate::{ImageError, Note};

mod bands;
pub(crate) mod directories;
mod fax;
mod forms;
mod packed;
mod pages;
mod strips;

use directories::{Directories, Directory, tag};
use strips::Strips;

/// The codings of a page, by the numbers of the format.
mod compression {
    pub(super) const NONE: u64 = 1;
    pub(super) const FAX_BARE: u64 = 2;
    pub(super) const FAX_3: u64 = 3;
    pub(super) const FAX_4: u64 = 4;
    pub(super) const OLD_JPEG: u64 = 6;
    pub(super) const JPEG: u64 = 7;
    pub(super) const DEFLATE: u64 = 8;
    pub(super) const OLD_DEFLATE: u64 = 32_946;
}

/// The meanings of samples, by the numbers of the format.
mod photometric {
    pub(super) const WHITE_IS_ZERO: u64 = 0;
    pub(super) const BLACK_IS_ZERO: u64 = 1;
    pub(super) const RGB: u64 = 2;
    pub(super) const PALETTE: u64 = 3;
    pub(super) const CMYK: u64 = 5;
    pub(super) const YCBCR: u64 = 6;
    pub(super) const LAB: u64 = 8;
    pub(super) const ICC_LAB: u64 = 9;
}

/// What a page must say so that `tiff` gives its samples as they are.
const AS_GREY: (u16, u32) = (tag::PHOTOMETRIC, 1);

/// Decodes the page that a person would look at, or the one that was asked for.
pub(crate) fn decode(source: &Source) -> Result<Stored, ImageError> {
    let directories =
        Directories::of(source.bytes).ok_or(ImageError::Truncated { format: source.format })?;
    let (directory, note) = pages::choose(source, &directories)?;
    let page = Page { source, directories, directory };
    let mut stored = page.decode().map_err(|error| page.explain(error))?;
    stored.notes.extend(note);
    stored.kind = page.is_fax().then(|| "TIFF fax".into());
    Ok(stored)
}

/// Returns the number of pages that can be asked for.
pub(crate) fn n_pages(source: &Source) -> Result<u32, ImageError> {
    let directories =
        Directories::of(source.bytes).ok_or(ImageError::Truncated { format: source.format })?;
    let (_, note) = pages::choose(source, &directories)?;
    Ok(if let Some(Note::Page { of, .. }) = note { of } else { 1 })
}

/// One page of a file.
pub(crate) struct Page<'a> {
    source: &'a Source<'a>,
    directories: Directories<'a>,
    directory: Directory,
}

impl<'a> Page<'a> {
    pub(crate) fn new(
        source: &'a Source<'a>,
        directories: Directories<'a>,
        directory: Directory,
    ) -> Self {
        Self { source, directories, directory }
    }

    /// Decodes the page by the one of several ways that knows its form.
    pub(crate) fn decode(&self) -> Result<Stored, ImageError> {
        let (width, height) = self.size();
        self.source.limits.check_picture(width, height, u64::from(width) * u64::from(height))?;
        if self.directory.has(tag::BITS) && self.number(tag::BITS).is_none() {
            // What it says about its samples is behind the end of the file.
            return Err(self.truncated());
        }
        let (mut gaps, mut note) = (Gaps::default(), None);
        let image = match (self.compression(), self.number(tag::PHOTOMETRIC)) {
            (compression::FAX_BARE | compression::FAX_3, _) => {
                let (image, found) = self.fax()?;
                gaps = found;
                image
            }
            (compression::OLD_JPEG, _) => return self.old_jpeg(),
            (compression, photometric) => {
                if compression == compression::JPEG {
                    gaps = strips::jpeg_gaps(self)?;
                } else if !bands::are_planes(self) {
                    let is_deflate =
                        matches!(compression, compression::DEFLATE | compression::OLD_DEFLATE);
                    gaps = Strips::of(self)?.gaps(self, is_deflate);
                    if gaps.are_too_many() {
                        return Err(self.truncated());
                    }
                }
                match photometric {
                    Some(photometric::PALETTE) => forms::palette(self)?,
                    Some(photometric::YCBCR) => forms::ycbcr(self)?,
                    _ if !bands::is_known(self) && !self.is_fax() => {
                        let (image, found) = bands::decode(self)?;
                        note = found;
                        image
                    }
                    _ => {
                        let file = self.file()?;
                        self.source.read(TiffDecoder::new(Cursor::new(&*file)))?.0
                    }
                }
            }
        };
        let orientation = self.directories.orientation(&self.directory);
        let mut stored = Stored { gaps, ..Stored::new(image, orientation)? };
        stored.notes.extend(note);
        Ok(stored)
    }

    fn fax(&self) -> Result<(DynamicImage, Gaps), ImageError> {
        let (width, height) = self.size();
        let is_bare = self.compression() == compression::FAX_BARE;
        let options = self.number(tag::T4_OPTIONS).unwrap_or(0);
        let coding = fax::Coding {
            width,
            is_bare,
            is_two_dimensional: !is_bare && options & 1 == 1,
            is_reversed: self.number(tag::FILL_ORDER) == Some(2),
        };
        let mut grey = Vec::with_capacity(width as usize * height as usize);
        let strips = Strips::of(self)?;
        let mut missing = Vec::new();
        for (data, n_rows) in strips.data(self.source.bytes) {
            let lines = fax::lines(data, coding, n_rows);
            missing.extend((0..n_rows).map(|row| row >= lines.len()));
            for line in &lines {
                fax::draw(line, width, &mut grey);
            }
            grey.resize(missing.len() * width as usize, 255);
        }
        if self.number(tag::PHOTOMETRIC) == Some(photometric::BLACK_IS_ZERO) {
            for sample in &mut grey {
                *sample = !*sample;
            }
        }
        let gaps = Gaps::new(missing, Vec::new());
        let image = forms::luma(width, height, grey);
        match image {
            Some(image) if !gaps.are_too_many() => Ok((image, gaps)),
            _ => Err(self.truncated()),
        }
    }

    /// The JPEG of before 1995 is a whole file of its own, somewhere in this one.
    fn old_jpeg(&self) -> Result<Stored, ImageError> {
        let start = self.number(tag::JPEG_OFFSET).or_else(|| self.number(tag::STRIP_OFFSETS));
        let jpeg = start.and_then(|start| self.source.bytes.get(usize::try_from(start).ok()?..));
        let jpeg = jpeg.filter(|jpeg| crate::jpeg::size(jpeg) == Some(self.size()));
        let jpeg = jpeg.ok_or_else(|| self.unsupported("JPEG without its tables"))?;
        let stored = crate::jpeg::decode(&Source { bytes: jpeg, page: None, ..*self.source })?;
        Ok(Stored { orientation: self.directories.orientation(&self.directory), ..stored })
    }

    /// Reads the samples as they are stored, with facts that replace what the page says.
    fn samples(&self, facts: &[(u16, u32)]) -> Result<DecodingResult, ImageError> {
        let error = |error| self.source.error(forms::image_error(error));
        let file = self.directories.with(&self.directory, facts);
        let max_bytes = usize::try_from(self.source.limits.max_bytes).unwrap_or(usize::MAX);
        let mut limits = Limits::default();
        limits.decoding_buffer_size = max_bytes;
        limits.intermediate_buffer_size = max_bytes;
        let mut decoder = Decoder::new(Cursor::new(&*file)).map_err(error)?.with_limits(limits);
        let mut samples = DecodingResult::U8(Vec::new());
        decoder.read_image_to_buffer(&mut samples).map_err(error)?;
        Ok(samples)
    }

    /// Returns the number of bytes of a row of a strip or tile.
    fn row_len(&self) -> u64 {
        let (width, _) = self.tiles_across();
        let (bits, n) = (self.number(tag::BITS), self.number(tag::SAMPLES));
        let n_bits = u64::from(width).saturating_mul(bits.unwrap_or(1));
        n_bits.saturating_mul(n.unwrap_or(1)).div_ceil(8)
    }

    /// Returns the file with this page as its first. `tiff` does not know fax bits that are stored from
    /// the lowest up.
    fn file(&self) -> Result<Cow<'a, [u8]>, ImageError> {
        let is_reversed = self.number(tag::FILL_ORDER) == Some(2);
        if !(is_reversed && self.is_fax()) {
            return Ok(self.directories.with(&self.directory, &[]));
        }
        let strips = Strips::of(self)?;
        let file = self.directories.with_data(&self.directory, strips.places(), u8::reverse_bits);
        Ok(Cow::Owned(file))
    }

    /// Returns the width of a tile, and how many are beside one another. A strip is as wide as the page.
    fn tiles_across(&self) -> (u32, u32) {
        let (width, _) = self.size();
        let tile = self.number(tag::TILE_WIDTH).filter(|_| self.directory.has(tag::TILE_OFFSETS));
        let tile = tile.and_then(|side| u32::try_from(side).ok()).filter(|&side| side > 0);
        tile.map_or((width, 1), |side| (side, width.div_ceil(side)))
    }

    /// Returns whether every sample of a pixel has as many bits.
    fn are_depths_equal(&self) -> bool {
        let depths = self.directories.numbers(&self.directory, tag::BITS).unwrap_or_default();
        depths.windows(2).all(|pair| pair[0] == pair[1])
    }

    fn number(&self, tag: u16) -> Option<u64> {
        self.directories.number(&self.directory, tag)
    }

    fn compression(&self) -> u64 {
        self.number(tag::COMPRESSION).unwrap_or(compression::NONE)
    }

    fn size(&self) -> (u32, u32) {
        let side = |tag| self.number(tag).and_then(|side| u32::try_from(side).ok()).unwrap_or(0);
        (side(tag::WIDTH), side(tag::HEIGHT))
    }

    fn is_fax(&self) -> bool {
        (compression::FAX_BARE..=compression::FAX_4).contains(&self.compression())
    }

    /// Says that a page is cut off, where a decoder only found that its data makes no sense.
    fn explain(&self, error: ImageError) -> ImageError {
        let is_cut =
            || Strips::of(self).is_ok_and(|strips| strips.end() > self.source.bytes.len() as u64);
        match error {
            ImageError::Damaged { .. } if is_cut() => self.truncated(),
            error => error,
        }
    }

    fn truncated(&self) -> ImageError {
        ImageError::Truncated { format: self.source.format }
    }

    fn unsupported(&self, reason: &'static str) -> ImageError {
        ImageError::UnsupportedKind { format: self.source.format, source: reason.into() }
    }
}

//! Decodes TIFF, which scanners and faxes write in many forms.

use std::io::Cursor;

use image::DynamicImage;
use image::codecs::tiff::TiffDecoder;

use crate::ImageError;
use crate::decode::{Source, Stored};
use crate::gaps::Gaps;

pub(crate) mod directories;
mod fax;
mod forms;
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
}

/// The meanings of samples, by the numbers of the format.
mod photometric {
    pub(super) const WHITE_IS_ZERO: u64 = 0;
    pub(super) const BLACK_IS_ZERO: u64 = 1;
    pub(super) const PALETTE: u64 = 3;
    pub(super) const YCBCR: u64 = 6;
}

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
        let mut gaps = Gaps::default();
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
                }
                match photometric {
                    Some(photometric::PALETTE) => forms::palette(self)?,
                    Some(photometric::YCBCR) => forms::ycbcr(self)?,
                    _ if forms::is_grey(self) => forms::grey(self)?,
                    _ => {
                        let file = self.directories.with(&self.directory, &[]);
                        self.source.read(TiffDecoder::new(Cursor::new(&*file)))?.0
                    }
                }
            }
        };
        let orientation = self.directories.orientation(&self.directory);
        Ok(Stored { gaps, ..Stored::new(image, orientation)? })
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

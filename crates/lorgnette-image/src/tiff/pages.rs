//! The pages of a TIFF file, and the one that a person would look at.

use super::directories::{Directories, Directory, tag};
use crate::decode::Source;
use crate::{ImageError, Note};

/// One picture of a file.
struct Page {
    directory: Directory,
    n_pixels: u64,
    /// Whether it is marked as a smaller copy of another, or as the mask of one.
    is_reduced: bool,
}

/// Chooses the page that was asked for, or else the one that a person would look at: the first, unless
/// others are so much larger that it must be a copy of them.
///
/// Errors: `NoSuchPage`; `Truncated` if there is none.
pub(super) fn choose(
    source: &Source,
    directories: &Directories,
) -> Result<(Directory, Option<Note>), ImageError> {
    let chain = directories.chain();
    // The picture itself may be in a directory that is not there any more.
    let is_cut = chain.last().is_none_or(Directory::has_next);
    let mut pages: Vec<Page> =
        chain.into_iter().filter_map(|directory| Page::of(directories, directory)).collect();
    if !pages.is_empty() && pages.iter().all(|page| page.is_reduced) {
        // Some programs keep the picture itself below its copy.
        let below = pages.iter().flat_map(|page| directories.below(&page.directory));
        let below: Vec<Page> = below
            .filter_map(|directory| Page::of(directories, directory))
            .filter(|page| !page.is_reduced)
            .collect();
        pages.extend(below);
    }
    let are_copies = pages.iter().all(|page| page.is_reduced);
    if are_copies {
        // Then the mark means nothing, and they are still sizes of one picture.
        let largest = pages.into_iter().max_by_key(|page| page.n_pixels).filter(|_| !is_cut);
        let largest = largest.ok_or(ImageError::Truncated { format: source.format })?;
        source.check_page(1)?;
        return Ok((largest.directory, None));
    }
    pages.retain(|page| !page.is_reduced);
    let n_pages = pages.len() as u32;
    source.check_page(n_pages)?;
    let most = pages.iter().map(|page| page.n_pixels).max().unwrap_or(0);
    let idx = match source.page {
        Some(page) => page as usize - 1,
        None => pages.iter().position(|page| page.n_pixels.saturating_mul(4) > most).unwrap_or(0),
    };
    let note = (n_pages > 1).then_some(Note::Page { shown: idx as u32 + 1, of: n_pages });
    Ok((pages.swap_remove(idx).directory, note))
}

impl Page {
    fn of(directories: &Directories, directory: Directory) -> Option<Self> {
        let number = |tag| directories.number(&directory, tag);
        let (width, height) = (number(tag::WIDTH)?, number(tag::HEIGHT)?);
        // Bit 0: reduced; bit 2: a mask. The older fact has 2 for reduced.
        let is_reduced = number(tag::NEW_SUBFILE_TYPE).is_some_and(|bits| bits & 0b101 != 0)
            || number(tag::SUBFILE_TYPE) == Some(2);
        Some(Self { n_pixels: width.saturating_mul(height), is_reduced, directory })
    }
}

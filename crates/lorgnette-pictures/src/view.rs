//! How a model looks at a picture: whole, or in overlapping parts where it would become too small to
//! read as one.

use lorgnette_image::{Grid, ImageConfig, Note, Region};

/// What the parts of a long picture may shrink by, the best first.
const PART_SHRINKS: [f64; 5] = [1.0, 2.0, 4.0, 8.0, 16.0];
/// A picture that shrinks by more loses its small print, which is said.
const MAX_SHRINK: f64 = 4.0;

/// How a model looks at a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// What is looked at, from the beginning to the end of the upright picture: all of it, or parts.
    pub regions: Vec<Region>,
    /// Pixels of the picture that become one pixel of what the model sees, along a side; at least 1.
    pub shrink: f64,
    /// The tokens that it takes.
    pub n_tokens: usize,
}

impl View {
    /// How a picture of that size is looked at. Parts of a long one are as large as half of the
    /// `context`, in tokens, allows. A person who wants less detail, the `max_side` that `config`
    /// has already, gets no parts.
    pub fn of(
        (width, height): (u32, u32),
        config: &ImageConfig,
        max_side: Option<u32>,
        context: usize,
    ) -> Self {
        if max_side.is_some() {
            return Self::with_parts(width, height, config, f64::INFINITY);
        }
        let mut view = Self::with_parts(width, height, config, PART_SHRINKS[0]);
        for shrink in &PART_SHRINKS[1..] {
            if view.n_tokens <= context / 2 || view.regions.len() == 1 {
                break;
            }
            view = Self::with_parts(width, height, config, *shrink);
        }
        view
    }

    fn with_parts(width: u32, height: u32, config: &ImageConfig, max_shrink: f64) -> Self {
        let regions = lorgnette_image::parts(width, height, config, max_shrink);
        let shrink = |region: &Region| lorgnette_image::shrink(region.width, region.height, config);
        let n_tokens =
            |region: &Region| Grid::for_picture(region.width, region.height, config).n_tokens();
        Self {
            shrink: regions.iter().map(shrink).fold(1.0, f64::max),
            n_tokens: regions.iter().map(n_tokens).sum(),
            regions,
        }
    }

    /// Whether the picture is looked at in parts.
    pub fn is_in_parts(&self) -> bool {
        self.regions.len() > 1
    }

    /// What a person should know about it.
    pub fn notes(&self) -> impl Iterator<Item = Note> {
        let (n, n_tokens) = (self.regions.len() as u32, self.n_tokens as u32);
        let parts = self.is_in_parts().then_some(Note::Parts { n, n_tokens });
        let is_small = self.shrink > MAX_SHRINK;
        let shrunk = is_small.then_some(Note::Shrunk { times: self.shrink.round() as u32 });
        parts.into_iter().chain(shrunk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: ImageConfig = ImageConfig::PIXTRAL_12B;

    #[test]
    fn an_ordinary_picture_is_looked_at_whole() {
        let view = View::of((4000, 3000), &CONFIG, None, 8192);
        assert_eq!(view.regions, [Region { x: 0, y: 0, width: 4000, height: 3000 }]);
        assert_eq!(view.notes().count(), 0);
    }

    #[test]
    fn a_large_page_says_that_it_becomes_small() {
        let view = View::of((8000, 8000), &CONFIG, None, 8192);
        assert!(!view.is_in_parts());
        assert_eq!(view.notes().collect::<Vec<_>>(), [Note::Shrunk { times: 8 }]);
    }

    #[test]
    fn a_long_screenshot_is_looked_at_in_parts_that_can_be_read() {
        for size in [(400, 12_000), (400, 20_000), (20_000, 500)] {
            let view = View::of(size, &CONFIG, None, 8192);
            assert!(view.is_in_parts(), "{size:?}");
            assert!(view.shrink <= 4.0 && view.n_tokens <= 4096, "{size:?} {view:?}");
            assert!(matches!(view.notes().next(), Some(Note::Parts { .. })));
        }
    }

    #[test]
    fn who_wants_less_detail_gets_no_parts() {
        let config = CONFIG.with_max_side(256);
        let view = View::of((400, 12_000), &config, Some(256), 8192);
        assert!(!view.is_in_parts());
        assert_eq!(view.notes().collect::<Vec<_>>(), [Note::Shrunk { times: 47 }]);
    }

    #[test]
    fn more_room_makes_larger_parts() {
        let shrink = |context| View::of((400, 12_000), &CONFIG, None, context).shrink;
        assert!(shrink(65_536) < shrink(8192));
    }
}

//! The crate's public face: pictures in, text out.

mod fixtures;
mod memory;
mod score;
mod shapes;
mod stopping;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use lorgnette_image::Picture;
use lorgnette_interrupt::Cancel;
use lorgnette_reader::{Reader, Reading};

/// One reader for all tests, as one program has.
static READER: LazyLock<Reader> = LazyLock::new(|| Reader::new(None));

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn fixture(name: &str) -> Picture {
    score::picture(&fixtures().join(name))
}

fn read(picture: &Picture) -> Reading {
    READER.read(picture, &Cancel::default(), &mut |_| ()).unwrap()
}

/// Reads a picture of the folder, once for all tests.
fn reading(name: &str) -> Reading {
    static READINGS: Mutex<BTreeMap<String, Arc<OnceLock<Reading>>>> = Mutex::new(BTreeMap::new());
    let once = Arc::clone(READINGS.lock().unwrap().entry(name.to_owned()).or_default());
    once.get_or_init(|| read(&fixture(name))).clone()
}

/// Makes a picture of one grey.
fn plain(width: u32, height: u32, grey: u8) -> Picture {
    Picture::from_rgb(width, height, vec![grey; (width * height * 3) as usize]).unwrap()
}

/// Cuts a part out of a picture.
fn cut(picture: &Picture, left: u32, top: u32, width: u32, height: u32) -> Picture {
    let row = |y: u32| {
        let at = ((y * picture.width() + left) * 3) as usize;
        &picture.rgb()[at..at + width as usize * 3]
    };
    let rgb = (top..top + height).flat_map(|y| row(y).iter().copied()).collect();
    Picture::from_rgb(width, height, rgb).unwrap()
}

/// Puts a picture on a larger one of a grey, as often as there are places.
fn placed(
    picture: &Picture,
    (width, height): (u32, u32),
    grey: u8,
    places: impl IntoIterator<Item = (u32, u32)>,
) -> Picture {
    let mut rgb = vec![grey; width as usize * height as usize * 3];
    let n = picture.width() as usize * 3;
    for (left, top) in places {
        for (y, row) in picture.rgb().chunks_exact(n).enumerate() {
            let at = ((top as usize + y) * width as usize + left as usize) * 3;
            rgb[at..at + n].copy_from_slice(row);
        }
    }
    Picture::from_rgb(width, height, rgb).unwrap()
}

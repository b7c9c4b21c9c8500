//! Files that are made here, byte by byte, because no program at hand writes them.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat};

pub mod pdf;

/// Writes a picture as a file.
pub fn file(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.into().write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// A picture in which no two rows are alike, so that each has data.
pub fn busy(width: u32, height: u32) -> image::RgbImage {
    image::RgbImage::from_fn(width, height, |x, y| {
        let at = |step: u32| ((x * 7 + y * step) ^ (x * y / 13)) as u8;
        image::Rgb([at(11), at(5), at(3)])
    })
}

pub fn jpeg(image: &image::RgbImage) -> Vec<u8> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, 80).encode_image(image).unwrap();
    file
}

/// One page of a TIFF: its facts as tag and values, and its data.
#[derive(Clone)]
pub struct Page {
    pub facts: Vec<(u16, Vec<u32>)>,
    pub data: Vec<u8>,
}

impl Page {
    /// A page of one strip without compression.
    pub fn new(width: u32, height: u32, photometric: u32, bits: &[u32], data: Vec<u8>) -> Self {
        let facts = vec![
            (256, vec![width]),
            (257, vec![height]),
            (258, bits.to_vec()),
            (259, vec![1]),
            (262, vec![photometric]),
            (277, vec![bits.len() as u32]),
            (278, vec![height]),
        ];
        Self { facts, data }
    }

    pub fn with(mut self, tag: u16, values: &[u32]) -> Self {
        self.facts.retain(|fact| fact.0 != tag);
        self.facts.push((tag, values.to_vec()));
        self
    }

    /// A grey page of one shade.
    pub fn grey(width: u32, height: u32, shade: u8) -> Self {
        Self::new(width, height, 1, &[8], vec![shade; (width * height) as usize])
    }
}

/// Writes a TIFF with these pages.
pub fn tiff(pages: &[Page]) -> Vec<u8> {
    let mut file = b"II*\0\0\0\0\0".to_vec();
    let mut link = 4;
    for page in pages {
        let strip = file.len() as u32;
        file.extend(&page.data);
        let mut facts = page.facts.clone();
        facts.push((273, vec![strip]));
        facts.push((279, vec![page.data.len() as u32]));
        facts.sort();
        file.resize(file.len().next_multiple_of(2), 0);
        let place = file.len() as u32;
        file[link..link + 4].copy_from_slice(&place.to_le_bytes());
        let mut values = place + 2 + 12 * facts.len() as u32 + 4;
        let mut long = Vec::new();
        file.extend((facts.len() as u16).to_le_bytes());
        for (tag, numbers) in facts {
            file.extend(tag.to_le_bytes());
            file.extend(4_u16.to_le_bytes());
            file.extend((numbers.len() as u32).to_le_bytes());
            if let [number] = numbers[..] {
                file.extend(number.to_le_bytes());
            } else {
                file.extend(values.to_le_bytes());
                values += 4 * numbers.len() as u32;
                long.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
            }
        }
        link = file.len();
        file.extend([0; 4]);
        file.extend(long);
    }
    file
}

/// Writes an ICO or CUR with these pictures: width, height and data of each.
pub fn icon(kind: u8, pictures: &[(u8, u8, Vec<u8>)]) -> Vec<u8> {
    let mut file = vec![0, 0, kind, 0, pictures.len() as u8, 0];
    let mut place = 6 + 16 * pictures.len() as u32;
    for (width, height, data) in pictures {
        file.extend([*width, *height, 0, 0, 1, 0, 32, 0]);
        file.extend((data.len() as u32).to_le_bytes());
        file.extend(place.to_le_bytes());
        place += data.len() as u32;
    }
    file.extend(pictures.iter().flat_map(|picture| &picture.2));
    file
}

/// Replaces a chunk of a PNG, or puts one after the header.
pub fn png_with(png: &[u8], name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let header = 8 + 25;
    let mut crc = flate2::Crc::new();
    crc.update(&name);
    crc.update(body);
    let length = (body.len() as u32).to_be_bytes();
    let sum = crc.sum().to_be_bytes();
    [&png[..header], &length, &name, body, &sum, &png[header..]].concat()
}

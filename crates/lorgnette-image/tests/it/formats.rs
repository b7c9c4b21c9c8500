//! Formats that people have beside the usual ones, and rare forms of those.

use image::{DynamicImage, ImageFormat};
use lorgnette_image::{Format, ImageError, Note, Picture};

use crate::decoding::form;
use crate::make::{self, Page};

#[track_caller]
fn check(bytes: &[u8], expected: &[u8]) {
    let picture = Picture::decode(bytes).unwrap();
    assert_eq!(picture.notes(), []);
    assert_eq!(&picture.rgb()[..expected.len()], expected);
}

#[test]
fn the_sign_is_the_sign_in_every_format() {
    let sign = Picture::decode(&form("sign.png")).unwrap();
    for name in ["tiff-palette.tif", "bmp-palette-300.bmp", "plain.tga"] {
        let picture =
            Picture::decode(&form(name)).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(
            (picture.width(), picture.height(), picture.notes()),
            (256, 64, &[][..]),
            "{name}"
        );
        let differences =
            picture.rgb().iter().zip(sign.rgb()).map(|(&a, &b)| u64::from(a.abs_diff(b)));
        assert!(differences.sum::<u64>() / (256 * 64 * 3) < 4, "{name}");
    }
    assert_eq!(Picture::decode(&form("plain.tga")).unwrap().format(), Some(Format::Tga));
}

#[test]
fn tga_and_pnm_are_read() {
    let image = make::busy(20, 10);
    let expected = image.as_raw().clone();
    for format in [ImageFormat::Tga, ImageFormat::Pnm, ImageFormat::Bmp] {
        check(&make::file(image.clone(), format), &expected);
    }
    check(b"P2 2 1 15\n0 15\n", &[0, 0, 0, 255, 255, 255]);
    check(b"P1\n# a comment\n2 1\n1 0\n", &[0, 0, 0, 255, 255, 255]);
    check(b"P5\n2 1\n1023\n\x00\x00\x03\xff", &[0, 0, 0, 255, 255, 255]);
}

#[test]
fn palettes_of_every_depth_are_read() {
    // Black, red, green and white; the format has sixteen bits for each.
    let map = |n: usize, whole: u32| {
        let mut map = vec![0; n * 3];
        for (idx, [r, g, b]) in [(1, [1, 0, 0]), (2, [0, 1, 0]), (3, [1, 1, 1])] {
            (map[idx], map[n + idx], map[2 * n + idx]) = (r * whole, g * whole, b * whole);
        }
        map
    };
    let expected = [0, 0, 0, 255, 0, 0, 0, 255, 0, 255, 255, 255];
    for (bits, data) in [(8, vec![0, 1, 2, 3]), (4, vec![0x01, 0x23]), (2, vec![0b00_01_10_11])] {
        for whole in [65_535, 255] {
            let page = Page::new(4, 1, 3, &[bits], data.clone()).with(320, &map(1 << bits, whole));
            check(&make::tiff(&[page]), &expected);
        }
    }
}

#[test]
fn ycbcr_is_read_with_and_without_shared_colours() {
    let red = [[254, 0, 0]; 4].concat();
    let plain = Page::new(2, 2, 6, &[8, 8, 8], [76, 85, 255].repeat(4)).with(530, &[1, 1]);
    check(&make::tiff(&[plain]), &red);
    let shared = Page::new(2, 2, 6, &[8, 8, 8], vec![76, 76, 76, 76, 85, 255]).with(530, &[2, 2]);
    check(&make::tiff(&[shared]), &red);
    // The last unit of a row reaches beyond the picture.
    let data = [[76, 76, 76, 76, 85, 255]; 4].concat();
    let odd = Page::new(3, 3, 6, &[8, 8, 8], data).with(530, &[2, 2]);
    check(&make::tiff(&[odd]), &[[254, 0, 0]; 9].concat());
}

#[test]
fn grey_of_every_depth_is_read() {
    let expected = [0, 0, 0, 85, 85, 85, 170, 170, 170, 255, 255, 255];
    let page = |bits: &[u32], data: &[u8]| make::tiff(&[Page::new(4, 1, 1, bits, data.to_vec())]);
    check(&page(&[2], &[0b00_01_10_11]), &expected);
    check(&page(&[4], &[0x05, 0xaf]), &expected);
    check(&page(&[8], &[0, 85, 170, 255]), &expected);
    check(&page(&[8, 8], &[0, 255, 85, 255, 170, 255, 255, 255]), &expected);
    let words: Vec<u8> =
        [0_u32, 85, 170, 255].iter().flat_map(|s| (s * 0x0101_0101).to_le_bytes()).collect();
    check(&page(&[32], &words), &expected);
    let inverted = Page::new(4, 1, 0, &[4], vec![0xfa, 0x50]);
    check(&make::tiff(&[inverted]), &expected);
    let floats: Vec<u8> =
        [0.0_f32, 0.335, 0.667, 1.0].iter().flat_map(|s| s.to_le_bytes()).collect();
    check(&make::tiff(&[Page::new(4, 1, 1, &[32], floats).with(339, &[3])]), &expected);
}

#[test]
fn fax_pages_are_read() {
    // 16 pixels: 4 white, 4 black, 8 white; then all white.
    let bare = vec![0b1011_0111, 0b0011_0000, 0b1010_1000];
    let expected = [[255; 12], [0; 12], [255; 12], [255; 12]].concat();
    let page = |compression, data| Page::new(16, 2, 0, &[1], data).with(259, &[compression]);
    check(&make::tiff(&[page(2, bare.clone())]), &expected);
    let end = "000000000001";
    let bits = [end, "1011", "011", "10011", end, "101010", end, end].concat();
    let packed =
        |bits: &[u8]| bits.iter().zip((0..8).rev()).map(|(bit, at)| (bit - b'0') << at).sum();
    let data: Vec<u8> = bits.as_bytes().chunks(8).map(packed).collect();
    let fax = make::tiff(&[page(3, data.clone())]);
    check(&fax, &expected);
    assert_eq!(Picture::decode(&fax).unwrap().kind().as_deref(), Some("TIFF fax"));
    let inverted = Page::new(16, 2, 1, &[1], bare).with(259, &[2]);
    check(
        &make::tiff(&[inverted]),
        &expected.iter().map(|sample| 255 - sample).collect::<Vec<_>>(),
    );
    let half = Page::new(16, 4, 0, &[1], data).with(259, &[3]);
    let picture = Picture::decode(&make::tiff(&[half])).unwrap();
    assert_eq!(picture.notes()[0].to_string(), "the lower half is missing");
}

#[test]
fn fax_bits_are_read_from_the_highest_up_and_from_the_lowest_up() {
    // Group 4: a row of 3 white, 2 black and 3 white pixels, the same once more, and the end.
    let bits = concat!("001", "1000", "11", "1", "111", "000000000001", "000000000001");
    let mut data = Vec::new();
    for byte in bits.as_bytes().chunks(8) {
        let bit = |(i, bit): (usize, &u8)| (bit - b'0') << (7 - i);
        data.push(byte.iter().enumerate().map(bit).sum::<u8>());
    }
    let row = [255, 255, 255, 0, 0, 255, 255, 255];
    let expected: Vec<u8> = row.iter().chain(&row).flat_map(|&grey| [grey; 3]).collect();
    let page = |data| Page::new(8, 2, 0, &[1], data).with(259, &[4]);
    check(&make::tiff(&[page(data.clone())]), &expected);
    let reversed = data.into_iter().map(u8::reverse_bits).collect();
    check(&make::tiff(&[page(reversed).with(266, &[2])]), &expected);
}

#[test]
fn big_tiff_is_read() {
    // One directory of BigTIFF: numbers of eight bytes.
    let mut file = b"II+\0\x08\0\0\0".to_vec();
    file.extend(24_u64.to_le_bytes());
    file.extend([40, 80, 120, 160, 0, 0, 0, 0]);
    let facts: [(u16, u64); 9] =
        [(256, 2), (257, 2), (258, 8), (259, 1), (262, 1), (273, 16), (277, 1), (278, 2), (279, 4)];
    file.extend((facts.len() as u64).to_le_bytes());
    for (tag, number) in facts {
        file.extend(tag.to_le_bytes());
        file.extend(4_u16.to_le_bytes());
        file.extend(1_u64.to_le_bytes());
        file.extend(number.to_le_bytes());
    }
    file.extend([0; 8]);
    check(&file, &[40, 40, 40, 80, 80, 80, 120, 120, 120, 160, 160, 160]);
}

#[test]
fn sixteen_bits_of_which_few_are_used_are_made_visible() {
    let grey = image::ImageBuffer::from_fn(4, 1, |x, _| image::Luma([(x * 1365) as u16]));
    for format in [ImageFormat::Png, ImageFormat::Tiff] {
        let picture =
            Picture::decode(&make::file(DynamicImage::from(grey.clone()), format)).unwrap();
        assert_eq!(picture.notes(), [Note::FewBits { used: 12, of: 16 }]);
        assert_eq!([0, 3, 6, 9].map(|at| picture.rgb()[at]), [0, 85, 170, 255]);
    }
}

#[test]
fn gamma_is_applied_unless_the_colours_are_known() {
    let grey = image::GrayImage::from_pixel(2, 2, image::Luma([55]));
    let png = make::file(grey, ImageFormat::Png);
    check(&make::png_with(&png, *b"gAMA", &100_000_u32.to_be_bytes()), &[127; 12]);
    check(&make::png_with(&png, *b"gAMA", &45_455_u32.to_be_bytes()), &[55; 12]);
    let linear = make::png_with(&png, *b"gAMA", &100_000_u32.to_be_bytes());
    check(&make::png_with(&linear, *b"sRGB", &[0]), &[55; 12]);
}

#[test]
fn the_png_of_phone_apps_is_read() {
    // A row of two pixels: blue, green, red and alpha, multiplied; the filter first.
    let rows = [0, 30, 20, 10, 255, 0, 0, 100, 100];
    let mut data = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut data, &rows).unwrap();
    let chunk = |file: &mut Vec<u8>, name: &[u8; 4], body: &[u8]| {
        let mut crc = flate2::Crc::new();
        crc.update(name);
        crc.update(body);
        file.extend((body.len() as u32).to_be_bytes());
        file.extend(name);
        file.extend(body);
        file.extend(crc.sum().to_be_bytes());
    };
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, b"CgBI", &[0x50, 0, 0x20, 2]);
    chunk(&mut file, b"IHDR", &[0, 0, 0, 2, 0, 0, 0, 1, 8, 6, 0, 0, 0]);
    chunk(&mut file, b"IDAT", &data.finish().unwrap());
    chunk(&mut file, b"IEND", &[]);
    // The second is red at 100 of 255.
    check(&file, &[10, 20, 30, 255, 155, 155]);
}

#[test]
fn what_stands_for_a_picture_is_named() {
    let error = Picture::decode(&form("lfs-pointer.png")).unwrap_err();
    assert!(matches!(error, ImageError::LfsPointer), "{error:?}");
    assert!(error.hint().contains("git lfs pull"));
}

#[test]
fn transparency_is_shown_for_what_it_is() {
    let notes = |name| Picture::decode(&form(name)).unwrap().notes().to_vec();
    assert_eq!(notes("bmp-v5-alpha-all-zero.bmp"), [Note::OpaqueAlpha]);
    assert_eq!(notes("png-white-on-clear.png"), [Note::OnDark]);
    let sign = Picture::decode(&form("sign.png")).unwrap();
    assert_eq!(Picture::decode(&form("bmp-v5-alpha-all-zero.bmp")).unwrap().rgb(), sign.rgb());
    let picture = Picture::decode(&form("png-white-on-clear.png")).unwrap();
    let (least, most) = (picture.rgb().iter().min().unwrap(), picture.rgb().iter().max().unwrap());
    assert!(most - least > 150, "{least} to {most}");
}

#[test]
fn long_pictures_are_decoded() {
    let tall = Picture::decode(&form("tall-12000.png")).unwrap();
    assert_eq!((tall.width(), tall.height()), (400, 12_000));
    for (width, height) in [(400, 20_000), (60_000, 1000)] {
        let grey = image::GrayImage::new(width, height);
        let picture = Picture::decode(&make::file(grey, ImageFormat::Png)).unwrap();
        assert_eq!((picture.width(), picture.height()), (width, height));
    }
}

#[test]
fn samples_that_are_no_whole_bytes_are_read() {
    let page = |photometric, bits: &[u32], data: &[u8]| {
        make::tiff(&[Page::new(2, 2, photometric, bits, data.to_vec())])
    };
    // Two samples of 12 bits fill three bytes.
    let grey = page(1, &[12], &[0x00, 0x0f, 0xff, 0xff, 0xf0, 0x00]);
    check(&grey, &[0, 0, 0, 255, 255, 255, 255, 255, 255, 0, 0, 0]);
    let rgb = page(2, &[4; 3], &[0xf0, 0x00, 0xf0, 0x00, 0xff, 0xff]);
    check(&rgb, &[255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]);
    let ten = page(0, &[10], &[0x00, 0x3f, 0xf0, 0xff, 0xc0, 0x00]);
    check(&ten, &[255, 255, 255, 0, 0, 0, 0, 0, 0, 255, 255, 255]);
    let unequal = page(2, &[5, 6, 5], &[0; 8]);
    let error = Picture::decode(&unequal).unwrap_err();
    assert!(matches!(error, ImageError::UnsupportedKind { format: Format::Tiff, .. }), "{error:?}");
}

#[test]
fn colours_of_lab_are_read() {
    // Red, and white, where the colours count from 0 and from the middle.
    let lab = Page::new(2, 1, 8, &[8; 3], vec![138, 81, 70, 255, 0, 0]);
    let icc = Page::new(2, 1, 9, &[8; 3], vec![138, 209, 198, 255, 128, 128]);
    for page in [lab, icc] {
        let picture = Picture::decode(&make::tiff(&[page])).unwrap();
        let expected = [255, 0, 0, 255, 255, 255_u8];
        let is_near = picture.rgb().iter().zip(expected).all(|(a, b)| a.abs_diff(b) < 8);
        assert!(is_near, "{:?}", picture.rgb());
    }
}

#[test]
fn planes_and_further_samples_are_read() {
    let expected = [10, 20, 30, 40, 50, 60];
    // A picture of a red, a green and a blue plane, each a strip of its own.
    let mut planes = make::tiff(&[Page::new(2, 1, 2, &[8; 3], vec![10, 40, 20, 50, 30, 60])
        .with(284, &[2])
        .with(266, &[1])]);
    // Their places and lengths follow the file.
    let places = planes.len() as u32;
    planes.extend([8_u32, 10, 12, 2, 2, 2].iter().flat_map(|number| number.to_le_bytes()));
    for (tag, values) in [(273_u16, places), (279, places + 12)] {
        let entry = [&tag.to_le_bytes()[..], &4_u16.to_le_bytes(), &1_u32.to_le_bytes()].concat();
        let at = planes.windows(8).position(|bytes| bytes == entry).unwrap();
        planes[at + 4..at + 8].copy_from_slice(&3_u32.to_le_bytes());
        planes[at + 8..at + 12].copy_from_slice(&values.to_le_bytes());
    }
    check(&planes, &expected);
    let five = Page::new(2, 1, 2, &[8; 5], vec![10, 20, 30, 9, 9, 40, 50, 60, 9, 9]);
    check(&make::tiff(&[five.with(338, &[0, 0])]), &expected);
    // Colours that are multiplied by their transparency: half of red over white.
    let multiplied = Page::new(1, 1, 2, &[8; 4], vec![128, 0, 0, 128]).with(338, &[1]);
    let mut file = make::tiff(&[multiplied]);
    // This fact must be a number of two bytes.
    let entry = [&338_u16.to_le_bytes()[..], &4_u16.to_le_bytes()].concat();
    let at = file.windows(4).position(|bytes| bytes == entry).unwrap();
    file[at + 2] = 3;
    let picture = Picture::decode(&file).unwrap();
    assert!(picture.rgb()[0] >= 254 && picture.rgb()[1].abs_diff(127) < 2, "{:?}", picture.rgb());
}

#[test]
fn tiles_of_ycbcr_are_read() {
    let red = [[254, 0, 0]; 9].concat();
    let tile = [[76, 76, 76, 76, 85, 255]; 64].concat();
    let page =
        Page::new(3, 3, 6, &[8; 3], tile).with(530, &[2, 2]).with(322, &[16]).with(323, &[16]);
    let mut file = make::tiff(&[page]);
    // Its only strip is its only tile.
    for (strip, tile) in [(273_u16, 324_u16), (279, 325)] {
        let entry = [&strip.to_le_bytes()[..], &4_u16.to_le_bytes(), &1_u32.to_le_bytes()].concat();
        let at = file.windows(8).position(|bytes| bytes == entry).unwrap();
        file[at..at + 2].copy_from_slice(&tile.to_le_bytes());
    }
    check(&file, &red);
}

#[test]
fn bitmaps_of_os2_are_read() {
    let image = make::busy(20, 10);
    let mut file = make::file(image.clone(), ImageFormat::Bmp);
    // The longer header has 24 bytes more, and the pixels begin later.
    file[14] = 64;
    let place = u32::from_le_bytes(file[10..14].try_into().unwrap()) + 24;
    file[10..14].copy_from_slice(&place.to_le_bytes());
    file.splice(54..54, [0; 24]);
    check(&file, image.as_raw());
}

#[test]
fn colours_of_sixteen_bits_of_which_few_are_used_are_made_visible() {
    let rgb = image::ImageBuffer::from_fn(4, 1, |x, _| image::Rgb([(x * 1365) as u16; 3]));
    let picture = Picture::decode(&make::file(DynamicImage::from(rgb), ImageFormat::Png)).unwrap();
    assert_eq!(picture.notes(), [Note::FewBits { used: 12, of: 16 }]);
    assert_eq!([0, 3, 6, 9].map(|at| picture.rgb()[at]), [0, 85, 170, 255]);
}

#[test]
fn kinds_of_jpeg_that_are_not_read_are_refused_and_not_called_damaged() {
    // A header is enough to tell arithmetic coding.
    let mut arithmetic = make::jpeg(&make::busy(16, 16));
    let frame = arithmetic.windows(2).position(|bytes| bytes == [0xff, 0xc0]).unwrap();
    arithmetic[frame + 1] = 0xc9;
    let error = Picture::decode(&arithmetic).unwrap_err();
    assert!(matches!(error, ImageError::UnsupportedKind { format: Format::Jpeg, .. }), "{error:?}");
    // A decoder that knows no better makes noise of it.
    let error = Picture::decode(&form("planes-420.jpg")).unwrap_err();
    assert!(matches!(error, ImageError::UnsupportedKind { format: Format::Jpeg, .. }), "{error:?}");
}

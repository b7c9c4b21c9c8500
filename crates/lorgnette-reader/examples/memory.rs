//! Reads a picture of any size and prints how much memory that took (Linux).
//!
//! ```text
//! cargo run --release -p lorgnette-reader --example memory -- PICTURE WIDTH HEIGHT
//! ```
//!
//! The picture is repeated until it fills that size.

use std::time::Instant;

use lorgnette_image::Picture;
use lorgnette_interrupt::Cancel;
use lorgnette_reader::Reader;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, width, height] = &arguments[..] else { panic!("PICTURE WIDTH HEIGHT are needed") };
    let tile = Picture::decode(&fs_err::read(path).unwrap()).unwrap();
    let (width, height): (u32, u32) = (width.parse().unwrap(), height.parse().unwrap());
    let mut rgb = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        for x in 0..width {
            let at = ((y % tile.height()) * tile.width() + x % tile.width()) as usize * 3;
            rgb.extend_from_slice(&tile.rgb()[at..at + 3]);
        }
    }
    let picture = Picture::from_rgb(width, height, rgb).unwrap();
    let before = memory("VmHWM");
    let begun = Instant::now();
    let reading = Reader::new(None).read(&picture, &Cancel::default(), &mut |_| ()).unwrap();
    println!(
        "{width} x {height}: {} lines in {:.1} s; {} MiB before, {} MiB at the most; shrunk: {:?}",
        reading.lines.len(),
        begun.elapsed().as_secs_f64(),
        before,
        memory("VmHWM"),
        reading.shrunk,
    );
}

/// Returns a line of the process's status in MiB.
fn memory(name: &str) -> u64 {
    let status = fs_err::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}

//! Writes what is seen of a picture, or of each page of a document, as PNG files: what
//! `scripts/compare documents` holds against other programs.
//!
//! `cargo run --release -p lorgnette-image --example pages FILE FOLDER [PASSWORD]`

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use lorgnette_image::Document;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (file, folder, password) = match args.as_slice() {
        [file, folder] => (file, folder, None),
        [file, folder, password] => (file, folder, Some(password.as_str())),
        _ => return Err("pages FILE FOLDER [PASSWORD]".into()),
    };
    let document = Document::open(Arc::new(fs_err::read(file)?), password)?;
    for page in 1..=document.n_pages() {
        let begun = Instant::now();
        let shown = (document.n_pages() > 1 || document.is_parsed()).then_some(page);
        match document.page(shown) {
            Ok(picture) => {
                let ms = begun.elapsed().as_secs_f64() * 1000.0;
                fs_err::write(Path::new(folder).join(format!("{page}.png")), picture.to_png()?)?;
                let notes: Vec<String> = picture.notes().iter().map(ToString::to_string).collect();
                let (width, height) = (picture.width(), picture.height());
                println!("{page}\t{width}\t{height}\t{ms:.0}\t{}", notes.join("; "));
            }
            Err(error) => println!("{page}\t0\t0\t0\t{error}"),
        }
    }
    Ok(())
}

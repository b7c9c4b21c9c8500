//! How long it takes until a page of a large document is there, and the memory that it takes.
//!
//! `cargo run --release -p lorgnette-pictures --example first_page [FILE.pdf]`; without a file, of a
//! document of 1,000 pages of text that is made here.

use std::error::Error;
use std::fmt::Write as _;
use std::time::Instant;

use lorgnette_pictures::store::PictureStore;

const N_PAGES: usize = 1000;
const LINES_A_PAGE: usize = 45;

fn main() -> Result<(), Box<dyn Error>> {
    let (name, bytes) = match std::env::args().nth(1) {
        Some(path) => (path.clone(), fs_err::read(path)?),
        None => ("1,000 pages".to_owned(), document()),
    };
    let folder = tempfile::tempdir()?;
    let store = PictureStore::new(&folder.path().join("data"), &folder.path().join("cache"));
    let before = memory_mib("VmRSS");
    println!("{name}: {:.1} MB; {before:.0} MiB of memory before", bytes.len() as f64 / 1e6);
    let (mut begun, mut spent) = (Instant::now(), processor_ms());
    let mut lap = |what: &str| {
        let (clock_ms, spent_ms) = (begun.elapsed().as_secs_f64() * 1000.0, processor_ms() - spent);
        println!("{what}: {clock_ms:.0} ms, {spent_ms:.0} ms of a processor");
        (begun, spent) = (Instant::now(), processor_ms());
    };
    let first = store.add(&name, &bytes)?;
    lap("opened, stored, first page known");
    store.full(&first.id)?;
    lap("first page as the window shows it");
    let n_pages = first.n_pages();
    for page in 2..=n_pages.min(7) {
        store.page_thumb(&first.id, page)?;
    }
    lap("six pages of the strip");
    let last = store.page_undrawn(&first, n_pages)?;
    store.full(&last.id)?;
    lap("last page");
    println!("{:.0} MiB of memory at the most", memory_mib("VmHWM") - before);
    Ok(())
}

/// A number of the process from Linux, in MiB; 0 elsewhere.
fn memory_mib(key: &str) -> f64 {
    let status = fs_err::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}

/// The time that all threads of the process have computed, as Linux counts it: in steps of 10 ms.
fn processor_ms() -> f64 {
    let stat = fs_err::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 10.0
}

fn document() -> Vec<u8> {
    let mut kids = String::new();
    for i in 0..N_PAGES {
        let _ = write!(kids, "{} 0 R ", 4 + 2 * i);
    }
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Count {N_PAGES} /Kids [{kids}] >>"),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >>".to_owned(),
    ];
    for page in 0..N_PAGES {
        let mut contents = "BT /F 12 Tf 60 790 Td 16 TL\n".to_owned();
        for line in 0..LINES_A_PAGE {
            let _ = writeln!(
                contents,
                "(Page {page}, line {line}: the boiler was looked at, and its valve.) Tj T*"
            );
        }
        contents += "ET";
        let resources = "/Resources << /Font << /F 3 0 R >> >>";
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] {resources} /Contents {} 0 R >>",
            5 + 2 * page
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{contents}\nendstream", contents.len()));
    }
    let mut file = "%PDF-1.7\n".to_owned();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (i, object) in objects.iter().enumerate() {
        let _ = writeln!(table, "{:010} 00000 n ", file.len());
        let _ = write!(file, "{} 0 obj\n{object}\nendobj\n", i + 1);
    }
    let (size, at) = (objects.len() + 1, file.len());
    let trailer = format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{at}\n%%EOF\n");
    (file + &table + &trailer).into_bytes()
}

//! Scores the reader on folders of pictures whose texts are known, as those of `tests/fixtures` are.
//!
//! ```text
//! cargo run --release -p lorgnette-reader --example score -- FOLDER … [--text]
//! ```
//!
//! It prints the error rate of each picture, of each kind and of all; with `--text`, the lines
//! and how sure they are.

#[path = "../tests/it/score.rs"]
mod score;

use std::path::Path;
use std::time::Instant;

use lorgnette_interrupt::Cancel;
use lorgnette_reader::Reader;
use score::Score;

fn main() {
    let (options, folders): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let prints_text = options.iter().any(|option| option == "--text");
    let reader = Reader::new(None);
    for folder in folders {
        let folder = Path::new(&folder);
        let (mut all, begun) = (Score::default(), Instant::now());
        for (name, truth) in score::truths(folder) {
            let picture = score::picture(&folder.join(&name));
            let begun = Instant::now();
            let reading = reader.read(&picture, &Cancel::default(), &mut |_| ()).unwrap();
            let one = score::score(&truth, &reading);
            let reasons: Vec<String> =
                reading.unreadable.iter().map(|place| format!("{:?}", place.reason)).collect();
            println!(
                "{:5.2} %  {name}  {:.2} s {}{}",
                one.percent(),
                begun.elapsed().as_secs_f64(),
                if truth.unsupported { "unsupported " } else { "" },
                reasons.join(" "),
            );
            if !truth.unsupported {
                all += one;
            }
            if prints_text {
                for line in &reading.lines {
                    println!("    {:.2}  {}", line.confidence, line.text);
                }
            }
        }
        println!(
            "{:.3} % of {} letters in {}, {:.1} s",
            all.percent(),
            all.n_letters,
            folder.display(),
            begun.elapsed().as_secs_f64()
        );
    }
}

//! Scores the reader on folders of pictures whose texts are known, as those of `tests/fixtures` are.
//!
//! ```text
//! cargo run --release -p lorgnette-reader --example score -- FOLDER … [--text] [--wrong]
//! ```
//!
//! It prints the error rate of each picture, of each kind and of all, and of all if the order of rows is
//! left out. With `--text` it prints the lines, their places and how sure they are, with `--wrong` the rows that differ.

#[path = "../tests/it/score.rs"]
mod score;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use lorgnette_interrupt::Cancel;
use lorgnette_reader::{Progress, Reader, Reading};
use score::{Score, Truth};

fn main() {
    let (options, folders): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let has = |name: &str| options.iter().any(|option| option == name);
    let reader = Reader::new(None);
    for folder in folders {
        let folder = Path::new(&folder);
        let (mut all, mut unordered) = (Score::default(), Score::default());
        let mut kinds = BTreeMap::<String, Score>::new();
        let begun = Instant::now();
        for (name, truth) in score::truths(folder) {
            let picture = score::picture(&folder.join(&name));
            let begun = Instant::now();
            let (mut begins, mut text) = (0.0, String::new());
            let mut on_progress = |at| {
                if let Progress::Begins { text: first } = at {
                    (begins, text) = (begun.elapsed().as_secs_f64(), first);
                }
            };
            let reading = reader.read(&picture, &Cancel::default(), &mut on_progress).unwrap();
            let early = if text.is_empty() {
                String::new()
            } else if reading.text().starts_with(&text) {
                format!("begins after {begins:.2} s ")
            } else {
                format!("does not begin with {text:?} ")
            };
            let one = score::score(&truth, &reading);
            let reasons: Vec<String> =
                reading.unreadable.iter().map(|place| format!("{:?}", place.reason)).collect();
            println!(
                "{:5.2} %  {name}  {:.2} s {early}{}{}",
                one.percent(),
                begun.elapsed().as_secs_f64(),
                if truth.unsupported { "unsupported " } else { "" },
                reasons.join(" "),
            );
            if !truth.unsupported {
                all += one;
                unordered += score::score_without_order(&truth, &reading);
                *kinds.entry(truth.kind.clone()).or_default() += one;
            }
            if has("--text") {
                for line in &reading.lines {
                    let [a, _, c, _] = line.quad.0;
                    println!(
                        "    {:4.0},{:4.0} {:4.0} x {:3.0}  {:.3}  {}",
                        a.x,
                        a.y,
                        c.x - a.x,
                        c.y - a.y,
                        line.confidence,
                        line.text
                    );
                }
            }
            if has("--text") {
                for place in &reading.unreadable {
                    let [a, _, c, _] = place.quad.0;
                    let (width, height) = (c.x - a.x, c.y - a.y);
                    println!(
                        "    {:4.0},{:4.0} {width:4.0} x {height:3.0}  {:?}",
                        a.x, a.y, place.reason
                    );
                }
            }
            if has("--wrong") && (one.n_wrong > 0 || truth.unsupported) {
                print_differences(&truth, &reading);
            }
        }
        for (kind, score) in kinds {
            println!("{:7.3} % of {:6} letters: {kind}", score.percent(), score.n_letters);
        }
        println!(
            "{:7.3} % of {:6} letters in {}, {:.3} % without order, {:.1} s",
            all.percent(),
            all.n_letters,
            folder.display(),
            unordered.percent(),
            begun.elapsed().as_secs_f64()
        );
    }
}

/// Prints the rows that are only in the truth and those that were only read.
fn print_differences(truth: &Truth, reading: &Reading) {
    let (mut expected, mut found) = (truth.rows(), score::rows(reading));
    expected.retain(|row| match found.iter().position(|other| other == row) {
        Some(at) => {
            found.remove(at);
            false
        }
        None => true,
    });
    for row in expected {
        println!("    - {row}");
    }
    for row in found {
        println!("    + {row}");
    }
}

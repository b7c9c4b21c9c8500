//! Makes chats that nobody had, for tests of the window and of speed.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use lorgnette_app::chats::{AnswerBy, Chats, NewMessage};

/// Adds chats to a data folder that no program has open.
#[derive(clap::Args)]
pub struct Args {
    /// The folder with `chats.sqlite3`. It is made if it is not there.
    folder: PathBuf,
    /// A JSON list of texts. Each becomes the answer of a chat, and the first is at the top.
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// The number of chats. Each has one to four questions, with answers of 60 and sometimes 600 words.
    #[arg(long, value_name = "N", default_value_t = 0)]
    many: usize,
}

const WORDS: [&str; 20] = [
    "receipt", "total", "dialog", "button", "install", "later", "harbour", "street", "lake",
    "water", "fruit", "bus", "invoice", "table", "chart", "sign", "note", "red", "blue", "window",
];

impl Args {
    /// Returns an error if the chats cannot be added.
    pub fn run(&self) -> Result<()> {
        let chats = Chats::open(&self.folder)?;
        let add = |title: &str, turns: Vec<(String, String)>| {
            let texts = turns.into_iter().flat_map(|(question, answer)| [question, answer]);
            let messages: Vec<NewMessage> = texts
                .enumerate()
                .map(|(i, text)| NewMessage {
                    parent: i.checked_sub(1),
                    is_model: i % 2 == 1,
                    by: AnswerBy::Model,
                    thoughts: String::new(),
                    text,
                    pictures: Vec::new(),
                    created_ms: 0,
                    model: (i % 2 == 1).then(|| "Pocket".into()),
                })
                .collect();
            chats.add_whole(title, &messages)
        };
        let mut n_chats = 0;
        for i in 0..self.many {
            // No two alike, and the same each time.
            let word = |j: usize| WORDS[(i * 7 + j * 13 + i * j) % WORDS.len()];
            let n_words = if i % 10 == 0 { 600 } else { 60 };
            let turn = |turn: usize| {
                let answer = (turn..turn + n_words).map(word).collect::<Vec<_>>().join(" ");
                (format!("What is the {} of {i}?", word(turn)), answer)
            };
            add(&format!("Chat {i} about a {}", word(0)), (0..=i % 4).map(turn).collect())?;
            n_chats += 1;
        }
        if let Some(path) = &self.answers {
            let texts: Vec<String> = serde_json::from_str(&fs_err::read_to_string(path)?)
                .with_context(|| format!("{} is no list of texts", path.display()))?;
            for (i, text) in texts.into_iter().enumerate().rev() {
                add(&format!("Answer {i}"), vec![("What does it say?".into(), text)])?;
                n_chats += 1;
            }
        }
        ensure!(n_chats > 0, "nothing was to be added: name --answers or --many");
        println!("{n_chats} chats added");
        Ok(())
    }
}

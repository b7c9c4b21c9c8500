//! Measures how often the built-in model is right, through the engine that ships.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use lorgnette_app::conversation::Conversation;
use lorgnette_app::models::SpeedLog;
use lorgnette_app::open::{ModelChoice, OpenOptions};
use lorgnette_app::{AnswerOptions, Cancel, Sampling, pictures};
use lorgnette_engine::Chat;
use serde::Deserialize;

const DRAW: &str = "models/pocket/training/draw-held-out";

/// Asks the built-in model about pictures that it was not trained on, and prints how often it is
/// right, task by task: the whole answer, letter by letter.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub struct Args {
    /// The number of pictures for each task, drawn anew by `models/pocket/training/draw-held-out`
    #[arg(long, default_value_t = 100)]
    n: usize,
    /// Draw with the two fonts that training never saw
    #[arg(long)]
    held_fonts: bool,
    /// A folder with `questions.json` and its pictures, instead of drawing them. Its `floors.json`
    /// says how many answers of each task must be right
    #[arg(long, value_name = "DIR")]
    questions: Option<PathBuf>,
    /// Ask only the first N questions
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Compare with `answers.json` of that folder, which has `PyTorch`'s answers in float
    #[arg(long)]
    agreement: bool,
    /// Ask this model and not the built-in one
    #[arg(long, value_name = "PATH")]
    model: Option<PathBuf>,
    /// Take the network's answers as they are, not held against the text that the reader finds
    #[arg(long)]
    network_alone: bool,
    /// Print each wrong answer
    #[arg(long)]
    wrong: bool,
}

#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names are the file's")]
struct Question {
    task: String,
    picture: String,
    question: String,
    answer: String,
}

#[derive(Deserialize)]
struct TheirAnswer {
    picture: String,
    question: String,
    answer: String,
}

#[derive(Default)]
struct Score {
    asked: usize,
    right: usize,
    letters: usize,
    wrong_letters: usize,
}

impl Args {
    /// Prints the table. Returns an error if a floor is missed, or if `PyTorch` disagrees too often.
    pub fn run(&self) -> Result<()> {
        let folder = match &self.questions {
            Some(folder) => folder.clone(),
            None => self.draw()?,
        };
        let mut questions: Vec<Question> = read_json(&folder.join("questions.json"))?;
        questions.truncate(self.limit.unwrap_or(usize::MAX));
        ensure!(!questions.is_empty(), "{} has no questions", folder.display());
        let theirs: Vec<TheirAnswer> =
            if self.agreement { read_json(&folder.join("answers.json"))? } else { Vec::new() };

        let model = self.model.clone().map_or(ModelChoice::BuiltIn, ModelChoice::At);
        let options = OpenOptions { model, ..OpenOptions::default() };
        let home = tempfile::tempdir()?;
        let speeds = Arc::new(SpeedLog::open(home.path()));
        let conversation = Conversation::open(&options, None, speeds, &mut |_, _| {})?.grounded();
        let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
        let (mut compared, mut same) = (0, 0);
        for one in &questions {
            let said = answer(
                &conversation,
                &folder.join(&one.picture),
                &one.question,
                self.network_alone,
            )?;
            let score = scores.entry(&one.task).or_default();
            score.asked += 1;
            score.right += usize::from(said == one.answer);
            score.letters += one.answer.chars().count();
            score.wrong_letters += strsim::levenshtein(&said, &one.answer);
            if self.wrong && said != one.answer {
                println!("{} | {} | {:?}, not {said:?}", one.picture, one.question, one.answer);
            }
            let their = theirs
                .iter()
                .find(|their| their.picture == one.picture && their.question == one.question);
            if let Some(their) = their {
                compared += 1;
                same += usize::from(their.answer == said);
            }
        }

        println!("{:<12} {:>6} {:>7} {:>18}", "task", "asked", "right", "letters wrong");
        for (task, score) in &scores {
            println!(
                "{task:<12} {:>6} {:>5.1} % {:>16.1} %",
                score.asked,
                percent(score.right, score.asked),
                percent(score.wrong_letters, score.letters)
            );
        }
        if self.agreement {
            println!(
                "{same} of {compared} answers are PyTorch's ({:.1} %)",
                percent(same, compared)
            );
            ensure!(compared > 0 && same * 100 >= compared * 97, "fewer than 97 % agree");
        }
        let floors = folder.join("floors.json");
        if self.questions.is_some() && floors.is_file() {
            check_floors(&read_json(&floors)?, &scores)?;
        }
        Ok(())
    }

    fn draw(&self) -> Result<PathBuf> {
        let fonts = if self.held_fonts { "held-fonts" } else { "fonts" };
        let folder = PathBuf::from(format!("target/pocket-eval/{fonts}-{}", self.n));
        let mut draw = Command::new(DRAW);
        draw.arg("--n").arg(self.n.to_string()).arg("--out").arg(&folder);
        if self.held_fonts {
            draw.arg("--held-fonts");
        }
        let status = draw.status().with_context(|| format!("cannot run {DRAW}"))?;
        ensure!(status.success(), "{DRAW} failed");
        Ok(folder)
    }
}

/// The answer as a person gets it, or the network's own.
fn answer(
    conversation: &Conversation,
    picture: &Path,
    question: &str,
    is_alone: bool,
) -> Result<String> {
    let (name, decoded) = (pictures::display_name(picture), pictures::decode(picture, None)?);
    let viewed = conversation.picture(&name, &decoded, None)?;
    let mut chat = Chat::default();
    conversation.add_question(&mut chat, [&viewed], question);
    let sampling = Sampling { temperature: 0.0, ..Sampling::default() };
    let options = AnswerOptions { max_tokens: 256, sampling, ..AnswerOptions::default() };
    let cancel = Cancel::default();
    if is_alone {
        let model = conversation.model().local().context("a model of this machine")?;
        let answer = model.engine.answer(chat, options, cancel, |_| {}).recv()??;
        return Ok(answer.text);
    }
    Ok(conversation.answer(chat, options, &cancel, &mut |_| {})?.text)
}

fn check_floors(floors: &BTreeMap<String, usize>, scores: &BTreeMap<&str, Score>) -> Result<()> {
    let mut low = Vec::new();
    for (task, floor) in floors {
        let right = scores.get(task.as_str()).map_or(0, |score| score.right);
        if right < *floor {
            low.push(format!("{task}: {right} right, at least {floor} expected"));
        }
    }
    if !low.is_empty() {
        bail!("{}", low.join("; "));
    }
    println!("{} floors hold", floors.len());
    Ok(())
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs_err::read(path)?;
    serde_json::from_slice(&text).with_context(|| format!("{} is malformed", path.display()))
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

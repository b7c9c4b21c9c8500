//! The options of `lorgnette read`.

use std::path::PathBuf;

use clap::Args;
use lorgnette_app::reader::{self, Support};

use super::{Capture, PageList, Speech, threads};
use crate::password::Password;

#[derive(Args)]
pub struct Read {
    /// Picture files, PDFs and folders of pictures, in order; - is standard input
    #[arg(required_unless_present = "captured", value_name = "IMAGE")]
    pub pictures: Vec<PathBuf>,
    #[command(flatten)]
    pub capture: Capture,
    /// Print each line with its place: x, y, width, height, how sure it is, and the text, with tabs
    /// between them
    #[arg(long, conflicts_with = "json")]
    pub lines: bool,
    /// The page or frame of a file that has several, from 1 [default: all pages of a document, and the
    /// frame that a person would look at]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub page: Option<u32>,
    /// Several pages, such as 1-3,7 or 5-
    #[arg(long, value_name = "PAGES", conflicts_with = "page")]
    pub pages: Option<PageList>,
    #[command(flatten)]
    pub password: Password,
    /// The language of the text, by its ISO 639-1 code: for the voice, and to hear at once if its
    /// letters are not known [default: all that are known, and the voice guesses]
    #[arg(long, value_name = "CODE", value_parser = language)]
    pub lang: Option<&'static str>,
    #[command(flatten)]
    pub speech: Speech,
    /// The number of threads that compute [default: one for each core]
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,
    /// Print one JSON object for each picture or page, a line each
    #[arg(long)]
    pub json: bool,
}

fn language(code: &str) -> Result<&'static str, String> {
    match reader::support(code) {
        Some(Support::Read(code)) => Ok(code),
        Some(Support::NotRead(name)) => {
            Err(format!("the letters of {name} are not all known; use {}", codes()))
        }
        None => Err(format!("it is none of {}", codes())),
    }
}

fn codes() -> String {
    reader::languages().map(|(code, _)| code).collect::<Vec<_>>().join(", ")
}

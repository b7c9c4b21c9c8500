//! The words of this repository: names that were retired, types that are declared twice, doc
//! comments that say nothing, and long lines of Markdown.

mod contract;
mod doc_comments;
mod lexer;
mod markdown;
mod names;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use self::contract::PageFile;
use self::lexer::Language;

/// The number of doc comments of one or two words at which the check fails.
const TOO_MANY_SHORT_DOCS: usize = 40;
/// Folders that hold what tools write, and what was fetched.
const NOT_OURS: [&str; 6] = ["target", "node_modules", "dist", "gen", "made", "test-results"];

/// Checks names, doc comments and Markdown, and prints each place where they break the rules.
///
/// A name must not contain a word that was retired: each finding says what to write instead. The
/// page must not declare a type of its generated contract again. A doc comment must say more than
/// one or two words. A line of Markdown must fit into 100 columns.
#[derive(clap::Args)]
pub struct Args {
    /// The folder to check.
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
    /// Print each short doc comment, even if there are few of them.
    #[arg(long)]
    short_docs: bool,
}

impl Args {
    /// Returns an error if anything breaks the rules.
    pub fn run(&self) -> Result<()> {
        let mut files = Vec::new();
        list_files(&self.root, Path::new(""), &mut files)?;
        files.sort();
        let (mut names, mut short_docs, mut long_lines) = (Vec::new(), Vec::new(), Vec::new());
        let (mut page, mut n_files) = (Vec::new(), 0);
        for path in &files {
            let shown = path.to_string_lossy().replace('\\', "/");
            let language = Language::of(path);
            let is_markdown = path.extension().is_some_and(|extension| extension == "md");
            if language.is_none() && !is_markdown {
                continue;
            }
            n_files += 1;
            let text = fs_err::read_to_string(self.root.join(path))?;
            if let Some(language) = language {
                let code = language.code_of(&text);
                names.extend(names::in_path(&shown));
                names.extend(names::in_code(&shown, &code));
                page.extend(PageFile::new(&shown, &text, &code));
            }
            if language == Some(Language::Rust) {
                short_docs.extend(doc_comments::short_ones(&shown, &text));
            }
            if is_markdown {
                long_lines.extend(markdown::long_lines(&shown, &text));
            }
        }
        let twice = contract::declared_again(&page);
        let too_many_docs = short_docs.len() >= TOO_MANY_SHORT_DOCS;
        for finding in names.iter().chain(&twice).chain(&long_lines) {
            println!("{finding}");
        }
        if too_many_docs || self.short_docs {
            for finding in &short_docs {
                println!("{finding}");
            }
        }
        println!(
            "{n_files} files: {} retired names, {} types declared twice, {} doc comments of one or \
             two words, {} long lines of Markdown",
            names.len(),
            twice.len(),
            short_docs.len(),
            long_lines.len()
        );
        if too_many_docs || [&names, &twice, &long_lines].iter().any(|found| !found.is_empty()) {
            bail!("names, doc comments or Markdown break the rules");
        }
        Ok(())
    }
}

/// Adds the files below a folder, as paths from `root`, except hidden ones and those of tools.
fn list_files(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs_err::read_dir(root.join(folder))? {
        let entry = entry?;
        let name = entry.file_name();
        let text = name.to_string_lossy();
        if text.starts_with('.') || NOT_OURS.contains(&&*text) {
            continue;
        }
        let path = folder.join(&name);
        if entry.file_type()?.is_dir() {
            list_files(root, &path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

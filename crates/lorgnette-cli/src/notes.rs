//! What a person should know about pictures, said with the answer.

use std::fmt::Write as _;

use lorgnette_app::conversation::ViewedPicture;
use lorgnette_app::{Note, say};

use crate::output::{self, Failure, printable};
use crate::speak::Speaking;

/// Says what does not change what the pictures show; then prints before the answer, and speaks, what
/// is left out of them.
pub fn tell(
    pictures: &[ViewedPicture],
    prints: bool,
    speaking: Option<&Speaking>,
) -> Result<(), Failure> {
    let mut before_answer = String::new();
    for picture in pictures {
        // One picture needs no name.
        let name = if pictures.len() > 1 { format!("{}: ", picture.name) } else { String::new() };
        before_answer += &told(&name, &picture.notes, prints, speaking);
    }
    if before_answer.is_empty() { Ok(()) } else { output::print(&before_answer) }
}

/// Says and speaks the notes about one picture, and returns those that are to be printed before what is
/// said of it. `name` ends with what parts it from the note.
pub fn told(name: &str, notes: &[Note], prints: bool, speaking: Option<&Speaking>) -> String {
    let mut before_answer = String::new();
    for note in notes {
        if let Some(speaking) = speaking {
            speaking.say(&format!("{name}{note}"));
        }
        if prints && note.is_loss() {
            let _ = writeln!(before_answer, "({}{note})", printable(name));
        } else {
            say!("note: {}{note}", printable(name));
        }
    }
    before_answer
}

/// The notes about one picture, for a table or JSON.
pub fn texts(picture: &ViewedPicture) -> Vec<String> {
    picture.notes.iter().map(ToString::to_string).collect()
}

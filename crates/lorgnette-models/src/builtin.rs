//! Pocket, the small model that is part of the program: it answers before anything is fetched.

use lorgnette_gguf::Source;
use lorgnette_pixtral::Checkpoint;

use crate::error::ModelsError;

/// What settings, speeds and the command line know the built-in model by.
pub const BUILT_IN: &str = "pocket";

/// What it is called where others have a path.
pub const NAME: &str = "pocket (built in)";

/// What it says where it has no answer.
pub const REFUSAL: &str = "The built-in model cannot answer this about this picture.";

/// The words that it says of itself, in lower case. What else is in an answer, it has read.
const OWN_WORDS: &str = include_str!("../../../models/pocket/own-words.txt");

const TEXT: &[u8] = include_bytes!("../../../models/pocket/pocket-q8_0.gguf");
const VISION: &[u8] = include_bytes!("../../../models/pocket/mmproj-pocket-q8_0.gguf");

/// Words that stand in its answers and in no picture, in lower case.
pub fn own_words() -> Vec<&'static str> {
    OWN_WORDS.lines().collect()
}

/// Its checkpoint, which lies in the program's own memory.
pub fn checkpoint() -> Result<Checkpoint, ModelsError> {
    let text = Source::built_in(NAME, TEXT);
    let vision = Source::built_in("pocket's vision part (built in)", VISION);
    Ok(Checkpoint::open_built_in(&text, &vision)?)
}

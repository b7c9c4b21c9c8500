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

const TEXT: &[u8] = include_bytes!("../../../models/pocket/pocket-q8_0.gguf");
const VISION: &[u8] = include_bytes!("../../../models/pocket/mmproj-pocket-q8_0.gguf");

/// Its checkpoint, which lies in the program's own memory.
pub fn checkpoint() -> Result<Checkpoint, ModelsError> {
    let text = Source::built_in(NAME, TEXT);
    let vision = Source::built_in("pocket's vision part (built in)", VISION);
    Ok(Checkpoint::open_built_in(&text, &vision)?)
}

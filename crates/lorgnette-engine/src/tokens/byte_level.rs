//! GPT-2's way of writing bytes as printable characters, in which vocabularies are kept.

/// The character for each byte: itself where it prints, else the next one from U+0100 on.
/// Source: GPT-2's `encoder.py`, `bytes_to_unicode`.
fn character(byte: u8) -> char {
    let prints = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    if prints(byte) {
        return char::from(byte);
    }
    let n_before = (0..byte).filter(|byte| !prints(*byte)).count();
    char::from_u32(256 + n_before as u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The two directions of the mapping.
pub(super) struct ByteLevel {
    characters: [char; 256],
    bytes: std::collections::HashMap<char, u8>,
}

impl ByteLevel {
    pub(super) fn new() -> Self {
        let characters: [char; 256] = std::array::from_fn(|byte| character(byte as u8));
        let bytes = characters.iter().zip(0..=255).map(|(c, byte)| (*c, byte)).collect();
        Self { characters, bytes }
    }

    /// Bytes as printable text.
    pub(super) fn write(&self, bytes: &[u8]) -> String {
        bytes.iter().map(|byte| self.characters[usize::from(*byte)]).collect()
    }

    /// The bytes of printable text; `None` when a character stands for none.
    pub(super) fn read(&self, text: &str) -> Option<Vec<u8>> {
        text.chars().map(|c| self.bytes.get(&c).copied()).collect()
    }
}

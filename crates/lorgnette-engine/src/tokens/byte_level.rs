//! GPT-2's way of writing bytes as printable characters, which vocabularies are stored in.

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

/// The mapping between bytes and characters, in both directions.
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

    /// Writes bytes as printable characters.
    pub(super) fn write(&self, bytes: &[u8]) -> String {
        bytes.iter().map(|byte| self.characters[usize::from(*byte)]).collect()
    }

    /// Reads such characters; `None` when one stands for no byte.
    pub(super) fn read(&self, text: &str) -> Option<Vec<u8>> {
        text.chars().map(|c| self.bytes.get(&c).copied()).collect()
    }
}

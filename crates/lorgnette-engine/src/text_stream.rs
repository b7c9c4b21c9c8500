//! Text from the bytes of tokens, which may end inside a character.

/// Gives out each character as soon as it is whole, and holds nothing else back.
#[derive(Debug, Default)]
pub struct TextStream {
    /// The first bytes of a character that is not whole yet, three at most.
    begun: Vec<u8>,
}

impl TextStream {
    /// Begins a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a token's bytes and returns the characters that are whole now. Bytes that can begin no
    /// character become U+FFFD.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.begun.extend_from_slice(bytes);
        let mut text = String::new();
        loop {
            match std::str::from_utf8(&self.begun) {
                Ok(rest) => {
                    text.push_str(rest);
                    self.begun.clear();
                    return text;
                }
                Err(error) => {
                    let (valid, rest) = self.begun.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(valid));
                    match error.error_len() {
                        // Cut, not wrong: the rest may come.
                        None => {
                            self.begun = rest.to_vec();
                            return text;
                        }
                        Some(n_wrong) => {
                            text.push(char::REPLACEMENT_CHARACTER);
                            self.begun = rest[n_wrong..].to_vec();
                        }
                    }
                }
            }
        }
    }

    /// Ends the stream: a character that stayed unfinished becomes one U+FFFD.
    pub fn finish(&mut self) -> String {
        if std::mem::take(&mut self.begun).is_empty() {
            String::new()
        } else {
            char::REPLACEMENT_CHARACTER.into()
        }
    }
}

#[cfg(test)]
mod tests;

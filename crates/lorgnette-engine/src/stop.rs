//! Finds the texts at which an answer stops, while it streams.

/// Holds back the end of a text for as long as it may become a text to stop at.
#[derive(Debug, Default)]
pub(crate) struct StopMatcher {
    stops: Vec<String>,
    held: String,
}

/// The text that is free to be shown after a piece came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Matched {
    /// Text before which no stop can end any more, perhaps none.
    Text(String),
    /// The text before a stop, and the stop itself.
    Stop { before: String, stop: String },
}

impl StopMatcher {
    pub(crate) fn new(stops: &[String]) -> Self {
        let stops = stops.iter().filter(|stop| !stop.is_empty()).cloned().collect();
        Self { stops, held: String::new() }
    }

    pub(crate) fn push(&mut self, text: &str) -> Matched {
        self.held.push_str(text);
        let first = self.stops.iter().filter_map(|stop| Some((self.held.find(stop)?, stop))).min();
        if let Some((at, stop)) = first {
            let stop = stop.clone();
            self.held.truncate(at);
            return Matched::Stop { before: std::mem::take(&mut self.held), stop };
        }
        let n_free = self.held.len() - self.n_held_back();
        let rest = self.held.split_off(n_free);
        Matched::Text(std::mem::replace(&mut self.held, rest))
    }

    /// Gives out the text that was held back and did not become a stop.
    pub(crate) fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    /// The bytes at the end that may be the beginning of a stop.
    fn n_held_back(&self) -> usize {
        let begins = |stop: &String| {
            let longest = stop.len().min(self.held.len());
            (1..=longest)
                .rev()
                .find(|n| stop.is_char_boundary(*n) && self.held.ends_with(&stop[..*n]))
        };
        self.stops.iter().filter_map(begins).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;

//! The number format of keys and values: the person's, or the one that fits.

use std::fmt;
use std::str::FromStr;

use lorgnette_pixtral::{KvFormat, ModelConfig};

use crate::fit;

/// The number format of keys and values, or how it is chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KvChoice {
    /// F16 where it fits into the memory that is free, else 8 bits.
    #[default]
    Auto,
    /// The person's choice.
    Format(KvFormat),
}

/// What was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenKv {
    pub format: KvFormat,
    /// Why it is not what one would expect; for a person.
    pub note: Option<String>,
}

/// What a choice is made for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KvQuestion<'a> {
    pub(crate) config: &'a ModelConfig,
    /// Bytes of the weights.
    pub(crate) n_bytes: u64,
    /// Tokens of a chat.
    pub(crate) context: usize,
    /// The CPU computes all.
    pub(crate) on_cpu: bool,
    /// Bytes of memory that are free; `None` where the system does not say.
    pub(crate) free_bytes: Option<u64>,
}

impl KvChoice {
    /// The format for a model on this machine.
    pub(crate) fn choose(self, question: &KvQuestion<'_>) -> ChosenKv {
        let KvQuestion { config, n_bytes, context, on_cpu, free_bytes } = *question;
        let of = |format| ChosenKv { format, note: None };
        match self {
            Self::Format(KvFormat::Q8_0) if !on_cpu => ChosenKv {
                format: KvFormat::Q8_0,
                note: Some("keys and values on the GPU are f16: it has none in 8 bits".into()),
            },
            Self::Format(format) => of(format),
            Self::Auto if !on_cpu => of(KvFormat::F16),
            Self::Auto => {
                let context = context.min(config.text.max_position_embeddings);
                let needed = |format| fit::memory_bytes_in(n_bytes, config, context, format);
                let (half, eight) = (needed(KvFormat::F16), needed(KvFormat::Q8_0));
                let Some(free) = free_bytes.filter(|free| *free < half && eight < half) else {
                    return of(KvFormat::F16);
                };
                let gb = |n_bytes: u64| n_bytes as f64 / 1e9;
                let note = format!(
                    "keys and values are in 8 bits, for in f16 a chat of {context} tokens needs \
                     {:.1} GB of memory and {:.1} are free",
                    gb(half),
                    gb(free)
                );
                ChosenKv { format: KvFormat::Q8_0, note: Some(note) }
            }
        }
    }
}

impl fmt::Display for KvChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Format(format) => format.fmt(f),
        }
    }
}

impl FromStr for KvChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let names = || KvFormat::ALL.map(|format| format.to_string()).join(", ");
        text.parse().map(Self::Format).map_err(|_| format!("use auto, {}", names()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEIGHTS: u64 = 7_500_000_000;

    fn choose(choice: KvChoice, on_cpu: bool, free_bytes: Option<u64>) -> ChosenKv {
        let config = &ModelConfig::PIXTRAL_12B;
        let context = 8192;
        choice.choose(&KvQuestion { config, n_bytes: WEIGHTS, context, on_cpu, free_bytes })
    }

    #[test]
    fn it_is_in_8_bits_only_where_f16_does_not_fit_and_says_so() {
        let config = &ModelConfig::PIXTRAL_12B;
        let half = fit::memory_bytes(WEIGHTS, config, 8192);
        let f16 = ChosenKv { format: KvFormat::F16, note: None };
        assert_eq!(choose(KvChoice::Auto, true, Some(half)), f16);
        assert_eq!(choose(KvChoice::Auto, true, None), f16);
        assert_eq!(choose(KvChoice::Auto, false, Some(1)), f16);
        let eight = choose(KvChoice::Auto, true, Some(half - 1));
        assert_eq!(eight.format, KvFormat::Q8_0);
        let note = eight.note.unwrap();
        let expected = format!("needs {:.1} GB of memory and", half as f64 / 1e9);
        assert!(note.contains(&expected), "{note}");
        // 17 of 32 bytes.
        let saved = half - fit::memory_bytes_in(WEIGHTS, config, 8192, KvFormat::Q8_0);
        assert_eq!(saved, 8192 * 160 * 1024 * 15 / 32);
    }

    #[test]
    fn a_persons_choice_stays_and_a_gpu_has_none_in_8_bits() {
        let eight = KvChoice::Format(KvFormat::Q8_0);
        assert_eq!(choose(eight, true, Some(u64::MAX)).note, None);
        assert!(choose(eight, false, None).note.unwrap().contains("f16"));
        let wide = KvChoice::Format(KvFormat::F32);
        assert_eq!(choose(wide, true, Some(1)), ChosenKv { format: KvFormat::F32, note: None });
    }

    #[test]
    fn names_are_read_and_written() {
        for name in ["auto", "f16", "bf16", "f32", "q8_0"] {
            assert_eq!(name.parse::<KvChoice>().unwrap().to_string(), name);
        }
        let error = "q4_0".parse::<KvChoice>().unwrap_err();
        assert_eq!(error, "use auto, f16, bf16, f32, q8_0");
    }
}

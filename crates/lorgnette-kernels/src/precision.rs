//! What the factors of a product are rounded to. Sums are f32 always.

use std::fmt;

use crate::quant::Level;

/// The number format of the factors of a product of f32, f16 or bf16 numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Precision {
    /// Factors are multiplied as f32.
    F32,
    /// Factors are rounded to bf16 first, on processors that multiply bf16 (AVX-512 BF16).
    Bf16,
    /// Factors are rounded to whole numbers of some 12 bits that share a scale, row by row and 256
    /// columns at a time, on processors that multiply numbers of 16 bits twice as quickly as f32.
    Int16(Level),
}

impl Precision {
    /// The quickest for a network, on the processor at hand.
    pub fn best() -> Self {
        Self::at(Level::best())
    }

    /// The quickest with a set of instructions, which the processor at hand has to have.
    pub fn at(level: Level) -> Self {
        match level {
            Level::Avx512Vnni if supports_bf16() => Self::Bf16,
            Level::Avx512Vnni | Level::AvxVnni | Level::Avx2 => Self::Int16(level),
            Level::Scalar | Level::NeonDotprod | Level::NeonI8mm => Self::F32,
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::Int16(_) => "16-bit integers",
        })
    }
}

/// Whether the processor multiplies bf16 (AVX-512 BF16).
fn supports_bf16() -> bool {
    #[cfg(target_arch = "x86_64")]
    return crate::bf16::is_supported();
    #[cfg(not(target_arch = "x86_64"))]
    false
}

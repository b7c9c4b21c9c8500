//! What the factors of a product are rounded to. Sums are f32 always.

/// The number format of the factors of a product of f32, f16 or bf16 numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Precision {
    /// Factors are multiplied as f32.
    F32,
    /// Factors are rounded to bf16 first, where [`supports_bf16`]; elsewhere they stay f32.
    #[default]
    Bf16,
}

impl Precision {
    /// The precision that the processor at hand computes with when it is asked for this one.
    #[must_use]
    pub fn on_this_processor(self) -> Self {
        if supports_bf16() { self } else { Self::F32 }
    }
}

/// Whether the processor multiplies bf16 (AVX-512 BF16).
pub fn supports_bf16() -> bool {
    #[cfg(target_arch = "x86_64")]
    return crate::bf16::is_supported();
    #[cfg(not(target_arch = "x86_64"))]
    false
}

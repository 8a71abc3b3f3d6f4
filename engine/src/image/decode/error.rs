// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can be wrong with a file.

use std::io;

use thiserror::Error;

use crate::{
    file::{FileName, ReadError},
    image::MIN_SIDE,
};

/// Why a file gave no image. Every message is one line and starts with the name of the file.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// There is no such file.
    #[error("{name}: there is no such file")]
    NotFound {
        /// The file.
        name: FileName,
    },
    /// A directory, a pipe, a device or a socket.
    #[error("{name}: this is a {kind}, an image file is needed")]
    NotAFile {
        /// The file.
        name: FileName,
        /// What it is instead.
        kind: &'static str,
    },
    /// The system did not let the file be read.
    #[error("{name}: cannot be read: {source}")]
    Read {
        /// The file.
        name: FileName,
        /// What the system said.
        source: io::Error,
    },
    /// The file has no bytes.
    #[error("{name}: the file is empty")]
    Empty {
        /// The file.
        name: FileName,
    },
    /// The content is of no known image type.
    #[error("{name}: this is not an image, or of an unknown type")]
    NotAnImage {
        /// The file.
        name: FileName,
    },
    /// The type is known, but this file or every file of it cannot be read.
    #[error(
        "{name}: this {format} file cannot be used: {reason} \
         (PNG, JPEG, GIF, WebP, BMP, TIFF, PNM and TGA can)"
    )]
    Unsupported {
        /// The file.
        name: FileName,
        /// What the content says it is.
        format: &'static str,
        /// What is not supported.
        reason: String,
    },
    /// The file ends before the picture does.
    #[error("{name}: the {format} file is cut off")]
    Truncated {
        /// The file.
        name: FileName,
        /// What the content says it is.
        format: &'static str,
    },
    /// The content breaks the rules of its type.
    #[error("{name}: the {format} file is damaged: {reason}")]
    Corrupt {
        /// The file.
        name: FileName,
        /// What the content says it is.
        format: &'static str,
        /// What the decoder said.
        reason: String,
    },
    /// The picture has too many pixels on a side.
    #[error(
        "{name}: the image is {width}x{height}: each side must be \
         {MIN_SIDE} to {max_side} pixels (limit max-side)"
    )]
    TooLarge {
        /// The file.
        name: FileName,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// The limit.
        max_side: u32,
    },
    /// The picture has too few pixels on a side.
    #[error("{name}: the image is {width}x{height}: each side must be at least {MIN_SIDE} pixels")]
    TooSmall {
        /// The file.
        name: FileName,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// Decoding would take more memory than is allowed.
    #[error(
        "{name}: decoding {width}x{height} pixels takes more than {max_bytes} bytes \
         (limit max-bytes)"
    )]
    TooMuchMemory {
        /// The file.
        name: FileName,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// The limit.
        max_bytes: u64,
    },
    /// The file itself has more bytes than are allowed.
    #[error("{name}: the file has more than {max_bytes} bytes (limit max-bytes)")]
    FileTooLarge {
        /// The file.
        name: FileName,
        /// The limit.
        max_bytes: u64,
    },
}

impl DecodeError {
    /// What a file that was not read means here.
    pub(super) fn unread(error: ReadError, name: FileName, max_bytes: u64) -> Self {
        match error {
            ReadError::NotFound => Self::NotFound { name },
            ReadError::NotAFile(kind) => Self::NotAFile { name, kind },
            ReadError::TooLarge(_) => Self::FileTooLarge { name, max_bytes },
            ReadError::System(source) => Self::Read { name, source },
        }
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can be wrong with a file.

use std::{fmt, io, path::Path};

use thiserror::Error;

use crate::image::MIN_SIDE;

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

/// The name of a file as a message can show it: on one line, not too long, valid UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName(String);

impl From<&Path> for FileName {
    fn from(path: &Path) -> Self {
        Self::from(&*path.to_string_lossy())
    }
}

impl From<&str> for FileName {
    fn from(name: &str) -> Self {
        Self(one_line(name))
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Characters at each end of a long text that are shown.
const SHOWN: usize = 120;

/// `text` without control characters, and with its middle left out when it is long.
pub(super) fn one_line(text: &str) -> String {
    let clean = |c: char| if c.is_control() { '\u{FFFD}' } else { c };
    let count = text.chars().count();
    if count <= 2 * SHOWN {
        return text.chars().map(clean).collect();
    }
    let head = text.chars().take(SHOWN).map(clean);
    let tail = text.chars().skip(count - SHOWN).map(clean);
    head.chain(std::iter::once('…')).chain(tail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_on_one_line() {
        assert_eq!(FileName::from("a\nb\x1b.png").to_string(), "a\u{FFFD}b\u{FFFD}.png");
    }

    #[test]
    fn a_long_name_keeps_its_ends() {
        let shown = FileName::from(format!("begin{}end", "é".repeat(5000)).as_str()).to_string();
        assert_eq!(shown.chars().count(), 2 * SHOWN + 1);
        assert!(shown.starts_with("begin") && shown.ends_with("end"));
    }
}

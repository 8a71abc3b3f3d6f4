// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reads files, and only files: nothing here waits for another program.

use std::{
    fmt,
    fs::{self, File, FileType},
    io::{self, Read},
    path::Path,
};

/// Why a file was not read. Whoever reads it says what it was wanted for.
#[derive(Debug)]
pub enum ReadError {
    /// There is no such file.
    NotFound,
    /// A directory, a pipe, a device or a socket.
    NotAFile(&'static str),
    /// It has this many bytes, more than are allowed.
    TooLarge(u64),
    /// The system did not let it be read.
    System(io::Error),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            _ => Self::System(error),
        }
    }
}

/// Opens a regular file without waiting for anybody; gives also its length in bytes.
///
/// # Errors
/// Every variant of [`ReadError`] but [`ReadError::TooLarge`].
pub fn open(path: &Path) -> Result<(File, u64), ReadError> {
    let regular = |kind: FileType| match describe(kind) {
        None => Ok(()),
        Some(kind) => Err(ReadError::NotAFile(kind)),
    };
    regular(fs::metadata(path)?.file_type())?;
    let file = open_any(path)?;
    // Something else may have been put there since it was looked at.
    let metadata = file.metadata()?;
    regular(metadata.file_type())?;
    Ok((file, metadata.len()))
}

/// The bytes of a regular file of at most `max_bytes`.
///
/// # Errors
/// Every variant of [`ReadError`].
pub fn read(path: &Path, max_bytes: u64) -> Result<Vec<u8>, ReadError> {
    let (file, length) = open(path)?;
    if length > max_bytes {
        return Err(ReadError::TooLarge(length));
    }
    let mut bytes = Vec::new();
    // One byte more than allowed, because the file may grow while it is read.
    file.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    let length = bytes.len() as u64;
    if length > max_bytes { Err(ReadError::TooLarge(length)) } else { Ok(bytes) }
}

#[cfg(unix)]
fn open_any(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    // Opening a pipe would wait for its writer.
    File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path)
}

#[cfg(not(unix))]
fn open_any(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// What something is that is not a regular file.
fn describe(kind: FileType) -> Option<&'static str> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Some("pipe");
        }
        if kind.is_socket() {
            return Some("socket");
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Some("device");
        }
    }
    match (kind.is_dir(), kind.is_file()) {
        (true, _) => Some("directory"),
        (false, false) => Some("special file"),
        (false, true) => None,
    }
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
pub(crate) fn one_line(text: &str) -> String {
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

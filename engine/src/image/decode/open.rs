// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reads a file whole, and only a file: nothing here waits for another program.

use std::{
    fs::{self, File, FileType},
    io::{self, Read},
    path::Path,
};

use super::error::{DecodeError, FileName};

/// The bytes of a regular file of at most `max_bytes`.
pub(super) fn read(path: &Path, name: &FileName, max_bytes: u64) -> Result<Vec<u8>, DecodeError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => DecodeError::NotFound { name: name.clone() },
        _ => DecodeError::Read { name: name.clone(), source },
    };
    let regular = |kind: FileType| match describe(kind) {
        None => Ok(()),
        Some(kind) => Err(DecodeError::NotAFile { name: name.clone(), kind }),
    };
    regular(fs::metadata(path).map_err(failed)?.file_type())?;
    let file = open(path).map_err(failed)?;
    // Something else may have been put there since it was looked at.
    let metadata = file.metadata().map_err(failed)?;
    regular(metadata.file_type())?;
    let too_large = || DecodeError::FileTooLarge { name: name.clone(), max_bytes };
    if metadata.len() > max_bytes {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    // One byte more than allowed, because the file may grow while it is read.
    file.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > max_bytes { Err(too_large()) } else { Ok(bytes) }
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    // Opening a pipe would wait for its writer.
    File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
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

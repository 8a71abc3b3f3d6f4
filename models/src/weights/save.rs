// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writes weights.

use std::{
    borrow::Cow,
    collections::HashMap,
    fs::Permissions,
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use safetensors::{Dtype, View};

use super::error::{Problem, WeightsError};

/// A tensor to be written: f32, little endian.
#[derive(Debug, Clone)]
pub struct Tensor {
    /// Its dimensions, the slowest first.
    pub shape: Vec<usize>,
    /// Its elements.
    pub bytes: Vec<u8>,
}

impl View for &Tensor {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// Writes a safetensors file. It is seen under its name once it is whole and on disk: who dies in
/// the middle leaves the file that was there before.
///
/// # Errors
/// [`Problem::System`] when it cannot be written.
pub fn save(
    path: &Path,
    tensors: &[(String, Tensor)],
    metadata: HashMap<String, String>,
) -> Result<(), WeightsError> {
    let write = || -> io::Result<()> {
        let views = tensors.iter().map(|(name, tensor)| (name, tensor));
        let bytes = safetensors::serialize(views, Some(metadata)).map_err(io::Error::other)?;
        write_whole(path, &bytes)
    };
    write().map_err(|error| Problem::from(error).of(path))
}

/// Writes a file that is seen under its name once it is whole and on disk.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    // As any new file: what the umask lets through.
    let mode = Permissions::from_mode(0o666);
    let mut new = tempfile::Builder::new();
    let mut file = new.permissions(mode).tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! One safetensors file: opened, looked at, and read tensor by tensor.
//!
//! It is not mapped: a file that shrinks under a mapping kills the process. Each tensor is read
//! into memory of its own when it is wanted, which costs no more memory than the tensor.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use stillmotion_engine::file::{self, ReadError};

use super::{
    error::{Problem, WeightsError},
    header::{Header, Info, MAX_HEADER},
};

/// A file whose header is in order.
#[derive(Debug)]
pub(super) struct TensorFile {
    pub path: PathBuf,
    pub header: Header,
    file: File,
    /// Where the tensors start.
    data: u64,
}

impl TensorFile {
    pub fn open(path: &Path) -> Result<Self, WeightsError> {
        let fail = |problem: Problem| problem.of(path);
        let (file, bytes) =
            file::open(path).map_err(|error| fail(unread(error, "the file in bytes", u64::MAX)))?;
        let mut first = [0; 8];
        let got = read_up_to(&file, &mut first).map_err(|error| fail(error.into()))?;
        if let Some(problem) = other_format(path, &first[..got]) {
            return Err(fail(problem));
        }
        if got < 8 {
            return Err(fail(Problem::Truncated { got: got as u64, want: 8 }));
        }
        let length = u64::from_le_bytes(first);
        if length > MAX_HEADER {
            let what = "the header in bytes";
            return Err(fail(Problem::TooLarge { what, got: length, max: MAX_HEADER }));
        }
        let data = 8 + length;
        if data > bytes {
            return Err(fail(Problem::Truncated { got: bytes, want: data }));
        }
        let mut json = vec![0; usize::try_from(length).unwrap_or_default()];
        file.read_exact_at(&mut json, 8).map_err(|error| fail(error.into()))?;
        let header = Header::parse(&json, bytes - data).map_err(fail)?;
        Ok(Self { path: path.to_owned(), header, file, data })
    }

    /// The bytes of a tensor of this file.
    pub fn read(&self, info: &Info) -> Result<Vec<u8>, WeightsError> {
        let mut bytes = vec![0; usize::try_from(info.bytes()).unwrap_or(usize::MAX)];
        self.fill(&mut bytes, info.start())?;
        Ok(bytes)
    }

    /// The bytes of some rows of a tensor: what belongs to one index of its first dimension. They
    /// must be there.
    pub fn read_rows(&self, info: &Info, rows: &[u64]) -> Result<Vec<u8>, WeightsError> {
        let count = info.shape.first().copied().unwrap_or(1).max(1);
        let row = info.bytes() / count;
        let size = usize::try_from(row).unwrap_or(usize::MAX);
        let mut bytes = vec![0; rows.len() * size];
        for (number, part) in rows.iter().zip(bytes.chunks_exact_mut(size.max(1))) {
            self.fill(part, info.start() + number * row)?;
        }
        Ok(bytes)
    }

    /// Reads what is at `start` behind the header.
    fn fill(&self, bytes: &mut [u8], start: u64) -> Result<(), WeightsError> {
        let read = self.file.read_exact_at(bytes, self.data + start);
        read.map_err(|error| match error.kind() {
            // It was whole when it was opened.
            io::ErrorKind::UnexpectedEof => {
                Problem::Layout("the file was cut off while it was read".to_owned()).of(&self.path)
            }
            _ => Problem::from(error).of(&self.path),
        })
    }
}

/// What kept a file from being read; its size is told as `what`, which may be `max` at most.
fn unread(error: ReadError, what: &'static str, max: u64) -> Problem {
    match error {
        ReadError::NotFound => Problem::NotFound,
        ReadError::NotAFile(_) => Problem::NotAFile,
        ReadError::TooLarge(got) => Problem::TooLarge { what, got, max },
        ReadError::System(error) => Problem::System(error),
    }
}

/// The whole of a regular file of at most `max` bytes, told as `what`.
pub(crate) fn read_small(
    path: &Path,
    what: &'static str,
    max: u64,
) -> Result<Vec<u8>, WeightsError> {
    file::read(path, max).map_err(|error| unread(error, what, max).of(path))
}

fn read_up_to(mut file: &File, bytes: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < bytes.len() {
        match file.read(&mut bytes[got..])? {
            0 => break,
            more => got += more,
        }
    }
    Ok(got)
}

/// What a file is that is not one of safetensors, by its first bytes and its name.
fn other_format(path: &Path, first: &[u8]) -> Option<Problem> {
    if first.starts_with(b"GGUF") {
        return Some(Problem::OtherFormat { what: "GGUF file" });
    }
    if first.starts_with(b"\x89HDF") {
        return Some(Problem::OtherFormat { what: "HDF5 file" });
    }
    if first.starts_with(b"PK\x03\x04") {
        return Some(Problem::RunsCode { what: "PyTorch or TorchScript archive" });
    }
    // The protocol byte of a pickle, and its version.
    if matches!(first, [0x80, 2..=5, ..]) && first.get(7) != Some(&0) {
        return Some(Problem::RunsCode { what: "pickle" });
    }
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match &*extension {
        "pt" | "pth" | "bin" | "ckpt" | "pkl" => Some(Problem::RunsCode { what: "PyTorch file" }),
        "gguf" => Some(Problem::OtherFormat { what: "GGUF file" }),
        "onnx" => Some(Problem::OtherFormat { what: "ONNX file" }),
        _ => None,
    }
}

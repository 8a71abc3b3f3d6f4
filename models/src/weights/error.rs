// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can be wrong with a file of weights.

use std::{fmt, io, path::PathBuf};

use thiserror::Error;

/// How many differences between a file and a model are listed.
const LISTED: usize = 20;

/// Why weights were not read.
#[derive(Debug, Error)]
#[error("{}: {problem}", path.display())]
pub struct WeightsError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a file of weights.
#[derive(Debug, Error)]
pub enum Problem {
    /// There is no such file.
    #[error("there is no such file")]
    NotFound,
    /// A folder, a pipe, a device.
    #[error("this is not a regular file")]
    NotAFile,
    /// The system did not let it be read or written.
    #[error("{0}")]
    System(#[from] io::Error),
    /// A pickle or a TorchScript archive.
    #[error(
        "this is a {what}, which can run code when it is read; convert it once with Python: \
         safetensors.torch.save_file(torch.load(FILE, weights_only=True), \"model.safetensors\")"
    )]
    RunsCode {
        /// What it is.
        what: &'static str,
    },
    /// A format of other programs.
    #[error("this is a {what}; only safetensors are read")]
    OtherFormat {
        /// What it is.
        what: &'static str,
    },
    /// Too short to be one.
    #[error("the file ends after {got} bytes, {want} are needed")]
    Truncated {
        /// Bytes there are.
        got: u64,
        /// Bytes that are needed.
        want: u64,
    },
    /// A length beyond its cap.
    #[error("{what} has {got}, at most {max} are allowed")]
    TooLarge {
        /// Which part, and what of it is counted.
        what: &'static str,
        /// How many.
        got: u64,
        /// The cap.
        max: u64,
    },
    /// Not the JSON that is expected.
    #[error("the {what} cannot be understood: {reason}")]
    NotJson {
        /// Which part.
        what: &'static str,
        /// What the parser says.
        reason: String,
    },
    /// A tensor with a name, a shape or a place that cannot be.
    #[error("tensor {name:?}: {reason}")]
    Tensor {
        /// Its name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Tensors overlap, or leave bytes unused.
    #[error("{0}")]
    Layout(String),
    /// A shard that must not be named.
    #[error("the index names the shard {name:?}: {reason}")]
    Shard {
        /// Its name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The tensors are not those of the model.
    #[error("these are not the weights of this model: {0}")]
    Differences(Differences),
    /// A number that is none.
    #[error("tensor {name:?} has a value that is not finite")]
    NotFinite {
        /// Its name.
        name: String,
    },
}

impl Problem {
    /// The error about the file at `path`.
    pub(crate) fn of(self, path: impl Into<PathBuf>) -> WeightsError {
        WeightsError { path: path.into(), problem: self }
    }
}

/// Each way in which tensors differ from those that a model needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differences(pub Vec<String>);

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(all) = self;
        f.write_str(&all[..all.len().min(LISTED)].join("; "))?;
        match all.len().saturating_sub(LISTED) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

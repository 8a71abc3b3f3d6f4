// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why a model did not do what was asked of it.

#[cfg(feature = "torch")]
use std::path::Path;
use std::{io, path::PathBuf};

use stillmotion_engine::{
    request::InvalidSettings,
    worker::protocol::{Fault, ProtocolError},
};
use thiserror::Error;

use crate::weights::{Problem, WeightsError};

/// Why a model did not do what was asked of it.
#[derive(Debug, Error)]
pub enum ModelError {
    /// There is no such folder.
    #[error("{}: there is no such model folder", .0.display())]
    NoFolder(PathBuf),
    /// The folder holds no model that is known here.
    #[error("{}: {reason}", path.display())]
    NotAModel {
        /// The folder or the file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The settings are wrong.
    #[error(transparent)]
    Settings(#[from] InvalidSettings),
    /// A file of weights is wrong.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// A file cannot be written.
    #[error("{}: cannot be written: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// There is no such device here.
    #[error("device: {device} is not here, allowed is {allowed}")]
    NoDevice {
        /// What was asked for.
        device: String,
        /// What there is.
        allowed: String,
    },
    /// A model does not run in that precision.
    #[error("{}: precision: {precision} is not for this model, allowed is auto or f32", path.display())]
    NoPrecision {
        /// The folder.
        path: PathBuf,
        /// What was asked for.
        precision: &'static str,
    },
    /// Memory ran out.
    #[error("memory ran out: {0}")]
    Memory(String),
    /// There is too little memory for a network, which was not read.
    #[error(
        "{}: its network needs {:.1} MB of memory, {:.1} MB are free; {}",
        path.display(), megabytes(*need), megabytes(*free), way_out.map_or(
            "it does not fit in any precision".to_owned(),
            |(precision, need)| format!("precision={precision} needs {:.1} MB", megabytes(need)),
        )
    )]
    NoRoom {
        /// The file of its weights.
        path: PathBuf,
        /// Bytes it needs.
        need: u64,
        /// Bytes there are.
        free: u64,
        /// A precision in which it would fit, and bytes it needs then.
        way_out: Option<(&'static str, u64)>,
    },
    /// libtorch reports a mistake of ours.
    #[error("libtorch: {0}")]
    Torch(String),
    /// A loss or a sample that is not a number any more.
    #[error("the training went out of bounds in step {step}: try a lower learning-rate")]
    Diverged {
        /// The step.
        step: u64,
    },
    /// Whoever asked does not want it any more.
    #[error("cancelled")]
    Cancelled,
    /// Whoever asked is gone.
    #[error("the host is gone: {0}")]
    Host(#[from] ProtocolError),
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

impl ModelError {
    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::NoFolder(_) => Fault::NotFound,
            Self::NotAModel { .. } => Fault::Model,
            Self::Settings(_)
            | Self::NoDevice { .. }
            | Self::NoPrecision { .. }
            | Self::Diverged { .. } => Fault::Settings,
            Self::Weights(error) => match error.problem {
                Problem::NotFound => Fault::NotFound,
                Problem::System(_) | Problem::NotAFile => Fault::Read,
                _ => Fault::Model,
            },
            Self::Write { .. } => Fault::Write,
            Self::Memory(_) | Self::NoRoom { .. } => Fault::Memory,
            Self::Torch(_) | Self::Cancelled | Self::Host(_) => Fault::Other,
        }
    }
}

#[cfg(feature = "torch")]
impl ModelError {
    /// A file that cannot be written.
    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |reason| Self::Write { path, reason }
    }

    /// An error of libtorch, by its text.
    fn of_torch(text: &str) -> Self {
        // Behind the first line is a trace through the C++ of libtorch.
        let first = text.lines().next().unwrap_or_default();
        let first = first.split("\\nException raised").next().unwrap_or_default().to_owned();
        let memory = ["can't allocate memory", "out of memory", "bad_alloc"];
        match memory.iter().any(|words| text.contains(words)) {
            true => Self::Memory(first),
            false => Self::Torch(first),
        }
    }

    /// A panic, by what it said. tch 0.24 makes one of most errors in an operation with a number:
    /// the destructor of the number finds the error that its operation was about to return.
    pub(crate) fn of_panic(text: &str) -> Self {
        match Self::of_torch(text) {
            memory @ Self::Memory(_) => memory,
            _ => Self::Torch(format!("a panic, which is a bug of stillmotion: {text}")),
        }
    }
}

#[cfg(feature = "torch")]
impl From<tch::TchError> for ModelError {
    fn from(error: tch::TchError) -> Self {
        Self::of_torch(&error.to_string())
    }
}

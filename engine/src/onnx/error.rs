// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can be wrong with a network in a file.

use std::io;

use thiserror::Error;

use crate::file::{FileName, ReadError};

/// Why a file gave no network, or a network no result. Every message is one line and starts with
/// the name of the file.
#[derive(Debug, Error)]
pub enum OnnxError {
    /// There is no such file.
    #[error("{name}: there is no such file")]
    NotFound {
        /// The file.
        name: FileName,
    },
    /// A directory, a pipe, a device or a socket.
    #[error("{name}: this is a {kind}, an ONNX file is needed")]
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
    /// The file has more bytes than are allowed.
    #[error("{name}: the file has more than {max_bytes} bytes, which is the limit for a model")]
    TooLarge {
        /// The file.
        name: FileName,
        /// The limit.
        max_bytes: u64,
    },
    /// The content is something else, and of a kind that is known.
    #[error("{name}: this is {what}, an ONNX file is needed: {advice}")]
    OtherKind {
        /// The file.
        name: FileName,
        /// What it is.
        what: &'static str,
        /// What a user can do.
        advice: &'static str,
    },
    /// The content is no ONNX model, or one that is cut off.
    #[error("{name}: this is not an ONNX model, or it is cut off or damaged")]
    NotOnnx {
        /// The file.
        name: FileName,
    },
    /// Graphs lie in graphs, deeper than any model needs.
    #[error("{name}: the graphs of this model are nested too deeply (16 at most)")]
    Nested {
        /// The file.
        name: FileName,
    },
    /// Weights lie in a file beside it.
    #[error(
        "{name}: the weights lie in another file, {place:?}: save the model as one file \
         (in Python: onnx.save(onnx.load(\"model.onnx\"), \"whole.onnx\"))"
    )]
    OutsideWeights {
        /// The file.
        name: FileName,
        /// The other file, as this one names it.
        place: String,
    },
    /// More or less than one input and one output.
    #[error("{name}: the model has {got}; exactly one input and one output are needed")]
    Ports {
        /// The file.
        name: FileName,
        /// Inputs and outputs with their shapes.
        got: String,
    },
    /// The model uses something that cannot be run here, or makes no sense.
    #[error("{name}: this model cannot be used: {reason}")]
    Unusable {
        /// The file.
        name: FileName,
        /// What the runtime said.
        reason: String,
    },
    /// The model did not get through a picture.
    #[error("{name}: the model failed on a picture of {width}x{height}: {reason}")]
    Failed {
        /// The file.
        name: FileName,
        /// Width of the picture as the model was given it, in pixels.
        width: usize,
        /// Height of the picture as the model was given it, in pixels.
        height: usize,
        /// What the runtime said.
        reason: String,
    },
}

impl OnnxError {
    /// What a file that was not read means here.
    pub(super) fn unread(error: ReadError, name: FileName, max_bytes: u64) -> Self {
        match error {
            ReadError::NotFound => Self::NotFound { name },
            ReadError::NotAFile(kind) => Self::NotAFile { name, kind },
            ReadError::TooLarge(_) => Self::TooLarge { name, max_bytes },
            ReadError::System(source) => Self::Read { name, source },
        }
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the errors of the engine to GStreamer's domains: the one map.

use std::sync::atomic::{AtomicBool, Ordering};

use stillmotion_engine::{
    generator::GeneratorError,
    image::{ImageError, decode::DecodeError},
    onnx::OnnxError,
    request::InvalidSettings,
    scene::depth::model::DepthModelError,
    worker::{WorkerError, protocol::Fault},
};
use thiserror::Error;

use crate::frame::FrameError;

/// Lets one error message of a run through. The base class of sources follows each failure with
/// a general message that explains nothing.
#[derive(Debug, Default)]
pub struct FirstError(AtomicBool);

impl FirstError {
    /// A new run starts.
    pub fn reset(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Whether `message` is to be posted.
    pub fn passes(&self, message: &gst::MessageRef) -> bool {
        let error = message.type_() == gst::MessageType::Error;
        !(error && self.0.swap(true, Ordering::Relaxed))
    }
}

/// Pixels that cannot be worked with.
pub fn image(error: &ImageError) -> gst::ErrorMessage {
    match error {
        ImageError::Size { .. } => gst::error_msg!(gst::StreamError::Format, ("{error}")),
        ImageError::ShortPlane { .. } => gst::error_msg!(gst::StreamError::Decode, ("{error}")),
    }
}

/// An output that downstream asks for and that cannot be made.
pub fn negotiation(error: &InvalidSettings) -> gst::ErrorMessage {
    gst::error_msg!(gst::CoreError::Negotiation, ("Cannot make the output: {error}"))
}

/// Why a frame could not be made.
#[derive(Debug, Error)]
pub enum FrameFailure {
    /// The generator gave none.
    #[error(transparent)]
    Generator(#[from] GeneratorError),
    /// A buffer cannot be used.
    #[error(transparent)]
    Buffer(#[from] FrameError),
}

impl From<FrameFailure> for gst::ErrorMessage {
    fn from(failure: FrameFailure) -> Self {
        match failure {
            FrameFailure::Generator(error) => generator(&error),
            FrameFailure::Buffer(error) => error.into(),
        }
    }
}

/// A generator that gave no frame.
pub fn generator(error: &GeneratorError) -> gst::ErrorMessage {
    match error {
        GeneratorError::Settings(_) => gst::error_msg!(gst::LibraryError::Settings, ("{error}")),
        GeneratorError::Image(inner) => image(inner),
        GeneratorError::WrongFrame { .. } => {
            gst::error_msg!(gst::CoreError::Negotiation, ("{error}"))
        }
        GeneratorError::Depth(inner) => depth_model(inner),
        GeneratorError::Worker(inner) => worker(inner),
        GeneratorError::Failed(_) => gst::error_msg!(gst::LibraryError::Failed, ("{error}")),
    }
}

/// A worker that did not do what it should.
pub fn worker(error: &WorkerError) -> gst::ErrorMessage {
    let fault = match error {
        WorkerError::Refused { fault, .. } => *fault,
        WorkerError::NotInstalled { .. } => Fault::NotFound,
        _ if error.is_out_of_memory() => Fault::Memory,
        _ => Fault::Other,
    };
    match fault {
        Fault::NotFound => gst::error_msg!(gst::ResourceError::NotFound, ("{error}")),
        Fault::Read => gst::error_msg!(gst::ResourceError::OpenRead, ("{error}")),
        Fault::Write => gst::error_msg!(gst::ResourceError::OpenWrite, ("{error}")),
        Fault::Model => gst::error_msg!(gst::StreamError::WrongType, ("{error}")),
        Fault::Settings => gst::error_msg!(gst::LibraryError::Settings, ("{error}")),
        Fault::Memory => gst::error_msg!(gst::ResourceError::NoSpaceLeft, ("{error}")),
        Fault::Other => gst::error_msg!(gst::LibraryError::Failed, ("{error}")),
    }
}

/// A file that gave no image.
pub fn decode(error: &DecodeError) -> gst::ErrorMessage {
    match error {
        DecodeError::NotFound { .. } => {
            gst::error_msg!(gst::ResourceError::NotFound, ("{error}"))
        }
        DecodeError::NotAFile { .. } | DecodeError::Read { .. } => {
            gst::error_msg!(gst::ResourceError::OpenRead, ("{error}"))
        }
        DecodeError::Empty { .. } | DecodeError::NotAnImage { .. } => {
            gst::error_msg!(gst::StreamError::WrongType, ("{error}"))
        }
        DecodeError::Unsupported { .. }
        | DecodeError::TooLarge { .. }
        | DecodeError::TooSmall { .. } => gst::error_msg!(gst::StreamError::Format, ("{error}")),
        DecodeError::Truncated { .. } | DecodeError::Corrupt { .. } => {
            gst::error_msg!(gst::StreamError::Decode, ("{error}"))
        }
        DecodeError::TooMuchMemory { .. } | DecodeError::FileTooLarge { .. } => {
            gst::error_msg!(gst::ResourceError::NoSpaceLeft, ("{error}"))
        }
    }
}

/// A user's own depth model that cannot be used.
pub fn depth_model(error: &DepthModelError) -> gst::ErrorMessage {
    match error {
        DepthModelError::Onnx(OnnxError::NotFound { .. }) => {
            gst::error_msg!(gst::ResourceError::NotFound, ("{error}"))
        }
        DepthModelError::Onnx(OnnxError::Read { .. }) => {
            gst::error_msg!(gst::ResourceError::OpenRead, ("{error}"))
        }
        DepthModelError::Ambiguous { .. } => {
            gst::error_msg!(gst::LibraryError::Settings, ("{error}"))
        }
        _ => gst::error_msg!(gst::StreamError::WrongType, ("{error}")),
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The contract between whoever shows frames and whoever makes them.

use std::{sync::Arc, time::Duration};

use thiserror::Error;

use crate::{
    image::{FrameMut, Image, ImageError, PixelFormat},
    request::{Controls, InvalidSettings, Request},
    scene::{Place, depth::model::DepthModelError},
    worker::{Preview, WorkerError, protocol::Progress},
};

/// Why a generator gave no frame.
#[derive(Debug, Error)]
pub enum GeneratorError {
    /// The settings are wrong.
    #[error(transparent)]
    Settings(#[from] InvalidSettings),
    /// The picture cannot be used.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The frame to fill is not of the format and the size that the clip was opened for.
    #[error("the clip makes {want_width}x{want_height} {want} frames, not {width}x{height} {got}")]
    WrongFrame {
        /// Format of the clip.
        want: PixelFormat,
        /// Width of the clip.
        want_width: u32,
        /// Height of the clip.
        want_height: u32,
        /// Format of the frame.
        got: PixelFormat,
        /// Width of the frame.
        width: u32,
        /// Height of the frame.
        height: u32,
    },
    /// The user's own depth model failed.
    #[error(transparent)]
    Depth(#[from] Arc<DepthModelError>),
    /// The worker that runs a model failed, or says what is wrong.
    #[error(transparent)]
    Worker(#[from] Arc<WorkerError>),
    /// The generator itself failed.
    #[error("the generator failed: {0}")]
    Failed(String),
}

/// Refuses a frame of another format or size than `still`.
pub(crate) fn check_frame(still: &Image, out: &FrameMut<'_>) -> Result<(), GeneratorError> {
    let (want, got) = (still.format(), out.format());
    if (want, still.width(), still.height()) == (got, out.width(), out.height()) {
        return Ok(());
    }
    Err(GeneratorError::WrongFrame {
        want,
        want_width: still.width(),
        want_height: still.height(),
        got,
        width: out.width(),
        height: out.height(),
    })
}

/// Makes clips.
pub trait Generator: Send + Sync {
    /// Opens a clip. Returns within a few milliseconds: long work goes on behind it, and the
    /// first frame does not wait for that work.
    ///
    /// # Errors
    /// [`GeneratorError::Settings`] with everything that is wrong in the request.
    fn open(&self, request: Request) -> Result<Box<dyn Clip>, GeneratorError>;
}

/// The frames of one request: any frame at any time, the same bytes each time.
pub trait Clip: Send + Sync {
    /// The still. Clips of equal stills may share one, so this need not be the very
    /// image of the request.
    fn still(&self) -> &Arc<Image>;

    /// How many frames the clip has.
    fn frames(&self) -> u64;

    /// Waits at most `patience` until frame `index` can be made without a long wait, and says
    /// whether it can. Hosts that must be able to stop at any time ask this before [`Clip::frame`].
    fn ready(&self, _index: u64, _patience: Duration) -> bool {
        true
    }

    /// How far the work is that [`Clip::ready`] waits for, where that takes long enough to be told.
    fn progress(&self) -> Option<Progress> {
        None
    }

    /// What the clip looks like so far, while [`Clip::ready`] waits for a model that shows it.
    fn preview(&self) -> Option<Arc<Preview>> {
        None
    }

    /// Writes frame `index` with the camera as `controls` say at this moment. Frame 0 is the
    /// still, byte for byte, unless the request says where the camera comes from or
    /// [`FirstFrame::Model`](crate::worker::FirstFrame::Model) is asked for; the last frame
    /// is the end image, byte for byte, if there is one. An index behind the last frame gives the
    /// last frame, and in a loop the frame of the round after.
    ///
    /// The bytes depend on the request, `index` and `controls`, and on nothing else.
    ///
    /// # Errors
    /// [`GeneratorError::WrongFrame`] when `out` has another format or size than the still.
    fn frame(
        &self,
        index: u64,
        controls: &Controls,
        out: &mut FrameMut<'_>,
    ) -> Result<(), GeneratorError>;

    /// Where the camera stands at frame `index` when frame `before` was shown before it: what the
    /// [`Request::from`] of the clip that takes over at that moment needs, so that nothing jumps.
    /// Frames that do not follow each other, forward or backward, mean a camera at rest. A clip
    /// that extends this one takes over at the frame behind the last: `before` is
    /// `frames() - 1` and `index` is `frames()`.
    ///
    /// `None` where a generator has no such place: the next clip then starts with its still.
    fn place(&self, _before: u64, _index: u64, _controls: &Controls) -> Option<Place> {
        None
    }
}

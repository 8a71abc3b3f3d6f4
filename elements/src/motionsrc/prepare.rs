// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a file to what was agreed on with downstream. A large picture takes seconds to read, to
//! convert and to scale; nobody who wants to seek or to stop waits for that.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use gst::{prelude::*, subclass::prelude::*};
use gst_base::prelude::*;
use gst_video::VideoInfo;
use stillmotion_engine::image::Image;

use super::{
    background::Work,
    imp::{CAT, MotionSrc},
};
use crate::{caps, frame, output::Agreed, picture, settings::FitMode};

/// How long a start waits for the picture: hosts change states on the thread that draws.
const AHEAD: Duration = Duration::from_millis(200);

/// The picture as the caps of the stream ask for it, still in its own size.
pub(super) struct Still {
    caps: gst::Caps,
    info: VideoInfo,
    image: Arc<Image>,
}

/// A picture that is being read.
pub(super) type Reading = Work<Result<Image, gst::ErrorMessage>>;

/// Why nothing was agreed on.
pub(super) enum Halt {
    /// The stream is flushing, as somebody seeks or stops, or it took too long.
    Away,
    /// Something that the user must be told.
    Error(gst::ErrorMessage),
}

impl MotionSrc {
    /// Agrees with downstream on what the frames look like.
    pub(super) fn agree(&self) -> Result<(), Halt> {
        let pad = self.obj().src_pad().clone();
        let picture = self.picture(|| self.is_flushing(), None)?;
        let known = self.state().still.clone();
        let fit = self.settings().picture.fit;
        let work = self.begin(move || prepare(&pad, &picture, known, fit))?;
        let prepared = self.wait_for(&work, || self.is_flushing(), None)?;
        let (still, output) = prepared.map_err(Halt::Error)?;
        let same = {
            let mut state = self.state();
            state.still = Some(still);
            state.output.as_ref().is_some_and(|old| old.caps == output.caps)
        };
        if same {
            // The clip that is open goes on.
            return Ok(());
        }
        gst::info!(CAT, imp = self, "making {}", output.caps);
        self.obj().set_caps(&output.caps).map_err(|_| {
            // A pad that is flushing takes no caps: they are agreed on again behind the flush.
            if self.is_flushing() {
                return Halt::Away;
            }
            let message =
                gst::error_msg!(gst::CoreError::Negotiation, ("{} is refused", output.caps));
            Halt::Error(message)
        })?;
        self.state().output = Some(Arc::new(output));
        Ok(())
    }

    /// Reads the picture before the stream starts, if that is soon done. What is wrong with a file
    /// is found in no time, and must be told before the state has changed: `gst-launch-1.0` hangs
    /// on errors that come from another thread while it starts.
    pub(super) fn read_ahead(&self) -> Result<(), gst::ErrorMessage> {
        match self.picture(|| false, Some(Instant::now() + AHEAD)) {
            Ok(_) | Err(Halt::Away) => Ok(()),
            Err(Halt::Error(message)) => Err(message),
        }
    }

    /// The picture as it was read.
    fn picture(
        &self,
        away: impl Fn() -> bool,
        deadline: Option<Instant>,
    ) -> Result<Arc<Image>, Halt> {
        let (picture, reading) = {
            let state = self.state();
            (state.picture.clone(), state.reading.clone())
        };
        if let Some(picture) = picture {
            return Ok(picture);
        }
        let wishes = self.settings().picture.clone();
        let tags = wishes.tags();
        let reading = match reading {
            // Somebody was called away from it.
            Some(reading) => reading,
            None => Arc::new(self.begin(move || wishes.load())?),
        };
        self.state().reading = Some(Arc::clone(&reading));
        let read = self.wait_for(&reading, away, deadline)?;
        self.state().reading = None;
        let picture = Arc::new(read.map_err(Halt::Error)?);
        let (width, height) = (picture.width(), picture.height());
        gst::info!(CAT, imp = self, "read {width}x{height} {}", picture.format());
        let mut state = self.state();
        state.picture = Some(Arc::clone(&picture));
        state.tags = Some(tags);
        Ok(picture)
    }

    fn begin<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Work<T>, Halt> {
        Work::start(&self.bell, work).map_err(|error| {
            let message =
                gst::error_msg!(gst::CoreError::Thread, ("No thread to work on: {error}"));
            Halt::Error(message)
        })
    }

    /// Somebody seeks or stops.
    pub(super) fn is_flushing(&self) -> bool {
        self.obj().src_pad().pad_flags().contains(gst::PadFlags::FLUSHING)
    }

    fn wait_for<T: Send + 'static>(
        &self,
        work: &Work<T>,
        away: impl Fn() -> bool,
        deadline: Option<Instant>,
    ) -> Result<T, Halt> {
        work.wait(&self.bell, away, deadline).ok_or(Halt::Away)?.map_err(|_| {
            let reason = "Preparing the picture failed: this is a bug of stillmotion";
            Halt::Error(gst::error_msg!(gst::LibraryError::Failed, ("{reason}")))
        })
    }
}

/// Asks downstream what it wants and prepares the picture for that.
fn prepare(
    pad: &gst::Pad,
    picture: &Image,
    known: Option<Arc<Still>>,
    fit: FitMode,
) -> Result<(Arc<Still>, Agreed), gst::ErrorMessage> {
    let still = still(pad, picture, known, fit)?;
    let output = Agreed::negotiate(pad, &still.image, (&still.caps, &still.info), fit)?;
    Ok((still, output))
}

/// The picture as `stillsrc` would give it to `motiongen`, so that both ways give the same
/// bytes: in the format that downstream prefers, and in its own size.
fn still(
    pad: &gst::Pad,
    picture: &Image,
    known: Option<Arc<Still>>,
    fit: FitMode,
) -> Result<Arc<Still>, gst::ErrorMessage> {
    let allowed = caps::open_size_and_rate(&pad.peer_query_caps(None))
        .intersect_with_mode(&caps::any_video(), gst::CapsIntersectMode::First);
    let no_video =
        || gst::error_msg!(gst::CoreError::Negotiation, ("Downstream takes no raw video"));
    let caps = picture::still_caps(allowed, picture).ok_or_else(no_video)?;
    if let Some(still) = known.filter(|still| still.caps == caps) {
        return Ok(still);
    }
    let info = VideoInfo::from_caps(&caps).map_err(|_| no_video())?;
    let buffer = picture::buffer(picture, &info, fit.into())?;
    let image = Arc::new(frame::image_from_buffer(&buffer, &info)?);
    Ok(Arc::new(Still { caps, info, image }))
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the clip is, where it ends, and where it goes on after a seek.

use gst::{ClockTime, prelude::*, subclass::prelude::*};
use stillmotion_engine::request::DEFAULT_FRAME_RATE;

use super::imp::MotionSrc;
use crate::{settings::AtEnd, timing::FrameGrid};

impl MotionSrc {
    /// Answers `query`, or gives `None` where the base class knows better.
    pub(super) fn answer(&self, query: &mut gst::QueryRef) -> Option<bool> {
        match query.view_mut() {
            gst::QueryViewMut::Duration(query) => {
                let stop = self.state().stop;
                let end = self.clip_end().or(stop);
                query.set(self.grid().in_format(end, query.format())?);
                Some(true)
            }
            gst::QueryViewMut::Seeking(query) => {
                let format = query.format();
                let start = self.grid().in_format(Some(ClockTime::ZERO), format)?;
                let end = self.grid().in_format(self.clip_end(), format)?;
                query.set(true, start, end);
                Some(true)
            }
            gst::QueryViewMut::Convert(query) => {
                let (value, wanted) = query.get();
                query.set(value, self.grid().convert(value, wanted)?);
                Some(true)
            }
            _ => None,
        }
    }

    /// Whether `event` is none that asks for a seek that cannot be done. The base class would find
    /// out only when everything is flushed, and then go on without a segment.
    pub(super) fn can_follow(&self, event: &gst::Event) -> bool {
        let gst::EventView::Seek(seek) = event.view() else { return true };
        let (rate, _, _, _, stop_type, stop) = seek.get();
        let given = match stop_type {
            gst::SeekType::None => self.state().stop.is_some(),
            gst::SeekType::Set => stop.is_some(),
            _ => false,
        };
        // To play backwards there must be a place to start from.
        rate.is_finite() && (rate > 0.0 || given || self.clip_end().is_some())
    }

    /// Makes `segment` the one that is played. False where that cannot be.
    pub(super) fn seek(&self, segment: &mut gst::FormattedSegment<ClockTime>) -> bool {
        let end = self.clip_end();
        segment.set_duration(end);
        segment.set_time(segment.start());
        if segment.rate() < 0.0 && segment.stop().is_none() {
            segment.set_stop(end);
            segment.set_position(end);
        }
        let mut state = self.state();
        state.stop = segment.stop();
        // What a user changed holds from the start on, so that a place always looks the same.
        state.takes.rewind();
        state.last = None;
        segment.rate() > 0.0 || segment.stop().is_some()
    }

    /// When the stream ends by itself, or `None` where it does not.
    fn clip_end(&self) -> Option<ClockTime> {
        let grid = self.grid();
        let (at_end, duration) = {
            let settings = self.settings();
            (settings.shared.at_end, settings.shared.duration)
        };
        let by_clip = (at_end == AtEnd::Eos).then(|| grid.rate().frames_in(duration));
        let by_number = u64::try_from(self.obj().property::<i32>("num-buffers")).ok();
        by_clip.into_iter().chain(by_number).min().map(|frames| grid.start(frames))
    }

    /// The frames that were agreed on, or the usual ones before that.
    fn grid(&self) -> FrameGrid {
        let output = self.state().output.clone();
        output.map_or(FrameGrid::new(DEFAULT_FRAME_RATE), |output| output.grid)
    }
}

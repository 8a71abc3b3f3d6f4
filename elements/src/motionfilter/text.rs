// SPDX-License-Identifier: MIT OR Apache-2.0
//! The pad `text_sink`, beside what the base class does with the video.

use std::sync::atomic::Ordering;

use gst::{ClockTime, prelude::*, subclass::prelude::*};
use gst_base::prelude::*;

use super::imp::{MotionFilter, Place};
use crate::{
    cues::{Cues, HasCues, Moment, Pace},
    takes::Cue,
};

impl HasCues for MotionFilter {
    fn cues(&self) -> &Cues {
        &self.cues
    }
}

impl MotionFilter {
    /// The cues up to a frame that starts at `pts`, once they are there.
    pub(super) fn cues_for(&self, place: &Place, pts: Option<ClockTime>) -> Vec<Cue> {
        if self.cues.are_absent() {
            return Vec::new();
        }
        let Ok(segment) = self.obj().segment().downcast::<ClockTime>() else {
            return Vec::new();
        };
        // Text cannot be paired with a frame that has no time.
        let running = segment.to_running_time(pts);
        let (Some(running), Some(time)) = (running, segment.to_stream_time(pts)) else {
            return Vec::new();
        };
        let element = self.obj();
        let moment = Moment {
            due: running.saturating_add(place.grid.start(1) / 2),
            time,
            origin: place.start,
            to_stream_time: &|running| {
                segment.to_stream_time(segment.position_from_running_time(running))
            },
            pace: Pace::Of(element.sink_pad()),
        };
        self.cues.up_to(&moment, place.grid, || self.stopped.load(Ordering::Relaxed))
    }

    /// Lets go of a frame that waits for text, or lets frames wait again.
    pub(super) fn stop_waiting(&self, stop: bool) {
        self.stopped.store(stop, Ordering::Relaxed);
        self.cues.wake();
    }

    /// Events from downstream go to both branches: a seek must reach the text too.
    pub(super) fn push_to_text(&self, event: gst::Event) {
        if self.cues.is_linked() {
            // The video branch says whether the event was taken.
            let _ = self.cues.pad.push_event(event);
        }
    }
}

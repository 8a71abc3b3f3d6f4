// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an element tells about its work.

use std::time::Duration;

use gst::prelude::*;

use crate::qos::Pressure;

/// Counts from the start of the stream.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stats {
    /// Frames made.
    pub frames: u64,
    /// Frames left out because a live clock was ahead.
    pub skipped: u64,
    /// Frames that could not be made and were replaced, as `on-error` says.
    pub failed: u64,
    /// Clips opened: one at the start, one for each new still, prompt, seed or duration.
    pub clips: u64,
    last: Duration,
    total: Duration,
}

impl Stats {
    /// The property `stats`.
    pub fn param_spec() -> glib::ParamSpec {
        glib::ParamSpecBoxed::builder::<gst::Structure>("stats")
            .nick("Statistics")
            .blurb("Frames made, skipped and failed, clips opened, detail, milliseconds per frame")
            .read_only()
            .build()
    }

    /// Counts a frame that took `time` to make.
    pub fn frame(&mut self, time: Duration) {
        self.frames += 1;
        self.last = time;
        self.total += time;
    }

    /// What the property `stats` shows.
    pub fn to_structure(self, pressure: Pressure) -> gst::Structure {
        let average_ms = self.total.as_secs_f64() * 1e3 / self.frames.max(1) as f64;
        gst::Structure::builder("stillmotion-stats")
            .field("frames", self.frames)
            .field("skipped", self.skipped)
            .field("failed", self.failed)
            .field("clips", self.clips)
            .field("detail", pressure.name())
            .field("average-frame-ms", average_ms)
            .field("last-frame-ms", self.last.as_secs_f64() * 1e3)
            .build()
    }
}

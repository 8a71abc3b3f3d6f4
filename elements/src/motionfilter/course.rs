// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a picture does from frame to frame: stand still, move, or be cut off.

use gst::ClockTime;
use stillmotion_engine::image::{Difference, Sketch};

/// How long a picture must stand still to be taken for a still. A fade gives less time to each of
/// its frames, and a film has few moments in which so little moves for so long.
const SETTLE: ClockTime = ClockTime::from_mseconds(500);
/// Changed frames, with no rest between them, that make a moving video.
const MOVING: u32 = 3;
/// How much further a picture may get than noise would explain and still stand, in steps of 8 bit
/// samples: a slow move adds up, noise does not.
const DRIFT: f32 = 0.25;
/// What frames are taken to differ by before two were seen: a stream may start with a fast move,
/// but hardly with a cut.
const FIRST_USUAL: f32 = 15.0;

/// Whether both may be the same picture, with noise on it.
pub fn is_same(difference: Difference) -> bool {
    difference.mean <= 1.5 && difference.max <= 6
}

/// Whether these are clearly two pictures. Between this and [`is_same`] nothing is concluded.
pub fn is_other(difference: Difference) -> bool {
    difference.mean > 3.0 || difference.max > 16
}

/// Whether a picture that stood still was cut off. The first frame of a fade is no cut.
fn is_cut_from_still(difference: Difference) -> bool {
    difference.mean > 12.0 || difference.max > 64
}

/// Whether a moving picture was cut, where frames differ by `usually`.
fn is_cut(difference: Difference, usually: f32) -> bool {
    difference.mean > 20.0 && difference.mean > 4.0 * usually
}

/// What happened at a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The frame does not belong to the one before.
    Cut,
    /// The picture has stood still for a while.
    Rests,
    /// Nothing of note.
    None,
}

/// The last frame, and what came before it.
#[derive(Debug)]
pub struct Course {
    last: Sketch,
    last_time: ClockTime,
    /// Since then the picture has looked like this.
    rest: Sketch,
    rest_since: ClockTime,
    /// How much a frame differs from the one before: the mean, the last ones counting most.
    usually: f32,
    /// Changed frames since the picture last stood still.
    changes: u32,
}

impl Course {
    /// Starts with a frame that follows nothing. What was `before` tells how such frames differ.
    pub fn new(sketch: Sketch, time: ClockTime, before: Option<&Self>) -> Self {
        Self {
            last: sketch.clone(),
            last_time: time,
            rest: sketch,
            rest_since: time,
            usually: before.map_or(FIRST_USUAL, |before| before.usually),
            changes: 0,
        }
    }

    /// Whether a frame at `time` is one that comes next.
    pub fn goes_on_at(&self, time: ClockTime, reverse: bool) -> bool {
        if reverse { time <= self.last_time } else { time >= self.last_time }
    }

    /// Whether this is a moving video, and not one picture behind the other.
    pub fn is_moving(&self) -> bool {
        self.changes >= MOVING
    }

    /// Takes the next frame.
    pub fn turn(&mut self, sketch: &Sketch, time: ClockTime) -> Turn {
        let change = sketch.difference(&self.last);
        let from_rest = sketch.difference(&self.rest);
        let since = self.rest_since;
        let rested = time.max(since) - time.min(since) >= SETTLE;
        let rests = is_same(from_rest) && from_rest.mean <= 2.0 * change.mean + DRIFT;
        let cut = match rested {
            true => is_cut_from_still(change),
            false => is_cut(change, self.usually),
        };
        if rested {
            self.changes = 0;
        }
        if !is_same(change) {
            self.changes += 1;
        }
        if !rests {
            self.rest.clone_from(sketch);
            self.rest_since = time;
        }
        self.usually = (self.usually + change.mean) / 2.0;
        self.last.clone_from(sketch);
        self.last_time = time;
        match (cut, rests && rested) {
            (true, _) => Turn::Cut,
            (false, true) => Turn::Rests,
            (false, false) => Turn::None,
        }
    }
}

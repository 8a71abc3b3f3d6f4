// SPDX-License-Identifier: MIT OR Apache-2.0
//! A moment of a clip, as everything knows it that moves by itself.

/// How long light and what is in the air take to set in: the first frame is the still.
const RISE_SECONDS: f64 = 0.8;

/// A moment of a clip.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moment {
    /// Seconds for which the scene has been alive: since the start of the clip, and before it where
    /// it goes on from another one.
    pub seconds: f64,
    /// How many of them had passed when the clip started.
    pub offset_seconds: f64,
    /// Length of the clip, in seconds.
    pub clip_seconds: f64,
    /// How strongly things move: 1 at motion 5, more above it, less below.
    pub gain: f64,
    /// The clip ends as it began: waves come round in it a whole number of times.
    pub loops: bool,
    /// The last frame is a picture as it is, as the first one is.
    pub lands: bool,
}

impl Moment {
    /// How far light and what is in the air have set in, 0 when the scene starts, 1 soon after; in
    /// a clip that ends as it began, or with another still, they are gone at its end.
    pub fn presence(&self) -> f64 {
        let rise = RISE_SECONDS.min(self.clip_seconds / 4.0).max(1e-9);
        let ease = |seconds: f64| {
            let t = (seconds / rise).clamp(0.0, 1.0);
            t * t * (3.0 - 2.0 * t)
        };
        let left = self.offset_seconds + self.clip_seconds - self.seconds;
        let fall = if self.loops || self.lands { ease(left) } else { 1.0 };
        ease(self.seconds) * fall
    }

    /// The same moment counted back from the end of the clip: for a still that is seen as it is then.
    pub fn to_the_end(self) -> Self {
        Self { seconds: self.seconds - self.offset_seconds - self.clip_seconds, ..self }
    }

    /// The share of a way that has been gone, 0..1: all of it at the end of the clip, or half-way in
    /// one that ends as it began.
    pub fn progress(&self) -> f64 {
        let seconds = self.seconds - self.offset_seconds;
        let share = (seconds / self.clip_seconds).clamp(0.0, 1.0);
        if self.loops {
            return 0.5 - 0.5 * (std::f64::consts::TAU * share).cos();
        }
        // Never from rest, or the second frame would be the first again.
        share + (std::f64::consts::PI * share).sin() * 0.15
    }

    /// The frequency next to `hertz` of which a clip that ends as it began holds a whole number of
    /// waves, and `hertz` itself in any other.
    pub fn hertz(&self, hertz: f64) -> f64 {
        if !self.loops {
            return hertz;
        }
        (hertz * self.clip_seconds).round().max(1.0) / self.clip_seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(seconds: f64, loops: bool) -> Moment {
        let (offset_seconds, clip_seconds) = (0.0, 4.0);
        Moment { seconds, offset_seconds, clip_seconds, gain: 1.0, loops, lands: false }
    }

    #[test]
    fn the_first_frame_is_the_still_and_so_is_the_end_of_a_loop() {
        for loops in [false, true] {
            assert_eq!(moment(0.0, loops).presence(), 0.0);
            assert_eq!(moment(2.0, loops).presence(), 1.0);
        }
        assert_eq!(moment(4.0, true).presence(), 0.0);
        assert_eq!(moment(4.0, false).presence(), 1.0);
    }

    #[test]
    fn a_clip_that_goes_on_from_another_does_not_set_in_again() {
        let extended = |seconds| Moment { offset_seconds: 4.0, ..moment(seconds, false) };
        assert_eq!(extended(4.0).presence(), 1.0);
        let lands = |seconds| Moment { lands: true, ..extended(seconds) };
        assert_eq!((lands(4.0).presence(), lands(8.0).presence()), (1.0, 0.0));
    }

    #[test]
    fn a_loop_holds_whole_waves() {
        let hertz = moment(1.0, true).hertz(0.9);
        assert_eq!((hertz * 4.0).fract(), 0.0);
        assert!((hertz - 0.9).abs() < 0.125);
        assert_eq!(moment(1.0, false).hertz(0.9), 0.9);
        assert_eq!(moment(1.0, true).hertz(0.01), 0.25);
    }
}

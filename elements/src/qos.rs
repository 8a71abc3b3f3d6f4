// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames that cost less, for as long as the machine does not keep up.

use gst::{ClockTime, prelude::*};
use stillmotion_engine::request::Detail;

/// How long a step takes effect before the next coarser one is looked at.
const WORSE_AFTER: ClockTime = ClockTime::from_mseconds(400);
/// How long frames must come early before they are made finer again.
const BETTER_AFTER: ClockTime = ClockTime::from_seconds(3);
/// What a frame may take of its time, at most, before the next finer one is tried: that costs
/// more.
const EASY: f64 = 0.6;

/// The property `qos` of elements whose base class has none.
pub fn param_spec() -> glib::ParamSpec {
    glib::ParamSpecBoolean::builder("qos")
        .nick("QoS")
        .blurb("Make frames less finely while downstream says that they come late")
        .default_value(true)
        .mutable_playing()
        .build()
}

/// How finely frames are made, by what is told about those before.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pressure {
    /// Steps down from everything.
    steps: usize,
    /// Running time of the last step, or of the last frame that was late.
    since: Option<ClockTime>,
}

impl Pressure {
    /// What frames are to be made with.
    pub fn detail(self) -> Detail {
        Detail::ALL[self.steps.min(Detail::ALL.len() - 1)]
    }

    /// The word for that, as statistics show it.
    pub fn name(self) -> &'static str {
        match self.detail() {
            Detail::Full => "full",
            Detail::CoarseMotion => "coarse-motion",
            Detail::OneLayer => "one-layer",
            Detail::CoarseGeometry => "coarse-geometry",
        }
    }

    /// Takes in what downstream says of a frame.
    pub fn hear(&mut self, event: &gst::event::Qos) {
        let (_, proportion, jitter, timestamp) = event.get();
        if let Some(time) = timestamp {
            self.frame(time, jitter > 0, proportion);
        }
    }

    /// Takes in that the frame of running time `time` came in time or `late`, and the share of its
    /// time that it took.
    pub fn frame(&mut self, time: ClockTime, late: bool, share: f64) {
        // A seek or a new start goes back.
        let since = self.since.filter(|since| *since <= time);
        let waited = |wait: ClockTime| since.is_none_or(|since| time - since >= wait);
        if late {
            if waited(WORSE_AFTER) {
                self.steps = (self.steps + 1).min(Detail::ALL.len() - 1);
            }
            self.since = Some(time).filter(|_| waited(WORSE_AFTER)).or(since);
        } else if self.steps > 0 && share < EASY {
            match since {
                Some(since) if time - since >= BETTER_AFTER => {
                    self.steps -= 1;
                    self.since = Some(time);
                }
                Some(_) => (),
                None => self.since = Some(time),
            }
        } else {
            self.since = Some(time).filter(|_| self.steps > 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> ClockTime {
        ClockTime::from_mseconds(milliseconds)
    }

    #[test]
    fn lateness_takes_away_one_step_at_a_time_and_never_more_than_all() {
        let mut pressure = Pressure::default();
        let mut steps = Vec::new();
        for i in 0..100 {
            pressure.frame(at(40 * i), true, 2.0);
            steps.push(pressure.detail());
        }
        assert_eq!(steps[0], Detail::CoarseMotion);
        assert_eq!(steps[9], Detail::CoarseMotion);
        assert_eq!(steps[10], Detail::OneLayer);
        assert_eq!(steps[99], Detail::CoarseGeometry);
    }

    #[test]
    fn what_was_taken_away_comes_back_when_there_is_time() {
        let mut pressure = Pressure::default();
        (0..50).for_each(|i| pressure.frame(at(40 * i), true, 2.0));
        assert_eq!(pressure.detail(), Detail::CoarseGeometry);
        for i in 50..1000 {
            pressure.frame(at(40 * i), false, 0.9);
        }
        assert_eq!(pressure.detail(), Detail::CoarseGeometry, "there is no time to spare");
        for i in 1000..1300 {
            pressure.frame(at(40 * i), false, 0.3);
        }
        assert_eq!(pressure.detail(), Detail::Full);
    }

    #[test]
    fn frames_in_time_change_nothing() {
        let mut pressure = Pressure::default();
        for i in 0..1000 {
            pressure.frame(at(40 * i), false, 0.9);
            assert_eq!(pressure.detail(), Detail::Full);
        }
    }

    #[test]
    fn a_seek_back_does_not_stop_the_clockwork() {
        let mut pressure = Pressure::default();
        pressure.frame(at(100_000), true, 2.0);
        pressure.frame(at(0), true, 2.0);
        assert_eq!(pressure.detail(), Detail::OneLayer);
    }
}

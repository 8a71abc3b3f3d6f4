// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frame numbers and times, in whole nanoseconds and without drift.

use gst::{ClockTime, Format, GenericFormattedValue, format::Default as FrameNumber};
use stillmotion_engine::request::FrameRate;

const SECOND_NS: u128 = 1_000_000_000;

/// The instants at which the frames of a constant rate start, from 0 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameGrid {
    rate: FrameRate,
}

impl FrameGrid {
    /// `rate` must have passed [`stillmotion_engine::request::Check::frame_rate`]: no zeros.
    pub fn new(rate: FrameRate) -> Self {
        Self { rate }
    }

    pub fn rate(self) -> FrameRate {
        self.rate
    }

    fn numerator(self) -> u128 {
        u128::from(self.rate.numerator.max(1))
    }

    /// Nanoseconds in `numerator` frames.
    fn period(self) -> u128 {
        SECOND_NS * u128::from(self.rate.denominator.max(1))
    }

    /// When frame `index` starts. The frame lasts until `start(index + 1)`.
    pub fn start(self, index: u64) -> ClockTime {
        clock_time(u128::from(index) * self.period() / self.numerator())
    }

    /// The frame that is shown at `time`: the last one whose start is not behind it.
    pub fn index_at(self, time: ClockTime) -> u64 {
        let behind = (u128::from(time.nseconds()) + 1) * self.numerator();
        index(behind.div_ceil(self.period()) - 1)
    }

    /// The frame whose start is nearest to `time`: containers round times to their own units.
    pub fn nearest(self, time: ClockTime) -> u64 {
        let exact = u128::from(time.nseconds()) * self.numerator();
        index((exact + self.period() / 2) / self.period())
    }

    /// `time` in the format in which a host asks: itself, or the frame that is shown then.
    /// `None` for other formats.
    pub fn in_format(
        self,
        time: Option<ClockTime>,
        wanted: Format,
    ) -> Option<GenericFormattedValue> {
        match wanted {
            Format::Time => Some(GenericFormattedValue::Time(time)),
            Format::Default => {
                let frame = time.map(|time| FrameNumber::from_u64(self.index_at(time)));
                Some(GenericFormattedValue::Default(frame))
            }
            _ => None,
        }
    }

    /// `value`, a time or the number of a frame, in the format `wanted`. `None` for others.
    pub fn convert(
        self,
        value: GenericFormattedValue,
        wanted: Format,
    ) -> Option<GenericFormattedValue> {
        let time = match value {
            GenericFormattedValue::Time(time) => time,
            GenericFormattedValue::Default(frame) => frame.map(|frame| self.start(*frame)),
            _ => return None,
        };
        self.in_format(time, wanted)
    }
}

fn clock_time(nseconds: u128) -> ClockTime {
    // u64::MAX means "no time", so the largest time is one less.
    ClockTime::from_nseconds(u64::try_from(nseconds).map_or(u64::MAX - 1, |n| n.min(u64::MAX - 1)))
}

fn index(index: u128) -> u64 {
    u64::try_from(index).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grid(numerator: u32, denominator: u32) -> FrameGrid {
        FrameGrid::new(FrameRate { numerator, denominator })
    }

    #[test]
    fn an_hour_of_ntsc_has_no_drift() {
        let ntsc = grid(30000, 1001);
        assert_eq!(ntsc.start(1).nseconds(), 33_366_666);
        assert_eq!(ntsc.start(30000 * 3600).nseconds(), 1001 * 3600 * 1_000_000_000);
    }

    #[test]
    fn times_rounded_to_milliseconds_find_their_frame() {
        for rate in [grid(24, 1), grid(25, 1), grid(30000, 1001), grid(60, 1)] {
            for i in 0..500 {
                let rounded = (rate.start(i).nseconds() + 500_000) / 1_000_000;
                assert_eq!(rate.nearest(ClockTime::from_mseconds(rounded)), i);
            }
        }
    }

    proptest! {
        #[test]
        fn a_frame_is_shown_from_its_start_to_the_next(
            numerator in 1u32..=1_000_000,
            denominator in 1u32..=1001,
            i in 0u64..10_000_000,
        ) {
            prop_assume!(numerator / denominator <= 1000);
            let grid = grid(numerator, denominator);
            let (start, end) = (grid.start(i), grid.start(i + 1));
            prop_assert!(start < end);
            prop_assert_eq!(grid.index_at(start), i);
            prop_assert_eq!(grid.index_at(end - ClockTime::from_nseconds(1)), i);
            prop_assert_eq!(grid.nearest(start), i);
        }

        #[test]
        fn any_time_and_any_index_are_fine(n in any::<u32>(), d in any::<u32>(), x in any::<u64>()) {
            let grid = grid(n, d);
            let _ = grid.start(x);
            let _ = grid.index_at(ClockTime::from_nseconds(x.min(u64::MAX - 1)));
            let _ = grid.nearest(ClockTime::from_nseconds(x.min(u64::MAX - 1)));
        }
    }
}

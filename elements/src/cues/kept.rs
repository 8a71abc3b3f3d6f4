// SPDX-License-Identifier: MIT OR Apache-2.0
//! The cues that the video has reached, by their place in the video.

use std::{collections::BTreeMap, sync::Arc};

use gst::ClockTime;

/// Cues that are kept. Before the oldest one, the prompt of the settings holds again.
const MAX_CUES: usize = 10_000;
/// Bytes of text that are kept.
const MAX_BYTES: usize = 8 << 20;
/// Cues that are looked at for one frame. The camera does not show what came before those.
const LOOKED_AT: usize = 64;

#[derive(Default)]
pub struct Kept {
    /// By stream time of the video.
    cues: BTreeMap<ClockTime, Arc<str>>,
    bytes: usize,
}

impl Kept {
    pub fn is_empty(&self) -> bool {
        self.cues.is_empty()
    }

    /// Keeps a cue; one at the same time is replaced. A cue that is `cut` may be the rest of the
    /// one that holds already, as sources give it after a seek into a cue.
    pub fn keep(&mut self, start: ClockTime, prompt: Arc<str>, cut: bool) {
        let holding = self.cues.range(..=start).next_back();
        if cut && holding.is_some_and(|(_, held)| *held == prompt) {
            return;
        }
        self.bytes += prompt.len();
        if let Some(old) = self.cues.insert(start, prompt) {
            self.bytes -= old.len();
        }
        while self.cues.len() > MAX_CUES || self.bytes > MAX_BYTES {
            let Some((_, old)) = self.cues.pop_first() else { break };
            self.bytes -= old.len();
        }
    }

    /// The newest cues of those that have come, oldest first.
    pub fn newest(
        &self,
        has_come: impl Fn(ClockTime) -> bool,
    ) -> impl Iterator<Item = (ClockTime, Arc<str>)> {
        let behind = self.cues.iter().rev().skip_while(move |(time, _)| !has_come(**time));
        let newest: Vec<_> = behind.take(LOOKED_AT).map(|(t, p)| (*t, Arc::clone(p))).collect();
        newest.into_iter().rev()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> ClockTime {
        ClockTime::from_seconds(seconds)
    }

    fn prompts(kept: &Kept, until: u64) -> Vec<String> {
        kept.newest(|time| time <= at(until)).map(|(_, prompt)| prompt.to_string()).collect()
    }

    #[test]
    fn the_newest_come_in_order() {
        let mut kept = Kept::default();
        for i in [3_u64, 1, 2, 100] {
            kept.keep(at(i), i.to_string().into(), false);
        }
        assert_eq!(prompts(&kept, 2), ["1", "2"]);
        assert_eq!(prompts(&kept, 200), ["1", "2", "3", "100"]);
        assert!(prompts(&kept, 0).is_empty());
        (200..300).for_each(|i| kept.keep(at(i), i.to_string().into(), false));
        let newest = prompts(&kept, 1000);
        assert_eq!((newest.len(), newest[63].as_str()), (LOOKED_AT, "299"));
    }

    #[test]
    fn the_rest_of_a_cue_is_no_new_cue() {
        let mut kept = Kept::default();
        kept.keep(at(1), "pan".into(), true);
        kept.keep(at(5), "pan".into(), true);
        assert_eq!(prompts(&kept, 9), ["pan"]);
        kept.keep(at(5), "tilt".into(), true);
        kept.keep(at(7), "tilt".into(), false);
        assert_eq!(prompts(&kept, 9), ["pan", "tilt", "tilt"]);
    }

    #[test]
    fn no_more_are_kept_than_there_is_room_for() {
        let mut kept = Kept::default();
        (0..20_000).for_each(|i| kept.keep(at(i), "pan".into(), false));
        assert_eq!((kept.cues.len(), kept.bytes), (MAX_CUES, 3 * MAX_CUES));
        let long: Arc<str> = "x".repeat(16 << 10).into();
        (0..2000).for_each(|i| kept.keep(at(90_000 + i), Arc::clone(&long), false));
        assert!(kept.bytes <= MAX_BYTES);
        assert_eq!(kept.bytes, kept.cues.values().map(|prompt| prompt.len()).sum::<usize>());
    }
}

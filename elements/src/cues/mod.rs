// SPDX-License-Identifier: MIT OR Apache-2.0
//! Prompts that come as subtitles: the pad `text_sink`, and what came in on it.
//!
//! Cues wait in a short queue until the video reaches them. From then on they are kept with
//! their place in the video, so that a seek back finds them again. The video waits for text that
//! is still to come, unless one of the two is live.

mod kept;
mod pad;

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use gst::{ClockTime, prelude::*};
use parking_lot::{Condvar, Mutex, MutexGuard};

use self::kept::Kept;
pub use self::pad::{HasCues, build_pad, template};
use crate::{takes::Cue, timing::FrameGrid};

/// Cues that wait for the video before the text branch has to wait.
const MAX_QUEUED: usize = 16;

/// A cue that the video has not reached yet.
struct Queued {
    /// In running time; `None` for a cue without a time, which holds from the next frame on.
    start: Option<ClockTime>,
    /// It starts where its segment does, so it may have started before.
    cut: bool,
    prompt: Arc<str>,
}

/// Rebuilt when the pad is activated.
#[derive(Default)]
struct State {
    /// Where times of cues come from; `None` where they cannot be understood.
    segment: Option<gst::FormattedSegment<ClockTime>>,
    stream_id: Option<String>,
    /// The text comes as Pango markup.
    markup: bool,
    queued: VecDeque<Queued>,
    /// No cue that is still to come starts before this running time.
    position: Option<ClockTime>,
    eos: bool,
    /// Cues come without times: nobody can tell whether one is still to come.
    untimed: bool,
    /// The pad is inactive, or between FLUSH_START and FLUSH_STOP.
    flushing: bool,
    kept: Kept,
    /// Whether text or video is live; `None` until somebody had to know.
    live: Option<bool>,
}

/// What decides whether the video may wait for text.
#[derive(Clone, Copy)]
pub enum Pace<'a> {
    /// That of a clock: nothing may be waited for.
    Live,
    /// As fast as frames can be made.
    AsFastAsPossible,
    /// That of what comes in on this pad.
    Of(&'a gst::Pad),
}

/// How the video pairs with text at one frame.
pub struct Moment<'a> {
    /// Running time up to which cues belong to this frame or to one before it.
    pub due: ClockTime,
    /// Stream time of the frame.
    pub time: ClockTime,
    /// Stream time of frame 0.
    pub origin: ClockTime,
    /// From the running time of a cue to stream time of the video.
    pub to_stream_time: &'a dyn Fn(ClockTime) -> Option<ClockTime>,
    pub pace: Pace<'a>,
}

/// The text side of an element. Its lock comes before all others of the element, but behind the
/// lock that GStreamer holds on a pad while that is unlinked: so nothing is asked of the pad with
/// it, and nothing queried or pushed.
pub struct Cues {
    pub pad: gst::Pad,
    linked: AtomicBool,
    state: Mutex<State>,
    /// Wakes both sides.
    changed: Condvar,
}

impl Cues {
    /// The text side with its pad, which is not active yet.
    pub fn new(pad: gst::Pad) -> Self {
        let state = State { flushing: true, ..State::default() };
        Self {
            pad,
            linked: AtomicBool::new(false),
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    /// Whether there is a text branch.
    pub fn is_linked(&self) -> bool {
        self.linked.load(Ordering::Relaxed)
    }

    /// Whether there is no text at all, and never was.
    pub fn are_absent(&self) -> bool {
        if self.is_linked() {
            return false;
        }
        let state = self.state.lock();
        state.queued.is_empty() && state.kept.is_empty()
    }

    /// Lets the video side ask again whether it has to stop.
    pub fn wake(&self) {
        let _state = self.state.lock();
        self.changed.notify_all();
    }

    /// The cues that matter at `moment`, in order, with frames numbered on `grid`. Waits for those
    /// that are due and have not come yet, unless text or video is live, or `stopped` says that
    /// it must not.
    pub fn up_to(
        &self,
        moment: &Moment<'_>,
        grid: FrameGrid,
        stopped: impl Fn() -> bool,
    ) -> Vec<Cue> {
        let mut state = self.state.lock();
        loop {
            let linked = self.is_linked();
            if linked && state.live.is_none() {
                let live = MutexGuard::unlocked(&mut state, || self.is_live(moment));
                state.live = Some(live);
                continue;
            }
            let live = state.live == Some(true);
            if state.take_due(moment, live) {
                self.changed.notify_all();
            }
            if live || !linked || state.knows(moment.due) || stopped() {
                break;
            }
            self.changed.wait(&mut state);
        }
        let number = |time: ClockTime| grid.nearest(time.saturating_sub(moment.origin));
        let last = number(moment.time);
        let cues = state.kept.newest(|time| number(time) <= last);
        cues.map(|(time, prompt)| Cue { frame: number(time), prompt }).collect()
    }

    fn is_live(&self, moment: &Moment<'_>) -> bool {
        let upstream_is_live = |pad: &gst::Pad| {
            let mut latency = gst::query::Latency::new();
            pad.peer_query(&mut latency) && latency.result().0
        };
        match moment.pace {
            Pace::Live => true,
            Pace::AsFastAsPossible => upstream_is_live(&self.pad),
            Pace::Of(video) => upstream_is_live(video) || upstream_is_live(&self.pad),
        }
    }
}

impl State {
    /// Whether no cue can come any more that starts at `due` or before.
    fn knows(&self, due: ClockTime) -> bool {
        let passed = self.position.is_some_and(|position| position > due);
        self.eos || self.flushing || self.untimed || passed || !self.queued.is_empty()
    }

    /// Keeps the queued cues that are due; those that come late to a `live` stream start now.
    /// Says whether there were any.
    fn take_due(&mut self, moment: &Moment<'_>, live: bool) -> bool {
        let is_due = |cue: &Queued| cue.start.is_none_or(|start| start <= moment.due);
        let (due, later): (VecDeque<_>, _) = self.queued.drain(..).partition(is_due);
        self.queued = later;
        let any = !due.is_empty();
        let earliest = if live { moment.time } else { ClockTime::ZERO };
        for cue in due {
            let start = cue.start.map_or(Some(moment.time), moment.to_stream_time);
            if let Some(start) = start {
                self.kept.keep(start.max(earliest), cue.prompt, cue.cut);
            }
        }
        any
    }
}

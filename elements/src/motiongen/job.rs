// SPDX-License-Identifier: MIT OR Apache-2.0
//! One frame of the stream, from its number to its pixels.

use std::{sync::Arc, time::Instant};

use gst::{ClockTime, prelude::*, subclass::prelude::*};

use super::{imp::MotionGen, output::Output, state::Stop};
use crate::{
    announce::{self, ClipEvent},
    cues::{Moment, Pace},
    errors::FrameFailure,
    output,
    rescue::Outcome,
    settings::Settings,
    takes::{Ask, Cue, Take},
};

/// One frame that is to be made.
pub(super) struct Job {
    pub output: Arc<Output>,
    pub settings: Settings,
    /// The prompts of the text pad up to this frame.
    pub cues: Vec<Cue>,
    pub slot: Slot,
    pub discont: bool,
}

impl Job {
    fn ask(&self) -> Ask<'_> {
        Ask {
            still: &self.output.image,
            source: self.output.source(),
            grid: self.output.grid,
            settings: &self.settings,
            cues: &self.cues,
            first: self.slot.first,
            index: self.slot.index,
            continues: self.slot.forward && !self.discont,
        }
    }
}

/// The place of a frame in the stream.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    /// Number of the frame, counted from stream time 0.
    pub index: u64,
    /// The part of the frame that lies in the segment.
    pub start: ClockTime,
    pub end: ClockTime,
    /// Number of the frame at which the still comes in.
    pub first: u64,
    pub forward: bool,
    /// Running time of stream time 0, before any seek.
    pub base: ClockTime,
}

impl MotionGen {
    /// The cues up to the frame, once they are there.
    pub(super) fn cues_for(&self, output: &Output, slot: &Slot) -> Result<Vec<Cue>, Stop> {
        if self.cues.are_absent() {
            return Ok(Vec::new());
        }
        let grid = output.grid;
        let (time, next) = (grid.start(slot.index), grid.start(slot.index.saturating_add(1)));
        let live = self.settings().is_live;
        let moment = Moment {
            // Seeks are made here and not in the text, so this is the time without them.
            due: slot.base.saturating_add(time + (next - time) / 2),
            time,
            origin: ClockTime::ZERO,
            to_stream_time: &|running| Some(running.saturating_sub(slot.base)),
            pace: if live { Pace::Live } else { Pace::AsFastAsPossible },
        };
        let stopped = || {
            let state = self.state();
            state.seeking || state.check().is_err()
        };
        let cues = self.cues.up_to(&moment, grid, stopped);
        let state = self.state();
        state.check()?;
        if state.seeking { Err(Stop::Flow(gst::FlowError::Flushing)) } else { Ok(cues) }
    }

    /// What is shown now. Clips are opened where that is something new.
    fn take(&self, job: &Job) -> Result<Arc<Take>, FrameFailure> {
        let takes = self.state().takes.clone();
        let (take, next) = takes.at(&job.ask())?;
        let Some(next) = next else { return Ok(take) };
        let mut state = self.state();
        let old = std::mem::replace(&mut state.takes, next);
        state.stats.clips += 1;
        drop(state);
        // May free a still: not under the lock.
        drop(old);
        self.post_clip(ClipEvent::Started, &take, job);
        let news = self.tags.lock().of_take(&take, &job.settings);
        if let Some(tags) = news {
            self.state().keep_event(gst::event::Tag::new(tags));
        }
        Ok(take)
    }

    fn post_clip(&self, event: ClipEvent, take: &Take, job: &Job) {
        let start = job.output.grid.start(take.origin());
        announce::post_clip(self.obj().upcast_ref(), event, take, &job.settings, start);
    }

    pub(super) fn make(&self, job: &Job) -> Result<gst::Buffer, Stop> {
        let started = Instant::now();
        let take = self.take(job);
        if let Ok(take) = &take {
            let go_on = || self.state().check().is_ok();
            take.wait(job.slot.index, &job.settings, self.obj().upcast_ref(), go_on);
            self.state().check()?;
        }
        let mut buffer = job.output.acquire().map_err(Stop::Flow)?;
        let target = buffer.make_mut();
        let rescue = (&self.rescue, job.settings.on_error, &*job.output.image);
        let filled = output::fill(&job.output.info, target, rescue, |frame| {
            let take = take?;
            take.frame(job.slot.index, &job.settings, frame)?;
            if take.ends_at(job.slot.index) {
                self.post_clip(ClipEvent::Ended, &take, job);
            }
            Ok(())
        });
        match filled.map_err(|failure| Stop::Error(failure.into()))? {
            Outcome::Made => self.state().stats.frame(started.elapsed()),
            Outcome::Replaced(news) => {
                self.state().stats.failed += 1;
                if let Some(failure) = news {
                    announce::warn(self.obj().upcast_ref(), &failure);
                }
            }
        }
        target.set_pts(job.slot.start);
        target.set_duration(job.slot.end - job.slot.start);
        target.set_offset(job.slot.index);
        target.set_offset_end(job.slot.index.saturating_add(1));
        if job.discont {
            target.set_flags(gst::BufferFlags::DISCONT);
        }
        Ok(buffer)
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which frame comes next, and how it is made.

use std::{sync::Arc, time::Instant};

use gst::{ClockTime, prelude::*, subclass::prelude::*};
use gst_base::prelude::*;

use super::imp::{CAT, MotionSrc};
use crate::{
    announce::{self, ClipEvent},
    errors::FrameFailure,
    output::{self, Agreed},
    rescue::Outcome,
    settings::{AtEnd, Settings},
    takes::{Ask, Take, Takes},
};

/// One frame that is to be made.
pub(super) struct Job {
    output: Arc<Agreed>,
    /// Width and height of the picture as it was read.
    source: (u32, u32),
    settings: Settings,
    /// Number of the frame, counted from stream time 0.
    index: u64,
    /// It follows the frame that was made last.
    continues: bool,
    start: ClockTime,
    end: ClockTime,
}

impl MotionSrc {
    /// Finds out which frame comes next: the one at the position of the segment, which the base
    /// class moves on behind each frame.
    pub(super) fn plan(&self) -> Result<Job, gst::FlowError> {
        let segment = self.obj().segment();
        let segment =
            segment.downcast_ref::<ClockTime>().ok_or(gst::FlowError::NotNegotiated)?.clone();
        let (output, picture) = {
            let state = self.state();
            (state.output.clone(), state.picture.clone())
        };
        let (output, picture) = output.zip(picture).ok_or(gst::FlowError::NotNegotiated)?;
        let (grid, forward) = (output.grid, segment.rate() > 0.0);
        let place = segment.position().unwrap_or_default();
        let mut index = if forward {
            grid.index_at(place)
        } else {
            let before = place.checked_sub(ClockTime::from_nseconds(1));
            grid.index_at(before.ok_or(gst::FlowError::Eos)?)
        };
        if let Err(error) = self.obj().sync_values(grid.start(index)) {
            gst::warning!(CAT, imp = self, "a controlled property did not change: {error}");
        }
        let mut settings = self.settings().shared.clone();
        settings.controls.detail = self.pressure().detail();
        if settings.at_end == AtEnd::Eos {
            let last = grid.rate().frames_in(settings.duration) - 1;
            if forward && index > last {
                return Err(gst::FlowError::Eos);
            }
            index = index.min(last);
        }
        // A new rate must not bend time: a frame that is under way already comes with its rest.
        let (start, end) = (grid.start(index), grid.start(index.saturating_add(1)));
        let (start, end) = if forward { (start.max(place), end) } else { (start, end.min(place)) };
        match segment.clip(start, end) {
            Some((Some(start), Some(end))) => {
                let last = self.state().last.replace(index);
                let continues =
                    forward && last.is_some_and(|last| last.checked_add(1) == Some(index));
                let source = (picture.width(), picture.height());
                Ok(Job { output, source, settings, index, continues, start, end })
            }
            _ => Err(gst::FlowError::Eos),
        }
    }

    /// What is shown now. Clips are opened where that is something new.
    pub(super) fn take(&self, job: &Job) -> Result<Arc<Take>, FrameFailure> {
        let takes = self.state().takes.clone();
        let (take, next) = takes.at(&Ask {
            still: &job.output.image,
            source: job.source,
            grid: job.output.grid,
            settings: &job.settings,
            cues: &[],
            first: 0,
            index: job.index,
            continues: job.continues,
        })?;
        let Some(next) = next else { return Ok(take) };
        let mut state = self.state();
        let old = std::mem::replace(&mut state.takes, next);
        state.stats.clips += 1;
        drop(state);
        // May free a still: not under the lock.
        drop(old);
        self.post_clip(ClipEvent::Started, &take, job);
        let news = self.tags.lock().of_take(&take, &job.settings);
        if let Some(news) = news
            && !announce::send_tags(self.obj().src_pad(), news, &self.tags)
        {
            self.state().takes = Takes::default();
        }
        Ok(take)
    }

    fn post_clip(&self, event: ClipEvent, take: &Take, job: &Job) {
        let start = job.output.grid.start(take.origin());
        announce::post_clip(self.obj().upcast_ref(), event, take, &job.settings, start);
    }

    /// Waits until the frame can be made; false where somebody seeks or stops instead.
    pub(super) fn wait(&self, job: &Job, take: &Take) -> bool {
        take.wait(job.index, &job.settings, self.obj().upcast_ref(), || !self.is_flushing())
    }

    /// Fills `buffer` with the frame of `take`.
    pub(super) fn make(
        &self,
        job: &Job,
        take: Result<Arc<Take>, FrameFailure>,
        buffer: &mut gst::BufferRef,
    ) -> Result<(), gst::ErrorMessage> {
        let started = Instant::now();
        let rescue = (&self.rescue, job.settings.on_error, &*job.output.image);
        let filled = output::fill(&job.output.info, buffer, rescue, |frame| {
            let take = take?;
            take.frame(job.index, &job.settings, frame)?;
            if take.ends_at(job.index) {
                self.post_clip(ClipEvent::Ended, &take, job);
            }
            Ok(())
        });
        match filled? {
            Outcome::Made => self.state().stats.frame(started.elapsed()),
            Outcome::Replaced(news) => {
                self.state().stats.failed += 1;
                if let Some(failure) = news {
                    announce::warn(self.obj().upcast_ref(), &failure);
                }
            }
        }
        buffer.set_pts(job.start);
        buffer.set_duration(job.end - job.start);
        buffer.set_offset(job.index);
        buffer.set_offset_end(job.index.saturating_add(1));
        Ok(())
    }
}

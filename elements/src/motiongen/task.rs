// SPDX-License-Identifier: MIT OR Apache-2.0
//! The thread that makes the frames.

use std::{sync::Arc, time::Instant};

use gst::{ClockTime, prelude::*, subclass::prelude::*};

use super::{
    imp::{CAT, MotionGen},
    output::{Output, render},
    state::Stop,
};
use crate::{
    clip::OpenClip,
    errors,
    settings::{AtEnd, Settings},
};

/// One frame that is to be made.
struct Job {
    output: Arc<Output>,
    clip: Arc<OpenClip>,
    settings: Settings,
    /// Number of the frame, counted from stream time 0.
    index: u64,
    /// The frame of the clip that is shown.
    shown: u64,
    start: ClockTime,
    end: ClockTime,
    discont: bool,
}

impl MotionGen {
    /// Makes one frame, or ends the stream.
    pub(super) fn iterate(&self) {
        self.state().task_thread = Some(std::thread::current().id());
        if let Err(stop) = self.step() {
            self.finish(stop);
        }
        self.state().task_thread = None;
    }

    fn step(&self) -> Result<(), Stop> {
        if self.settings().is_live {
            self.wait_until_playing()?;
        }
        let job = self.plan()?;
        let buffer = self.make(&job)?;
        if self.settings().is_live {
            self.wait_for_clock(job.start)?;
        }
        self.state().check()?;
        self.push_events();
        self.srcpad.push(buffer).map_err(Stop::Flow)?;
        self.advance(&job);
        Ok(())
    }

    /// Finds out which frame comes next. Events that must come before it are pushed here.
    fn plan(&self) -> Result<Job, Stop> {
        let output = self.agree()?;
        let discont = self.begin_segment(&output)?;
        let mut index = {
            let state = self.state();
            state.check()?;
            if state.buffers_left == Some(0) {
                return Err(Stop::End);
            }
            state.next.ok_or(Stop::End)?
        };
        if let Err(error) = self.obj().sync_values(output.grid.start(index)) {
            gst::warning!(CAT, imp = self, "a controlled property did not change: {error}");
        }
        let settings = self.settings().shared.clone();
        let clip = self.open_clip(&output, &settings)?;
        let state = self.state();
        let forward = state.segment.rate() > 0.0;
        let frames = clip.frames();
        if !forward && settings.at_end == AtEnd::Eos {
            index = index.min(state.origin.saturating_add(frames.saturating_sub(1)));
        }
        let in_clip = index.saturating_sub(state.origin);
        let shown = settings.at_end.frame(in_clip, frames).ok_or(Stop::End)?;
        let (start, end) = (output.grid.start(index), output.grid.start(index.saturating_add(1)));
        let (start, end) = match state.segment.clip(start, end) {
            Some((Some(start), Some(end))) => (start, end),
            _ => return Err(Stop::End),
        };
        drop(state);
        Ok(Job { output, clip, settings, index, shown, start, end, discont })
    }

    /// The output for the newest still; agrees on a new one with downstream where needed.
    fn agree(&self) -> Result<Arc<Output>, Stop> {
        let reconfigure = self.srcpad.check_reconfigure();
        let (still, old) = {
            let mut state = self.state();
            state.check()?;
            let still = state.still.clone().ok_or(Stop::Flow(gst::FlowError::Flushing))?;
            let current = state.output.as_ref().filter(|output| Arc::ptr_eq(&output.still, &still));
            if let (Some(output), false) = (current, reconfigure) {
                return Ok(Arc::clone(output));
            }
            // The old pool must be at rest before downstream offers it again.
            let old = state.output.take();
            drop(state);
            let replaced = old.as_ref().is_some_and(|old| !Arc::ptr_eq(&old.still, &still));
            (still, old.map(|old| (old.grid, replaced)))
        };
        let fit = self.settings().fit;
        let negotiated = Output::negotiate(&self.srcpad, &still, fit);
        self.state().check()?;
        let output = Arc::new(negotiated?);
        if self.srcpad.current_caps().as_ref() != Some(&output.caps) {
            gst::info!(CAT, imp = self, "making {}", output.caps);
            self.srcpad.push_event(gst::event::Caps::new(&output.caps));
        }
        let mut state = self.state();
        state.check()?;
        if let Some((grid, replaced)) = old {
            state.change_grid(grid, output.grid);
            if replaced {
                // The clip of the new still starts with the frame that comes now.
                state.origin = state.next.unwrap_or(0);
            }
        }
        state.output = Some(Arc::clone(&output));
        Ok(output)
    }

    /// Pushes the segment if that was not done yet. Says whether it was done now.
    fn begin_segment(&self, output: &Output) -> Result<bool, Stop> {
        let live_base =
            if self.settings().is_live { self.obj().current_running_time() } else { None };
        let event = {
            let mut state = self.state();
            state.check()?;
            if !state.segment_pending {
                return Ok(false);
            }
            if let Some(now) = live_base {
                // The clip starts now, whenever the still came.
                state.segment.set_base(now);
            }
            let place = state.segment.position().unwrap_or_default();
            state.next = if state.segment.rate() > 0.0 {
                Some(output.grid.index_at(place))
            } else {
                place.checked_sub(ClockTime::from_nseconds(1)).map(|t| output.grid.index_at(t))
            };
            state.segment_pending = false;
            gst::event::Segment::builder(&state.segment).seqnum(state.seqnum).build()
        };
        self.srcpad.push_event(event);
        Ok(true)
    }

    /// The clip that the settings ask for; the one that is open where it is still right.
    fn open_clip(&self, output: &Output, settings: &Settings) -> Result<Arc<OpenClip>, Stop> {
        let rate = output.grid.rate();
        let open = self.state().clip.clone();
        if let Some(clip) = open.filter(|clip| clip.is_for(&output.image, rate, settings)) {
            return Ok(clip);
        }
        let clip = OpenClip::open(&output.image, rate, settings)
            .map_err(|e| Stop::Error(errors::generator(&e)))?;
        let clip = Arc::new(clip);
        let mut state = self.state();
        let old = state.clip.replace(Arc::clone(&clip));
        state.stats.clips += 1;
        drop(state);
        drop(old);
        Ok(clip)
    }

    fn make(&self, job: &Job) -> Result<gst::Buffer, Stop> {
        let started = Instant::now();
        if !job.clip.wait(job.shown, || self.state().check().is_ok()) {
            self.state().check()?;
        }
        let mut buffer = job.output.acquire().map_err(Stop::Flow)?;
        let target = buffer.make_mut();
        render(&job.output, target, |frame| {
            let made = job.clip.frame(job.shown, &job.settings.controls, frame);
            made.map_err(|e| Stop::Error(errors::generator(&e)))
        })?;
        target.set_pts(job.start);
        target.set_duration(job.end - job.start);
        target.set_offset(job.index);
        target.set_offset_end(job.index.saturating_add(1));
        if job.discont {
            target.set_flags(gst::BufferFlags::DISCONT);
        }
        self.state().stats.frame(started.elapsed());
        Ok(buffer)
    }

    fn wait_until_playing(&self) -> Result<(), Stop> {
        let mut state = self.state();
        loop {
            state.check()?;
            if state.playing {
                return Ok(());
            }
            self.changed.wait(&mut state);
        }
    }

    /// Waits until the frame that starts at `start` is due.
    fn wait_for_clock(&self, start: ClockTime) -> Result<(), Stop> {
        loop {
            let (Some(clock), Some(base)) = (self.obj().clock(), self.obj().base_time()) else {
                return Ok(());
            };
            let wait = {
                let mut state = self.state();
                state.check()?;
                let Some(running) = state.segment.to_running_time(start) else { return Ok(()) };
                let wait = clock.new_single_shot_id(base.saturating_add(running));
                state.clock_wait = Some(wait.clone());
                wait
            };
            let _ = wait.wait();
            let playing = {
                let mut state = self.state();
                state.clock_wait = None;
                state.check()?;
                state.playing
            };
            if playing {
                return Ok(());
            }
            // Paused in the meantime: the base time will be another one.
            self.wait_until_playing()?;
        }
    }

    /// Goes on to the next frame. A live clip leaves out what is late.
    fn advance(&self, job: &Job) {
        let now = if self.settings().is_live { self.obj().current_running_time() } else { None };
        let mut state = self.state();
        if state.segment_pending {
            // A seek from within the push has decided where to go on.
            return;
        }
        state.buffers_left = state.buffers_left.map(|left| left.saturating_sub(1));
        if state.segment.rate() < 0.0 {
            state.segment.set_position(job.start);
            state.next = job.index.checked_sub(1);
            return;
        }
        state.segment.set_position(job.end);
        let next = job.index.saturating_add(1);
        let due = now
            .and_then(|now| state.segment.position_from_running_time(now))
            .map_or(next, |position| job.output.grid.index_at(position).max(next));
        state.stats.skipped += due - next;
        state.next = Some(due);
    }

    /// Ends the stream and the task.
    fn finish(&self, stop: Stop) {
        let seqnum = {
            let mut state = self.state();
            let flushing = matches!(stop, Stop::Flow(gst::FlowError::Flushing));
            if flushing && state.check().is_ok() && state.segment_pending {
                // A seek from within the push has restarted the task already.
                return;
            }
            if !flushing {
                state.next = None;
                state.asked_to_stop = None;
            }
            state.seqnum
        };
        // Fails only when the pad has no task any more.
        let _ = self.srcpad.pause_task();
        if !matches!(stop, Stop::Flow(gst::FlowError::Flushing)) {
            self.push_events();
        }
        match stop {
            Stop::Flow(gst::FlowError::Flushing) => (),
            Stop::End | Stop::Flow(gst::FlowError::Eos) => self.push_end(seqnum),
            Stop::Asked(asked) => self.push_eos(asked),
            Stop::Flow(reason) => {
                gst::element_imp_error!(
                    self,
                    gst::StreamError::Failed,
                    ("Internal data stream error."),
                    ["streaming stopped, reason {reason}"]
                );
                self.push_eos(seqnum);
            }
            Stop::Error(message) => {
                self.post_error_message(message);
                self.push_eos(seqnum);
            }
        }
    }

    fn push_end(&self, seqnum: gst::Seqnum) {
        let segment = self.state().segment.clone();
        if !segment.flags().contains(gst::SegmentFlags::SEGMENT) {
            self.push_eos(seqnum);
            return;
        }
        let end = segment.stop().or(segment.position());
        let place = if segment.rate() > 0.0 { end } else { segment.start() };
        let message = gst::message::SegmentDone::builder(place).seqnum(seqnum);
        // Only an element without a bus does not take it.
        let _ = self.obj().post_message(message.src(&*self.obj()).build());
        self.srcpad.push_event(gst::event::SegmentDone::builder(place).seqnum(seqnum).build());
    }

    /// Sends on what came in between the frames.
    pub(super) fn push_events(&self) {
        let events = std::mem::take(&mut self.state().events);
        for event in events {
            self.srcpad.push_event(event);
        }
    }

    fn push_eos(&self, seqnum: gst::Seqnum) {
        self.srcpad.push_event(gst::event::Eos::builder().seqnum(seqnum).build());
    }
}

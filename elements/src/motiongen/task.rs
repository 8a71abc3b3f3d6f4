// SPDX-License-Identifier: MIT OR Apache-2.0
//! The thread that makes the frames.

use std::sync::Arc;

use gst::{ClockTime, prelude::*, subclass::prelude::*};

use super::{
    imp::{CAT, MotionGen},
    job::{Job, Slot},
    output::Output,
    state::Stop,
};
use crate::settings::{AtEnd, Settings};

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
            self.wait_for_clock(job.slot.start)?;
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
        let index = {
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
        let settings = self.job_settings();
        let slot = self.slot(&output, &settings, index)?;
        let cues = self.cues_for(&output, &slot)?;
        Ok(Job { output, settings, cues, slot, discont })
    }

    /// The settings, with as much detail as the machine keeps up with.
    fn job_settings(&self) -> Settings {
        let mut settings = self.settings().shared.clone();
        settings.controls.detail = self.pressure().detail();
        settings
    }

    /// Where frame `index` lies, or the end if it lies behind that.
    fn slot(&self, output: &Output, settings: &Settings, mut index: u64) -> Result<Slot, Stop> {
        let live = self.settings().is_live;
        let state = self.state();
        let forward = state.segment.rate() > 0.0;
        let first = state.origin;
        if settings.at_end == AtEnd::Eos {
            // Whatever the prompt, the stream ends when its still was shown for so long.
            let frames = output.grid.rate().frames_in(settings.duration);
            let last = first.saturating_add(frames - 1);
            if forward && index > last {
                return Err(Stop::End);
            }
            index = index.min(last);
        }
        let (start, end) = (output.grid.start(index), output.grid.start(index.saturating_add(1)));
        let base = if live { state.segment.base().unwrap_or_default() } else { ClockTime::ZERO };
        match state.segment.clip(start, end) {
            Some((Some(start), Some(end))) => Ok(Slot { index, start, end, first, forward, base }),
            _ => Err(Stop::End),
        }
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
                let output = Arc::clone(output);
                drop(state);
                self.send_caps(&output);
                return Ok(output);
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
        self.send_caps(&output);
        let mut state = self.state();
        state.check()?;
        if let Some((grid, replaced)) = old {
            state.change_grid(grid, output.grid);
            if replaced {
                // The clip of the new still starts with the frame that comes now.
                state.origin = state.next.unwrap_or(0);
                state.takes.rewind();
            }
        }
        state.output = Some(Arc::clone(&output));
        Ok(output)
    }

    /// Pushes the start of the stream if downstream does not have it: the flush of a seek may
    /// swallow it, and upstream would fail if it heard of that.
    pub(super) fn push_stream_start(&self) {
        let start = self.state().stream_start.take();
        if let Some(start) = start.filter(|start| !self.srcpad.push_event(start.clone())) {
            self.state().stream_start.get_or_insert(start);
        }
    }

    /// Pushes the caps if downstream does not have them: a flush may have swallowed them.
    fn send_caps(&self, output: &Output) {
        self.push_stream_start();
        if self.srcpad.current_caps().as_ref() != Some(&output.caps) {
            gst::info!(CAT, imp = self, "making {}", output.caps);
            self.srcpad.push_event(gst::event::Caps::new(&output.caps));
        }
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
            state.segment.set_position(job.slot.start);
            state.next = job.slot.index.checked_sub(1);
            return;
        }
        state.segment.set_position(job.slot.end);
        let next = job.slot.index.saturating_add(1);
        let due = now
            .and_then(|now| state.segment.position_from_running_time(now))
            .map_or(next, |position| job.output.grid.index_at(position).max(next));
        state.stats.skipped += due - next;
        if let Some(now) = now {
            // Not every sink of a live stream tells what is late.
            let late = due > next;
            state.pressure.frame(now, late, if late { 1.0 } else { 0.0 });
        }
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

    /// Sends on what came in between the frames. What outlives a flush, such as tags, is sent
    /// again where one swallowed it.
    pub(super) fn push_events(&self) {
        let events = std::mem::take(&mut self.state().events);
        let swallowed = |event: &gst::Event| {
            let taken = self.srcpad.push_event(event.clone());
            !taken && event.is_sticky() && self.srcpad.pad_flags().contains(gst::PadFlags::FLUSHING)
        };
        let again: Vec<_> = events.into_iter().filter(swallowed).collect();
        self.state().events.splice(0..0, again);
    }

    fn push_eos(&self, seqnum: gst::Seqnum) {
        self.srcpad.push_event(gst::event::Eos::builder().seqnum(seqnum).build());
    }
}

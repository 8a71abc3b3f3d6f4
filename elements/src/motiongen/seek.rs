// SPDX-License-Identifier: MIT OR Apache-2.0
//! Seeks, and other events from downstream.

use gst::{ClockTime, prelude::*, subclass::prelude::*};
use stillmotion_engine::request::DEFAULT_FRAME_RATE;

use super::imp::{CAT, MotionGen};
use crate::{settings::AtEnd, timing::FrameGrid};

/// A seek event with its times in nanoseconds.
struct Seek {
    rate: f64,
    flags: gst::SeekFlags,
    start: (gst::SeekType, Option<ClockTime>),
    stop: (gst::SeekType, Option<ClockTime>),
    seqnum: gst::Seqnum,
}

impl MotionGen {
    pub(super) fn src_event(&self, pad: &gst::Pad, event: gst::Event) -> bool {
        match event.view() {
            gst::EventView::Seek(seek) => return self.seek(seek, event.seqnum()),
            // These speak of frames that are made here; upstream knows nothing of them.
            gst::EventView::Qos(qos) => {
                self.state().pressure.hear(qos);
                return true;
            }
            gst::EventView::Latency(_)
            | gst::EventView::Step(_)
            | gst::EventView::Navigation(_) => return true,
            // Upstream has given its still and stopped.
            gst::EventView::Reconfigure(_) if self.state().still.is_some() => return true,
            _ => (),
        }
        gst::Pad::event_default(pad, Some(&*self.obj()), event)
    }

    fn seek(&self, event: &gst::event::Seek, seqnum: gst::Seqnum) -> bool {
        if self.settings().is_live {
            gst::debug!(CAT, imp = self, "a live clip cannot be seeked");
            return false;
        }
        let grid = self.grid();
        let Some(seek) = parse(event, seqnum, grid) else {
            gst::debug!(CAT, imp = self, "a seek that cannot be done: {event:?}");
            return false;
        };
        // Nothing is disturbed for a seek that cannot be done.
        if !self.state().active || self.segment_after(&seek).is_none() {
            return false;
        }
        let flush = seek.flags.contains(gst::SeekFlags::FLUSH);
        {
            // Before the event: what the task sends from then on is lost.
            let mut state = self.state();
            state.seeking = true;
            state.flushing_downstream |= flush;
        }
        if flush {
            self.srcpad.push_event(gst::event::FlushStart::builder().seqnum(seqnum).build());
        }
        self.wake();
        self.stop_task();
        let _stream = self.srcpad.stream_lock();
        self.state().seeking = false;
        let moved = self.move_to(&seek);
        if flush {
            self.srcpad.push_event(gst::event::FlushStop::builder(true).seqnum(seqnum).build());
            self.state().flushing_downstream = false;
            self.wake();
        }
        if let (true, Some(start)) = (seek.flags.contains(gst::SeekFlags::SEGMENT), moved) {
            let message = gst::message::SegmentStart::builder(start).seqnum(seqnum);
            // Only an element without a bus does not take it.
            let _ = self.obj().post_message(message.src(&*self.obj()).build());
        }
        self.start_task();
        moved.is_some()
    }

    /// Changes the segment. Gives the position at which it starts to play.
    fn move_to(&self, seek: &Seek) -> Option<ClockTime> {
        let segment = self.segment_after(seek)?;
        let position = segment.position().unwrap_or_default();
        let num_buffers = self.num_buffers();
        let mut state = self.state();
        state.segment = segment;
        state.seqnum = seek.seqnum;
        state.segment_pending = true;
        state.asked_to_stop = None;
        if seek.flags.contains(gst::SeekFlags::FLUSH) {
            state.buffers_left = num_buffers;
            state.origin = 0;
            state.takes.rewind();
        }
        Some(position)
    }

    /// What would be played after `seek`, or `None` where that cannot be.
    fn segment_after(&self, seek: &Seek) -> Option<gst::FormattedSegment<ClockTime>> {
        let end = self.clip_end();
        let mut segment = self.state().segment.clone();
        segment.set_duration(end);
        let ((start_type, start), (stop_type, stop)) = (seek.start, seek.stop);
        segment.do_seek(seek.rate, seek.flags, start_type, start, stop_type, stop)?;
        // To play backwards there must be a place to start from.
        let endless = seek.rate < 0.0 && end.is_none() && segment.stop().is_none();
        (!endless).then_some(segment)
    }

    /// When the clip ends by itself, or `None` where it does not.
    pub(super) fn clip_end(&self) -> Option<ClockTime> {
        let settings = self.settings().clone();
        let state = self.state();
        let grid = state.output.as_ref().map_or(usual_grid(), |output| output.grid);
        let by_end = (settings.shared.at_end == AtEnd::Eos).then(|| {
            let duration = settings.shared.duration;
            if state.output.is_none() {
                return ClockTime::try_from(duration).unwrap_or(ClockTime::MAX);
            }
            grid.start(state.origin.saturating_add(grid.rate().frames_in(duration)))
        });
        let by_number = u64::try_from(settings.num_buffers).ok().map(|n| grid.start(n));
        [by_end, by_number].into_iter().flatten().min()
    }

    /// The frames of the output, or the usual ones while none is agreed on.
    pub(super) fn grid(&self) -> FrameGrid {
        self.state().output.as_ref().map_or(usual_grid(), |output| output.grid)
    }
}

fn usual_grid() -> FrameGrid {
    FrameGrid::new(DEFAULT_FRAME_RATE)
}

fn parse(event: &gst::event::Seek, seqnum: gst::Seqnum, grid: FrameGrid) -> Option<Seek> {
    let (rate, flags, start_type, start, stop_type, stop) = event.get();
    let time = |kind: gst::SeekType, value| match (kind, value) {
        (gst::SeekType::None, _) => Some(None),
        (_, gst::GenericFormattedValue::Time(time)) => Some(time),
        (_, gst::GenericFormattedValue::Default(frame)) => Some(frame.map(|f| grid.start(*f))),
        _ => None,
    };
    let usable_rate = rate != 0.0 && rate.is_finite();
    let (start, stop) = (time(start_type, start)?, time(stop_type, stop)?);
    // A place that is not given cannot be gone to; an end that is not given is open.
    let known_start = start_type != gst::SeekType::Set || start.is_some();
    (usable_rate && known_start).then_some(Seek {
        rate,
        flags,
        start: (start_type, start),
        stop: (stop_type, stop),
        seqnum,
    })
}

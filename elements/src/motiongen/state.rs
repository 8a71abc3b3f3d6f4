// SPDX-License-Identifier: MIT OR Apache-2.0
//! One run of the stream.

use std::sync::Arc;

use gst_video::VideoInfo;
use stillmotion_engine::image::Image;

use super::output::Output;
use crate::{qos::Pressure, stats::Stats, takes::Takes, timing::FrameGrid};

/// What the caps event said about the stills that follow it.
#[derive(Debug, Clone)]
pub struct Input {
    pub caps: gst::Caps,
    pub info: VideoInfo,
}

/// A still that came in.
pub struct Still {
    pub input: Input,
    /// Of the size in which it came.
    pub image: Arc<Image>,
    /// An empty buffer that carries the metas of the still.
    pub metas: gst::Buffer,
}

/// How the stream came to its end.
#[derive(Debug)]
pub enum Stop {
    /// The clip, the segment or `num-buffers` is over.
    End,
    /// An application asked for the end with this event.
    Asked(gst::Seqnum),
    /// Downstream did not take a buffer, or a flush is going on.
    Flow(gst::FlowError),
    /// Something that the user must be told.
    Error(gst::ErrorMessage),
}

/// Rebuilt at every start.
pub struct State {
    /// What the next still will look like.
    pub input: Option<Input>,
    /// Caps that cannot be worked with, and about which the user was told.
    pub refused: Option<gst::Caps>,
    /// The newest still.
    pub still: Option<Arc<Still>>,
    /// What was agreed on with downstream.
    pub output: Option<Arc<Output>>,
    /// The clips that are shown.
    pub takes: Takes,

    /// What is played. Its position is where the next frame starts (ends, in reverse).
    pub segment: gst::FormattedSegment<gst::ClockTime>,
    /// Seqnum of the seek or of the upstream segment that started this segment.
    pub seqnum: gst::Seqnum,
    /// The segment has not been sent yet.
    pub segment_pending: bool,
    /// Number of the next frame, counted from stream time 0; `None` where no frame is left.
    pub next: Option<u64>,
    /// Number of the frame at which the newest still comes in.
    pub origin: u64,
    /// Buffers until `num-buffers` is reached, `None` for no limit.
    pub buffers_left: Option<u64>,

    /// The source pad is active.
    pub active: bool,
    /// Between FLUSH_START and FLUSH_STOP from upstream.
    pub flushing: bool,
    /// A seek flushes downstream. Upstream is not concerned: a still may come in meanwhile.
    pub flushing_downstream: bool,
    /// The pipeline plays: only then may live frames leave.
    pub playing: bool,
    /// The start of the stream, while downstream does not have it.
    pub stream_start: Option<gst::Event>,
    /// Serialized events that leave before the next frame.
    pub events: Vec<gst::Event>,
    /// An EOS event that an application sent.
    pub asked_to_stop: Option<gst::Seqnum>,
    /// A seek waits for the task to end.
    pub seeking: bool,
    /// What the task sleeps on.
    pub clock_wait: Option<gst::SingleShotClockId>,
    /// The thread of the task, while it makes a frame.
    pub task_thread: Option<std::thread::ThreadId>,
    pub stats: Stats,
    /// How well the machine keeps up.
    pub pressure: Pressure,
}

impl State {
    pub fn new(num_buffers: Option<u64>) -> Self {
        Self {
            input: None,
            refused: None,
            still: None,
            output: None,
            takes: Takes::default(),
            segment: gst::FormattedSegment::new(),
            seqnum: gst::Seqnum::next(),
            segment_pending: true,
            next: Some(0),
            origin: 0,
            buffers_left: num_buffers,
            active: false,
            flushing: false,
            flushing_downstream: false,
            playing: false,
            stream_start: None,
            events: Vec::new(),
            asked_to_stop: None,
            seeking: false,
            clock_wait: None,
            task_thread: None,
            stats: Stats::default(),
            pressure: Pressure::default(),
        }
    }

    /// Keeps an event until the next frame leaves. What an application sends to a pipeline comes
    /// here twice: from the source in front of this element, and directly. Behind the end of the
    /// stream nothing is kept, and this gives false.
    pub fn keep_event(&mut self, event: gst::Event) -> bool {
        let over = self.next.is_none();
        if !over && self.events.iter().all(|kept| kept.as_ptr() != event.as_ptr()) {
            self.events.push(event);
        }
        !over
    }

    /// Forgets the still and the place in the stream, as after a flush from upstream.
    pub fn reset_stream(&mut self, num_buffers: Option<u64>) {
        let fresh = Self::new(num_buffers);
        *self = Self {
            input: self.input.take(),
            active: self.active,
            flushing: self.flushing,
            flushing_downstream: self.flushing_downstream,
            playing: self.playing,
            task_thread: self.task_thread,
            stream_start: self.stream_start.take(),
            stats: self.stats,
            pressure: self.pressure,
            // What a pad keeps beyond a flush, such as tags.
            events: self.events.drain(..).filter(|event| event.is_sticky()).collect(),
            ..fresh
        };
    }

    /// Counts on in the frames of another rate, at the same place in the stream.
    pub fn change_grid(&mut self, old: FrameGrid, new: FrameGrid) {
        if old != new {
            let place = self.segment.position().unwrap_or_default();
            self.next = self.next.map(|_| new.nearest(place));
            self.origin = new.nearest(old.start(self.origin));
            self.takes.change_grid(old, new);
        }
    }

    /// Whether no frame may be made.
    pub fn must_stop(&self) -> bool {
        !self.active || self.flushing || self.flushing_downstream
    }

    /// Whether the task must give way, and why.
    pub fn check(&self) -> Result<(), Stop> {
        if self.must_stop() {
            return Err(Stop::Flow(gst::FlowError::Flushing));
        }
        self.asked_to_stop.map_or(Ok(()), |seqnum| Err(Stop::Asked(seqnum)))
    }
}

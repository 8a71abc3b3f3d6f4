// SPDX-License-Identifier: MIT OR Apache-2.0
//! The pad `text_sink`. Nothing that comes in on it goes further.

use std::sync::atomic::Ordering;

use gst::{ClockTime, prelude::*, subclass::prelude::*};
use stillmotion_engine::prompt::cue;

use super::{Cues, MAX_QUEUED, Queued, State};

/// An element with a text side.
pub trait HasCues: ElementImpl {
    fn cues(&self) -> &Cues;
}

/// The template of the pad: as that of textoverlay, so that it links where that does. It is
/// always there, because editors pay no heed to such a pad.
pub fn template() -> Option<gst::PadTemplate> {
    let caps = gst::Caps::builder("text/x-raw")
        .field("format", gst::List::new(["pango-markup", "utf8"]))
        .build();
    let (direction, presence) = (gst::PadDirection::Sink, gst::PadPresence::Always);
    gst::PadTemplate::new("text_sink", direction, presence, &caps).ok()
}

/// The pad of an element `T`, from the [`template`] in its class.
pub fn build_pad<T: HasCues>(template: &gst::PadTemplate) -> gst::Pad {
    gst::Pad::builder_from_template(template)
        .chain_function(|_, parent, buffer| {
            let failed = || Err(gst::FlowError::Error);
            T::catch_panic_pad_function(parent, failed, |this| this.cues().chain(&buffer))
        })
        .event_function(|_, parent, event| {
            T::catch_panic_pad_function(parent, || false, |this| this.cues().event(&event))
        })
        .query_function(|pad, parent, query| {
            let answer = |this: &T| answer(pad, &*this.obj(), query);
            T::catch_panic_pad_function(parent, || false, answer)
        })
        .activatemode_function(|_, parent, _, active| {
            let failed = || Err(glib::bool_error!("panicked").into());
            T::catch_panic_pad_function(parent, failed, |this| {
                this.cues().activate(active);
                Ok(())
            })
        })
        .link_function(|_, parent, _| {
            let failed = || Err(gst::PadLinkError::Refused);
            T::catch_panic_pad_function(parent, failed, |this| {
                this.cues().set_linked(true);
                Ok(gst::PadLinkSuccess)
            })
        })
        .unlink_function(|_, parent| {
            T::catch_panic_pad_function(parent, || (), |this| this.cues().set_linked(false));
        })
        .build()
}

/// Whoever gives text learns what it may be, and nothing about the video.
fn answer(pad: &gst::Pad, element: &impl IsA<gst::Object>, query: &mut gst::QueryRef) -> bool {
    let own = matches!(query.type_(), gst::QueryType::Caps | gst::QueryType::AcceptCaps);
    own && gst::Pad::query_default(pad, Some(element), query)
}

impl Cues {
    fn set_linked(&self, linked: bool) {
        self.linked.store(linked, Ordering::Relaxed);
        self.wake();
    }

    fn activate(&self, active: bool) {
        let mut state = self.state.lock();
        if active {
            *state = State::default();
        } else {
            state.flushing = true;
        }
        self.changed.notify_all();
    }

    fn chain(&self, buffer: &gst::BufferRef) -> Result<gst::FlowSuccess, gst::FlowError> {
        let markup = self.state.lock().markup;
        // Memory that cannot be read has no text.
        let prompt = buffer
            .map_readable()
            .map_or_else(|_| String::new(), |map| cue::text(map.as_slice(), markup));
        let mut state = self.state.lock();
        while !state.flushing && state.queued.len() >= MAX_QUEUED {
            self.changed.wait(&mut state);
        }
        if state.flushing {
            return Err(gst::FlowError::Flushing);
        }
        if state.eos {
            return Err(gst::FlowError::Eos);
        }
        if let Some(start) = state.start_of(buffer) {
            let cut = buffer.pts().is_some()
                && buffer.pts() == state.segment.as_ref().and_then(|segment| segment.start());
            state.position = state.position.max(start);
            state.queued.push_back(Queued { start, cut, prompt: prompt.into() });
            self.changed.notify_all();
        }
        Ok(gst::FlowSuccess::Ok)
    }

    fn event(&self, event: &gst::EventRef) -> bool {
        let mut state = self.state.lock();
        match event.view() {
            gst::EventView::StreamStart(start) => state.start_stream(start.stream_id()),
            gst::EventView::Caps(caps) => {
                let format = caps.caps().structure(0).and_then(|s| s.get::<&str>("format").ok());
                state.markup = format == Some("pango-markup");
            }
            gst::EventView::Segment(segment) => {
                // Bytes say nothing about time.
                state.segment = segment.segment().clone().downcast().ok();
                state.untimed = state.segment.is_none();
                state.eos = false;
                state.live = None;
                state.position = state.running(state.segment.as_ref().and_then(|s| s.start()));
            }
            gst::EventView::Gap(gap) => {
                let (start, duration) = gap.get();
                let end = state.running(Some(start.saturating_add(duration.unwrap_or_default())));
                state.position = state.position.max(end);
            }
            gst::EventView::Eos(_) => state.eos = true,
            gst::EventView::FlushStart(_) => state.flushing = true,
            gst::EventView::FlushStop(_) => {
                let old = std::mem::take(&mut *state);
                // What the video has reached stays true.
                let State { stream_id, markup, kept, .. } = old;
                *state = State { stream_id, markup, kept, ..State::default() };
            }
            _ => (),
        }
        self.changed.notify_all();
        true
    }
}

impl State {
    /// Cues of another stream say nothing about this one.
    fn start_stream(&mut self, id: &str) {
        if self.stream_id.as_deref() != Some(id) {
            let flushing = self.flushing;
            *self = Self { stream_id: Some(id.to_owned()), flushing, ..Self::default() };
        }
        self.eos = false;
    }

    /// When a cue starts, in running time: `Some(None)` for one without a time, `None` for one
    /// that lies outside its segment. A cue holds beyond its end, so one that ended before the
    /// segment starts still counts.
    fn start_of(&mut self, buffer: &gst::BufferRef) -> Option<Option<ClockTime>> {
        let (Some(segment), Some(pts)) = (&self.segment, buffer.pts()) else {
            self.untimed = true;
            return Some(None);
        };
        let (start, _) = segment.clip(pts, ClockTime::NONE)?;
        self.running(start).map(Some)
    }

    fn running(&self, time: Option<ClockTime>) -> Option<ClockTime> {
        self.segment.as_ref()?.to_running_time(time)
    }
}

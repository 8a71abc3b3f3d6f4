// SPDX-License-Identifier: MIT OR Apache-2.0
//! What comes in: caps and the still.

use std::sync::Arc;

use super::{
    imp::{CAT, MotionGen},
    state::{Input, Still},
};
use crate::{announce::StreamTags, caps, frame};
use gst::subclass::prelude::*;
use gst_video::VideoInfo;

impl MotionGen {
    pub(super) fn sink_chain(
        &self,
        buffer: gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let replace = self.settings().allow_replace;
        let input = {
            let state = self.state();
            if !state.active || state.flushing {
                return Err(gst::FlowError::Flushing);
            }
            if state.still.is_some() && (!replace || state.next.is_none()) {
                return Err(gst::FlowError::Eos);
            }
            state.input.clone().ok_or(gst::FlowError::NotNegotiated)?
        };
        let still = self.still(&buffer, input)?;
        // Upstream may hand the memory to somebody else from here on.
        drop(buffer);
        {
            let mut state = self.state();
            if !state.active || state.flushing {
                return Err(gst::FlowError::Flushing);
            }
            state.still = Some(still);
        }
        self.start_task();
        if replace { Ok(gst::FlowSuccess::Ok) } else { Err(gst::FlowError::Eos) }
    }

    /// A deep copy of what came in.
    fn still(&self, buffer: &gst::Buffer, input: Input) -> Result<Arc<Still>, gst::FlowError> {
        let image = frame::image_from_buffer(buffer, &input.info).map_err(|error| {
            self.post_error_message(error.into());
            gst::FlowError::Error
        })?;
        let mut metas = gst::Buffer::new();
        // A meta that cannot be copied is left out, as everywhere in GStreamer.
        let _ = buffer.copy_into(metas.make_mut(), gst::BufferCopyFlags::META, ..);
        Ok(Arc::new(Still { input, image: Arc::new(image), metas }))
    }

    pub(super) fn sink_event(&self, pad: &gst::Pad, event: gst::Event) -> bool {
        match event.view() {
            gst::EventView::Caps(caps) => return self.sink_caps(caps.caps_owned()),
            gst::EventView::Segment(_) => {
                // The times of a still mean nothing here, but whoever seeked upstream waits for
                // the number of that seek.
                let mut state = self.state();
                if state.still.is_none() {
                    state.seqnum = event.seqnum();
                }
                return true;
            }
            // Everything is made anew behind a new start.
            gst::EventView::StreamStart(_) => {
                *self.tags.lock() = StreamTags::default();
                self.state().stream_start = Some(event);
                self.push_stream_start();
                return true;
            }
            gst::EventView::Gap(_) => return true,
            gst::EventView::Eos(_) if self.state().still.is_some() => return true,
            gst::EventView::Eos(_) => {
                self.push_stream_start();
                self.push_events();
            }
            gst::EventView::FlushStart(_) => {
                self.state().flushing = true;
                self.wake();
            }
            gst::EventView::FlushStop(_) => self.flush_stop(),
            gst::EventView::Tag(tag) => {
                let tags = self.tags.lock().merge_upstream(tag.tag_owned());
                let event = gst::event::Tag::builder(tags).seqnum(event.seqnum()).build();
                return self.state().keep_event(event);
            }
            _ if event.is_serialized() && !self.state().flushing => {
                return self.state().keep_event(event);
            }
            _ => (),
        }
        gst::Pad::event_default(pad, Some(&*self.obj()), event)
    }

    /// A flush from upstream starts everything anew: the next buffer is a new still.
    fn flush_stop(&self) {
        self.stop_task();
        let num_buffers = self.num_buffers();
        let old = {
            let mut state = self.state();
            let old = (state.output.take(), std::mem::take(&mut state.takes));
            state.reset_stream(num_buffers);
            state.flushing = false;
            old
        };
        // Frees a pool: not under the lock.
        drop(old);
    }

    fn sink_caps(&self, caps: gst::Caps) -> bool {
        match check_caps(&caps) {
            Ok(info) => {
                gst::debug!(CAT, imp = self, "stills come as {caps}");
                self.state().input = Some(Input { caps, info });
                true
            }
            Err(message) => {
                // Upstream sends the same caps again with each buffer: one message is enough.
                let again = self.state().refused.replace(caps.clone()) == Some(caps);
                if !again {
                    self.post_error_message(message);
                }
                false
            }
        }
    }
}

fn check_caps(caps: &gst::Caps) -> Result<VideoInfo, gst::ErrorMessage> {
    let info = VideoInfo::from_caps(caps).map_err(|_| {
        gst::error_msg!(gst::CoreError::Negotiation, ("These caps cannot be used: {caps}"))
    })?;
    // The rate of the still is of no meaning.
    caps::check_input(&info, None)?;
    Ok(info)
}

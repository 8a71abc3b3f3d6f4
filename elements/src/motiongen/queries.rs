// SPDX-License-Identifier: MIT OR Apache-2.0
//! Questions from both sides, answered here: upstream has only a still.

use gst::{ClockTime, GenericFormattedValue, format, prelude::*, subclass::prelude::*};

use super::imp::MotionGen;
use crate::caps;

impl MotionGen {
    pub(super) fn sink_query(&self, pad: &gst::Pad, query: &mut gst::QueryRef) -> bool {
        match query.view_mut() {
            gst::QueryViewMut::Caps(query) => {
                let wanted = caps::open_size_and_rate(&self.srcpad.peer_query_caps(None));
                answer_caps(pad, query, &wanted);
                true
            }
            gst::QueryViewMut::Allocation(query) => {
                // The still is copied at once, row by row: any stride is fine.
                query.add_allocation_meta::<gst_video::VideoMeta>(None);
                true
            }
            _ => gst::Pad::query_default(pad, Some(&*self.obj()), query),
        }
    }

    pub(super) fn src_query(&self, pad: &gst::Pad, query: &mut gst::QueryRef) -> bool {
        match query.view_mut() {
            gst::QueryViewMut::Caps(query) => {
                let input = self.state().input.as_ref().map(|input| input.caps.clone());
                let input = input.unwrap_or_else(|| self.sinkpad.peer_query_caps(None));
                answer_caps(pad, query, &caps::open_size_and_rate(&input));
                true
            }
            gst::QueryViewMut::Position(query) => {
                let time = self.state().segment.position();
                let answer = self.grid().in_format(time, query.format());
                answer.map(|position| query.set(position)).is_some()
            }
            gst::QueryViewMut::Duration(query) => {
                let stop = self.state().segment.stop();
                let end = self.clip_end().or(stop);
                let answer = self.grid().in_format(end, query.format());
                answer.map(|duration| query.set(duration)).is_some()
            }
            gst::QueryViewMut::Seeking(query) => self.answer_seeking(query),
            gst::QueryViewMut::Latency(query) => {
                let live = self.settings().is_live;
                let frame = self.grid().start(1);
                query.set(live, ClockTime::ZERO, live.then_some(frame));
                true
            }
            gst::QueryViewMut::Convert(query) => {
                let (value, target) = query.get();
                let answer = self.grid().convert(value, target);
                answer.map(|converted| query.set(value, converted)).is_some()
            }
            gst::QueryViewMut::Segment(query) => {
                let segment = self.state().segment.clone();
                query.set(segment.rate(), segment.start(), segment.stop());
                true
            }
            _ => gst::Pad::query_default(pad, Some(&*self.obj()), query),
        }
    }

    fn answer_seeking(&self, query: &mut gst::query::Seeking) -> bool {
        let seekable = !self.settings().is_live;
        let end = self.grid().in_format(self.clip_end(), query.format());
        match (end, query.format()) {
            (Some(end), gst::Format::Time) => {
                query.set(seekable, GenericFormattedValue::Time(Some(ClockTime::ZERO)), end);
            }
            (Some(end), gst::Format::Default) => {
                let zero = GenericFormattedValue::Default(Some(format::Default::ZERO));
                query.set(seekable, zero, end);
            }
            _ => return false,
        }
        true
    }
}

fn answer_caps(pad: &gst::Pad, query: &mut gst::query::Caps, possible: &gst::Caps) {
    let mode = gst::CapsIntersectMode::First;
    let caps = possible.intersect_with_mode(&pad.pad_template_caps(), mode);
    let caps = match query.filter() {
        Some(filter) => caps.intersect_with_mode(filter, mode),
        None => caps,
    };
    query.set_result(&caps);
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Pipelines that run to their end.

use std::sync::{Arc, Mutex};

use gst::prelude::*;

/// How long a pipeline may take before the test gives up. No test measures time with it.
const GIVE_UP: gst::ClockTime = gst::ClockTime::from_seconds(120);

/// What arrived at the sink called `out`.
#[derive(Debug, Default)]
pub struct Arrived {
    /// The buffers, in order.
    pub buffers: Vec<gst::Buffer>,
    /// The last caps.
    pub caps: Option<gst::Caps>,
    /// The tags, merged.
    pub tags: Option<gst::TagList>,
}

/// Plays `description` to its end. Its last element must be named `out`.
///
/// # Panics
/// When the pipeline does not parse, posts an error or does not end.
#[track_caller]
pub fn play(description: &str) -> Arrived {
    let (pipeline, arrived) = build(description);
    let errors = run(&pipeline);
    assert!(errors.is_empty(), "{description}: {errors:?}");
    take(&arrived)
}

/// The bytes of each buffer of a pipeline that plays to its end.
///
/// # Panics
/// As [`play`].
#[must_use]
#[track_caller]
pub fn bytes(description: &str) -> Vec<Vec<u8>> {
    let bytes =
        |buffer: &gst::Buffer| buffer.map_readable().expect("a buffer can be read").to_vec();
    play(description).buffers.iter().map(bytes).collect()
}

/// Plays `description` until it fails, and gives the errors that it posted, in order.
///
/// # Panics
/// When the pipeline does not parse, or ends without an error.
#[track_caller]
pub fn fail(description: &str) -> Vec<glib::Error> {
    let (pipeline, _) = build(description);
    let errors = run(&pipeline);
    assert!(!errors.is_empty(), "{description}: this should have failed");
    errors
}

#[track_caller]
fn build(description: &str) -> (gst::Pipeline, Arc<Mutex<Arrived>>) {
    crate::init();
    let pipeline = gst::parse::launch(description).expect(description);
    let pipeline = pipeline.downcast::<gst::Pipeline>().expect("more than one element");
    let arrived = Arc::<Mutex<Arrived>>::default();
    if let Some(out) = pipeline.by_name("out") {
        collect(&out.static_pad("sink").expect("a sink"), &arrived);
    }
    (pipeline, arrived)
}

fn collect(pad: &gst::Pad, arrived: &Arc<Mutex<Arrived>>) {
    let arrived = Arc::clone(arrived);
    let mask = gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM;
    pad.add_probe(mask, move |_, info| {
        let mut arrived = arrived.lock().expect("no panic in a probe");
        match &info.data {
            Some(gst::PadProbeData::Buffer(buffer)) => arrived.buffers.push(buffer.clone()),
            Some(gst::PadProbeData::Event(event)) => match event.view() {
                gst::EventView::Caps(caps) => arrived.caps = Some(caps.caps_owned()),
                gst::EventView::Tag(tag) => {
                    let merged = arrived.tags.take().unwrap_or_default();
                    let merged = merged.merge(tag.tag(), gst::TagMergeMode::Replace);
                    arrived.tags = Some(merged);
                }
                _ => (),
            },
            _ => (),
        }
        gst::PadProbeReturn::Ok
    });
}

/// Plays to EOS or to the first error; then everything else that was posted is read.
fn run(pipeline: &gst::Pipeline) -> Vec<glib::Error> {
    let bus = pipeline.bus().expect("a pipeline has a bus");
    let mut errors = Vec::new();
    let started = pipeline.set_state(gst::State::Playing);
    if started.is_ok() {
        let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
        let end = bus.timed_pop_filtered(GIVE_UP, &kinds).expect("the pipeline does not end");
        if let gst::MessageView::Error(error) = end.view() {
            errors.push(error.error());
        }
    }
    // Stops all threads, and keeps what they posted: on the way to NULL that is thrown away.
    // It is told to have failed where an error is posted meanwhile, though it is done.
    let _ = pipeline.set_state(gst::State::Ready);
    while let Some(message) = bus.pop() {
        if let gst::MessageView::Error(error) = message.view() {
            errors.push(error.error());
        }
    }
    pipeline.set_state(gst::State::Null).expect("to NULL");
    assert!(started.is_ok() || !errors.is_empty(), "no start, and nobody says why");
    errors
}

fn take(arrived: &Mutex<Arrived>) -> Arrived {
    std::mem::take(&mut *arrived.lock().expect("no panic in a probe"))
}

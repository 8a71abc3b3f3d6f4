// SPDX-License-Identifier: MIT OR Apache-2.0
//! A frame is the same bytes in every run, in every part of a render, and beside any other work.

use gst::{ClockTime, SeekFlags, SeekType, prelude::*};
use stillmotion_tests::{init, pipeline};

use super::photo;

const FRAMES: u64 = 24;

fn clip(prompt: &str) -> String {
    format!(
        "stillsrc location={} ! motiongen prompt=\"{prompt}\" motion=8 seed=3 \
         duration=1000000000 ! video/x-raw,framerate=24/1 ! fakesink name=out sync=false",
        photo()
    )
}

fn bytes(buffers: &[gst::Buffer]) -> Vec<Vec<u8>> {
    buffers.iter().map(|buffer| buffer.map_readable().unwrap().to_vec()).collect()
}

/// The part of a render from frame `first` to before frame `end`.
fn part(line: &str, first: u64, end: u64) -> Vec<Vec<u8>> {
    init();
    let pipeline = gst::parse::launch(line).unwrap().downcast::<gst::Pipeline>().unwrap();
    let (sent, frames) = std::sync::mpsc::channel();
    let pad = pipeline.by_name("out").unwrap().static_pad("sink").unwrap();
    pipeline.set_state(gst::State::Paused).unwrap();
    pipeline.state(ClockTime::from_seconds(30)).0.unwrap();
    let time = |frame: u64| ClockTime::from_nseconds(frame * 1_000_000_000 / 24);
    let set = SeekType::Set;
    let (start, stop) = (time(first), time(end));
    // Seen from here on: what came before the seek is of another stream.
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(gst::PadProbeData::Buffer(buffer)) = &info.data {
            let _ = sent.send((buffer.pts(), buffer.clone()));
        }
        gst::PadProbeReturn::Ok
    });
    pipeline.seek(1.0, SeekFlags::FLUSH | SeekFlags::ACCURATE, set, start, set, stop).unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let end = pipeline.bus().unwrap().timed_pop_filtered(ClockTime::from_seconds(60), &kinds);
    assert_eq!(end.expect("an end").type_(), gst::MessageType::Eos);
    pipeline.set_state(gst::State::Null).unwrap();
    drop(pipeline);
    drop(pad);
    let frames = frames.try_iter().filter(|(pts, _)| *pts >= Some(start));
    bytes(&frames.map(|(_, buffer)| buffer).collect::<Vec<_>>())
}

#[test]
fn a_render_in_parts_is_the_whole_render() {
    let line = clip("walk towards the cup");
    let whole = bytes(&pipeline::play(&line).buffers);
    assert_eq!(whole.len() as u64, FRAMES);
    let (first, second) = (part(&line, 0, 12), part(&line, 12, FRAMES));
    assert_eq!((first.len(), second.len()), (12, 12));
    assert!(whole == [first, second].concat());
    assert!(whole[7..9] == part(&line, 7, 9), "two frames out of the middle");
}

#[test]
fn the_effect_in_parts_is_the_whole_effect() {
    let line = format!(
        "stillsrc location={} num-buffers=24 ! video/x-raw,framerate=24/1 ! \
         motionfilter prompt=orbit ! fakesink name=out sync=false",
        photo()
    );
    let whole = bytes(&pipeline::play(&line).buffers);
    // The source counts its buffers anew after a seek.
    let second = part(&line, 12, FRAMES);
    assert!(whole[12..] == second);
}

#[test]
fn four_clips_of_one_still_at_once_do_not_touch_each_other() {
    let prompts = ["push in", "orbit", "pan left", "crash zoom"];
    let alone: Vec<_> = prompts.map(|p| bytes(&pipeline::play(&clip(p)).buffers)).into();
    // A fifth one is thrown away in the midst of it.
    let doomed = gst::parse::launch(&clip("tilt up").replace("1000000000", "3600000000000"));
    let doomed = doomed.unwrap();
    doomed.set_state(gst::State::Playing).unwrap();
    let together = std::thread::scope(|scope| {
        let renders = prompts
            .map(|prompt| scope.spawn(move || bytes(&pipeline::play(&clip(prompt)).buffers)));
        doomed.state(ClockTime::from_seconds(30)).0.unwrap();
        doomed.set_state(gst::State::Null).unwrap();
        drop(doomed);
        renders.map(|render| render.join().unwrap())
    });
    for (i, prompt) in prompts.iter().enumerate() {
        assert!(together[i] == alone[i], "{prompt}");
        assert!(i == 0 || alone[i] != alone[0], "{prompt} is a clip of its own");
    }
}

#[test]
fn a_pipeline_that_is_flushed_leaves_another_one_alone() {
    let line = clip("push in");
    let alone = bytes(&pipeline::play(&line).buffers);
    let other = gst::parse::launch(&clip("push in").replace("sync=false", "sync=true")).unwrap();
    other.set_state(gst::State::Paused).unwrap();
    other.state(ClockTime::from_seconds(30)).0.unwrap();
    let beside = std::thread::scope(|scope| {
        let render = scope.spawn(|| bytes(&pipeline::play(&line).buffers));
        for i in 0..50_u64 {
            let start = ClockTime::from_mseconds(i * 37 % 900);
            other.seek_simple(SeekFlags::FLUSH, start).unwrap();
        }
        render.join().unwrap()
    });
    other.set_state(gst::State::Null).unwrap();
    assert!(beside == alone);
}

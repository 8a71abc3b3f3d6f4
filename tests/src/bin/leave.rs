// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ends a process in a given way while a clip is being made: `leave HOW ELEMENTS STILL`. HOW is
//! `starting`, `playing`, `null`, `deinit` or, to see that a leak is noticed, `leak`; ELEMENTS is `static`, or `plugin` for those that
//! GStreamer finds by itself.

use gst::prelude::*;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [how, elements, still] = arguments.as_slice() else {
        eprintln!("usage: leave starting|playing|null|deinit|leak static|plugin STILL");
        std::process::exit(2);
    };
    gst::init().expect("GStreamer starts");
    if elements == "static" {
        stillmotion_elements::register(None).expect("the elements register");
    }
    let pipeline = gst::parse::launch(&format!(
        "stillsrc location={still} ! motiongen at-end=loop ! video/x-raw,width=1280,height=720 ! \
         fakesink sync=true"
    ))
    .expect("the elements are there");
    let plugin = pipeline.downcast_ref::<gst::Bin>().and_then(|bin| {
        let factory =
            bin.iterate_elements().into_iter().flatten().find_map(|element| {
                element.factory().filter(|factory| factory.name() == "motiongen")
            });
        factory?.plugin()
    });
    assert_eq!(plugin.is_some(), elements == "plugin", "the elements that were asked for");
    pipeline.set_state(gst::State::Playing).expect("it plays");
    if how != "starting" {
        let playing = pipeline.state(gst::ClockTime::from_seconds(30)).1;
        assert_eq!(playing, gst::State::Playing);
    }
    if how == "leak" {
        pipeline.set_state(gst::State::Null).expect("it stops");
        std::mem::forget(pipeline);
    } else if how == "null" || how == "deinit" {
        pipeline.set_state(gst::State::Null).expect("it stops");
        drop(pipeline);
    } else {
        // As a program that does not care.
        std::mem::forget(pipeline);
    }
    if how == "deinit" || how == "leak" {
        // SAFETY: no GStreamer object is used behind this.
        unsafe { gst::deinit() };
    }
}

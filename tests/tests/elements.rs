// SPDX-License-Identifier: MIT OR Apache-2.0
//! What holds for every element: properties, states, and what hosts look for.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use gst::{ClockTime, prelude::*};
use stillmotion_tests::{FILTERS, factories, init, pictures, rig::Rig, set_raw};

fn make(factory: &str) -> gst::Element {
    init();
    gst::ElementFactory::make(factory).build().unwrap()
}

/// The properties that the element itself has.
fn own_properties(element: &gst::Element) -> Vec<glib::ParamSpec> {
    let properties = element.list_properties().to_vec();
    properties.into_iter().filter(|spec| spec.owner_type() == element.type_()).collect()
}

#[test]
fn every_property_is_documented_and_starts_with_its_default() {
    for factory in factories() {
        let element = make(&factory);
        for spec in own_properties(&element) {
            let what = format!("{factory}::{}", spec.name());
            assert!(spec.blurb().is_some_and(|blurb| blurb.len() > 10), "{what} has no blurb");
            assert_ne!(spec.nick(), spec.name(), "{what} has no nick");
            if spec.flags().contains(glib::ParamFlags::WRITABLE) {
                let value = element.property_value(spec.name());
                assert_eq!(format!("{value:?}"), format!("{:?}", spec.default_value()), "{what}");
            }
        }
    }
}

#[test]
fn every_property_keeps_what_is_set() {
    for factory in factories() {
        let element = make(&factory);
        for spec in own_properties(&element) {
            let value = if let Some(spec) = spec.downcast_ref::<glib::ParamSpecDouble>() {
                spec.maximum().to_value()
            } else if let Some(spec) = spec.downcast_ref::<glib::ParamSpecUInt64>() {
                (spec.maximum() - 1).to_value()
            } else if spec.downcast_ref::<glib::ParamSpecBoolean>().is_some() {
                true.to_value()
            } else if spec.downcast_ref::<glib::ParamSpecString>().is_some() {
                "a; b, c=\"d\"".to_value()
            } else if spec.downcast_ref::<glib::ParamSpecInt>().is_some() {
                17_i32.to_value()
            } else {
                continue;
            };
            element.set_property_from_value(spec.name(), &value);
            let kept = element.property_value(spec.name());
            assert_eq!(format!("{kept:?}"), format!("{value:?}"), "{factory}::{}", spec.name());
        }
    }
}

#[test]
fn the_generators_share_their_settings() {
    let shared = [
        "prompt",
        "motion",
        "seed",
        "duration",
        "horizontal",
        "vertical",
        "pan",
        "tilt",
        "zoom",
        "roll",
        "static-camera",
        "at-end",
        "stats",
    ];
    for factory in ["motiongen", "motionfilter", "motionsrc"] {
        let element = make(factory);
        for name in shared {
            assert!(element.has_property(name), "{factory}::{name}");
        }
        let controllable = gst::PARAM_FLAG_CONTROLLABLE;
        for name in ["motion", "horizontal", "vertical", "pan", "tilt", "zoom", "roll"] {
            assert!(element.find_property(name).unwrap().flags().contains(controllable), "{name}");
        }
    }
    let at_end = |factory| make(factory).find_property("at-end").unwrap().default_value().clone();
    assert_ne!(format!("{:?}", at_end("motiongen")), format!("{:?}", at_end("motionfilter")));
}

#[test]
fn names_that_project_files_hold() {
    for (factory, name) in [
        ("stillsrc", "GstStillSrc"),
        ("motiongen", "GstMotionGen"),
        ("motionfilter", "GstMotionFilter"),
        ("motionsrc", "GstMotionSrc"),
    ] {
        let element = make(factory);
        assert_eq!(element.type_().name(), name);
        assert!(element.is::<gst::Preset>(), "{factory} takes presets");
    }
}

#[test]
fn editors_find_the_generators_as_effects() {
    for factory in FILTERS {
        let element = make(factory);
        let klass = element.metadata("klass").unwrap();
        assert!(klass.contains("Effect") && klass.contains("Video"), "{klass}");
        // Editors take the one pad for video on each side; a pad for text they let be.
        let video = |pads: Vec<gst::Pad>| {
            let caps = pads.into_iter().map(|pad| pad.pad_template_caps().to_string());
            caps.filter(|caps| caps.starts_with("video/")).count()
        };
        assert_eq!((video(element.src_pads()), video(element.sink_pads())), (1, 1));
        assert_eq!((element.src_pads().len(), element.sink_pads().len()), (1, 2));
        // Asked before anything runs.
        let caps = element.static_pad("src").unwrap().query_caps(None);
        let video = "video/x-raw".parse::<gst::Caps>().unwrap();
        assert!(caps.can_intersect(&video), "{factory}: {caps}");
    }
}

#[test]
fn caps_are_those_of_the_other_side() {
    for factory in FILTERS {
        let rig = Rig::with_caps(factory, &[], Some("video/x-raw,format={NV12,YUY2},width=320"));
        let caps = rig.element.static_pad("sink").unwrap().query_caps(None);
        let nv12 = "video/x-raw,format=NV12,width=320,height=240,framerate=25/1";
        assert!(caps.can_intersect(&nv12.parse::<gst::Caps>().unwrap()), "{factory}: {caps}");
        for refused in ["video/x-raw,format=I420", "video/x-raw,format=YUY2"] {
            assert!(
                !caps.can_intersect(&refused.parse::<gst::Caps>().unwrap()),
                "{factory}: {caps}"
            );
        }
    }
}

#[test]
fn states_in_any_order() {
    use gst::State::{Null, Paused, Playing, Ready};
    let sequences: [&[gst::State]; 4] = [
        &[Ready, Paused, Playing, Paused, Ready, Null],
        &[Paused, Ready, Playing, Paused, Null],
        &[Playing, Null, Playing, Ready, Null],
        &[Ready, Null, Paused, Null],
    ];
    for factory in factories() {
        for sequence in sequences {
            let element = make(&factory);
            let bus = gst::Bus::new();
            element.set_bus(Some(&bus));
            for &state in sequence {
                if element.set_state(state).is_err() {
                    let error = bus.pop_filtered(&[gst::MessageType::Error]);
                    assert!(error.is_some(), "{factory} does not say why it does not start");
                }
            }
            assert_eq!(element.set_state(Null), Ok(gst::StateChangeSuccess::Success));
        }
    }
}

#[test]
fn many_starts_and_stops_with_a_clip_under_way() {
    let rig = Rig::new("motiongen", &[("at-end", "loop")]);
    let caps = pictures::caps("I420", 32, 32);
    for i in 0..100 {
        rig.sink_pad().set_active(false).unwrap();
        rig.sink_pad().set_active(true).unwrap();
        rig.allow(i % 4);
        rig.play();
        rig.push_event(gst::event::FlushStart::new());
        rig.push_event(gst::event::FlushStop::new(true));
        assert!(rig.announce(&caps));
        assert_eq!(rig.push(pictures::frame(&caps, 1)), Err(gst::FlowError::Eos));
        rig.wait("a frame that waits", |out| out.blocked);
        rig.sink_pad().send_event(gst::event::FlushStart::new());
        rig.element.set_state(gst::State::Null).unwrap();
        rig.sink_pad().send_event(gst::event::FlushStop::new(true));
    }
}

#[track_caller]
fn plays_with_prompt(factory: &str, prompt: &[u8], shown: &str) {
    let rig = Rig::new(factory, &[]);
    set_raw(&rig.element, "prompt", prompt);
    assert!(rig.element.property::<String>("prompt") == shown);
    rig.allow(3);
    rig.play();
    let caps = pictures::caps("I420", 32, 32);
    assert!(rig.announce(&caps));
    let mut frame = pictures::frame(&caps, 1);
    frame.make_mut().set_pts(ClockTime::ZERO);
    let _ = rig.push(frame);
    rig.wait("a frame", |out| !out.buffers.is_empty());
}

#[test]
fn any_prompt_is_fine() {
    for factory in FILTERS {
        plays_with_prompt(factory, b"", "");
        plays_with_prompt(factory, b"slow \xff\xfe pan", "slow \u{FFFD}\u{FFFD} pan");
        let long = "push in, ".repeat(120_000);
        plays_with_prompt(factory, long.as_bytes(), &long);
        let marks = "a\u{301}\u{202e}".repeat(10_000);
        plays_with_prompt(factory, marks.as_bytes(), &marks);
    }
}

#[test]
fn settings_may_change_at_any_time() {
    let rig = Rig::new("motiongen", &[("at-end", "ping-pong")]);
    rig.play();
    rig.allow(400);
    let caps = pictures::caps("I420", 32, 32);
    assert!(rig.announce(&caps));
    assert_eq!(rig.push(pictures::frame(&caps, 1)), Err(gst::FlowError::Eos));
    let mut count = 0_u64;
    while !rig.out().blocked {
        count += 1;
        rig.element.set_property("motion", 1.0 + (count % 10) as f64);
        rig.element.set_property("seed", count / 8);
        rig.element.set_property("prompt", if count % 16 < 8 { "pan left" } else { "orbit" });
        rig.element.set_property("static-camera", count.is_multiple_of(3));
        let _ = rig.element.property::<gst::Structure>("stats");
    }
    assert_eq!(rig.out().indices(), (0..400).collect::<Vec<_>>());
    assert!(rig.errors().is_empty());
}

#[test]
fn a_controlled_property_follows_stream_time() {
    use gst_controller::prelude::*;
    let rig =
        Rig::with_caps("motiongen", &[("num-buffers", "11")], Some("video/x-raw,framerate=10/1"));
    let ramp = gst_controller::InterpolationControlSource::new();
    ramp.set_mode(gst_controller::InterpolationMode::Linear);
    assert!(ramp.set(ClockTime::ZERO, 1.0) && ramp.set(ClockTime::SECOND, 10.0));
    let binding = gst_controller::DirectControlBinding::new_absolute(&rig.element, "motion", &ramp);
    rig.element.add_control_binding(&binding).unwrap();
    rig.play();
    let caps = pictures::caps("I420", 32, 32);
    assert!(rig.announce(&caps));
    assert_eq!(rig.push(pictures::frame(&caps, 1)), Err(gst::FlowError::Eos));
    rig.to_eos();
    // The last frame starts at 1 s, where the ramp ends.
    assert_eq!(rig.element.property::<f64>("motion"), 10.0);
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether editors that stand on GES can list the effects, show their settings and save them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use gst::prelude::*;

const EFFECTS: [&str; 2] = ["motionfilter", "motiongen"];

fn factory(name: &str) -> gst::ElementFactory {
    stillmotion_tests::init();
    gst::ElementFactory::find(name).unwrap()
}

#[test]
fn pitivi_lists_the_effects() {
    // It looks for two words in the klass, and hides every name that contains one of these.
    let hidden = ["volume", "festival", "videobox", "alphacolor", "colorconvert", "videodetect"];
    for name in EFFECTS {
        let klass = factory(name).metadata(gst::ELEMENT_METADATA_KLASS).unwrap().to_owned();
        assert!(klass.contains("Effect") && klass.contains("Video"), "{name}: {klass}");
        assert!(hidden.iter().all(|part| !name.contains(part)), "{name}");
        // Around these it would put an upload to the GPU and a download.
        assert!(!name.starts_with("gl"), "{name}");
    }
}

#[test]
fn ges_finds_one_way_in_and_one_way_out() {
    for name in EFFECTS {
        let element = factory(name).create().build().unwrap();
        assert_eq!(element.src_pads().len(), 1, "{name}");
        // Asked before the element is started.
        let is_video =
            |pad: &gst::Pad| pad.query_caps(None).iter().all(|s| s.name() == "video/x-raw");
        assert!(is_video(&element.src_pads()[0]), "{name}");
        assert_eq!(element.sink_pads().into_iter().filter(is_video).count(), 1, "{name}");
        let answer = element.static_pad("src").unwrap().query_caps(None);
        let bgra = "video/x-raw,format=BGRA,width=320,height=240,framerate=25/1";
        assert!(answer.can_intersect(&bgra.parse::<gst::Caps>().unwrap()), "{name}: {answer}");
    }
}

#[test]
fn every_setting_can_be_shown_as_a_control() {
    for name in EFFECTS {
        let element = factory(name).create().build().unwrap();
        for spec in element.list_properties().iter() {
            let what = format!("{name}.{}", spec.name());
            let ours = spec.owner_type() == element.type_();
            if !ours || !spec.flags().contains(glib::ParamFlags::READWRITE) {
                continue;
            }
            assert!(!spec.nick().is_empty() && spec.blurb().is_some(), "{what}");
            if let Some(number) = spec.downcast_ref::<glib::ParamSpecDouble>() {
                let (low, high) = (number.minimum(), number.maximum());
                assert!(high - low <= 100.0 && (low..=high).contains(&number.default_value()));
                // How a model samples holds for a whole clip.
                let fixed = spec.flags().contains(gst::PARAM_FLAG_MUTABLE_READY);
                let moves = spec.flags().contains(gst::PARAM_FLAG_CONTROLLABLE);
                assert!(moves || fixed, "{what}: keyframes");
            }
        }
    }
}

#[test]
fn what_projects_save_is_a_promise() {
    // Editors save `GTypeName::property` with the type of the value. A change here loses the
    // settings of every project that exists.
    let element = factory("motionfilter").create().build().unwrap();
    assert_eq!(element.type_().name(), "GstMotionFilter");
    let saved: Vec<_> = element
        .list_properties()
        .iter()
        .filter(|spec| spec.owner_type() == element.type_())
        .filter(|spec| spec.flags().contains(glib::ParamFlags::WRITABLE))
        .map(|spec| format!("{} {}", spec.name(), spec.value_type()))
        .collect();
    let expected = [
        "prompt gchararray",
        "seed guint64",
        "duration guint64",
        "at-end GstStillMotionAtEnd",
        "static-camera gboolean",
        "motion gdouble",
        "horizontal gdouble",
        "vertical gdouble",
        "pan gdouble",
        "tilt gdouble",
        "zoom gdouble",
        "roll gdouble",
    ];
    for property in expected {
        assert!(saved.iter().any(|saved| saved == property), "{property} is gone: {saved:?}");
    }
}

#[test]
fn making_an_effect_costs_nothing() {
    // GES makes five for each clip. None of them starts a thread or an analysis.
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    factory("motionfilter").create().build().unwrap();
    let before = threads();
    let made: Vec<_> =
        (0..200).map(|_| factory("motionfilter").create().build().unwrap()).collect();
    // The tests beside this one start threads too.
    assert!(threads() < before + 100);
    drop(made);
}

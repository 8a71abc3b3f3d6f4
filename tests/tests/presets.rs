// SPDX-License-Identifier: MIT OR Apache-2.0
//! The looks that come with the elements.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::fs;

use gst::prelude::*;
use stillmotion_elements::presets::BUILT_IN;
use stillmotion_engine::prompt;
use stillmotion_tests::{init, launch};

const ELEMENTS: [&str; 3] = ["motiongen", "motionfilter", "motionsrc"];

fn preset(factory: &str) -> gst::Preset {
    init();
    gst::ElementFactory::make(factory).build().unwrap().dynamic_cast().unwrap()
}

#[test]
fn every_element_lists_them_with_what_they_are_for() {
    for factory in ELEMENTS {
        let element = preset(factory);
        let names = element.preset_names();
        for built_in in BUILT_IN {
            assert!(names.iter().any(|name| name == built_in.name), "{factory}: {}", built_in.name);
            assert_eq!(element.meta(built_in.name, "comment").unwrap(), built_in.comment);
            assert!(element.meta(built_in.name, "author").is_none());
        }
    }
}

#[test]
fn each_is_another_look_and_undoes_what_was_set_before() {
    for factory in ELEMENTS {
        let mut looks = Vec::new();
        for built_in in BUILT_IN {
            let element = preset(factory);
            element.set_property("pan", 7.0);
            element.set_property("static-camera", true);
            element.set_property("seed", 3u64);
            element.load_preset(built_in.name).unwrap();
            assert_eq!(element.property::<f64>("pan"), 0.0);
            assert!(!element.property::<bool>("static-camera"));
            assert_eq!(element.property::<u64>("seed"), 3);
            looks.push((element.property::<String>("prompt"), element.property::<f64>("motion")));
        }
        let mut different = looks.clone();
        different.sort_by(|a, b| a.partial_cmp(b).unwrap());
        different.dedup();
        assert_eq!(different.len(), looks.len(), "{looks:?}");
    }
}

#[test]
fn a_pipeline_names_one() {
    init();
    for preset in ["@preset=\"Slow push\"", "@preset=Slow\\ push"] {
        let line = format!("videotestsrc num-buffers=1 ! motiongen name=it {preset} ! fakesink");
        let pipeline = gst::parse::launch(&line).unwrap().downcast::<gst::Bin>().unwrap();
        let it = pipeline.by_name("it").unwrap();
        assert_eq!(it.property::<String>("prompt"), "slow push in", "{preset}");
    }
}

#[test]
fn the_prompts_are_understood() {
    for built_in in BUILT_IN {
        let element = preset("motiongen");
        element.load_preset(built_in.name).unwrap();
        let script = prompt::parse(&element.property::<String>("prompt"));
        assert!(!script.segments[0].camera.contains(&prompt::Move::Default), "{}", built_in.name);
    }
}

#[test]
fn a_name_that_nobody_knows_is_refused() {
    for factory in ELEMENTS {
        assert!(preset(factory).load_preset("Barrel roll into the sun").is_err());
        assert!(preset(factory).meta("Barrel roll into the sun", "comment").is_none());
    }
}

#[test]
fn what_a_user_saved_goes_first() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("presets");
    fs::create_dir(&folder).unwrap();
    let saved = "[_presets_]\nversion=1.22\nelement-name=GstMotionGen\n\n[Orbit]\nmotion=9\n\
                 _meta/comment=Mine\n\n[Ours]\nmotion=2\n";
    fs::write(folder.join("GstMotionGen.prs"), saved).unwrap();
    let started = |preset: &str| {
        let (path, data) = (folder.display(), home.path().display());
        let line = format!(
            "env GST_PRESET_PATH={path} XDG_DATA_HOME={data} gst-launch-1.0 -m videotestsrc \
             num-buffers=1 ! motiongen @preset=\"{preset}\" num-buffers=1 ! fakesink"
        );
        let printed = launch::run(&line, home.path());
        let message = printed.lines().find(|line| line.contains("stillmotion-clip"));
        message.expect(&printed).to_owned()
    };
    let orbit = started("Orbit");
    assert!(orbit.contains("motion=(double)9") && orbit.contains("prompt=(string)\"\""), "{orbit}");
    let ours = started("Ours");
    assert!(ours.contains("motion=(double)2"), "{ours}");
    let built_in = started("Vertigo");
    assert!(built_in.contains("dolly\\ zoom"), "{built_in}");
}

#[test]
fn gst_inspect_prints_them() {
    let folder = tempfile::tempdir().unwrap();
    let line =
        format!("env XDG_DATA_HOME={} gst-inspect-1.0 motionfilter", folder.path().display());
    let printed = launch::run(&line, folder.path());
    for built_in in BUILT_IN {
        let entry = format!("\"{}\": {}", built_in.name, built_in.comment);
        assert!(printed.contains(&entry), "{entry}\n{printed}");
    }
}

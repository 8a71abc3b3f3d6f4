// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is given beside the still: depth, brush, end image, the end of another clip; loops; and
//! what lateness does.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::path::Path;

use gst::{ClockTime, ResourceError, glib, prelude::*};
use stillmotion_tests::{
    clip, init, photos,
    pictures::{difference, samples},
    pipeline::{self, Arrived},
    rig::Rig,
};

const CAPS: &str = "video/x-raw,format=I420,width=192,height=128,framerate=10/1";
const ELEMENTS: [&str; 3] = ["motiongen", "motionsrc", "motionfilter"];

/// A line with `element` as `it`, which shows a clip of one second from the photo `name`.
fn line(element: &str, name: &str, settings: &str) -> String {
    let photo = photos::fixture(&format!("photos/{name}.jpg"));
    let photo = photo.display();
    let it = format!("{element} name=it duration=1000000000 {settings}");
    let line = match element {
        "motiongen" => format!("stillsrc location={photo} ! {it} ! {CAPS}"),
        "motionsrc" => format!("{it} location={photo} ! {CAPS}"),
        _ => format!("stillsrc location={photo} num-buffers=10 ! {CAPS} ! {it} ! identity"),
    };
    format!("{line} ! fakesink name=out")
}

/// The frames of a line.
fn frames(line: &str) -> Vec<Vec<u8>> {
    let Arrived { buffers, caps, .. } = pipeline::play(line);
    let caps = caps.unwrap();
    buffers.iter().map(|buffer| samples(buffer, &caps)).collect()
}

fn gray(folder: &Path, name: &str, f: impl Fn(u32, u32) -> u8) -> String {
    let path = folder.join(name);
    image::GrayImage::from_fn(600, 400, |x, y| image::Luma([f(x, y)])).save(&path).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn ones_own_depth_is_what_the_camera_moves_before() {
    let folder = tempfile::tempdir().unwrap();
    let left = gray(folder.path(), "left.png", |x, _| if x < 300 { 255 } else { 0 });
    let right = gray(folder.path(), "right.png", |x, _| if x < 300 { 0 } else { 255 });
    // How much the luma of the left and of the right half has changed at the end.
    let change = |element: &str, depth: &str| {
        let settings = format!("prompt=\"truck right\" motion=8 depth-image={depth}");
        let frames = frames(&line(element, "coffee", &settings));
        let (first, last) = (&frames[0], &frames[9]);
        let half = |side: usize| {
            let columns = |y: usize| y * 192 + side * 96..y * 192 + side * 96 + 96;
            let cut = |frame: &[u8]| -> Vec<u8> {
                (0..128).flat_map(|y| frame[columns(y)].to_vec()).collect()
            };
            difference(&cut(first), &cut(last))
        };
        (half(0), half(1))
    };
    for element in ELEMENTS {
        let (near, far) = change(element, &left);
        assert!(near > 1.3 * far, "{element}: {near} where it is near, {far} where it is far");
        let (far, near) = change(element, &right);
        assert!(near > 1.3 * far, "{element}: {near} where it is near, {far} where it is far");
    }
}

#[test]
fn a_depth_model_is_loaded_and_used() {
    let model = photos::fixture("onnx/any_size.onnx");
    let model = model.display();
    let settings = "prompt=\"truck right\" motion=8";
    for element in ELEMENTS {
        let plain = frames(&line(element, "coffee", settings));
        let given = format!("{settings} depth-model={model} depth-meaning=nearness");
        let with_model = frames(&line(element, "coffee", &given));
        assert!(plain[0] == with_model[0] && plain[9] != with_model[9], "{element}");
    }
}

#[test]
fn a_brush_moves_what_it_paints_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mask = gray(folder.path(), "mask.png", |x, _| if x < 300 { 255 } else { 0 });
    for element in ELEMENTS {
        let settings =
            format!("static-camera=true motion=8 mask={mask} brush=\"1: ambient=8 vertical=2\"");
        let frames = frames(&line(element, "coffee", &settings));
        let row = |side: usize, y: usize| y * 192 + side..y * 192 + side + 72;
        for y in 0..128 {
            // Where two layers meet they give the still again but for rounding.
            let pairs = frames[0][row(120, y)].iter().zip(&frames[9][row(120, y)]);
            let off = pairs.map(|(a, b)| a.abs_diff(*b)).max();
            assert!(off <= Some(2), "{element}, row {y}: {off:?}");
        }
        assert!((0..128).any(|y| frames[0][row(10, y)] != frames[9][row(10, y)]), "{element}");
    }
}

#[test]
fn a_clip_travels_to_its_end_image() {
    let end = photos::fixture("photos/rocket.jpg");
    let wanted = format!("stillsrc location={} ! {CAPS} ! fakesink name=out", end.display());
    let wanted = &frames(&wanted.replace(",framerate=10/1", ""))[0];
    for element in ELEMENTS {
        let line = line(element, "coffee", &format!("end-image={}", end.display()));
        let frames = frames(&line);
        let off = difference(&frames[9], wanted);
        // The picture was fitted and converted in one way or the other.
        assert!(off < 1.0, "{element}: the last frame is {off} off");
        assert!(difference(&frames[0], wanted) > 30.0, "{element}");
    }
}

#[test]
fn a_loop_goes_on_behind_its_end_as_at_its_start() {
    for element in ["motiongen", "motionsrc"] {
        let settings = "prompt=\"orbit around it\" loop=true at-end=loop num-buffers=13";
        let frames = frames(&line(element, "coffee", settings));
        assert!(frames[0] == frames[10] && frames[2] == frames[12], "{element}");
        let step = |i: usize| difference(&frames[i], &frames[i + 1]);
        assert!(step(9) > 0.0 && step(9) < 2.0 * step(0).max(step(8)), "{element}: a seam");
    }
}

/// The place that the message at the end of a clip tells.
fn end_place(line: &str) -> String {
    init();
    let pipeline = gst::parse::launch(line).unwrap().downcast::<gst::Pipeline>().unwrap();
    let bus = pipeline.bus().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let mut place = None;
    for message in bus.iter_timed(ClockTime::from_seconds(60)) {
        match message.view() {
            gst::MessageView::Eos(_) => break,
            gst::MessageView::Error(error) => panic!("{line}: {error:?}"),
            gst::MessageView::Element(element) => {
                let said = element.structure().filter(|s| s.name() == "stillmotion-clip").unwrap();
                let is_end = said.get::<&str>("event").unwrap() == "ended";
                assert_eq!(said.has_field("place"), is_end, "{said}");
                place = said.get("place").ok().or(place);
            }
            _ => (),
        }
    }
    pipeline.set_state(gst::State::Null).unwrap();
    place.expect("the clip ended")
}

#[test]
fn a_clip_goes_on_from_the_place_where_another_one_ended() {
    for element in ELEMENTS {
        let settings = "prompt=\"truck left\" motion=7";
        let first = line(element, "chelsea", settings);
        let place = end_place(&first);
        let before = frames(&first);
        let after = frames(&line(element, "chelsea", &format!("{settings} extend={place}")));
        let plain = &frames(&first)[0];
        let (seam, usual) = (difference(&before[9], &after[0]), difference(&before[8], &before[9]));
        assert!(seam < 1.6 * usual, "{element}: {seam} at the seam, {usual} before it");
        assert!(difference(plain, &after[0]) > 3.0 * usual, "{element}: it starts from the still");
    }
}

/// The first error of a line.
fn error(line: &str) -> glib::Error {
    pipeline::fail(line).remove(0)
}

#[test]
fn what_is_wrong_with_a_file_is_told_by_its_name() {
    for element in ELEMENTS {
        for property in ["depth-model", "depth-image", "mask", "end-image"] {
            let error = error(&line(element, "coffee", &format!("{property}=/no/such/file")));
            assert_eq!(error.kind(), Some(ResourceError::NotFound), "{element} {property}");
            let text = error.message();
            assert!(text.contains("/no/such/file"), "{element} {property}: {text}");
        }
        let photo = photos::fixture("photos/coffee.jpg");
        let model = error(&line(element, "coffee", &format!("depth-model={}", photo.display())));
        assert_eq!(model.kind(), Some(gst::StreamError::WrongType), "{element}: {model}");
    }
}

#[test]
fn what_is_wrong_with_a_text_is_told_with_what_is_allowed() {
    let mask = photos::fixture("photos/coffee.jpg");
    let mask = format!("mask={}", mask.display());
    for element in ELEMENTS {
        for (settings, parts) in [
            (format!("{mask} brush=\"1: ambient=99\""), &["ambient=99", "0 to 10"][..]),
            ("brush=\"1: ambient=2\"".to_owned(), &["mask is empty"]),
            ("extend=nowhere".to_owned(), &["extend", "place1."]),
            ("depth-image=a.png depth-model=b.onnx".to_owned(), &["depth-image is a.png"]),
        ] {
            let error = error(&line(element, "coffee", &settings));
            let is_settings = error.kind() == Some(gst::LibraryError::Settings);
            let told = parts.iter().all(|part| error.message().contains(part));
            assert!(is_settings && told, "{element}, {settings}: {error}");
        }
    }
}

#[test]
fn a_depth_image_of_another_shape_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("square.png");
    image::GrayImage::new(100, 100).save(&path).unwrap();
    for element in ELEMENTS {
        let error = error(&line(element, "coffee", &format!("depth-image={}", path.display())));
        let text = error.message();
        assert!(text.contains("depth-image is 100x100"), "{element}: {text}");
    }
}

fn detail(element: &gst::Element) -> String {
    element.property::<gst::Structure>("stats").get("detail").unwrap()
}

/// Tells an element upstream that frame after frame comes late.
fn complain(rig: &Rig, from_ms: u64) {
    for i in 0..40 {
        let time = ClockTime::from_mseconds(from_ms + 40 * i);
        let late = 50_000_000;
        let qos =
            gst::event::Qos::builder(gst::QOSType::Underflow, 2.0, late).timestamp(time).build();
        rig.push_upstream(qos);
    }
}

#[test]
fn lateness_makes_frames_coarser_step_by_step_unless_qos_is_off() {
    for factory in ["motiongen", "motionsrc"] {
        for (qos, wanted) in [("true", "coarse-geometry"), ("false", "full")] {
            let rig = clip::playing(factory, &[("qos", qos)], 2);
            assert_eq!(detail(&rig.element), "full", "{factory}");
            complain(&rig, 0);
            rig.allow(20);
            rig.wait("the end", |out| out.eos());
            assert_eq!(detail(&rig.element), wanted, "{factory}, qos={qos}");
        }
    }
}

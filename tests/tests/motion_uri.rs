// SPDX-License-Identifier: MIT OR Apache-2.0
//! The URI scheme `motion:`: how it is read and written, and GStreamer's own programs with it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{
    ffi::OsString,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::Path,
};

use gst::prelude::*;
use proptest::prelude::*;
use stillmotion_elements::motionsrc::uri::MotionUri;
use stillmotion_tests::{init, launch, photos, pictures, pipeline};

/// A clip of the sample photo.
fn uri(parameters: &str) -> String {
    let separator = if parameters.is_empty() { "" } else { "?" };
    format!("motion://{}{separator}{parameters}", photos::fixture("photos/coffee.jpg").display())
}

fn element(uri: &str) -> Result<gst::Element, glib::Error> {
    init();
    gst::Element::make_from_uri(gst::URIType::Src, uri, None)
}

fn uri_of(element: &gst::Element) -> Option<String> {
    element.dynamic_cast_ref::<gst::URIHandler>().unwrap().uri().map(Into::into)
}

#[track_caller]
fn why_not(uri: &str) -> String {
    let error = element(uri).expect_err(uri);
    assert!(error.matches(gst::URIError::BadUri), "{error}");
    error.message().to_owned()
}

#[test]
fn every_kind_of_parameter_is_set() {
    let source = element(
        "motion://localhost/some/a%20b+c%3F.jpg?prompt=slow%20dolly%20in%2C+%C3%BCber&motion=7\
         &seed=18446744073709551615&duration=2.5&at-end=ping-pong&static-camera=true&roll=-3.5\
         &fit=contain&max-side=4096&num-buffers=30",
    )
    .unwrap();
    assert_eq!(source.property::<String>("location"), "/some/a b+c?.jpg");
    assert_eq!(source.property::<String>("prompt"), "slow dolly in,+über");
    assert_eq!(source.property::<f64>("motion"), 7.0);
    assert_eq!(source.property::<u64>("seed"), u64::MAX);
    assert_eq!(source.property::<u64>("duration"), 2_500_000_000);
    assert!(source.property::<bool>("static-camera"));
    assert_eq!(source.property::<f64>("roll"), -3.5);
    assert_eq!(source.property::<u32>("max-side"), 4096);
    assert_eq!(source.property::<i32>("num-buffers"), 30);
    assert_eq!(
        uri_of(&source).unwrap(),
        "motion:///some/a%20b%2Bc%3F.jpg?num-buffers=30&fit=contain&max-side=4096\
         &prompt=slow%20dolly%20in%2C%2B%C3%BCber&seed=18446744073709551615&duration=2.5\
         &at-end=ping-pong&static-camera=true&motion=7&roll=-3.5"
    );
}

#[test]
fn a_uri_says_all_there_is_to_say() {
    let source = element("motion:///a.png?motion=7&seed=3").unwrap();
    source.set_property("prompt", "slow orbit");
    let handler = source.dynamic_cast_ref::<gst::URIHandler>().unwrap();
    handler.set_uri("motion:///b.png?seed=4").unwrap();
    assert_eq!(source.property::<f64>("motion"), 5.0);
    assert_eq!(source.property::<String>("prompt"), "");
    assert_eq!(uri_of(&source).unwrap(), "motion:///b.png?seed=4");
}

#[test]
fn the_uri_follows_the_properties() {
    init();
    let source = gst::ElementFactory::make("motionsrc").build().unwrap();
    assert_eq!(uri_of(&source), None);
    source.set_property("location", "a b.png");
    source.set_property("motion", 2.25);
    let here = std::env::current_dir().unwrap();
    assert_eq!(
        uri_of(&source).unwrap(),
        format!("motion://{}/a%20b.png?motion=2.25", here.display())
    );
}

#[test]
fn every_wrong_parameter_is_named_at_once_with_what_is_allowed() {
    let message = why_not(
        "motion:///a.png?motion=99&speed=3&seed=x&duration=0&at-end=never&static-camera=yes\
         &max-side=1.5&roll=1&roll=2&zoom=nan&colour=red",
    );
    for part in [
        "motion is 99, allowed is 1 to 10",
        "seed is x, allowed is a whole number, 0 to 18446744073709551615",
        "duration is 0, allowed is above 0, up to 86400 seconds",
        "at-end is never, allowed is hold, loop, ping-pong, eos",
        "static-camera is yes, allowed is true or false",
        "max-side is 1.5, allowed is a whole number, ",
        "roll is 1 and 2, allowed is one value: -10 to 10",
        "zoom is nan, allowed is -10 to 10",
        "speed=3 and colour=red, allowed is ",
    ] {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
    assert!(message.contains("prompt, seed, duration"), "the names that there are: {message}");
}

#[test]
fn what_is_no_uri_of_a_file_is_refused_by_name() {
    for (uri, part) in [
        ("motion://photo.jpg", "host is photo.jpg, allowed is none or localhost"),
        ("motion://example.com/photo.jpg?motion=3", "host is example.com"),
        ("motion:photo.jpg", "path is photo.jpg, allowed is an absolute path"),
        ("motion:///", "path is /, allowed is"),
        ("motion:", "path is , allowed is"),
        ("motion:///a%zz.png", "path is /a%zz.png, allowed is"),
        ("motion:///a%2", "path is /a%2, allowed is"),
        ("motion:///a%00.png", "path is /a%00.png, allowed is"),
        ("motion:///a.png#7", "fragment is #7, allowed is none: # is written %23"),
        ("motion:///a.png?prompt=%ff", "parameter is prompt=%ff, allowed is"),
        ("motion:///a.png?prompt=100%", "parameter is prompt=100%, allowed is"),
        ("motion:///a.png?motion", "motion is empty, allowed is 1 to 10"),
        ("motion:///a.png?location=/b.png", "parameter is location=/b.png, allowed is"),
        ("motion:///a.png?duration=4000000000", "duration is 4000000000, allowed is"),
        ("motion:///a.png?duration=inf", "duration is inf, allowed is"),
        ("motion:///a.png?duration=1e-10", "duration is 1e-10, allowed is"),
    ] {
        let message = why_not(uri);
        assert!(message.contains(part), "{uri}: {part} is not in: {message}");
    }
    let long = format!("motion:///a.png?seed={}", "9".repeat(100_000));
    assert!(why_not(&long).len() < 300);
}

#[test]
fn what_is_written_in_another_way_is_the_same() {
    for same in [
        "motion:/a.png?motion=7",
        "MOTION:///a.png?motion=7.0",
        "motion://LOCALHOST/a.png?&motion=7&",
        "motion:///%61.png?%6dotion=%37",
        "motion:///a.png?motion=7&prompt=",
    ] {
        assert_eq!(uri_of(&element(same).unwrap()).unwrap(), "motion:///a.png?motion=7");
    }
}

#[test]
fn the_uri_stays_while_a_clip_is_shown() {
    let source = element(&uri("")).unwrap();
    source.set_state(gst::State::Paused).unwrap();
    let handler = source.dynamic_cast_ref::<gst::URIHandler>().unwrap();
    let error = handler.set_uri("motion:///b.png").unwrap_err();
    assert!(error.matches(gst::URIError::BadState), "{error}");
    source.set_state(gst::State::Null).unwrap();
    handler.set_uri("motion:///b.png").unwrap();
}

#[test]
fn a_file_that_is_not_there_fails_the_start_itself() {
    let source = element("motion:///none/at/all.png").unwrap();
    // Programs miss errors that come from another thread before they listen.
    assert!(source.set_state(gst::State::Paused).is_err());
    let handler = source.dynamic_cast_ref::<gst::URIHandler>().unwrap();
    handler.set_uri(&uri("")).unwrap();
    source.set_state(gst::State::Paused).unwrap();
    source.set_state(gst::State::Null).unwrap();
}

#[test]
fn a_file_name_need_not_be_utf8() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(OsString::from_vec(b"caf\xe9 #1?.png".to_vec()));
    image::RgbImage::new(64, 48).save_with_format(&path, image::ImageFormat::Png).unwrap();
    let uri = MotionUri { path, parameters: vec![("duration".into(), "0.5".into())] }.to_string();
    assert!(uri.ends_with("/caf%E9%20%231%3F.png?duration=0.5"), "{uri}");
    let line = format!("uridecodebin uri={uri} ! fakesink name=out");
    assert_eq!(pipeline::play(&line).buffers.len(), 12);
    assert_eq!(uri_of(&element(&uri).unwrap()).unwrap(), uri);
}

fn path() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(1_u8.., 1..40).prop_map(|mut bytes| {
        bytes.insert(0, b'/');
        bytes
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        path in path(),
        parameters in prop::collection::vec(("[^\0]{0,12}", "[^\0]{0,40}"), 0..5),
    ) {
        // A name and a value of nothing leave nothing behind but an equals sign.
        let uri = MotionUri { path: OsString::from_vec(path).into(), parameters };
        prop_assert_eq!(MotionUri::parse(uri.to_string().as_bytes()).unwrap(), uri);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let uri = [b"motion:".as_slice(), &bytes].concat();
        for bytes in [&bytes, &uri] {
            if let Ok(uri) = MotionUri::parse(bytes) {
                prop_assert!(uri.path.as_os_str().as_bytes().starts_with(b"/"));
                prop_assert_eq!(MotionUri::parse(uri.to_string().as_bytes()).unwrap(), uri);
            }
        }
    }

    #[test]
    fn any_text_is_a_uri_or_an_error(
        text in "(motion:)?(//)?[/a-z%?&=#:.0-9]{0,60}|\\PC{0,60}",
        value in "\\PC{0,20}",
    ) {
        let _ = element(&text);
        for name in ["prompt", "motion", "seed", "duration", "at-end", "static-camera"] {
            let _ = element(&format!("motion:///a.png?{name}={value}"));
        }
    }

    #[test]
    fn an_element_is_its_uri(
        prompt in "[^\0]{0,40}",
        motion in 1.0..=10.0,
        zoom in -10.0..=10.0,
        seed: u64,
        duration in 1_u64..=86_400_000_000_000,
        end in 0..4_usize,
        still: bool,
    ) {
        let source = element("motion:///a.png").unwrap();
        source.set_property("prompt", &prompt);
        source.set_property("motion", motion);
        source.set_property("zoom", zoom);
        source.set_property("seed", seed);
        source.set_property("duration", duration);
        source.set_property_from_str("at-end", ["hold", "loop", "ping-pong", "eos"][end]);
        source.set_property("static-camera", still);
        let uri = uri_of(&source).unwrap();
        let other = element(&uri).unwrap();
        for spec in source.list_properties().iter().filter(|spec| spec.name() != "name") {
            let values = [&source, &other].map(|e| format!("{:?}", e.property_value(spec.name())));
            prop_assert!(spec.name() == "parent" || values[0] == values[1], "{}: {:?}", uri, values);
        }
        prop_assert_eq!(uri_of(&other).unwrap(), uri);
    }
}

/// How many frames a sink said it got.
fn frames(printed: &str) -> usize {
    printed.lines().filter(|line| line.contains("chain   *******")).count()
}

#[test]
fn every_player_shows_all_frames() {
    let folder = tempfile::tempdir().unwrap();
    let uri = uri("prompt=slow%20dolly%20in&motion=7&seed=1");
    let sink = "fakesink silent=false";
    for line in [
        format!("playbin uri='{uri}' video-sink='{sink}'"),
        format!("playbin3 uri='{uri}' video-sink='{sink}'"),
        format!("uridecodebin uri='{uri}' ! {sink}"),
        format!("uridecodebin3 uri='{uri}' ! {sink}"),
    ] {
        let printed = launch::run(&format!("gst-launch-1.0 -v {line}"), folder.path());
        assert_eq!(frames(&printed), 96, "{line}");
    }
}

#[test]
fn a_player_may_be_told_how_many_frames() {
    let folder = tempfile::tempdir().unwrap();
    let uri = uri("at-end=loop&num-buffers=30");
    let line = format!("gst-launch-1.0 -v playbin3 uri='{uri}' video-sink='fakesink silent=false'");
    assert_eq!(frames(&launch::run(&line, folder.path())), 30);
}

/// Numbered pictures that gst-play leaves when it has come to the end by itself.
fn pictures_of_gst_play(options: &str) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let sink = "jpegenc ! multifilesink location=%03d.jpg";
    let uri = uri("duration=2");
    let line = format!("gst-play-1.0 --no-interactive --videosink='{sink}' {options} '{uri}'");
    let printed = launch::run(&line, folder.path());
    assert!(printed.contains("0:00:02.0"), "the length is shown: {printed}");
    assert!(printed.contains("Reached end of play list"), "{printed}");
    std::fs::read_dir(folder.path()).unwrap().count()
}

#[test]
fn gst_play_shows_a_clip_to_its_end_and_from_the_middle() {
    assert_eq!(pictures_of_gst_play(""), 48);
    // It starts to play, and seeks then: a frame or two may be seen before.
    let from_the_middle = pictures_of_gst_play("-s 1");
    assert!((24..30).contains(&from_the_middle), "{from_the_middle}");
}

fn discover(uri: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    launch::run(&format!("gst-discoverer-1.0 -v '{uri}'"), folder.path())
}

#[test]
fn the_discoverer_finds_what_there_is_to_know() {
    let printed = discover(&uri("prompt=slow%20orbit"));
    for part in [
        "Duration: 0:00:04.000000000",
        "Seekable: yes",
        "Live: no",
        "Width: 600",
        "Height: 400",
        "Frame rate: 24/1",
        "Pixel aspect ratio: 1/1",
        "title: coffee",
        "image orientation: rotate-0",
    ] {
        assert!(printed.contains(part), "{part} is not in {printed}");
    }
}

fn stream_id(uri: &str) -> String {
    let printed = discover(uri);
    let line = printed.lines().find_map(|line| line.trim().strip_prefix("Stream ID: "));
    line.expect("a stream id").to_owned()
}

#[test]
fn a_clip_has_the_same_stream_id_each_time() {
    let slow = stream_id(&uri("prompt=slow%20orbit&motion=7"));
    assert_eq!(stream_id(&uri("motion=7&prompt=slow%20orbit")), slow);
    assert_ne!(stream_id(&uri("prompt=slow%20orbit&motion=6")), slow);
}

/// A timeline in the proportions of the photo. Without the shape of a pixel, the mixer of GES 1.22
/// changes its caps while it plays, and a frame is lost.
const CAPS: &str = "video/x-raw,width=(int)300,height=(int)200,framerate=(fraction)25/1,\
     pixel-aspect-ratio=(fraction)1/1";

/// Renders a clip with GES; gives the frames, in RGB.
#[track_caller]
fn edited(options: &str, uri: &str, clip: &str) -> pipeline::Arrived {
    let folder = tempfile::tempdir().unwrap();
    // The description of a timeline is a URI itself and loses its escapes once.
    let uri = uri.replace('%', "%25").replace('?', "%3F");
    let line = format!(
        "ges-launch-1.0 --no-interactive --track-types=video {options} \
         --video-caps '{CAPS}' +clip '{uri}' {clip} -o 'file://{}/out.mkv' --format video/x-matroska:video/x-vp8",
        folder.path().display()
    );
    launch::run_leaky(&line, folder.path());
    frames_of(&folder.path().join("out.mkv"))
}

fn frames_of(file: &Path) -> pipeline::Arrived {
    pipeline::play(&format!(
        "filesrc location={} ! matroskademux ! vp8dec ! videoconvert ! video/x-raw,format=RGB ! \
         fakesink name=out",
        file.display()
    ))
}

/// Mean difference of a frame to the photo, in values of 0 to 255.
fn difference(arrived: &pipeline::Arrived, frame: usize, photo: &str) -> f64 {
    let pixels = pictures::samples(&arrived.buffers[frame], arrived.caps.as_ref().unwrap());
    let photo = photos::rgb(photo, 300, 200);
    let photo = &photo.planes()[0].data;
    assert_eq!(pixels.len(), photo.len());
    let sum: u64 = std::iter::zip(&pixels, photo).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / photo.len() as f64
}

#[test]
fn an_editor_takes_it_as_a_clip() {
    let uri = uri("prompt=slow%20dolly%20in%2C%20100%25&motion=10");
    let whole = edited("", &uri, "duration=1.0");
    assert_eq!(whole.buffers.len(), 25);
    let first = difference(&whole, 0, "coffee");
    assert!(first < 6.0, "the first frame is the photo: {first}");
    assert!(difference(&whole, 24, "coffee") > first * 1.5, "it moves");
    assert!(difference(&whole, 0, "chelsea") > 30.0, "the measure tells photos apart");

    let later = edited("", &uri, "duration=1.0 inpoint=2.0");
    assert_eq!(later.buffers.len(), 25);
    assert!(difference(&later, 0, "coffee") > first * 1.5, "it starts in the clip");

    // Without a mixer events must carry the numbers that the composition gave them.
    assert_eq!(edited("--disable-mixing", &uri, "duration=1.0").buffers.len(), 25);
}

#[test]
fn an_editor_saves_and_loads_it() {
    let folder = tempfile::tempdir().unwrap();
    let (uri, shown) = (uri("motion=9").replace('?', "%3F"), folder.path().display());
    let options = "--no-interactive --track-types=video";
    let line = format!(
        "ges-launch-1.0 {options} --video-caps '{CAPS}' \
         +clip '{uri}' duration=1.0 --save-only 'file://{shown}/p.xges'"
    );
    // Version 1.22 ends a project that is only saved with a critical warning of its own.
    let mut saving = launch::shell(&line, folder.path());
    saving.env_remove("G_DEBUG").output().unwrap();
    let line = format!(
        "ges-launch-1.0 {options} --load 'file://{shown}/p.xges' -o 'file://{shown}/out.mkv' \
         --format video/x-matroska:video/x-vp8"
    );
    launch::run_leaky(&line, folder.path());
    let loaded = frames_of(&folder.path().join("out.mkv"));
    assert_eq!(loaded.buffers.len(), 25);
    assert!(difference(&loaded, 0, "coffee") < 6.0);
}

#[test]
fn every_player_says_what_is_wrong_with_a_uri() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = uri("motion=99&speed=3");
    let sink = "video-sink=fakesink";
    for program in [
        format!("gst-launch-1.0 playbin uri='{wrong}' {sink}"),
        format!("gst-launch-1.0 playbin3 uri='{wrong}' {sink}"),
        format!("gst-launch-1.0 uridecodebin uri='{wrong}' ! fakesink"),
        format!("gst-launch-1.0 uridecodebin3 uri='{wrong}' ! fakesink"),
        format!("gst-play-1.0 --no-interactive --videosink=fakesink '{wrong}'"),
        format!("gst-discoverer-1.0 '{wrong}'"),
    ] {
        let bounded = format!("timeout --kill-after=5 120 {program}");
        let output = launch::shell(&bounded, folder.path()).output().unwrap();
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8_lossy(&printed);
        for part in ["motion is 99, allowed is 1 to 10", "parameter is speed=3, allowed is "] {
            assert!(printed.contains(part), "{program}: {part} is not in {printed}");
        }
    }
}

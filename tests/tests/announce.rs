// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the elements tell of their clips: messages on the bus, and tags in the stream.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use gst::{Tag, prelude::*};
use stillmotion_tests::{init, launch, photos, pipeline};

/// Lines that end in a clip of two seconds at 10 frames per second, from a `photo`.
fn lines(settings: &str) -> [String; 3] {
    let photo = photos::fixture("photos/coffee.jpg");
    let photo = photo.display();
    let caps = "video/x-raw,format=I420,width=160,height=120,framerate=10/1";
    [
        format!("stillsrc location={photo} ! motiongen name=it {settings} ! {caps}"),
        format!("motionsrc name=it location={photo} {settings} ! {caps}"),
        format!(
            "stillsrc location={photo} num-buffers=25 ! {caps} ! \
             motionfilter name=it {settings} ! identity"
        ),
    ]
}

/// The messages `stillmotion-clip` of a line, until it ends.
fn clips(
    line: &str,
    on_frame: impl Fn(&gst::Element, u64) + Send + Sync + 'static,
) -> Vec<gst::Structure> {
    init();
    let pipeline = gst::parse::launch(&format!("{line} ! fakesink name=out")).unwrap();
    let pipeline = pipeline.downcast::<gst::Pipeline>().unwrap();
    let it = pipeline.by_name("it").unwrap();
    let pad = pipeline.by_name("out").unwrap().static_pad("sink").unwrap();
    let frames = std::sync::atomic::AtomicU64::new(0);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        on_frame(&it, frames.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        gst::PadProbeReturn::Ok
    });
    let bus = pipeline.bus().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let (mut clips, mut wrong) = (Vec::new(), None);
    for message in bus.iter_timed(gst::ClockTime::from_seconds(60)) {
        match message.view() {
            gst::MessageView::Eos(_) => break,
            // Nothing is loaded, so there is no progress to wait for.
            gst::MessageView::Error(_) | gst::MessageView::Progress(_) => {
                wrong = Some(message);
                break;
            }
            gst::MessageView::Element(element) => {
                let said = element.structure().filter(|s| s.name() == "stillmotion-clip");
                clips.extend(said.map(ToOwned::to_owned));
            }
            _ => (),
        }
    }
    pipeline.set_state(gst::State::Null).unwrap();
    assert!(wrong.is_none(), "{line}: {wrong:?}");
    clips
}

fn events(clips: &[gst::Structure]) -> Vec<(String, String, u64)> {
    let event = |clip: &gst::Structure| {
        let text = |name| clip.get::<String>(name).unwrap();
        let at = clip.get::<gst::ClockTime>("stream-time").unwrap();
        (text("event"), text("prompt"), at.mseconds())
    };
    clips.iter().map(event).collect()
}

#[test]
fn every_clip_is_told_when_it_starts_and_when_it_ends() {
    for line in lines("duration=2000000000 prompt=orbit motion=7 seed=3") {
        let clips = clips(&line, |_, _| ());
        let told = |event: &str| (event.to_owned(), "orbit".to_owned(), 0);
        assert_eq!(events(&clips), [told("started"), told("ended")], "{line}");
        for clip in clips {
            assert_eq!(clip.get::<f64>("motion"), Ok(7.0));
            assert_eq!(clip.get::<u64>("seed"), Ok(3));
            assert_eq!(clip.get::<u64>("frames"), Ok(20));
            assert_eq!(clip.get::<String>("generator").unwrap(), "scene");
        }
    }
}

#[test]
fn a_new_prompt_is_a_new_clip_and_one_that_runs_again_is_not() {
    for line in lines("duration=500000000 at-end=loop prompt=orbit") {
        let line = line.replace("name=it location", "name=it num-buffers=25 location");
        let line = line.replace("motiongen name=it", "motiongen name=it num-buffers=25");
        let clips = clips(&line, |it, frame| {
            if frame == 11 {
                it.set_property("prompt", "pan left");
            }
        });
        let told = |event: &str, prompt: &str, at| (event.to_owned(), prompt.to_owned(), at);
        let expected = [
            told("started", "orbit", 0),
            told("ended", "orbit", 0),
            told("started", "pan left", 1200),
            told("ended", "pan left", 1200),
        ];
        assert_eq!(events(&clips), expected, "{line}");
    }
}

/// Every value of the tag `T`.
fn values<T>(tags: &gst::TagList) -> Vec<String>
where
    for<'a> T: Tag<'a, TagType = &'a str>,
{
    tags.iter_tag::<T>().map(|value| value.get().to_owned()).collect()
}

#[test]
fn the_stream_says_what_it_is_beside_what_upstream_says() {
    for line in lines("duration=500000000 prompt=\"slow orbit\" seed=9") {
        let line =
            line.replace(" ! motion", " ! taginject tags=\"artist=Ann,comment=old\" ! motion");
        let tags = pipeline::play(&format!("{line} ! fakesink name=out")).tags.unwrap();
        assert_eq!(values::<gst::tags::Description>(&tags), ["slow orbit"], "{line}");
        assert_eq!(values::<gst::tags::Keywords>(&tags), ["AI-generated"], "{line}");
        let extended = values::<gst::tags::ExtendedComment>(&tags);
        assert_eq!(extended, ["generator=scene", "seed=9"], "{line}");
        let comments = values::<gst::tags::Comment>(&tags);
        assert!(comments.last().unwrap().contains("AI-generated"), "{line}: {comments:?}");
        if line.contains("taginject") {
            assert_eq!(comments[0], "old", "{line}");
            assert_eq!(values::<gst::tags::Artist>(&tags), ["Ann"], "{line}");
        }
    }
}

#[test]
fn files_keep_the_label() {
    let folder = tempfile::tempdir().unwrap();
    let photo = photos::fixture("photos/coffee.jpg");
    let photo = photo.display();
    for (muxer, file) in [("mp4mux", "out.mp4"), ("matroskamux", "out.mkv")] {
        let line = format!(
            "gst-launch-1.0 stillsrc location={photo} ! motiongen prompt=\"slow orbit\" seed=9 \
             duration=300000000 ! video/x-raw,width=160,height=120 ! videoconvert ! x264enc ! \
             {muxer} ! filesink location={file}"
        );
        launch::run(&line, folder.path());
        let printed = launch::run(&format!("gst-discoverer-1.0 -v {file}"), folder.path());
        let comment = "generator scene, seed 9, prompt \"slow orbit\"";
        assert!(printed.contains("AI-generated") && printed.contains(comment), "{file}: {printed}");
    }
}

#[test]
fn gst_launch_prints_the_clips() {
    let folder = tempfile::tempdir().unwrap();
    let line =
        "gst-launch-1.0 -m videotestsrc num-buffers=1 ! motiongen duration=200000000 ! fakesink";
    let printed = launch::run(line, folder.path());
    assert_eq!(printed.matches("stillmotion-clip, event=(string)started").count(), 1, "{printed}");
    assert_eq!(printed.matches("stillmotion-clip, event=(string)ended").count(), 1, "{printed}");
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! `motionfilter` on streams of more than one still, and on streams that are none.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::path::Path;

use gst::{ClockTime, prelude::*};
use stillmotion_tests::{obs::Source, photos, pipeline};

const SLIDES: [&str; 3] = ["coffee", "chelsea", "rocket"];
/// Frames of each slide.
const SHOWN: usize = 25;

/// A folder with the slides, `0.png` to `2.png`, and `show.mov`, in which each of them is shown
/// for a second. Every frame can be sought.
fn slides() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (i, name) in SLIDES.iter().enumerate() {
        let photo = photos::rgb(name, 320, 180).planes()[0].data.clone();
        let photo = image::RgbImage::from_raw(320, 180, photo).unwrap();
        photo.save(folder.path().join(format!("{i}.png"))).unwrap();
    }
    pipeline::play(&format!(
        "concat name=c ! videoconvert ! jpegenc quality=95 ! qtmux ! \
         filesink location={}/show.mov {}",
        folder.path().display(),
        in_a_row(folder.path())
    ));
    folder
}

/// The slides as streams of their own, one behind the other into `c.`.
fn in_a_row(folder: &Path) -> String {
    let still = |i: usize| {
        format!(
            "filesrc location={}/{i}.png ! pngdec ! imagefreeze num-buffers={SHOWN} ! \
             video/x-raw,framerate=25/1 ! c. ",
            folder.display()
        )
    };
    (0..SLIDES.len()).map(still).collect()
}

/// The slides as one stream.
fn slide_show(folder: &Path) -> String {
    let file = folder.join("show.mov");
    format!("filesrc location={} ! qtdemux ! jpegdec", file.display())
}

const H264: &str = "video/x-raw,format=I420 ! x264enc key-int-max=25 speed-preset=veryfast ! \
                    h264parse ! avdec_h264";

/// The frames that come in, the frames that come out, and how many clips were opened.
fn both(stream: &str) -> (Vec<Vec<u8>>, Vec<Vec<u8>>, u64) {
    let all = |source: &Source| -> Vec<Vec<u8>> {
        std::iter::from_fn(|| source.pull()).map(|(_, bytes)| bytes).collect()
    };
    let before = all(&Source::new(&format!("{stream} ! video.")));
    let source = Source::new(&format!("{stream} ! motionfilter name=f motion=9 ! video."));
    let after = all(&source);
    let element = source.pipeline.by_name("f").unwrap();
    let clips = element.property::<gst::Structure>("stats").get("clips").unwrap();
    assert_eq!(before.len(), after.len(), "one for one");
    (before, after, clips)
}

/// The frames that are just what came in.
fn firsts((before, after, _): &(Vec<Vec<u8>>, Vec<Vec<u8>>, u64)) -> Vec<usize> {
    (0..before.len()).filter(|&i| before[i] == after[i]).collect()
}

#[test]
fn each_slide_starts_with_itself() {
    let folder = slides();
    for format in ["I420", "RGBA"] {
        let show = slide_show(folder.path());
        let show = format!("{show} ! videoconvert ! video/x-raw,format={format}");
        let frames = both(&show);
        assert_eq!(firsts(&frames), [0, SHOWN, 2 * SHOWN], "{format}");
        assert_eq!(frames.2, 3, "{format}");
    }
}

#[test]
fn so_does_each_of_several_streams_in_a_row() {
    let folder = slides();
    let tail = in_a_row(folder.path());
    let all = |filter: &str| {
        let source = Source::new(&format!(
            "concat name=c ! videoconvert ! video/x-raw,format=RGBA ! {filter} ! video. {tail}"
        ));
        std::iter::from_fn(|| source.pull()).map(|(_, bytes)| bytes).collect::<Vec<_>>()
    };
    let frames = (all("identity"), all("motionfilter motion=9"), 0);
    assert_eq!(frames.0.len(), 3 * SHOWN);
    assert_eq!(firsts(&frames), [0, SHOWN, 2 * SHOWN]);
}

#[test]
fn the_noise_of_a_codec_starts_nothing() {
    let folder = slides();
    let show = format!("{} ! videoconvert ! {H264}", slide_show(folder.path()));
    let frames = both(&show);
    assert_eq!((firsts(&frames), frames.2), (vec![0, SHOWN, 2 * SHOWN], 3));

    let still = format!(
        "filesrc location={}/0.png ! pngdec ! videoconvert ! imagefreeze num-buffers=120 ! \
         video/x-raw,framerate=25/1",
        folder.path().display()
    );
    for encoder in [
        H264.to_owned(),
        H264.replace("x264enc", "x264enc pass=quant quantizer=40"),
        "jpegenc quality=30 ! jpegdec ! videoconvert".to_owned(),
    ] {
        let frames = both(&format!("{still} ! videoconvert ! {encoder}"));
        assert_eq!((firsts(&frames), frames.2), (vec![0], 1), "{encoder}");
    }
}

#[test]
fn film_grain_starts_nothing() {
    let folder = slides();
    // Noise of the sort that a camera makes, mixed over the slides.
    let show = slide_show(folder.path());
    let grainy = |frames: i32| {
        format!(
            "compositor name=c sink_1::alpha=0.08 ! videoconvert ! video/x-raw,format=I420 ! \
             identity eos-after={frames} name=i {show} ! c.sink_0 \
             videotestsrc pattern=snow ! video/x-raw,width=320,height=180,framerate=25/1 ! \
             c.sink_1 i."
        )
    };
    let source = Source::new(&format!("{} ! motionfilter name=f ! video.", grainy(75)));
    let frames = std::iter::from_fn(|| source.pull()).count();
    assert!((74..=76).contains(&frames), "{frames}");
    let element = source.pipeline.by_name("f").unwrap();
    let clips = element.property::<gst::Structure>("stats").get::<u64>("clips");
    assert_eq!(clips, Ok(3));
}

#[test]
fn a_moving_video_is_one_scene() {
    for pattern in ["ball", "smpte", "snow", "pinwheel", "spokes", "zone-plate kx2=20 ky2=20 kt=9"]
    {
        let video = format!(
            "videotestsrc num-buffers=75 pattern={pattern} ! \
             video/x-raw,width=320,height=180,framerate=25/1 ! videoconvert"
        );
        for codec in [H264, "video/x-raw,format=I420"] {
            let frames = both(&format!("{video} ! {codec}"));
            assert_eq!(frames.2, 1, "{pattern}, {codec}");
        }
    }
}

#[test]
fn the_still_of_a_moving_photo_is_its_first_frame() {
    // What a phone gives: the picture shakes and turns.
    let video = format!(
        "filesrc location={} ! jpegdec ! videoscale ! video/x-raw,width=320,height=180 ! \
         videoconvert ! motiongen prompt=\"handheld, orbit right\" motion=10 ! \
         video/x-raw,framerate=25/1",
        photos::fixture("photos/coffee.jpg").display()
    );
    let frames = both(&format!("{video} ! videoconvert ! {H264}"));
    assert_eq!(frames.2, 1);
}

#[test]
fn seeks_find_the_frames_that_were_shown() {
    let folder = slides();
    let typed = format!(
        "{} ! videoconvert ! motionfilter name=f motion=9 ! video.",
        slide_show(folder.path())
    );
    let source = Source::new(&typed);
    let frames: Vec<_> = std::iter::from_fn(|| source.pull()).collect();
    assert_eq!(frames.len(), 3 * SHOWN);
    for frame in [60, 10, 74, 25, 50, 0, 24, 49, 30, 5] {
        source.seek(frames[frame].0);
        for expected in &frames[frame..(frame + 3).min(frames.len())] {
            let (time, bytes) = source.pull().unwrap();
            assert_eq!(time, expected.0, "frame {frame}");
            assert!(bytes == expected.1, "frame {frame}");
        }
    }
    // Sought at once, a slide that nobody saw start starts there.
    let fresh = Source::new(&typed);
    fresh.pull().unwrap();
    fresh.seek(ClockTime::from_mseconds(1400));
    let (_, sought) = fresh.pull().unwrap();
    let (_, slide) = &frames[SHOWN];
    assert!(sought == *slide, "the second slide itself");
}

#[test]
fn backwards_the_same_frames_come() {
    let folder = slides();
    let source = Source::new(&format!(
        "{} ! videoconvert ! motionfilter motion=9 ! video.",
        slide_show(folder.path())
    ));
    let mut frames: Vec<_> = std::iter::from_fn(|| source.pull()).collect();
    let (start, end) = (ClockTime::ZERO, ClockTime::from_seconds(3));
    let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE;
    let set = gst::SeekType::Set;
    source.pipeline.seek(-1.0, flags, set, start, set, end).unwrap();
    let backwards: Vec<_> = std::iter::from_fn(|| source.pull()).collect();
    frames.reverse();
    let times = |frames: &[(ClockTime, Vec<u8>)]| -> Vec<_> {
        frames.iter().map(|frame| frame.0).collect()
    };
    assert_eq!(times(&backwards), times(&frames));
    let wrong = (0..frames.len()).filter(|&i| frames[i].1 != backwards[i].1);
    assert_eq!(wrong.collect::<Vec<_>>(), [0_usize; 0]);
}

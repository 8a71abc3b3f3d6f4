// SPDX-License-Identifier: MIT OR Apache-2.0
//! What playout needs: timecodes, and a live stream over the network.

use std::{
    net::UdpSocket,
    process::Child,
    sync::mpsc,
    time::{Duration, Instant},
};

use gst::{ClockTime, prelude::*};
use stillmotion_tests::{init, launch};

use super::folder;

/// What `identity silent=false` said of each buffer.
fn passed(printed: &str) -> Vec<&str> {
    printed.lines().filter(|line| line.contains("last-message = chain")).collect()
}

#[test]
fn every_frame_keeps_its_timecode() {
    let folder = folder();
    let printed = launch::run(
        "gst-launch-1.0 -v videotestsrc num-buffers=3 ! video/x-raw,framerate=25/1 ! \
         timecodestamper ! motionfilter ! identity silent=false ! fakesink",
        folder.path(),
    );
    let passed = passed(&printed);
    assert_eq!(passed.len(), 3, "{printed}");
    for line in passed {
        assert!(line.contains("GstVideoTimeCodeMeta"), "{line}");
    }
}

#[test]
fn a_clip_can_be_given_timecodes() {
    let folder = folder();
    let printed = launch::run(
        "gst-launch-1.0 -v filesrc location=still.png ! pngdec ! videoconvert ! motiongen \
         num-buffers=5 ! video/x-raw,framerate=25/1 ! timecodestamper ! \
         identity silent=false check-imperfect-timestamp=true ! fakesink",
        folder.path(),
    );
    let passed = passed(&printed);
    assert_eq!(passed.len(), 5, "{printed}");
    assert!(passed.iter().all(|line| line.contains("GstVideoTimeCodeMeta")));
    assert!(!printed.contains("imperfect"), "{printed}");
}

/// A program that is ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that nobody has at this moment.
fn free_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Seconds of stream that are looked at, unless `LISTEN_SECONDS` says otherwise.
const LISTENED: usize = 10;

#[test]
fn a_live_clip_over_srt_keeps_the_pace_of_the_clock() {
    init();
    let asked = std::env::var("LISTEN_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let seconds = asked.unwrap_or(LISTENED);
    let folder = folder();
    let port = free_port();
    let receiver = gst::parse::launch(&format!(
        "srtsrc uri=\"srt://127.0.0.1:{port}?mode=listener\" ! tsdemux ! h264parse ! \
         fakesink name=out sync=false"
    ))
    .unwrap();
    let out = receiver.downcast_ref::<gst::Bin>().unwrap().by_name("out").unwrap();
    let (sent, arrivals) = mpsc::channel();
    out.static_pad("sink").unwrap().add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(gst::PadProbeData::Buffer(buffer)) = &info.data {
            let _ = sent.send((Instant::now(), buffer.pts()));
        }
        gst::PadProbeReturn::Ok
    });
    receiver.set_state(gst::State::Playing).unwrap();
    let sender = format!(
        "gst-launch-1.0 -q stillsrc location=still.png ! motiongen is-live=true \
         at-end=ping-pong ! videoconvert ! video/x-raw,framerate=30/1 ! x264enc \
         tune=zerolatency speed-preset=ultrafast key-int-max=15 ! mpegtsmux ! srtsink uri=\"srt://127.0.0.1:{port}?mode=caller\""
    );
    let _sender = Running(launch::shell(&sender, folder.path()).spawn().unwrap());
    let mut came: Vec<(Instant, ClockTime)> = Vec::new();
    while came.len() < seconds * 30 {
        let next = arrivals.recv_timeout(Duration::from_secs(60));
        let (at, pts) = next.expect("the stream goes on");
        came.extend(pts.map(|pts| (at, pts)));
    }
    receiver.set_state(gst::State::Null).unwrap();
    // The first second fills queues.
    let came = &came[30..];
    let ahead = |(at, pts): &(Instant, ClockTime)| {
        at.duration_since(came[0].0).as_secs_f64()
            - (pts.nseconds() as f64 - came[0].1.nseconds() as f64) / 1e9
    };
    let half = came.len() / 2;
    let mean = |part: &[_]| part.iter().map(ahead).sum::<f64>() / part.len() as f64;
    let drift = mean(&came[half..]) - mean(&came[..half]);
    println!("{:+.1} ms of drift in {seconds} s", drift * 1e3);
    assert!(drift.abs() < 0.1, "{drift} s of drift between two halves of {seconds} s");
    let spread = came.windows(2).map(|pair| (pair[1].1.nseconds() - pair[0].1.nseconds()) as f64);
    let mean = spread.sum::<f64>() / (came.len() - 1) as f64;
    assert!((mean - 1e9 / 30.0).abs() < 1e6, "{mean} ns from one frame to the next");
}

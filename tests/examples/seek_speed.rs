// SPDX-License-Identifier: MIT OR Apache-2.0
//! How long a seek in a paused pipeline takes until its frame is there, as when somebody scrubs
//! in an editor: `cargo run --release -p stillmotion-tests --example seek_speed`.

use std::time::Instant;

use gst::{ClockTime, prelude::*};
use stillmotion_tests::photos;

const SEEKS: u64 = 100;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    stillmotion_tests::init();
    println!("1920x1080 I420, {SEEKS} seeks, milliseconds: median, nine of ten within");
    for filter in ["motionfilter motion=7", "videobalance saturation=1.2", "identity"] {
        let (median, most) = measure(filter)?;
        println!("{filter:28} {median:6.1} {most:6.1}");
    }
    Ok(())
}

/// Seeks to and fro in four seconds of a still behind `filter`.
fn measure(filter: &str) -> Result<(f64, f64), Box<dyn std::error::Error>> {
    let pipeline = gst::parse::launch(&format!(
        "filesrc location={} ! jpegdec ! videoscale ! video/x-raw,width=1920,height=1080 ! \
         videoconvert ! video/x-raw,format=I420 ! imagefreeze ! video/x-raw,framerate=25/1 ! \
         {filter} ! fakesink",
        photos::fixture("photos/coffee.jpg").display()
    ))?;
    pipeline.set_state(gst::State::Paused)?;
    pipeline.state(ClockTime::NONE).0?;
    let mut times = Vec::new();
    for i in 0..=SEEKS {
        let start = Instant::now();
        let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE;
        let frame = 1 + i * 37 % 99;
        pipeline
            .downcast_ref::<gst::Pipeline>()
            .ok_or("a pipeline")?
            .seek_simple(flags, ClockTime::from_mseconds(40 * frame))?;
        pipeline.state(ClockTime::NONE).0?;
        // The first one waits for the analysis.
        if i > 0 {
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    pipeline.set_state(gst::State::Null)?;
    times.sort_by(f64::total_cmp);
    Ok((times[times.len() / 2], times[times.len() * 9 / 10]))
}

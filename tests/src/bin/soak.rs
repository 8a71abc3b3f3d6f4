// SPDX-License-Identifier: MIT OR Apache-2.0
//! Works the elements hard for a while and watches the memory: `soak SECONDS STILL`.
//!
//! Pipelines are built, played, flushed by seeks, given other settings and thrown away. Resident
//! memory is sampled each second. From the first quarter on, the line through the samples must
//! rise by less than 1 MiB per minute; a run of less than two minutes is too short for a slope,
//! and must only not grow by much. The threads must be those of the start.

use std::time::{Duration, Instant};

use gst::{ClockTime, SeekFlags, SeekType, prelude::*};
use stillmotion_tests::{init, process, stress::Chance};

/// MiB per minute.
const STEEPEST: f64 = 1.0;
/// From this many seconds on a slope can be told from noise.
const LONG: f64 = 120.0;
/// What a short run may grow by, in MiB.
const MOST_GROWTH: f64 = 48.0;

const PROMPTS: [&str; 5] = ["", "push in", "slow orbit", "crash zoom", "fog drifts, pan left"];

fn lines(still: &str) -> [String; 5] {
    let source = format!("stillsrc name=s location={still}");
    let (small, odd) = ("width=320,height=180", "width=322,height=182,framerate=30000/1001");
    [
        format!("{source} ! motiongen name=e at-end=loop ! video/x-raw,{small} ! fakesink"),
        format!("{source} ! motiongen name=e at-end=ping-pong is-live=true ! fakesink sync=true"),
        format!("motionsrc name=e location={still} at-end=loop ! video/x-raw,{small} ! fakesink"),
        format!("{source} ! video/x-raw,{small},framerate=25/1 ! motionfilter name=e ! fakesink"),
        format!("{source} ! video/x-raw,{odd} ! motionfilter name=e ! videoconvert ! fakesink"),
    ]
}

/// Builds a pipeline, plays with it for a moment and throws it away.
fn round(line: &str, chance: &mut Chance) {
    let pipeline = gst::parse::launch(line).expect("the elements are there");
    let element = pipeline.downcast_ref::<gst::Bin>().and_then(|bin| bin.by_name("e"));
    let element = element.expect("an element called e");
    pipeline.set_state(gst::State::Playing).expect("it plays");
    for _ in 0..chance.below(12) {
        match chance.below(4) {
            0 => element.set_property("prompt", chance.pick(&PROMPTS)),
            1 => element.set_property("motion", 1.0 + chance.below(10) as f64),
            2 => element.set_property("seed", chance.below(5)),
            _ => {
                let start = ClockTime::from_mseconds(chance.below(3000));
                let (set, none) = (SeekType::Set, ClockTime::NONE);
                // A live clip refuses this.
                let _ = pipeline.seek(1.0, SeekFlags::FLUSH, set, start, SeekType::None, none);
            }
        }
        if chance.once_in(2) {
            let state = pipeline.state(ClockTime::from_seconds(30));
            let error = pipeline.bus().and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
            assert!(state.0.is_ok(), "{line}: {state:?} {error:?}");
        }
    }
    pipeline.set_state(gst::State::Null).expect("it stops");
    let bus = pipeline.bus().expect("a pipeline has a bus");
    assert!(bus.pop_filtered(&[gst::MessageType::Error]).is_none(), "{line} failed");
}

/// The slope of the line through `samples` (seconds, MiB), in MiB per minute.
fn slope(samples: &[(f64, f64)]) -> f64 {
    let count = samples.len().max(1) as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (time, memory) = (mean(|s| s.0), mean(|s| s.1));
    let along: f64 = samples.iter().map(|s| (s.0 - time) * (s.1 - memory)).sum();
    let square: f64 = samples.iter().map(|s| (s.0 - time).powi(2)).sum();
    60.0 * along / square.max(f64::MIN_POSITIVE)
}

/// Threads of this process once those that come and go are gone.
fn threads_at_rest(at_most: u64) -> u64 {
    let give_up = Instant::now() + Duration::from_secs(20);
    while process::status("Threads") > at_most && Instant::now() < give_up {
        // Threads of GLib's pool stay for some seconds; there is nothing to wait on.
        std::thread::sleep(Duration::from_millis(100));
    }
    process::status("Threads")
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((Ok(seconds), still)) =
        arguments.first().map(|s| s.parse::<f64>()).zip(arguments.get(1))
    else {
        eprintln!("usage: soak SECONDS STILL");
        std::process::exit(2);
    };
    init();
    let lines = lines(still);
    let mut chance = Chance::new(1);
    for line in &lines {
        round(line, &mut chance);
    }
    // With those that are about to end: hundreds of pipelines later there may be no more.
    let threads = process::status("Threads");
    let started = Instant::now();
    let mut samples: Vec<(f64, f64)> = Vec::new();
    let mut rounds = 0_u64;
    while started.elapsed().as_secs_f64() < seconds {
        round(&lines[(rounds % lines.len() as u64) as usize], &mut chance);
        rounds += 1;
        let now = started.elapsed().as_secs_f64();
        if now >= samples.len() as f64 {
            samples.push((now, process::resident_mib()));
        }
        if samples.len() % 60 == 1 && samples.last().is_some_and(|s| s.0 == now) {
            println!("{now:4.0} s: {rounds} rounds, {:.1} MiB", process::resident_mib());
        }
    }
    let warm = &samples[samples.len() / 4..];
    let (first, last) = (warm.first().map_or(0.0, |s| s.1), warm.last().map_or(0.0, |s| s.1));
    let slope = slope(warm);
    let left = threads_at_rest(threads);
    println!(
        "{rounds} pipelines in {seconds} s: {first:.1} MiB when warm, {last:.1} MiB at the end, \
         {slope:+.2} MiB per minute; {threads} threads at the start, {left} at the end"
    );
    let flat = if seconds >= LONG { slope < STEEPEST } else { last - first < MOST_GROWTH };
    if !flat || left > threads {
        eprintln!("soak: memory or threads grow");
        std::process::exit(1);
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! A clip of two seconds at 10 frames per second in a rig, from either element that makes clips.

use gst::ClockTime;

use crate::{photos, pictures, rig::Rig};

/// Where the photo of `motionsrc` lies.
///
/// # Panics
/// When the path is not UTF-8.
pub fn photo() -> String {
    photos::fixture("photos/coffee.jpg").to_str().expect("UTF-8").to_owned()
}

/// A time of so many milliseconds.
pub fn ms(time: u64) -> Option<ClockTime> {
    Some(ClockTime::from_mseconds(time))
}

/// The clip of `factory`, `motiongen` or `motionsrc`, with `properties` as text, not started.
///
/// # Panics
/// When there is no such element.
#[track_caller]
pub fn rig(factory: &str, properties: &[(&str, &str)]) -> Rig {
    let photo = photo();
    let mut all = vec![("duration", "2000000000")];
    let caps = if factory == "motionsrc" {
        all.push(("location", &photo));
        "video/x-raw,framerate=10/1,format=I420,width=96,height=64"
    } else {
        // The size is that of the still.
        "video/x-raw,framerate=10/1"
    };
    all.extend_from_slice(properties);
    Rig::with_caps(factory, &all, Some(caps))
}

/// Starts the element and gives it its still, if it does not read one itself.
///
/// # Panics
/// When it does not start, or wants no still.
#[track_caller]
pub fn start(rig: &Rig) {
    rig.play();
    if rig.reads_from_pad() {
        rig.give_still(&pictures::caps("I420", 32, 32));
    }
}

/// A clip that plays, with a frame that waits behind `count` others.
///
/// # Panics
/// When there is no such element, or no such frame comes.
#[track_caller]
pub fn playing(factory: &str, properties: &[(&str, &str)], count: usize) -> Rig {
    let rig = rig(factory, properties);
    rig.allow(count);
    start(&rig);
    rig.wait("a frame that waits", |out| out.blocked);
    rig
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Light and what is in the air, on real photos.

use super::*;

const PROMPTS: [&str; 6] =
    ["snow falls", "rain", "fog rolls in", "sunset", "candle light flickers", "lightning"];

/// With a camera that stands, so that nothing else changes.
fn still_camera(name: &str, prompt: &str, loops: bool) -> Request {
    Request { loops, ..request(&photo(name), &format!("static camera, {prompt}")) }
}

#[test]
fn the_first_frame_is_the_still_and_the_light_comes_softly() {
    for prompt in PROMPTS {
        let clip = open(still_camera("astronaut", prompt, false));
        let still = bytes(clip.still());
        let off = |index| difference(&still, &frame(&*clip, index, &Controls::default()));
        assert!(off(0) == 0.0 && off(1) < 0.5, "{prompt}: {}", off(1));
        // Lightning strikes only now and then.
        let most = (20..96).map(off).fold(0.0, f64::max);
        assert!(most > 0.5, "{prompt}: {most}");
    }
}

#[test]
fn a_loop_ends_as_softly_as_it_began() {
    for prompt in PROMPTS {
        let clip = open(still_camera("chelsea", prompt, true));
        let last = frame(&*clip, clip.frames() - 1, &Controls::default());
        let off = difference(&last, &bytes(clip.still()));
        assert!(off < 0.5, "{prompt}: {off}");
    }
}

#[test]
fn more_motion_is_more_snow() {
    let clip = open(still_camera("rocket", "snow falls", false));
    let [little, much] =
        [2.0, 9.0].map(|motion| difference(&frame(&*clip, 60, &at(motion)), &bytes(clip.still())));
    assert!(much > 1.3 * little, "{little} and {much}");
}

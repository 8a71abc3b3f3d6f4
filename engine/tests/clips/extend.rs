// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clips that go on from another one, by the text of its last place.

use std::time::Duration;

use stillmotion_engine::{
    request::{DEFAULT_DURATION, Request},
    scene::Place,
};

use crate::{PHOTOS, at, bytes, difference, frame, open, photo, request};

const PROMPTS: [&str; 6] = [
    "pan right",
    "dolly in",
    "orbit around it",
    "handheld, zoom out",
    "walk towards it",
    "crane up while rolling clockwise",
];

/// What an application keeps of a place.
fn kept(place: Option<Place>) -> Option<Place> {
    let text = place.unwrap().to_string();
    assert!(text.len() <= stillmotion_engine::scene::MAX_PLACE_BYTES && !text.contains(' '));
    Some(text.parse().unwrap())
}

#[test]
fn what_is_rendered_another_day_is_what_one_run_with_two_prompts_gives() {
    for (i, photo_name) in PHOTOS.into_iter().enumerate() {
        let (still, controls) = (photo(photo_name), at(4.0 + i as f64));
        let (old, new) = (PROMPTS[i], PROMPTS[i + 1]);
        let long = Duration::from_secs(8);
        let before = open(Request { duration: long, ..request(&still, old) });
        for change in [17, 96] {
            let place = before.place(change - 1, change, &controls);
            let in_one_run = open(Request { from: place, ..request(&still, new) });
            let another_day =
                open(Request { from: kept(place), ..request(&photo(photo_name), new) });
            for index in [0, 1, 20, 50] {
                let [one, other] =
                    [&in_one_run, &another_day].map(|clip| frame(clip.as_ref(), index, &controls));
                assert!(one == other, "{old}, then {new}: {index}");
            }
            let as_before = frame(before.as_ref(), change, &controls);
            let first = frame(another_day.as_ref(), 0, &controls);
            assert!(difference(&first, &as_before) < 0.05, "the picture itself stays");
        }
    }
}

#[test]
fn a_clip_is_extended_without_a_jump() {
    for (i, name) in PHOTOS.into_iter().enumerate() {
        let (still, controls) = (photo(name), at(5.0));
        let before = open(request(&still, PROMPTS[i]));
        let from = kept(before.place(95, 96, &controls));
        let after = open(Request { from, ..request(&still, PROMPTS[i + 1]) });
        let old = (90..96).map(|index| frame(before.as_ref(), index, &controls));
        let new = (0..6).map(|index| frame(after.as_ref(), index, &controls));
        let frames: Vec<_> = old.chain(new).collect();
        let steps: Vec<f64> =
            frames.windows(2).map(|pair| difference(&pair[0], &pair[1])).collect();
        let around = steps[..5].iter().chain(&steps[6..]).copied().fold(0.0, f64::max);
        assert!(steps[5] < 1.3 * around, "{name}: {steps:.2?}");
        assert!(steps[5] > 0.0, "{name}: the seam is a frame of its own");
    }
}

#[test]
fn a_hundred_extensions_lead_nowhere_else() {
    let still = photo("coffee");
    let controls = at(8.0);
    let plain = frame(open(request(&still, "truck left")).as_ref(), 95, &controls);
    let mut from = None;
    for _ in 0..100 {
        let clip = open(Request { from, ..request(&still, "truck left") });
        from = kept(clip.place(95, 96, &controls));
    }
    let last = open(Request { from, ..request(&still, "truck left") });
    assert!(frame(last.as_ref(), 95, &controls) == plain);
}

#[test]
fn a_clip_that_stands_at_its_end_is_left_at_rest() {
    // Nothing in it moves by itself.
    let still = photo("chelsea");
    let clip = open(request(&still, "pan right"));
    let controls = at(5.0);
    let held = clip.place(200, 201, &controls);
    assert_eq!(held, clip.place(95, 95, &controls));
    assert_ne!(held, clip.place(95, 96, &controls));
    let next = open(Request { from: held, ..request(&still, "static shot") });
    let [last, first, second] =
        [(&clip, 95), (&next, 0), (&next, 1)].map(|(c, i)| frame(c.as_ref(), i, &controls));
    assert!(difference(&last, &first) < 0.05 && difference(&first, &second) < 0.3);
    let end = Duration::from_secs(2).min(DEFAULT_DURATION);
    let arrived = frame(next.as_ref(), 24 * end.as_secs(), &controls);
    assert!(arrived == bytes(&still), "a static shot returns to the still");
}

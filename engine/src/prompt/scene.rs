// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reads how the scene moves by itself: how fast, and which way.

use super::{
    clause::Item,
    direction::{comes_from, is_place},
    reading::{Reading, SHORT_REACH_OF_NO},
    scan::Scan,
    sense::{Dir, Family, Sense},
    tags,
};

/// A direction in the picture: right and down are positive.
pub(super) type Flow = [f64; 2];

const LEFT: Flow = [-1.0, 0.0];
const RIGHT: Flow = [1.0, 0.0];
const UP: Flow = [0.0, -1.0];
const DOWN: Flow = [0.0, 1.0];

/// How far behind a word of speed the thing stands that is so fast, in items.
const REACH: usize = 4;

/// What is far above us: it comes closer upwards, where what lies below us comes closer downwards.
const OVERHEAD: [&str; 3] = [tags::CLOUDS, tags::AURORA, tags::TWINKLE];

/// Adds what a clause says of the scene. `about_camera` tells that it is about the camera as well.
pub(super) fn read(scan: &Scan<'_>, about_camera: bool, reading: &mut Reading) {
    for (at, item) in scan.items.iter().enumerate() {
        if !scan.is_refused(at, SHORT_REACH_OF_NO) {
            reading.own_speeds.extend(speed(scan, at, item, about_camera));
        }
    }
    if scan.items.iter().any(lives) {
        reading.flow = flow(scan).or(reading.flow);
    }
}

/// Whether `item` names what moves by itself.
fn lives(item: &Item) -> bool {
    item.any(|sense| {
        matches!(sense, Sense::Ambient(_) | Sense::Wave | Sense::Wind | Sense::Garment)
    })
}

/// How fast `item` says that the scene moves.
fn speed(scan: &Scan<'_>, at: usize, item: &Item, about_camera: bool) -> Option<f64> {
    let next = scan.items.get(at + 1);
    let very = at > 0 && scan.items[at - 1].is(Sense::Very);
    let scene = scan.items.iter().any(lives);
    item.senses.iter().find_map(|&sense| match sense {
        // "a strong man".
        Sense::SceneSpeed(speed) => {
            let of_somebody = next.is_some_and(|next| next.is(Sense::Being));
            (!of_somebody).then_some(emphasised(speed, very))
        }
        Sense::Speed(speed) => {
            let of_scene = if about_camera { stands_before_what_lives(scan, at) } else { scene };
            of_scene.then_some(emphasised(speed, very))
        }
        // "clouds race": a drift, though slow of a camera, is what clouds do.
        Sense::Verb(verb) => {
            (scene && !scan.used[at] && verb.anybody && verb.speed > 1.0).then_some(verb.speed)
        }
        _ => None,
    })
}

/// "very slow" is slower than "slow".
fn emphasised(speed: f64, very: bool) -> f64 {
    if very { speed.powf(1.5) } else { speed }
}

/// "slowly drifting clouds", with no move of the camera between.
fn stands_before_what_lives(scan: &Scan<'_>, at: usize) -> bool {
    let behind = scan.items.iter().enumerate().skip(at + 1).take(REACH);
    let mut behind = behind.take_while(|(i, item)| !(item.is_verb() && scan.used[*i]));
    behind.any(|(_, item)| lives(item))
}

/// Which way the scene moves.
fn flow(scan: &Scan<'_>) -> Option<Flow> {
    let items = scan.items;
    let free = |at: usize| !scan.used[at];
    let moves = |(at, item): (usize, &Item)| {
        item.is(Sense::Wind) || item.is(Sense::Flows) || item.is_verb() && free(at)
    };
    let mut sum = [0.0; 2];
    let mut add = |flow: Flow| sum = [sum[0] + flow[0], sum[1] + flow[1]];
    let mut comes = false;
    for (at, item) in items.iter().enumerate() {
        let Some(dir) = item.dir().filter(|_| free(at) && !is_place(items, at)) else { continue };
        if comes_from(items, at) {
            comes = true;
            side(dir).into_iter().for_each(|[x, y]| add([-x, -y]));
        } else if !is_start(dir, items, at) {
            toward(dir, items, at).into_iter().for_each(&mut add);
        }
    }
    if sum == [0.0; 2] {
        let rises = |(at, item): (usize, &Item)| {
            let family = item.senses.iter().find_map(|sense| match sense {
                Sense::Verb(verb) if free(at) => Some(verb.family),
                _ => None,
            });
            match family? {
                Family::Rise => Some(UP),
                Family::Sink => Some(DOWN),
                _ => None,
            }
        };
        return items.iter().enumerate().find_map(rises);
    }
    let length = sum[0].hypot(sum[1]);
    // "trees to the left": where something is.
    let is_movement = comes || items.iter().enumerate().any(moves);
    (is_movement && length > 1e-6).then(|| sum.map(|v| v / length))
}

/// The side that a direction names.
fn side(dir: Dir) -> Option<Flow> {
    match dir {
        Dir::Left => Some(LEFT),
        Dir::Right => Some(RIGHT),
        Dir::Up => Some(UP),
        Dir::Down => Some(DOWN),
        _ => None,
    }
}

/// The "left" of "left to right"; smoke that rises "up to the left" does both.
fn is_start(dir: Dir, items: &[Item], at: usize) -> bool {
    let mut after = items[at + 1..].iter().skip_while(|item| item.is_article());
    let to = after.next().is_some_and(|item| item.is(Sense::Dir(Dir::Toward)));
    let mut after = after.skip_while(|item| item.is_article());
    let end = after.next().and_then(Item::dir).and_then(side);
    to && end.is_some() && end == side(dir).map(|flow| flow.map(|v| 0.0 - v))
}

/// Where something goes that goes in a direction of space, as it is seen in the picture.
fn toward(dir: Dir, items: &[Item], at: usize) -> Option<Flow> {
    let overhead = items.iter().any(|item| {
        item.any(|sense| matches!(sense, Sense::Ambient(tags) if OVERHEAD.contains(&tags[0])))
    });
    let closer = if overhead { UP } else { DOWN };
    match dir {
        Dir::Near => Some(closer),
        Dir::Far => Some(closer.map(|v| -v)),
        // "towards us".
        Dir::Toward => {
            let mut after = items[at + 1..].iter().skip_while(|item| item.is_article());
            after.next().is_some_and(|item| item.is(Sense::Camera)).then_some(closer)
        }
        _ => side(dir),
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Makes segments of what was read.

use super::{
    Move::{self, *},
    Script, Segment,
    clause::Outline,
    reading::{Reader, Reading, Said, add},
    sense::Carrier,
    tags,
};

/// No more parts of a clip than this; later ones are left out.
const MAX_SEGMENTS: usize = 8;
/// No more moves at once than this.
const MAX_MOVES: usize = 3;
/// How much faster things move when hours pass in seconds.
const TIME_LAPSE: f64 = 4.0;
/// Quiet things want a quiet camera.
const QUIET: f64 = 0.5;
const SPEED: std::ops::RangeInclusive<f64> = 0.2..=4.0;

/// Moves along one axis, one way and the other.
const OPPOSITES: [(&[Move], &[Move]); 6] = [
    (&[DollyIn, ZoomIn, Walk, Fly, Follow], &[DollyOut, ZoomOut]),
    (&[TruckL], &[TruckR]),
    (&[PedestalU, CraneU], &[PedestalD, CraneD]),
    (&[PanL], &[PanR]),
    (&[TiltU], &[TiltD]),
    (&[RollCw], &[RollCcw]),
];

/// Tags that are watched closely and quietly.
const QUIET_TAGS: [&str; 8] = [
    tags::SMOKE,
    tags::STEAM,
    tags::FLAME,
    tags::HAIR,
    tags::CLOTH,
    tags::DUST,
    tags::BUBBLES,
    tags::SWAY,
];

/// Reads an outline and makes a script of it.
pub(super) fn script(outline: &Outline) -> Script {
    let mut exact = Reader::exact();
    let mut groups: Vec<Reading> =
        outline.groups.iter().map(|part| join(exact.read(part))).collect();
    let mut free = Reader::default();
    let mut parts: Vec<Reading> =
        outline.parts.iter().flat_map(|part| sentences(free.read(part))).collect();
    if groups.iter().any(|group| camera(group) != [Default]) {
        // The text around bracket groups is about the picture alone.
        for picture in parts.into_iter().map(Reading::without_camera) {
            groups.iter_mut().for_each(|group| group.extend(&picture));
        }
        parts = groups;
    } else {
        parts.append(&mut groups);
    }
    segments(merge(parts))
}

/// Joins the sentences of one part, which hold at the same time, until one takes the camera back
/// where it came from: then it is a sequence although nobody said "then".
fn sentences(readings: Vec<Reading>) -> Vec<Reading> {
    let mut joined: Vec<Reading> = Vec::new();
    for reading in readings {
        match joined.last_mut() {
            Some(last) if !turns_round(last, &reading) => last.extend(&reading),
            _ => joined.push(reading),
        }
    }
    joined
}

fn turns_round(before: &Reading, after: &Reading) -> bool {
    let after = settle(after);
    settle(before).iter().any(|&a| after.iter().any(|&b| are_opposite(a, b)))
}

fn join(readings: Vec<Reading>) -> Reading {
    let mut joined = Reading::default();
    readings.iter().for_each(|reading| joined.extend(reading));
    joined
}

/// Joins each part that says nothing about the camera with its neighbour.
fn merge(parts: Vec<Reading>) -> Vec<Reading> {
    let mut merged: Vec<Reading> = Vec::new();
    for part in parts {
        match merged.last_mut() {
            Some(last) if camera(&part) == [Default] || camera(last) == [Default] => {
                last.extend(&part);
            }
            _ => merged.push(part),
        }
    }
    if merged.is_empty() {
        merged.push(Reading::default());
    }
    merged.truncate(MAX_SEGMENTS);
    merged
}

impl Reading {
    fn without_camera(self) -> Self {
        Self {
            said: Vec::new(),
            still: false,
            refused: false,
            somebody_walks: false,
            carrier: None,
            ..self
        }
    }

    fn extend(&mut self, other: &Self) {
        self.said.extend(&other.said);
        self.still |= other.still;
        self.refused |= other.refused;
        self.somebody_walks |= other.somebody_walks;
        self.carrier = other.carrier.or(self.carrier);
        self.speeds.extend(&other.speeds);
        self.scene_speeds.extend(&other.scene_speeds);
        self.time_lapse |= other.time_lapse;
        add(&mut self.ambient, &other.ambient);
        add(&mut self.light, &other.light);
        self.garment |= other.garment;
        self.wind |= other.wind;
    }
}

fn segments(parts: Vec<Reading>) -> Script {
    let ambient = ambient(&parts);
    let mut light = Vec::new();
    let count = parts.len();
    let share = |i: usize| i as f64 / count as f64;
    let segments = parts.into_iter().enumerate().map(|(i, part)| {
        add(&mut light, &part.light);
        if light.contains(&tags::WARM) {
            light.retain(|&tag| tag != tags::COOL);
        }
        let camera = camera(&part);
        Segment {
            from: share(i),
            to: share(i + 1),
            speed: speed(&part, &camera, &ambient),
            camera,
            ambient: ambient.clone(),
            light: light.clone(),
        }
    });
    Script { segments: segments.collect() }
}

/// What moves in the picture. It is one still, so what lives in it lives in every part.
fn ambient(parts: &[Reading]) -> Vec<&'static str> {
    let mut ambient = Vec::new();
    for part in parts {
        add(&mut ambient, &part.ambient);
    }
    if parts.iter().any(|part| part.garment) && parts.iter().any(|part| part.wind) {
        add(&mut ambient, &[tags::CLOTH]);
    }
    ambient
}

/// The moves of one part, with no two against each other.
fn camera(part: &Reading) -> Vec<Move> {
    if part.still {
        return vec![Static];
    }
    let said = settle(part);
    let mut camera: Vec<Move> = Vec::new();
    for mv in said {
        camera.retain(|&before| before != mv && !are_opposite(before, mv));
        camera.push(mv);
    }
    if camera.contains(&TruckL) && camera.contains(&PanR) {
        camera.retain(|mv| !matches!(mv, TruckL | PanR));
        camera.insert(0, Orbit);
    }
    if camera.iter().any(|mv| matches!(mv, Walk | Fly)) {
        camera.retain(|mv| *mv != DollyIn);
    }
    camera.truncate(MAX_MOVES);
    if camera.is_empty() {
        camera.push(unsaid(part));
    }
    camera
}

fn are_opposite(a: Move, b: Move) -> bool {
    OPPOSITES.iter().any(|(one, other)| {
        one.contains(&a) && other.contains(&b) || one.contains(&b) && other.contains(&a)
    })
}

/// The moves that were said, each as what it is beside the others.
fn settle(part: &Reading) -> Vec<Move> {
    let has = |wanted: Move| part.said.iter().any(|said| said.mv == wanted);
    let settled = |said: &Said| match said.mv {
        // A crane shot that descends goes down.
        CraneU if said.implied && has(PedestalD) => Some(CraneD),
        PedestalU if has(CraneU) => None,
        PedestalD if has(CraneU) || has(CraneD) => None,
        DollyIn if said.travel && part.carrier == Some(Carrier::Air) => Some(Fly),
        DollyIn if said.travel && has(Follow) => None,
        mv => Some(mv),
    };
    part.said.iter().filter_map(settled).collect()
}

/// The move when none was said.
fn unsaid(part: &Reading) -> Move {
    match part.carrier {
        Some(Carrier::Tripod) => Static,
        _ if part.refused => Static,
        Some(Carrier::Air) => Fly,
        Some(Carrier::Steadicam) => Walk,
        None if part.time_lapse => Static,
        None if part.somebody_walks => Follow,
        None => Default,
    }
}

/// The slowest slow word times the fastest fast word.
fn speed(part: &Reading, camera: &[Move], ambient: &[&str]) -> f64 {
    if part.time_lapse && camera == [Static] {
        return TIME_LAPSE;
    }
    let speeds = match camera {
        [Default] if part.speeds.is_empty() => &part.scene_speeds,
        _ => &part.speeds,
    };
    let quiet = !ambient.is_empty() && ambient.iter().all(|tag| QUIET_TAGS.contains(tag));
    if camera == [Default] && speeds.is_empty() && quiet {
        return QUIET;
    }
    let slow = speeds.iter().copied().fold(1.0, f64::min);
    let fast = speeds.iter().copied().fold(1.0, f64::max);
    (slow * fast).clamp(*SPEED.start(), *SPEED.end())
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Makes segments of what was read.

use super::{
    Move::{self, *},
    Script, Segment,
    clause::{Outline, Part},
    reading::{Reader, Reading, Said, add},
    sense::Carrier,
    tags,
    timing::{self, Span, Time},
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
/// A rest that is shorter than this share of the clip is none.
const LEAST_REST: f64 = 0.05;

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

/// Reads an outline and makes a script of it, for a clip of `clip_seconds`.
pub(super) fn script(outline: &Outline, clip_seconds: f64) -> Script {
    let mut exact = Reader::exact();
    let mut groups: Vec<Reading> =
        outline.groups.iter().map(|part| join(timed(exact.read(&part.clauses), part))).collect();
    let mut free = Reader::default();
    let mut parts: Vec<Reading> = outline
        .parts
        .iter()
        .flat_map(|part| timed(sentences(free.read(&part.clauses)), part))
        .collect();
    if groups.iter().any(|group| camera(group) != [Default]) {
        // The text around bracket groups is about the picture alone.
        for picture in parts.into_iter().map(Reading::without_camera) {
            groups.iter_mut().for_each(|group| group.extend(&picture));
        }
        parts = groups;
    } else {
        parts.append(&mut groups);
    }
    segments(merge(parts), clip_seconds)
}

/// Readings of one part, with the time that is said of it. What comes in several pieces has no
/// length that is known of each.
fn timed(mut readings: Vec<Reading>, part: &Part) -> Vec<Reading> {
    let one = readings.len() == 1;
    if let Some(first) = readings.first_mut() {
        let Time { starts, lasts, is_last } = part.time;
        first.time = Time { starts, lasts: lasts.filter(|_| one || is_last), is_last };
    }
    readings
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
    let (before_said, after_said) = (settle(before), settle(after));
    let opposite = |&a: &Move| after_said.iter().any(|&b| are_opposite(a, b));
    before_said.iter().any(opposite)
        || after.holds && !before_said.is_empty()
        || before.holds && !after_said.is_empty()
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
            holds: false,
            refused: false,
            somebody_walks: false,
            carrier: None,
            easing: None,
            unless: None,
            ..self
        }
    }

    fn extend(&mut self, other: &Self) {
        self.said.extend(&other.said);
        self.still |= other.still;
        self.holds |= other.holds;
        self.refused |= other.refused;
        self.somebody_walks |= other.somebody_walks;
        self.carrier = other.carrier.or(self.carrier);
        self.speeds.extend(&other.speeds);
        self.scene_speeds.extend(&other.scene_speeds);
        self.own_speeds.extend(&other.own_speeds);
        self.flow = other.flow.or(self.flow);
        self.easing = other.easing.or(self.easing);
        self.unless = other.unless.or(self.unless);
        self.time = self.time.or(other.time);
        self.time_lapse |= other.time_lapse;
        add(&mut self.ambient, &other.ambient);
        add(&mut self.light, &other.light);
        self.garment |= other.garment;
        self.wind |= other.wind;
    }
}

fn segments(parts: Vec<Reading>, clip_seconds: f64) -> Script {
    let parts = with_rests(parts, clip_seconds);
    let times: Vec<Time> = parts.iter().map(|part| part.time).collect();
    let mut edges = timing::edges(&times, clip_seconds);
    edges[parts.len()] = 1.0;
    let ambient = ambient(&parts);
    let scene_speeds = in_every_part(parts.iter().map(scene_speed).collect());
    let flows = in_every_part(parts.iter().map(|part| part.flow).collect());
    let mut light = Vec::new();
    let segments = parts.into_iter().enumerate().map(|(i, part)| {
        add(&mut light, &part.light);
        if light.contains(&tags::WARM) {
            light.retain(|&tag| tag != tags::COOL);
        }
        let camera = camera(&part);
        Segment {
            from: edges[i],
            to: edges[i + 1],
            speed: speed(&part, &camera, &ambient),
            easing: part.easing.unwrap_or_default(),
            camera,
            ambient: ambient.clone(),
            scene_speed: scene_speeds[i].unwrap_or(1.0),
            flow: flows[i],
            light: light.clone(),
        }
    });
    Script { segments: segments.collect() }
}

/// Adds the rests of the camera that are only told by times: "after two seconds, tilt up".
fn with_rests(mut parts: Vec<Reading>, clip_seconds: f64) -> Vec<Reading> {
    let rest = || Reading { still: true, ..Reading::default() };
    let starts = parts[0].time.starts.map_or(0.0, |span| span.share(clip_seconds));
    if starts > LEAST_REST && parts.len() < MAX_SEGMENTS {
        parts.insert(0, rest());
    }
    let times: Vec<Time> = parts.iter().map(|part| part.time).collect();
    let end = timing::edges(&times, clip_seconds)[parts.len()];
    if end < 1.0 - LEAST_REST && parts.len() < MAX_SEGMENTS {
        let lasts = Some(Span::Share(1.0 - end));
        parts.push(Reading { time: Time { lasts, ..Time::default() }, ..rest() });
    }
    parts
}

/// What is said of the scene in one part holds in the next, and in those before it if nothing
/// else is said there: it is one still.
fn in_every_part<T: Copy>(said: Vec<Option<T>>) -> Vec<Option<T>> {
    let mut now = said.iter().copied().flatten().next();
    said.into_iter()
        .map(|own| {
            now = own.or(now);
            now
        })
        .collect()
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
    let said = settle(part);
    if part.still || part.holds && said.is_empty() {
        return vec![Static];
    }
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
        // "slides left, following the wall".
        Follow if [TruckL, TruckR, PedestalU, PedestalD, DollyOut].into_iter().any(has) => None,
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
        None => part.unless.unwrap_or(Default),
    }
}

/// How fast the camera is.
fn speed(part: &Reading, camera: &[Move], ambient: &[&str]) -> f64 {
    let speeds = match camera {
        [Default] if part.speeds.is_empty() => &part.scene_speeds,
        _ => &part.speeds,
    };
    let quiet = !ambient.is_empty() && ambient.iter().all(|tag| QUIET_TAGS.contains(tag));
    if camera == [Default] && speeds.is_empty() && quiet {
        return QUIET;
    }
    together(speeds)
}

/// How fast the scene is by itself, if anything is said of it.
fn scene_speed(part: &Reading) -> Option<f64> {
    let own = (!part.own_speeds.is_empty()).then(|| together(&part.own_speeds));
    if !part.time_lapse {
        return own;
    }
    Some((own.unwrap_or(1.0) * TIME_LAPSE).min(*SPEED.end()))
}

/// The slowest slow word times the fastest fast word.
fn together(speeds: &[f64]) -> f64 {
    let slow = speeds.iter().copied().fold(1.0, f64::min);
    let fast = speeds.iter().copied().fold(1.0, f64::max);
    (slow * fast).clamp(*SPEED.start(), *SPEED.end())
}

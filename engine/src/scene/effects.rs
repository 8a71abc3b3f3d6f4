// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which light and what in the air a prompt asks for, and when.

use super::{
    air::{
        Airborne, BUBBLES, Breed, DUST, Draught, EMBERS, FIREFLIES, Fireworks, Fog, LEAVES, Lens,
        PETALS, Plume, RAIN, SNOW, Swarm,
    },
    glide::Shot,
    light::{
        Aurora, Caustics, Coding, Cool, DayDrift, Dim, Flicker, Hours, Lamp, Lightning, Neon,
        Relight, Shafts, Twinkle, Warm,
    },
    moment::Moment,
    raster::Map,
    render::Overlay,
    scenery::Scenery,
};
use crate::prompt::{Script, Segment, tags};

/// How long something takes to begin or to end within a clip, in seconds.
const EDGE_SECONDS: f64 = 1.2;

/// When something that the prompt names happens.
struct Cue {
    /// The parts of the clip, as shares of it.
    parts: Vec<[f64; 2]>,
}

impl Cue {
    /// The segments of `script` that have one of `names`; `None` for none.
    fn of(script: &Script, names: &[&str]) -> Option<Self> {
        let parts = script.segments.iter().filter(|segment| has(segment, names));
        let parts: Vec<_> = parts.map(|segment| [segment.from, segment.to]).collect();
        (!parts.is_empty()).then_some(Self { parts })
    }

    /// How much of it there is at `moment`: 0 for nothing, 1 for as the prompt says it. Grows with
    /// the root of the motion.
    fn strength(&self, moment: &Moment) -> f32 {
        let seconds = moment.seconds - moment.offset_seconds;
        // Where one part ends and the next begins, the two edges make up for each other.
        let edge = |share: f64| match share {
            s if s <= 0.0 => 1.0,
            s if s >= 1.0 => 0.0,
            s => {
                let since = (seconds - s * moment.clip_seconds) / EDGE_SECONDS + 0.5;
                let t = since.clamp(0.0, 1.0);
                t * t * (3.0 - 2.0 * t)
            }
        };
        let here: f64 = self.parts.iter().map(|[from, to]| edge(*from) - edge(*to)).sum();
        (here.clamp(0.0, 1.0) * moment.presence() * moment.gain.sqrt()) as f32
    }
}

fn has(segment: &Segment, names: &[&str]) -> bool {
    segment.ambient.iter().chain(&segment.light).any(|tag| names.contains(tag))
}

/// All that a clip does to the light of a still and puts into its air.
pub(super) struct Effects {
    lamps: Vec<(Cue, Box<dyn Lamp>)>,
    swarms: Vec<(Cue, Swarm)>,
    fireworks: Option<(Cue, Fireworks)>,
    coding: Coding,
    size: [u32; 2],
    nearness: Map,
}

impl Effects {
    /// Whether `script` names anything of this at all.
    pub fn are_named(script: &Script) -> bool {
        let air = BREEDS.iter().map(|(tag, _)| *tag).chain(VEILS).chain(ALSO_LIGHT);
        let names: Vec<&str> = air.chain(tags::LIGHT.iter().copied()).collect();
        script.segments.iter().any(|segment| has(segment, &names))
    }

    /// What `script` asks for on `scenery`.
    pub fn of(script: &Script, scenery: &Scenery<'_>) -> Self {
        let swarms = BREEDS.iter().enumerate().filter_map(|(i, (tag, breed))| {
            let cue = Cue::of(script, &[tag])?;
            let Draught { flow, speed } = draught(script, &[tag]);
            let (brightness, seed) =
                (scenery.luma.mean(), scenery.seed ^ ((0x51 + i as u64) << 20));
            Some((cue, Swarm::new(breed, flow, speed, brightness, seed)))
        });
        let fireworks = Cue::of(script, &[tags::FIREWORKS]).zip(Fireworks::new(scenery));
        let image = scenery.image;
        Self {
            lamps: lamps(script, scenery),
            swarms: swarms.collect(),
            fireworks,
            coding: Coding::new(image.format(), image.matrix()),
            size: [image.width(), image.height()],
            nearness: scenery.nearness.clone(),
        }
    }

    /// What lies over the frame that `shot` shows at `moment`; nothing at the start of a scene.
    pub fn at<'a>(&'a self, shot: &Shot, moment: &Moment) -> Vec<Box<dyn Overlay + 'a>> {
        let mut overlays: Vec<Box<dyn Overlay + 'a>> = Vec::new();
        let (coding, size) = (self.coding, self.size);
        let shines: Vec<_> = self
            .lamps
            .iter()
            .map(|(cue, lamp)| (cue.strength(moment), lamp))
            .filter(|(strength, _)| *strength > 0.0)
            .map(|(strength, lamp)| lamp.at(strength, moment))
            .collect();
        if !shines.is_empty() {
            let maps = [self.nearness.width, self.nearness.height];
            overlays.push(Box::new(Relight { shines, coding, size, maps }));
        }
        let (lens, mut sprites) = (Lens::new(shot, size), Vec::new());
        if let Some((cue, fireworks)) = &self.fireworks {
            let strength = cue.strength(moment);
            if strength > 0.0 {
                fireworks.sprites(&lens, moment.seconds, strength, &mut sprites);
            }
        }
        for (cue, swarm) in &self.swarms {
            swarm.sprites(&lens, moment.seconds, cue.strength(moment), &mut sprites);
        }
        if !sprites.is_empty() {
            // What is far first: what is near is drawn over it.
            sprites.sort_by(|a, b| a.nearness.total_cmp(&b.nearness));
            overlays.push(Box::new(Airborne { sprites, nearness: &self.nearness, coding, size }));
        }
        overlays
    }
}

/// The kinds of particles, and the words that bring them.
const BREEDS: [(&str, &Breed); 8] = [
    (tags::SNOW, &SNOW),
    (tags::RAIN, &RAIN),
    (tags::DUST, &DUST),
    (tags::LEAVES, &LEAVES),
    (tags::PETALS, &PETALS),
    (tags::EMBERS, &EMBERS),
    (tags::FIREFLIES, &FIREFLIES),
    (tags::BUBBLES, &BUBBLES),
];
/// Veils.
const VEILS: [&str; 3] = [tags::FOG, tags::SMOKE, tags::STEAM];
/// What moves and shines.
const ALSO_LIGHT: [&str; 5] =
    [tags::AURORA, tags::TWINKLE, tags::FLAME, tags::LAVA, tags::FIREWORKS];

/// Which way and how fast that moves which one of `names` stands for.
fn draught(script: &Script, names: &[&str]) -> Draught {
    let segment = script.segments.iter().find(|segment| has(segment, names));
    let (flow, speed) = segment.map_or((None, 1.0), |s| (s.flow, s.scene_speed));
    Draught { flow, speed }
}

/// The lights, in the order in which they come upon the picture.
fn lamps(script: &Script, scenery: &Scenery<'_>) -> Vec<(Cue, Box<dyn Lamp>)> {
    let mut lamps: Vec<(Cue, Box<dyn Lamp>)> = Vec::new();
    let mut add = |names: &[&str], lamp: &dyn Fn() -> Option<Box<dyn Lamp>>| {
        lamps.extend(Cue::of(script, names).and_then(|cue| Some((cue, lamp()?))));
    };
    let on = |names: &[&str]| draught(script, names);
    let under_water =
        script.segments.iter().any(|segment| has(segment, &[tags::SWAY, tags::BUBBLES]));
    add(&[tags::DAY_DRIFT], &|| some(DayDrift::new(scenery)));
    add(&[tags::WARM], &|| some(Warm::new(scenery)));
    add(&[tags::COOL], &|| some(Cool));
    add(&[tags::DIM], &|| some(Dim::new(scenery)));
    add(&[tags::DAY_TO_NIGHT], &|| some(Hours::new(scenery, false)));
    add(&[tags::NIGHT_TO_DAY], &|| some(Hours::new(scenery, true)));
    add(&[tags::CAUSTICS], &|| boxed(Caustics::new(scenery, under_water)));
    add(&[tags::TWINKLE], &|| boxed(Twinkle::new(scenery)));
    add(&[tags::AURORA], &|| boxed(Aurora::new(scenery)));
    add(&[tags::NEON], &|| boxed(Neon::new(scenery)));
    // A fire that nobody said to flicker does so where it is seen.
    let (named, fire) = ([tags::FLICKER], [tags::FLAME, tags::LAVA]);
    match Cue::of(script, &named) {
        Some(_) => add(&named, &|| some(Flicker::new(scenery, 1.0))),
        None => add(&fire, &|| some(Flicker::new(scenery, 0.0))),
    }
    add(&[tags::LIGHTNING], &|| some(Lightning::new(scenery)));
    add(&[tags::FOG], &|| some(Fog::new(scenery, on(&[tags::FOG]))));
    add(&[tags::SMOKE], &|| some(Plume::new(scenery, false, on(&[tags::SMOKE]))));
    add(&[tags::STEAM], &|| some(Plume::new(scenery, true, on(&[tags::STEAM]))));
    add(&[tags::GOD_RAYS], &|| some(Shafts::new(scenery)));
    lamps
}

fn some(lamp: impl Lamp + 'static) -> Option<Box<dyn Lamp>> {
    boxed(Some(lamp))
}

fn boxed(lamp: Option<impl Lamp + 'static>) -> Option<Box<dyn Lamp>> {
    lamp.map(|lamp| Box::new(lamp) as Box<dyn Lamp>)
}

#[cfg(test)]
mod tests;

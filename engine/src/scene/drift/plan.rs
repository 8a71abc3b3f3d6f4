// SPDX-License-Identifier: MIT OR Apache-2.0
//! What of a still moves by itself in a clip: what the prompt names, or else what is seen.

use super::{
    Drift, Motions,
    brush::{Region, paint},
    flow::{Stream, flow},
    noise,
    sway::{self, Swing, freedom, sway},
    water::{self, waves},
};
use crate::{
    prompt::{Script, tags},
    scene::{
        fill::fill,
        filter::{box_mean, maximum},
        masks::{Masks, is_enough},
        raster::{Map, smoothstep},
    },
};

/// How strongly things move that nobody named.
const UNNAMED: f32 = 0.5;
/// The root of the gain at the strongest motion: nothing is carried farther.
const STRONGEST: f32 = 2.0;

/// What is known of where things are.
pub(in crate::scene) struct Surroundings<'a> {
    pub masks: &'a Masks,
    /// What belongs to the layer that shall move, 0..1; `None` for a still of one layer.
    pub layer: Option<&'a Map>,
    /// The salient thing before the rest, 0..1.
    pub subject: Option<&'a Map>,
    /// What the brush has painted: only there does anything move by itself. `None` for no brush.
    pub painted: Option<&'a [Region]>,
}

/// How one layer of a still moves in the clip that `script` asks for.
pub(in crate::scene) fn drift(script: &Script, around: &Surroundings<'_>, seed: u64) -> Drift {
    let mut plan = Plan::new(script, around, seed);
    plan.plants();
    plan.garments();
    plan.water();
    plan.sky();
    plan.fire();
    plan.painted();
    let mut motions = plan.motions;
    flow(&mut motions, &plan.streams, STRONGEST);
    Drift::new(motions)
}

struct Plan<'a> {
    script: &'a Script,
    around: &'a Surroundings<'a>,
    seed: u64,
    /// Which way the wind blows, left or right.
    wind: [f32; 2],
    /// Which way things flow, right and down, where the prompt says so.
    flow: Option<[f32; 2]>,
    /// How fast they move by themselves.
    pace: f32,
    motions: Motions,
    streams: Vec<Stream>,
}

impl<'a> Plan<'a> {
    fn new(script: &'a Script, around: &'a Surroundings<'a>, seed: u64) -> Self {
        let any = if noise::unit(0, seed) < 0.5 { -1.0 } else { 1.0 };
        let flow = script.segments.iter().find_map(|segment| segment.flow);
        let flow = flow.map(|flow| flow.map(|v| v as f32));
        let side = flow.filter(|[across, _]| across.abs() > 0.2).map_or(any, |f| f[0].signum());
        let lengths = script.segments.iter().map(|s| (s.to - s.from) * s.scene_speed);
        let pace = lengths.sum::<f64>();
        Self {
            script,
            around,
            seed,
            wind: [side, 0.0],
            flow,
            pace: pace as f32,
            motions: Motions::new(pace),
            streams: Vec::new(),
        }
    }

    /// Lets what `mask` shows flow with `velocity`, in widths of the picture per second, right and
    /// down, at the usual pace.
    fn stream(
        &mut self,
        mask: Map,
        period: f64,
        velocity: impl Fn(usize, usize) -> [f32; 2] + 'static,
    ) {
        let pace = self.pace;
        let velocity = Box::new(move |x, y| velocity(x, y).map(|v| v * pace));
        // Half of the pace goes into the way of each copy, half into how often it starts again.
        self.streams.push(Stream { mask, velocity, period: period / f64::from(pace).sqrt() });
    }

    /// Whether the prompt names one of `names`.
    fn names(&self, names: &[&str]) -> bool {
        let mut named = self.script.segments.iter().flat_map(|segment| &segment.ambient);
        named.any(|tag| names.contains(tag))
    }

    /// How strongly a class moves: fully if the prompt names one of `names`, half if the prompt
    /// names nothing at all and `seen` may move unasked.
    fn strength(&self, names: &[&str], seen: bool) -> f32 {
        let silent = self.script.segments.iter().all(|segment| segment.ambient.is_empty());
        match self.names(names) {
            true => 1.0,
            false if silent && seen => UNNAMED,
            false => 0.0,
        }
    }

    /// `mask` times `strength`, if there is enough of it to be seen.
    fn arm(&self, mask: &Map, strength: f32) -> Option<Map> {
        let mask = self.allowed(mask);
        (strength > 0.0 && is_enough(&mask))
            .then(|| mask.map(|v| smoothstep(0.25, 0.75, v) * strength))
    }

    /// The part of a mask that may move by itself.
    fn allowed(&self, mask: &Map) -> Map {
        let Some(painted) = self.around.painted else { return mask.clone() };
        let nothing = mask.map(|_| 0.0);
        let anywhere = painted.iter().fold(nothing, |all, r| all.zip(&r.area, f32::max));
        mask.zip(&anywhere, |m, allowed| m * allowed)
    }

    /// Each region of the brush moves on the layer that shows most of it.
    fn painted(&mut self) {
        for (region, seed) in self.around.painted.into_iter().flatten().zip(self.seed ^ 0xB5..) {
            let here = self.around.layer.map_or(1.0, |layer| layer.weighted_mean(&region.area));
            if here >= 0.5 {
                paint(&mut self.motions, region, STRONGEST, seed);
            }
        }
    }

    /// The mask as the layer has it, which goes on where the layer does not show.
    fn on_layer(&self, mask: &Map) -> Map {
        self.around.layer.map_or_else(|| mask.clone(), |layer| fill(mask, layer))
    }

    /// The part of a mask that this layer shows.
    fn shown(&self, mask: &Map) -> Map {
        self.around.layer.map_or_else(|| mask.clone(), |layer| mask.zip(layer, |m, l| m * l))
    }

    fn swing(&mut self, mask: Option<Map>, swing: &Swing, full: f32) {
        let Some(mask) = mask else { return };
        let free = self.on_layer(&freedom(&mask, full));
        sway(&mut self.motions, swing, &free, self.wind, self.seed);
    }

    fn plants(&mut self) {
        let masks = self.around.masks;
        let named = self.strength(&[tags::FOLIAGE, tags::LEAVES, tags::PETALS], true);
        self.swing(self.arm(&masks.foliage, named), &sway::FOLIAGE, 0.15);
        let named = self.strength(&[tags::GRASS], true);
        self.swing(self.arm(&masks.grass, named), &sway::GRASS, 0.03);
        if self.names(&[tags::SWAY]) {
            let plants = masks.foliage.zip(&masks.grass, f32::max);
            self.swing(self.arm(&plants, 1.0), &sway::UNDER_WATER, 0.1);
        }
    }

    /// Hair and cloth: the rim of the subject, where nothing is of the colour of skin.
    fn garments(&mut self) {
        let Some(subject) = self.around.subject else { return };
        let inner = box_mean(subject, (subject.long_side() / 16).max(1));
        let rim = subject.zip(&inner, |s, inner| s * smoothstep(0.98, 0.7, inner));
        let rim = rim.zip(&self.around.masks.skin, |rim, skin| rim * (1.0 - skin));
        let rim = self.allowed(&rim);
        let (top, bottom) = extent(subject);
        let height = (bottom - top).max(1.0);
        let part = |from: f32, to: f32| {
            Map::from_fn(rim.width, rim.height, |x, y| {
                let down = (y as f32 - top) / height;
                rim.at(x, y) * smoothstep(from, to, down)
            })
        };
        if self.names(&[tags::HAIR]) {
            let hair = self.on_layer(&box_mean(&part(0.6, 0.4), 2));
            sway(&mut self.motions, &sway::HAIR, &hair, self.wind, self.seed ^ 0x4A);
        }
        if self.names(&[tags::CLOTH]) {
            let cloth = self.on_layer(&box_mean(&part(0.2, 0.4), 2));
            sway(&mut self.motions, &sway::CLOTH, &cloth, self.wind, self.seed ^ 0xC1);
        }
    }

    fn water(&mut self) {
        let masks = self.around.masks;
        let (sea, lake) = (self.names(&[tags::WAVES]), self.names(&[tags::WATER]));
        let strength = self.strength(&[tags::WAVES, tags::WATER], true);
        let Some(water) = self.arm(&masks.water, strength) else { return };
        let kind = if sea && !lake { &water::SWELL } else { &water::RIPPLES };
        let everywhere = self.on_layer(&water);
        waves(&mut self.motions, kind, &everywhere, self.seed ^ 0x3A);
        if sea || lake {
            let (width, height) = (water.width as f32, water.height as f32);
            let way = self.flow.unwrap_or([self.wind[0] * 0.25, 1.0]);
            self.stream(self.shown(&water), 2.4, move |_, y| {
                let near = (y as f32 / height).powi(2) * height / width;
                way.map(|way| 0.03 * way * near)
            });
        }
    }

    fn sky(&mut self) {
        let masks = self.around.masks;
        let strength = self.strength(&[tags::CLOUDS], true);
        let drifting = masks.cloud.zip(&masks.open_sky, f32::min);
        if self.arm(&drifting, strength).is_some() {
            // The clear sky between clouds goes with them.
            let sky = self.on_layer(&self.allowed(&masks.open_sky)).map(|sky| sky * strength);
            let (way, height) = (self.flow.unwrap_or(self.wind), sky.height as f32);
            self.stream(sky, 6.0, move |_, y| {
                // Far clouds, low over the horizon, are slow.
                let high = 1.0 - 0.6 * (y as f32 / height);
                way.map(|way| 0.008 * way * high)
            });
        }
        if let Some(smoke) =
            self.arm(&masks.smoke, self.strength(&[tags::SMOKE, tags::STEAM, tags::FOG], false))
        {
            let way = self.flow.unwrap_or([0.3 * self.wind[0], -1.0]);
            self.stream(self.shown(&smoke), 2.5, move |_, _| way.map(|way| 0.02 * way));
        }
    }

    fn fire(&mut self) {
        let flame = self.strength(&[tags::FLAME, tags::LAVA], false);
        let masks = self.around.masks;
        let Some(flame) = self.arm(&masks.flame, flame) else { return };
        let free = self.on_layer(&box_mean(&maximum(&flame, 1), 2));
        sway(&mut self.motions, &sway::FLAME, &free, [1.0, 0.0], self.seed ^ 0xF1);
        self.stream(self.shown(&flame), 0.7, |_, _| [0.0, -0.05]);
    }
}

/// The first and the last row with some of `mask` in it.
fn extent(mask: &Map) -> (f32, f32) {
    let some = |y: &usize| mask.row(*y).iter().any(|v| *v > 0.5);
    let first = (0..mask.height).find(some).unwrap_or(0);
    let last = (0..mask.height).rev().find(some).unwrap_or(mask.height - 1);
    (first as f32, last as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{brush::Stroke, prompt, scene::moment::Moment};

    const WIDTH: usize = 96;
    const HEIGHT: usize = 54;
    /// Twenty pixels of the picture for one of the map.
    const SIZE: [u32; 2] = [1920, 1080];

    fn masks(set: impl FnOnce(&mut Masks)) -> Masks {
        let mut masks = Masks::none(WIDTH, HEIGHT);
        set(&mut masks);
        masks
    }

    fn upper(rows: usize) -> Map {
        Map::from_fn(WIDTH, HEIGHT, |_, y| f32::from(y < rows))
    }

    fn plan(prompt: &str, masks: &Masks, painted: Option<&[Region]>) -> Drift {
        let around = Surroundings { masks, layer: None, subject: None, painted };
        drift(&prompt::parse(prompt), &around, 3)
    }

    fn moment(seconds: f64, gain: f64, loops: bool) -> Moment {
        Moment { seconds, offset_seconds: 0.0, clip_seconds: 4.0, gain, loops, lands: false }
    }

    /// How far what is seen at a place of the picture, in pixels, has moved right and down.
    fn moved(drift: &Drift, at: [i32; 2], moment: Moment) -> [f64; 2] {
        let (mut x, mut y) = ([at[0] << 16], [at[1] << 16]);
        if let Some(displacement) = drift.at(&moment, SIZE) {
            displacement.apply(0, &mut x, &mut y);
        }
        [at[0] - (x[0] >> 16), at[1] - (y[0] >> 16)].map(f64::from)
    }

    fn moves_at(drift: &Drift, at: [i32; 2]) -> bool {
        (1..40).any(|i| moved(drift, at, moment(f64::from(i) * 0.1, 1.0, false)) != [0.0; 2])
    }

    #[test]
    fn what_is_named_moves_where_it_is_seen_and_nothing_else() {
        let masks = masks(|m| {
            m.foliage = upper(27);
            m.water = upper(27).map(|v| 1.0 - v);
        });
        let trees = plan("the trees sway in the wind", &masks, None);
        assert!(moves_at(&trees, [900, 200]) && !moves_at(&trees, [900, 900]));
        let river = plan("the river flows", &masks, None);
        assert!(moves_at(&river, [900, 900]) && !moves_at(&river, [900, 200]));
        let neither = plan("snow is falling", &masks, None);
        assert!(!moves_at(&neither, [900, 200]) && !moves_at(&neither, [900, 900]));
        let unasked = plan("", &masks, None);
        assert!(moves_at(&unasked, [900, 200]) && moves_at(&unasked, [900, 900]));
    }

    #[test]
    fn the_prompt_says_which_way_and_how_fast() {
        let masks = masks(|m| (m.open_sky, m.cloud) = (upper(40), upper(40)));
        let drifted =
            |prompt: &str| moved(&plan(prompt, &masks, None), [960, 200], moment(0.5, 1.0, false));
        let right = drifted("clouds drift to the right");
        let left = drifted("clouds drift to the left");
        assert!(right[0] > 2.0 && left[0] < -2.0, "{right:?}, {left:?}");
        assert_eq!((right[1], left[1]), (0.0, 0.0));
        let fast = drifted("clouds race to the right");
        assert!(fast[0] > 1.4 * right[0], "{fast:?}, {right:?}");
    }

    #[test]
    fn less_than_a_hundredth_of_the_picture_never_moves() {
        let few = |count: usize| {
            let spot = |x, y| f32::from(y == 30 && (10..10 + count).contains(&x));
            masks(|m| m.foliage = Map::from_fn(WIDTH, HEIGHT, spot))
        };
        let least = (WIDTH * HEIGHT).div_ceil(100);
        assert!(
            plan("trees in the wind", &few(least - 1), None)
                .at(&moment(1.0, 4.0, false), SIZE)
                .is_none()
        );
        assert!(
            plan("trees in the wind", &few(least), None)
                .at(&moment(1.0, 4.0, false), SIZE)
                .is_some()
        );
    }

    /// A cloud must not drag the mountain below it into the sky.
    #[test]
    fn nothing_is_carried_in_from_outside() {
        let masks = masks(|m| (m.open_sky, m.cloud) = (upper(30), upper(30)));
        let clouds = plan("clouds race over the city", &masks, None);
        for step in 1..48 {
            let moment = moment(f64::from(step) / 12.0, 4.0, false);
            let Some(displacement) = clouds.at(&moment, SIZE) else { continue };
            for copy in 0..=usize::from(displacement.flows()) {
                for y in (0..599).step_by(7) {
                    let (mut xs, mut ys) = ([960 << 16; 8], [y << 16; 8]);
                    displacement.apply(copy, &mut xs, &mut ys);
                    assert!(ys[0] >> 16 < 605, "row {y} at step {step} shows row {}", ys[0] >> 16);
                }
            }
        }
    }

    #[test]
    fn a_loop_ends_where_it_began() {
        let masks = masks(|m| {
            m.grass = upper(27);
            (m.open_sky, m.cloud) = (upper(27), upper(27));
        });
        let drift = plan("", &masks, None);
        let end = moment(4.0, 2.0, true);
        let displacement = drift.at(&end, SIZE).unwrap();
        assert_eq!(displacement.second, 0);
        for at in [[100, 100], [900, 300], [1700, 500]] {
            assert_eq!(moved(&drift, at, end), [0.0; 2]);
        }
    }

    fn painted(stroke: Stroke) -> Vec<Region> {
        let inside = |x: usize, y: usize| (30..60).contains(&x) && (20..40).contains(&y);
        let area = Map::from_fn(WIDTH, HEIGHT, |x, y| f32::from(inside(x, y)));
        vec![Region { area, stroke }]
    }

    #[test]
    fn a_brush_moves_its_region_the_way_it_says() {
        let none = masks(|_| {});
        let end = moment(4.0, 1.0, false);
        let go = |stroke| moved(&plan("", &none, Some(&painted(stroke))), [900, 600], end);
        let still = Stroke::default();
        let right = go(Stroke { horizontal: 5.0, ..still });
        assert!((60.0..90.0).contains(&right[0]) && right[1] == 0.0, "{right:?}");
        let up = go(Stroke { vertical: 5.0, ..still });
        assert!(up[1] < -60.0 && up[0] == 0.0, "{up:?}");
        assert_eq!(go(still), [0.0; 2]);
        let closer = plan("", &none, Some(&painted(Stroke { proximity: 8.0, ..still })));
        let (left, right) = (moved(&closer, [640, 600], end), moved(&closer, [1160, 600], end));
        assert!(left[0] < -10.0 && right[0] > 10.0, "{left:?}, {right:?}");
        let stir = plan("", &none, Some(&painted(Stroke { ambient: 5.0, ..still })));
        assert!(moves_at(&stir, [900, 600]) && !moves_at(&stir, [100, 100]));
    }

    #[test]
    fn beside_what_a_brush_has_painted_nothing_moves_by_itself() {
        let masks = masks(|m| m.grass = Map::constant(WIDTH, HEIGHT, 1.0));
        let drift = plan("grass in the wind", &masks, Some(&painted(Stroke::default())));
        assert!(moves_at(&drift, [900, 500]) && !moves_at(&drift, [200, 500]));
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two layers of a still: what stands before an edge of depth, and what goes on behind it.
//!
//! One relief cannot have a cliff: a moving camera would pull the picture over it like rubber.
//! So the picture is cut at its cliffs. Each pixel belongs to the side of the cliff that is
//! nearest to it, measured along the surface; between two cliffs the cut lies half-way, on
//! smooth ground, where both layers have the same depth and the same colour, so nobody sees it.
//! Each layer is then a gentle surface of its own, which goes on where it has no pixels: near
//! things beyond their outline, the background behind them.

use super::{
    fill::fill,
    filter::{box_mean, maximum, minimum},
    raster::{Map, smoothstep},
};

/// A change of nearness within [`REACH`] pixels both ways that makes a cliff, and the one down to
/// which it goes on from there.
const CLIFF: f32 = 0.18;
const SLOPE: f32 = 0.08;
/// How far around a pixel cliffs are looked for, in pixels.
const REACH: usize = 2;
/// Steps of one pixel that a change of nearness by 1 is worth: a way along the surface does not
/// jump off a cliff.
const CLIMB: f32 = 250.0;
/// Half the width over which layers fade into each other on smooth ground, in pixels.
const FADE: usize = 4;
/// Layers nearer to each other than the first hide nothing, farther than the second all.
const HIDING: [f32; 2] = [0.03, 0.06];

/// The layers of a still, at the size of its depth.
pub(super) struct Layers {
    /// Nearness of near things, and of where they would go on.
    pub front: Map,
    /// Nearness of what lies behind them.
    pub back: Map,
    /// What belongs to the front layer, 0..1.
    pub alpha: Map,
    /// Where the still does not show what the back layer holds, 0..1.
    pub hidden: Map,
}

impl Layers {
    /// Cuts a relief at its cliffs, and around what `cut` says, 0..1; nothing where there is neither.
    pub fn of(nearness: &Map, cut: Option<&Map>) -> Option<Self> {
        let low = minimum(nearness, REACH);
        let high = maximum(nearness, REACH);
        let cliff = cliffs(&high.zip(&low, |high, low| high - low));
        let cut = cut.map(|cut| cut.map(|v| f32::from(v > 0.5)));
        let rim = cut
            .as_ref()
            .map(|cut| maximum(cut, REACH).zip(&minimum(cut, REACH), |most, least| most - least));
        if !cliff.values.contains(&1.0) && rim.is_none() {
            return None;
        }
        let middle = high.zip(&low, |high, low| (high + low) / 2.0);
        let above = nearness.zip(&middle, |v, middle| f32::from(v > middle));
        let near = distance(nearness, &cliff.zip(&above, |cliff, above| cliff * above));
        let far = distance(nearness, &cliff.zip(&above, |cliff, above| cliff * (1.0 - above)));
        let hard = near.zip(&far, |near, far| f32::from(near < far));
        let or = |one: Map, other: Option<&Map>| match other {
            Some(other) => one.zip(other, f32::max),
            None => one,
        };
        let hard = or(hard, cut.as_ref());
        let soft = box_mean(&hard, FADE);
        // Sharp where there is a cliff close by.
        let close = maximum(&or(cliff, rim.as_ref()), FADE);
        let alpha = Map::from_fn(hard.width, hard.height, |x, y| {
            if close.at(x, y) > 0.0 { hard.at(x, y) } else { soft.at(x, y) }
        });
        let front = fill(nearness, &hard);
        let back = fill(nearness, &hard.map(|hard| 1.0 - hard));
        let gap = front.zip(&back, |front, back| smoothstep(HIDING[0], HIDING[1], front - back));
        // What is cut out will go away from where it is.
        let gap = or(gap, cut.as_ref());
        // Where the layers fade into each other the still shows both.
        let covers =
            alpha.zip(&close, |alpha, close| if close > 0.0 || alpha == 1.0 { alpha } else { 0.0 });
        let hidden = maximum(&covers, REACH).zip(&gap, |covers, gap| covers * gap);
        Some(Self { front, back, alpha, hidden })
    }
}

/// 1 where the `rise` around a pixel makes a cliff or continues one.
fn cliffs(rise: &Map) -> Map {
    let (w, h) = (rise.width, rise.height);
    let mut cliff = rise.map(|rise| f32::from(rise > CLIFF));
    let mut front: Vec<usize> = (0..w * h).filter(|&i| cliff.values[i] > 0.0).collect();
    while let Some(i) = front.pop() {
        let x = i % w;
        let around = [
            (x > 0).then(|| i - 1),
            (x + 1 < w).then_some(i + 1),
            i.checked_sub(w),
            (i + w < w * h).then_some(i + w),
        ];
        for next in around.into_iter().flatten() {
            if cliff.values[next] == 0.0 && rise.values[next] > SLOPE {
                cliff.values[next] = 1.0;
                front.push(next);
            }
        }
    }
    cliff
}

/// The length of the shortest way along the relief from each pixel to one of the `seeds`.
fn distance(nearness: &Map, seeds: &Map) -> Map {
    let (w, h) = (nearness.width, nearness.height);
    let start = |seed: f32| if seed > 0.0 { 0.0 } else { f32::INFINITY };
    let mut way = seeds.map(start);
    let mut reach = |to: usize, from: Option<usize>, step: f32| {
        let Some(from) = from else { return };
        let climb = (nearness.values[to] - nearness.values[from]).abs() * CLIMB;
        way.values[to] = way.values[to].min(way.values[from] + step + climb);
    };
    const DIAGONAL: f32 = std::f32::consts::SQRT_2;
    for pass in 0..4 {
        for step in 0..w * h {
            let forward = pass % 2 == 0;
            let i = if forward { step } else { w * h - 1 - step };
            let (x, y) = (i % w, i / w);
            let (left, right) = (x > 0, x + 1 < w);
            if forward {
                let above = y > 0;
                reach(i, left.then(|| i - 1), 1.0);
                reach(i, above.then(|| i - w), 1.0);
                reach(i, (above && left).then(|| i - w - 1), DIAGONAL);
                reach(i, (above && right).then(|| i + 1 - w), DIAGONAL);
            } else {
                let below = y + 1 < h;
                reach(i, right.then_some(i + 1), 1.0);
                reach(i, below.then_some(i + w), 1.0);
                reach(i, (below && right).then_some(i + w + 1), DIAGONAL);
                reach(i, (below && left).then(|| i + w - 1), DIAGONAL);
            }
        }
    }
    way
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A near post before a far wall, on a floor that comes from the wall to the viewer.
    fn post() -> Map {
        Map::from_fn(192, 108, |x, y| {
            let floor = 0.2 + 0.7 * ((y as f32 - 60.0) / 48.0).max(0.0);
            if (80..110).contains(&x) && (20..90).contains(&y) { 0.7_f32.max(floor) } else { floor }
        })
    }

    #[test]
    fn a_surface_without_cliffs_is_one_layer() {
        assert!(Layers::of(&Map::from_fn(192, 108, |_, y| y as f32 / 108.0), None).is_none());
        assert!(Layers::of(&Map::constant(40, 30, 0.5), None).is_none());
    }

    #[test]
    fn what_stands_before_a_cliff_is_in_front_and_the_wall_goes_on_behind_it() {
        let layers = Layers::of(&post(), None).unwrap();
        for (x, y) in [(82, 30), (95, 40), (108, 50)] {
            assert!(layers.alpha.at(x, y) > 0.9, "alpha {} at {x}, {y}", layers.alpha.at(x, y));
            assert!((layers.front.at(x, y) - 0.7).abs() < 0.05);
            assert!((layers.back.at(x, y) - 0.2).abs() < 0.1, "{}", layers.back.at(x, y));
            assert!(layers.hidden.at(x, y) > 0.9);
        }
        for (x, y) in [(70, 30), (120, 50), (20, 40)] {
            assert!(layers.alpha.at(x, y) < 0.1);
            assert!((layers.back.at(x, y) - 0.2).abs() < 0.02);
            assert_eq!(layers.hidden.at(x, y), 0.0);
        }
        let beside = layers.front.at(76, 40);
        assert!((beside - 0.7).abs() < 0.1, "the front goes on at {beside} beside the post");
    }

    /// Where the layers are cut on the floor nobody must see it.
    #[test]
    fn on_smooth_ground_both_layers_are_alike_where_they_meet() {
        let nearness = post();
        let layers = Layers::of(&nearness, None).unwrap();
        for y in 0..108 {
            for x in 1..192 {
                let (one, other) = (layers.alpha.at(x - 1, y), layers.alpha.at(x, y));
                let step = (nearness.at(x - 1, y) - nearness.at(x, y)).abs();
                if (one - other).abs() > 0.02 && step < 0.02 && layers.hidden.at(x, y) == 0.0 {
                    let gap = layers.front.at(x, y) - layers.back.at(x, y);
                    assert!(gap.abs() < HIDING[1], "a gap of {gap} at {x}, {y}");
                }
            }
        }
    }
}

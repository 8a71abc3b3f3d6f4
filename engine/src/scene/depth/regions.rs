// SPDX-License-Identifier: MIT OR Apache-2.0
//! Regions of like colour, so that a thing gets one depth and not a streak per column.

use super::{features::Colours, raster::Map};

/// A label per pixel, `0..count`.
pub(super) struct Regions {
    pub labels: Vec<u32>,
    pub count: usize,
}

/// A union-find over pixels with what the merge rule needs to know of each set.
struct Forest {
    parent: Vec<u32>,
    size: Vec<u32>,
    /// The strongest edge inside each set.
    inner: Vec<f32>,
}

impl Forest {
    fn new(n: usize) -> Self {
        Self { parent: (0..n as u32).collect(), size: vec![1; n], inner: vec![0.0; n] }
    }

    fn root(&mut self, mut i: u32) -> u32 {
        while self.parent[i as usize] != i {
            let up = self.parent[self.parent[i as usize] as usize];
            self.parent[i as usize] = up;
            i = up;
        }
        i
    }

    fn join(&mut self, a: u32, b: u32, weight: f32) {
        let (big, small) =
            if self.size[a as usize] >= self.size[b as usize] { (a, b) } else { (b, a) };
        self.parent[small as usize] = big;
        self.size[big as usize] += self.size[small as usize];
        self.inner[big as usize] = weight;
    }
}

/// Splits the picture where the step between two sets is larger than those inside them
/// (graph-based segmentation). `scale` is the step that a set of one pixel forgives.
pub(super) fn regions(colours: &Colours, scale: f32, smallest: u32) -> Regions {
    let (w, h) = (colours.luma.width, colours.luma.height);
    let edges = sorted_edges(colours);
    let mut forest = Forest::new(w * h);
    for &(a, b, weight) in &edges {
        let (a, b) = (forest.root(a), forest.root(b));
        if a == b {
            continue;
        }
        let forgives = |i: u32| forest.inner[i as usize] + scale / forest.size[i as usize] as f32;
        if weight <= forgives(a).min(forgives(b)) {
            forest.join(a, b, weight);
        }
    }
    for &(a, b, weight) in &edges {
        let (a, b) = (forest.root(a), forest.root(b));
        if a != b && forest.size[a as usize].min(forest.size[b as usize]) < smallest {
            forest.join(a, b, weight);
        }
    }
    number(&mut forest, w * h)
}

/// Edges between neighbours, weakest first. Buckets keep the order the same on every machine.
fn sorted_edges(colours: &Colours) -> Vec<(u32, u32, f32)> {
    const BUCKETS: usize = 512;
    let (w, h) = (colours.luma.width, colours.luma.height);
    let mut edges = Vec::with_capacity(2 * w * h);
    for y in 0..h {
        for x in 0..w {
            let i = y * w + x;
            if x + 1 < w {
                edges.push((i as u32, (i + 1) as u32, colours.difference(i, i + 1)));
            }
            if y + 1 < h {
                edges.push((i as u32, (i + w) as u32, colours.difference(i, i + w)));
            }
        }
    }
    let bucket = |weight: f32| ((weight * BUCKETS as f32) as usize).min(BUCKETS - 1);
    let mut starts = vec![0_usize; BUCKETS + 1];
    edges.iter().for_each(|e| starts[bucket(e.2) + 1] += 1);
    for i in 0..BUCKETS {
        starts[i + 1] += starts[i];
    }
    let mut sorted = vec![(0, 0, 0.0); edges.len()];
    for edge in edges {
        let slot = &mut starts[bucket(edge.2)];
        sorted[*slot] = edge;
        *slot += 1;
    }
    sorted
}

fn number(forest: &mut Forest, n: usize) -> Regions {
    let mut names = vec![u32::MAX; n];
    let mut labels = Vec::with_capacity(n);
    let mut count = 0;
    for i in 0..n as u32 {
        let root = forest.root(i) as usize;
        if names[root] == u32::MAX {
            names[root] = count;
            count += 1;
        }
        labels.push(names[root]);
    }
    Regions { labels, count: count as usize }
}

impl Regions {
    /// The mean of a map over each region, each pixel counted `weights` times.
    pub fn means(&self, map: &Map, weights: &Map) -> Map {
        let mut sums = vec![(0.0_f64, 1e-9_f64); self.count];
        for ((&label, &v), &w) in self.labels.iter().zip(&map.values).zip(&weights.values) {
            let sum = &mut sums[label as usize];
            sum.0 += f64::from(v) * f64::from(w);
            sum.1 += f64::from(w);
        }
        let value = |&label: &u32| (sums[label as usize].0 / sums[label as usize].1) as f32;
        Map { values: self.labels.iter().map(value).collect(), ..*map }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(luma: Map) -> Colours {
        let none = Map::constant(luma.width, luma.height, 0.0);
        Colours { luma, cb: none.clone(), cr: none }
    }

    #[test]
    fn two_tones_are_two_regions_with_the_edge_between_them() {
        let found = regions(&grey(Map::from_fn(20, 8, |x, _| f32::from(x >= 7))), 1.0, 4);
        assert_eq!(found.count, 2);
        for (i, label) in found.labels.iter().enumerate() {
            assert_eq!(*label, u32::from(i % 20 >= 7));
        }
    }

    #[test]
    fn what_is_too_small_joins_a_neighbour() {
        let speck = Map::from_fn(20, 8, |x, y| f32::from((x, y) == (9, 4)));
        assert_eq!(regions(&grey(speck), 0.01, 4).count, 1);
    }

    #[test]
    fn a_gentle_shade_is_one_region() {
        assert_eq!(regions(&grey(Map::from_fn(60, 8, |x, _| x as f32 / 60.0)), 1.0, 4).count, 1);
    }

    #[test]
    fn means_count_pixels_by_their_weights() {
        let found = Regions { labels: vec![0, 0, 1], count: 2 };
        let map = Map { width: 3, height: 1, values: vec![0.0, 1.0, 0.5] };
        let weights = Map { width: 3, height: 1, values: vec![3.0, 1.0, 1.0] };
        let means = found.means(&map, &weights).values;
        assert!((means[0] - 0.25).abs() < 1e-6 && (means[2] - 0.5).abs() < 1e-6);
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! How often the depth estimate orders marked pairs of points right, beside the guess that lower
//! in the picture means nearer. Pairs at about the same height, where that guess cannot help, are
//! counted apart from the others. A tie is wrong, for the estimate as for the guess.
//!
//!     cargo run --release -p stillmotion-engine --example depth_pairs -- pairs.tsv folder...
//!
//! A line of the file is: picture, near x, near y, far x, far y, with tabs between, as shares of
//! width and height. A picture is taken from the first of the folders that has it.

use std::{
    error::Error,
    fs,
    ops::AddAssign,
    path::{Path, PathBuf},
};

use image::imageops::FilterType;
use stillmotion_engine::scene::depth::{Depth, Thumbnail, estimate};

/// Long side of what the estimate sees, in pixels.
const LONG_SIDE: u32 = 384;
/// Two points are tied if their nearness differs by this or less, on a scale of 0 to 1.
const TIE: f32 = 0.01;
/// Two points are at the same height if they differ by less than this share of the height.
const SAME_HEIGHT: f32 = 0.03;

/// Near x, near y, far x, far y, as shares of width and height.
type Pair = [f32; 4];

#[derive(Clone, Copy, Default)]
struct Score {
    pairs: u32,
    right: u32,
    tied: u32,
    lower_is_nearer: u32,
}

impl Score {
    fn of(depth: &Depth, &[near_x, near_y, far_x, far_y]: &Pair) -> Self {
        let nearer_by = at(depth, near_x, near_y) - at(depth, far_x, far_y);
        Self {
            pairs: 1,
            right: u32::from(nearer_by > TIE),
            tied: u32::from(nearer_by.abs() <= TIE),
            lower_is_nearer: u32::from(near_y > far_y),
        }
    }

    fn summary(&self) -> String {
        let share = |part: u32| f64::from(part) / f64::from(self.pairs.max(1));
        format!(
            "{} pairs: right {:.3} (tied, so wrong: {:.3}), lower is nearer {:.3}",
            self.pairs,
            share(self.right),
            share(self.tied),
            share(self.lower_is_nearer)
        )
    }
}

impl AddAssign for Score {
    fn add_assign(&mut self, other: Self) {
        self.pairs += other.pairs;
        self.right += other.right;
        self.tied += other.tied;
        self.lower_is_nearer += other.lower_is_nearer;
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let list = arguments.next().ok_or("usage: depth_pairs PAIRS.tsv FOLDER...")?;
    let folders: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    let pictures = marked_pairs(&list)?;
    println!("right, by lower is nearer, of so many pairs:");
    println!("{:22} {:^14} {:^14} confidence", "", "any height", "same height");
    let (mut any_height, mut same_height) = (Score::default(), Score::default());
    for (name, pairs) in &pictures {
        let path = folders.iter().map(|folder| folder.join(name)).find(|path| path.exists());
        let path = path.ok_or_else(|| format!("{name} of {list} is in none of the folders"))?;
        let depth = estimate(&thumbnail(&path)?);
        let (mut any, mut same) = (Score::default(), Score::default());
        for pair in pairs {
            let level = (pair[1] - pair[3]).abs() < SAME_HEIGHT;
            *(if level { &mut same } else { &mut any }) += Score::of(&depth, pair);
        }
        let cell = |s: Score| format!("{:2} {:2} of {:2}", s.right, s.lower_is_nearer, s.pairs);
        println!("{name:22} {:^14} {:^14} {:.2}", cell(any), cell(same), depth.confidence);
        any_height += any;
        same_height += same;
    }
    let mut all = any_height;
    all += same_height;
    println!("any height:  {}", any_height.summary());
    println!("same height: {}", same_height.summary());
    println!("all:         {}", all.summary());
    Ok(())
}

/// The pairs of each picture, in the order of the file.
fn marked_pairs(list: &str) -> Result<Vec<(String, Vec<Pair>)>, String> {
    let text = fs::read_to_string(list).map_err(|e| format!("{list}: {e}"))?;
    let mut pictures: Vec<(String, Vec<Pair>)> = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        let (name, pair) = marked_pair(line).ok_or_else(|| {
            format!("{list}, line {}: wants a name and four shares of 0 to 1", index + 1)
        })?;
        match pictures.last_mut() {
            Some((last, pairs)) if last == name => pairs.push(pair),
            _ => pictures.push((name.to_owned(), vec![pair])),
        }
    }
    Ok(pictures)
}

fn marked_pair(line: &str) -> Option<(&str, Pair)> {
    let mut fields = line.split('\t');
    let name = fields.next()?;
    let shares: Vec<f32> = fields.map(|field| field.parse().ok()).collect::<Option<_>>()?;
    let pair: Pair = shares.try_into().ok()?;
    pair.iter().all(|share| (0.0..=1.0).contains(share)).then_some((name, pair))
}

fn thumbnail(path: &Path) -> Result<Thumbnail, String> {
    let picture = image::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let small = picture.resize(LONG_SIDE, LONG_SIDE, FilterType::Triangle).to_rgb8();
    let rgb = small.as_raw().iter().map(|&v| f32::from(v) / 255.0).collect();
    Ok(Thumbnail { width: small.width() as usize, height: small.height() as usize, rgb })
}

/// Nearness at a place given in shares of width and height.
fn at(depth: &Depth, x: f32, y: f32) -> f32 {
    let cell = |share: f32, size: usize| ((share * size as f32) as usize).min(size - 1);
    depth.nearness[cell(y, depth.height) * depth.width + cell(x, depth.width)]
}

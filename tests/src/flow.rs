// SPDX-License-Identifier: MIT OR Apache-2.0
//! How far things move from one frame to the next: pyramidal Lucas-Kanade on a grid of points
//! (Bouguet 2001, "Pyramidal implementation of the Lucas Kanade feature tracker").

/// A gray picture, f32 in 0..255.
#[derive(Debug, Clone, PartialEq)]
pub struct Gray {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// `width * height` values, row by row.
    pub values: Vec<f32>,
}

/// How one point moved, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Track {
    /// Where the point was, from the middle of the picture.
    pub at: [f32; 2],
    /// How it moved: right and down are positive.
    pub moved: [f32; 2],
}

/// Levels of the pyramid: movements of up to about 2 pixels on the coarsest are found.
const LEVELS: usize = 5;
/// Half the window that is compared, in pixels.
const REACH: isize = 4;
/// From one tracked point to the next, in pixels.
const SPACING: usize = 20;
/// Corners weaker than this are not tracked: nobody can tell how a blank wall moves.
const LEAST_TEXTURE: f32 = 4.0;

impl Gray {
    fn at(&self, x: f32, y: f32) -> f32 {
        let x = x.clamp(0.0, self.width as f32 - 1.001);
        let y = y.clamp(0.0, self.height as f32 - 1.001);
        let (left, top) = (x as usize, y as usize);
        let (across, down) = (x - left as f32, y - top as f32);
        let row = |y: usize| {
            let row = &self.values[y * self.width + left..];
            row[0] + (row[1] - row[0]) * across
        };
        row(top) + (row(top + 1) - row(top)) * down
    }

    fn half(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let mean = |i: usize| {
            let at = i / width * 2 * self.width + i % width * 2;
            let below = at + self.width;
            let v = &self.values;
            (v[at] + v[at + 1] + v[below] + v[below + 1]) / 4.0
        };
        Self { width, height, values: (0..width * height).map(mean).collect() }
    }
}

/// Tracks a grid of points from `first` to `second`, leaving out those without texture.
pub fn tracks(first: &Gray, second: &Gray) -> Vec<Track> {
    let pyramid = |gray: &Gray| {
        let mut levels = vec![gray.clone()];
        while levels.len() < LEVELS && levels[levels.len() - 1].width.min(gray.height) > 32 {
            levels.push(levels[levels.len() - 1].half());
        }
        levels
    };
    let (first, second) = (pyramid(first), pyramid(second));
    let (width, height) = (first[0].width, first[0].height);
    let mut found = Vec::new();
    for y in (SPACING..height - SPACING).step_by(SPACING) {
        for x in (SPACING..width - SPACING).step_by(SPACING) {
            let mut moved = [0.0; 2];
            let mut tracked = true;
            for level in (0..first.len()).rev() {
                let scale = (1 << level) as f32;
                let at = [x as f32 / scale, y as f32 / scale];
                moved = moved.map(|v| v * 2.0);
                tracked = refine(&first[level], &second[level], at, &mut moved);
            }
            if tracked {
                let at = [x as f32 - width as f32 / 2.0, y as f32 - height as f32 / 2.0];
                found.push(Track { at, moved });
            }
        }
    }
    found
}

/// Improves `moved` at one level; false where there is too little texture.
fn refine(first: &Gray, second: &Gray, at: [f32; 2], moved: &mut [f32; 2]) -> bool {
    let window =
        || (-REACH..=REACH).flat_map(|j| (-REACH..=REACH).map(move |i| (i as f32, j as f32)));
    let gradient = |i: f32, j: f32| {
        let (x, y) = (at[0] + i, at[1] + j);
        [
            (first.at(x + 1.0, y) - first.at(x - 1.0, y)) / 2.0,
            (first.at(x, y + 1.0) - first.at(x, y - 1.0)) / 2.0,
        ]
    };
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (i, j) in window() {
        let [gx, gy] = gradient(i, j);
        xx += gx * gx;
        xy += gx * gy;
        yy += gy * gy;
    }
    let count = window().count() as f32;
    let determinant = xx * yy - xy * xy;
    let weaker = (xx + yy) / 2.0 - (((xx - yy) / 2.0).powi(2) + xy * xy).sqrt();
    if weaker / count < LEAST_TEXTURE {
        return false;
    }
    for _ in 0..8 {
        let mut b = [0.0; 2];
        for (i, j) in window() {
            let (x, y) = (at[0] + i, at[1] + j);
            let difference = first.at(x, y) - second.at(x + moved[0], y + moved[1]);
            let [gx, gy] = gradient(i, j);
            b[0] += difference * gx;
            b[1] += difference * gy;
        }
        let step = [(yy * b[0] - xy * b[1]) / determinant, (xx * b[1] - xy * b[0]) / determinant];
        moved[0] += step[0];
        moved[1] += step[1];
        if step[0].hypot(step[1]) < 0.005 {
            break;
        }
    }
    true
}

/// Mean length of the movement, in pixels.
pub fn mean_length(tracks: &[Track]) -> f32 {
    let sum: f32 = tracks.iter().map(|track| track.moved[0].hypot(track.moved[1])).sum();
    sum / tracks.len().max(1) as f32
}

/// What a set of tracks shows as a whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// Mean movement to the right and down, in pixels.
    pub shift: [f32; 2],
    /// How much things move away from the middle, as a share of their distance.
    pub growth: f32,
    /// How far things turn clockwise on the screen, in radians.
    pub turn: f32,
}

/// Fits a shift, a growth and a turn to `tracks` by least squares.
pub fn summary(tracks: &[Track]) -> Summary {
    let count = tracks.len().max(1) as f32;
    let mean = |of: fn(&Track) -> [f32; 2]| {
        let sum = tracks.iter().map(of).fold([0.0; 2], |s, v| [s[0] + v[0], s[1] + v[1]]);
        [sum[0] / count, sum[1] / count]
    };
    let (middle, shift) = (mean(|track| track.at), mean(|track| track.moved));
    let (mut along, mut around, mut square) = (0.0, 0.0, 0.0);
    for Track { at, moved } in tracks {
        let (x, y) = (at[0] - middle[0], at[1] - middle[1]);
        let (u, v) = (moved[0] - shift[0], moved[1] - shift[1]);
        along += x * u + y * v;
        around += x * v - y * u;
        square += x * x + y * y;
    }
    Summary { shift, growth: along / square, turn: around / square }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waves(shift: [f32; 2]) -> Gray {
        let (width, height) = (160, 120);
        let value = |i: usize| {
            let x = (i % width) as f32 - shift[0];
            let y = (i / width) as f32 - shift[1];
            128.0 + 50.0 * (x / 7.0).sin() * (y / 9.0).cos() + 40.0 * (x / 23.0 + y / 17.0).sin()
        };
        Gray { width, height, values: (0..width * height).map(value).collect() }
    }

    #[test]
    fn a_known_shift_is_found() {
        for shift in [[0.0, 0.0], [0.13, -0.05], [1.7, 0.6], [-5.0, 3.0]] {
            let summary = summary(&tracks(&waves([0.0; 2]), &waves(shift)));
            assert!(
                (summary.shift[0] - shift[0]).abs() < 0.05 + 0.03 * shift[0].abs(),
                "{summary:?}"
            );
            assert!(
                (summary.shift[1] - shift[1]).abs() < 0.05 + 0.03 * shift[1].abs(),
                "{summary:?}"
            );
        }
    }
}

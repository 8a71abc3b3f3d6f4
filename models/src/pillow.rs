// SPDX-License-Identifier: MIT OR Apache-2.0
//! Pictures scaled to the byte as Pillow does (`Image.resize`, its `Resample.c`), which the
//! reference pipelines do to an image before a network sees it. Other libraries round otherwise.

/// How far a pixel looks, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Keys 1981 with a = -0.5.
    Bicubic,
    /// Three lobes.
    Lanczos,
}

impl Filter {
    fn support(self) -> f64 {
        match self {
            Self::Bicubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        let far = x.abs();
        match self {
            Self::Bicubic if far < 1.0 => (1.5 * far - 2.5) * far * far + 1.0,
            Self::Bicubic if far < 2.0 => (((far - 5.0) * far + 8.0) * far - 4.0) * -0.5,
            Self::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
            _ => 0.0,
        }
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let x = x * std::f64::consts::PI;
    x.sin() / x
}

/// A picture of RGB bytes, rows packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// `[H, W, 3]`.
    pub bytes: Vec<u8>,
}

impl Picture {
    /// The picture in another size.
    #[must_use]
    pub fn resize(&self, width: usize, height: usize, filter: Filter) -> Self {
        let wide = if width == self.width { self.clone() } else { self.widened(width, filter) };
        if height == wide.height {
            return wide;
        }
        wide.turned().widened(height, filter).turned()
    }

    fn widened(&self, width: usize, filter: Filter) -> Self {
        let taps = taps(self.width, width, filter);
        let mut bytes = Vec::with_capacity(width * self.height * 3);
        for row in self.bytes.chunks_exact((self.width * 3).max(1)) {
            for (first, weights) in &taps {
                let mut sums = [1_i64 << (BITS - 1); 3];
                for (pixel, weight) in row[first * 3..].chunks_exact(3).zip(weights) {
                    for (sum, value) in sums.iter_mut().zip(pixel) {
                        *sum += i64::from(*value) * weight;
                    }
                }
                bytes.extend(sums.map(|sum| (sum >> BITS).clamp(0, 255) as u8));
            }
        }
        Self { width, height: self.height, bytes }
    }

    /// Rows and columns exchanged.
    fn turned(&self) -> Self {
        let mut bytes = Vec::with_capacity(self.bytes.len());
        for x in 0..self.width {
            for y in 0..self.height {
                let at = (y * self.width + x) * 3;
                bytes.extend_from_slice(&self.bytes[at..at + 3]);
            }
        }
        Self { width: self.height, height: self.width, bytes }
    }
}

/// Bits behind the point of a weight.
const BITS: u32 = 22;

/// For each pixel of a line of `after`, the first one of `before` that it looks at, and weights.
fn taps(before: usize, after: usize, filter: Filter) -> Vec<(usize, Vec<i64>)> {
    let scale = before as f64 / after as f64;
    let stretch = scale.max(1.0);
    let support = filter.support() * stretch;
    let tap = |at: usize| {
        let center = (at as f64 + 0.5) * scale;
        // Towards zero, as C does.
        let first = ((center - support + 0.5) as i64).max(0) as usize;
        let end = ((center + support + 0.5) as usize).min(before);
        let weight = |x: usize| filter.weight((x as f64 - center + 0.5) / stretch);
        let weights: Vec<f64> = (first..end).map(weight).collect();
        let sum: f64 = weights.iter().sum();
        let fixed = |weight: &f64| (weight / sum * f64::from(1 << BITS)).round() as i64;
        (first, weights.iter().map(fixed).collect())
    };
    (0..after).map(tap).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// `models/tests/fixtures/make_wan.py` has Pillow make the numbers.
    #[test]
    fn each_byte_is_that_of_pillow() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/wan/pillow.json");
        let rows: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let (width, height) = (48, 32);
        let pixel = |at: usize| {
            let (x, y) = (at % width, at / width);
            [x * 5 + y, x + y * 7, x * y].map(|value| (value % 256) as u8)
        };
        let bytes = (0..width * height).flat_map(pixel).collect();
        let photo = Picture { width, height, bytes };
        for row in &rows {
            let number = |name: &str| row[name].as_u64().unwrap() as usize;
            let filter = match row["filter"].as_str().unwrap() {
                "bicubic" => Filter::Bicubic,
                _ => Filter::Lanczos,
            };
            let got = photo.resize(number("width"), number("height"), filter);
            let want: Vec<u8> = serde_json::from_value(row["bytes"].clone()).unwrap();
            assert!(got.bytes == want, "{filter:?} to {}x{}", got.width, got.height);
        }
        assert_eq!(rows.len(), 8);
    }
}

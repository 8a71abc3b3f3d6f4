// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the tests beside released Python packages share.
#![allow(clippy::unwrap_used, reason = "a panic is how a test reports")]

use std::path::{Path, PathBuf};

use stillmotion_engine::worker::protocol::{Report, Size};
use tch::{Kind, Tensor};

use crate::{error::ModelError, host::Host, pillow::Picture, tensor::load_one, weights::Weights};

/// The folder of a family's tiny models.
pub fn fixtures(family: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(family)
}

/// Inputs and outputs of a model.
pub struct Expected(Weights);

impl Expected {
    pub fn of(family: &str, model: &str) -> Self {
        let file = fixtures(family).join(format!("{model}.expected.safetensors"));
        Self(Weights::open(&file).unwrap())
    }

    pub fn get(&self, name: &str) -> Tensor {
        load_one(&self.0, name).unwrap()
    }
}

/// How far a value is off at most, where the largest one is 1.
#[track_caller]
pub fn largest_error(got: &Tensor, want: &Tensor, what: &str) -> f64 {
    assert_eq!(got.size(), want.size(), "{what}");
    let worst = (got - want).abs().max().double_value(&[]);
    worst / want.abs().max().double_value(&[])
}

/// Relative error 1e-4 of the largest value.
#[track_caller]
pub fn near(got: &Tensor, want: &Tensor, what: &str) {
    let off = largest_error(got, want, what);
    assert!(off <= 1e-4, "{what} is off by {off} of the largest value");
}

/// At most one byte off, and that in one pixel of a thousand: bytes are what people get.
#[track_caller]
pub fn near_in_bytes(got: &Tensor, want: &Tensor, what: &str) {
    let bytes = |frames: &Tensor| (frames * 255.0).round();
    // Diffusers gives frames, channels, 0..1.
    let got = bytes(&((got + 1.0) / 2.0).permute([0, 2, 1, 3, 4]));
    let want = bytes(want);
    assert_eq!(got.size(), want.size(), "{what}");
    let off = (got - want).abs();
    assert!(off.max().double_value(&[]) <= 1.0, "{what}: a pixel is off by more than one");
    let share = off.gt(0.5).to_kind(Kind::Float).mean(Kind::Float).double_value(&[]);
    assert!(share <= 1e-3, "{what}: {share} of the pixels are off by one");
}

/// The picture that the scripts have.
pub fn photo(width: usize, height: usize) -> Picture {
    let pixel = |at: usize| {
        let (x, y) = (at % width, at / width);
        [x * 5 + y, x + y * 7, x * y].map(|value| (value % 256) as u8)
    };
    Picture { width, height, bytes: (0..width * height).flat_map(pixel).collect() }
}

/// Takes no report but previews, which it keeps: steps done, steps in all, size and pixels.
#[derive(Default)]
pub struct Watcher(pub Vec<([u64; 2], Size, Vec<u8>)>);

impl Host for Watcher {
    fn report(&mut self, report: Report, pixels: &[u8]) -> Result<(), ModelError> {
        if let Report::Preview { step, steps, size } = report {
            self.0.push(([step, steps], size, pixels.to_vec()));
        }
        Ok(())
    }

    fn is_cancelled(&self) -> bool {
        false
    }

    fn is_stopped(&self) -> bool {
        false
    }
}

impl Watcher {
    /// Makes sure that there is a preview for each of `steps`, and that the last one is `frame`,
    /// `[1, 3, 1, H, W]`, the only one of its clip.
    pub fn ends_with(&self, frame: &Tensor, steps: u64) {
        let told: Vec<[u64; 2]> = self.0.iter().map(|(told, ..)| *told).collect();
        assert_eq!(told, (1..=steps).map(|step| [step, steps]).collect::<Vec<_>>());
        let (_, Size { width, height }, pixels) = self.0.last().unwrap();
        assert_eq!(frame.size()[3..], [i64::from(*height), i64::from(*width)]);
        let frame = crate::tensor::to_rgb(&frame.select(2, 0)).unwrap();
        let off = std::iter::zip(&frame, pixels).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(frame.len() == pixels.len() && off <= Some(1), "off by {off:?}");
        assert_ne!(self.0[0].2, *pixels);
    }
}

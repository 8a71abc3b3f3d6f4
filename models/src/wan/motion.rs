// SPDX-License-Identifier: MIT OR Apache-2.0
//! The motion amount of models that were not trained with one.
//!
//! A clip from an image stands still where its frames look at the image more than at each other.
//! The first steps decide how much moves. In these, what the frames see of the image is weighed
//! less, or more (the way of DyMoS, arXiv 2605.19398, from its description), and for more motion
//! the image is blurred (ALG, arXiv 2506.08456, from its description). With guidance, words for what
//! stands still go into the negative prompt for much motion, and out of it for little. At 5 the
//! model is left alone. How much that is with real weights was not measured.

use std::borrow::Cow;

use tch::Tensor;

use crate::{error::ModelError, motion::between};

/// The share of the steps in which it counts.
const SHARE: f64 = 0.2;

/// Motion amounts, and what is added to the logits of attention to the image.
const LOGITS: [(f64, [f64; 1]); 5] =
    [(1.0, [1.0]), (3.0, [0.5]), (5.0, [0.0]), (7.0, [-0.4]), (10.0, [-1.0])];

/// What is added to the logits with which the other frames look at the image, in `step` of
/// `steps`; `None` where the model is left alone, as it is at motion 5.
pub(super) fn image_bias(motion: f64, step: usize, steps: u32) -> Option<f64> {
    let early = is_early(SHARE, step, steps);
    let [bias] = between(&LOGITS, motion);
    (early && bias != 0.0).then_some(bias)
}

fn is_early(share: f64, step: usize, steps: u32) -> bool {
    (step as f64) < (share * f64::from(steps)).ceil()
}

/// Motion amounts, and the share of the steps in which the image is blurred.
const BLURRED: [(f64, [f64; 1]); 3] = [(5.0, [0.0]), (7.0, [0.1]), (10.0, [0.2])];

/// Whether the image is blurred in `step` of `steps`.
pub(super) fn is_blurred(motion: f64, step: usize, steps: u32) -> bool {
    let [share] = between(&BLURRED, motion);
    is_early(share, step, steps)
}

/// To which part of its size a blurred image was made smaller.
const SMALLER: f64 = 0.4;

/// Frames `[1, 3, T, H, W]` made smaller and larger again.
pub(super) fn blur(frames: &Tensor) -> Result<Tensor, ModelError> {
    let size = frames.size();
    let small = |side: i64| ((side as f64 * SMALLER).round() as i64).max(1);
    let pictures = frames.f_transpose(1, 2)?.f_flatten(0, 1)?;
    let scale =
        |x: &Tensor, sides: [i64; 2]| x.f_internal_upsample_bilinear2d_aa(sides, false, None, None);
    let less = scale(&pictures, [small(size[3]), small(size[4])])?;
    let again = scale(&less, [size[3], size[4]])?;
    Ok(again.f_unflatten(0, [1, size[2]])?.f_transpose(1, 2)?)
}

/// What people write, also in the prompt that is recommended for Wan, against clips that stand
/// still.
const STANDS_STILL: [&str; 6] = ["static", "still", "motionless", "静态", "静止", "静止不动的画面"];
/// The motion up to which it is left out, and the one from which it is put in.
const WORDS_AT: [f64; 2] = [3.0, 7.0];

/// The negative prompt for a motion amount.
pub(super) fn negative_prompt(motion: f64, prompt: &str) -> Cow<'_, str> {
    let stands_still = |part: &&str| STANDS_STILL.contains(&&*part.to_lowercase());
    let parts = prompt.split([',', '，', '、']).map(str::trim).filter(|part| !part.is_empty());
    let [little, much] = WORDS_AT;
    if motion <= little {
        let kept: Vec<&str> = parts.clone().filter(|part| !stands_still(part)).collect();
        if kept.len() < parts.count() {
            return kept.join(", ").into();
        }
    } else if motion >= much && !parts.clone().any(|part| stands_still(&part)) {
        return parts
            .chain(STANDS_STILL[..3].iter().copied())
            .collect::<Vec<_>>()
            .join(", ")
            .into();
    }
    prompt.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_is_the_model_and_more_motion_is_less_of_the_image() {
        assert_eq!(image_bias(5.0, 0, 50), None);
        let all: Vec<f64> =
            (0..=90).map(|tenths| between(&LOGITS, 1.0 + f64::from(tenths) / 10.0)[0]).collect();
        assert!(all.windows(2).all(|pair| pair[1] < pair[0]), "{all:?}");
        assert_eq!((all[0], all[90]), (1.0, -1.0));
    }

    #[test]
    fn more_motion_blurs_the_image_for_longer() {
        let blurred = |motion: f64, steps: u32| {
            (0..steps as usize).filter(|step| is_blurred(motion, *step, steps)).count()
        };
        assert_eq!([1.0, 5.0, 5.1, 7.0, 8.5, 10.0].map(|m| blurred(m, 50)), [0, 0, 1, 5, 8, 10]);
        assert_eq!([5.0, 6.0, 10.0].map(|motion| blurred(motion, 4)), [0, 1, 1]);
    }

    #[test]
    fn a_blurred_image_keeps_its_size_and_its_light() {
        let at = Tensor::arange(3 * 16 * 20, (tch::Kind::Float, tch::Device::Cpu));
        let noise = (at * 12.9898).sin().reshape([1, 3, 1, 16, 20]);
        let soft = blur(&noise).unwrap();
        assert_eq!(soft.size(), noise.size());
        let value = |x: Tensor| x.double_value(&[]);
        assert!((value(soft.mean(None)) - value(noise.mean(None))).abs() < 0.02);
        assert!(value(soft.square().mean(None)) < 0.5 * value(noise.square().mean(None)));
    }

    #[test]
    fn words_for_what_stands_still_follow_the_motion() {
        let prompt = "过曝，静态，Static, blurry";
        assert_eq!(negative_prompt(1.0, prompt), "过曝, blurry");
        for motion in [4.0, 5.0, 6.9, 10.0] {
            assert_eq!(negative_prompt(motion, prompt), prompt);
        }
        assert_eq!(negative_prompt(7.0, "blurry"), "blurry, static, still, motionless");
        assert_eq!(negative_prompt(7.0, ""), "static, still, motionless");
        for motion in [1.0, 3.0, 5.0] {
            assert_eq!(negative_prompt(motion, "a statue，ecstatic"), "a statue，ecstatic");
        }
    }

    #[test]
    fn only_early_steps_are_touched() {
        let touched = |steps: u32| {
            (0..steps as usize).filter(|step| image_bias(8.0, *step, steps).is_some()).count()
        };
        assert_eq!([touched(50), touched(4), touched(1)], [10, 1, 1]);
    }
}

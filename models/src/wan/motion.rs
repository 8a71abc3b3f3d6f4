// SPDX-License-Identifier: MIT OR Apache-2.0
//! The motion amount of models that were not trained with one.
//!
//! A clip from an image stands still where its frames look at the image more than at each other.
//! What they see of it is weighed less, or more, in the first steps, which decide how much moves:
//! the way of DyMoS (arXiv 2605.19398), from its description. How much that is with real weights
//! was not measured.

/// The share of the steps in which it counts.
const SHARE: f64 = 0.2;

/// Motion amounts, and what is added to the logits of attention to the image.
const TABLE: [(f64, f64); 5] = [(1.0, 1.0), (3.0, 0.5), (5.0, 0.0), (7.0, -0.4), (10.0, -1.0)];

/// What is added to the logits with which the other frames look at the image, in `step` of
/// `steps`; `None` where the model is left alone, as it is at motion 5.
pub(super) fn image_bias(motion: f64, step: usize, steps: u32) -> Option<f64> {
    let early = (step as f64) < (SHARE * f64::from(steps)).ceil();
    let bias = between(motion);
    (early && bias != 0.0).then_some(bias)
}

/// Straight lines between the rows of the table.
fn between(motion: f64) -> f64 {
    let rows = TABLE.windows(2).find(|rows| motion <= rows[1].0);
    let [(from, low), (to, high)] = rows.map_or([TABLE[3], TABLE[4]], |rows| [rows[0], rows[1]]);
    let share = ((motion - from) / (to - from)).clamp(0.0, 1.0);
    low + share * (high - low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_is_the_model_and_more_motion_is_less_of_the_image() {
        assert_eq!(image_bias(5.0, 0, 50), None);
        let all: Vec<f64> =
            (0..=90).map(|tenths| between(1.0 + f64::from(tenths) / 10.0)).collect();
        assert!(all.windows(2).all(|pair| pair[1] < pair[0]), "{all:?}");
        assert_eq!((all[0], all[90]), (1.0, -1.0));
    }

    #[test]
    fn only_early_steps_are_touched() {
        let touched = |steps: u32| {
            (0..steps as usize).filter(|step| image_bias(8.0, *step, steps).is_some()).count()
        };
        assert_eq!([touched(50), touched(4), touched(1)], [10, 1, 1]);
    }
}

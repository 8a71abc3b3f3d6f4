// SPDX-License-Identifier: MIT OR Apache-2.0
//! The motion amount as the model was trained to take it: a motion bucket, and noise on the image.
//! What a bucket is in pixels was never published, and how much a clip moves was not measured here.

use crate::motion::between;

/// The motion amount, its bucket, and the noise on the image.
const TABLE: [(f64, [f64; 2]); 5] = [
    (1.0, [10.0, 0.0]),
    (3.0, [70.0, 0.02]),
    // What the pipeline of diffusers does when nothing is said.
    (5.0, [127.0, 0.02]),
    (7.0, [160.0, 0.03]),
    (10.0, [255.0, 0.1]),
];

/// What the network is told of motion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Motion {
    /// `motion_bucket_id`, whole.
    pub bucket: f64,
    /// `noise_aug_strength`.
    pub noise: f64,
}

impl Motion {
    /// Straight lines between the rows of the table.
    #[must_use]
    pub fn of(amount: f64) -> Self {
        let [bucket, noise] = between(&TABLE, amount);
        Self { bucket: bucket.round(), noise }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_is_the_pipeline_and_more_is_more() {
        assert_eq!(Motion::of(5.0), Motion { bucket: 127.0, noise: 0.02 });
        let all: Vec<Motion> =
            (0..=90).map(|tenths| Motion::of(1.0 + f64::from(tenths) / 10.0)).collect();
        for pair in all.windows(2) {
            assert!(pair[1].bucket > pair[0].bucket && pair[1].noise >= pair[0].noise, "{pair:?}");
        }
        assert_eq!((all[0].bucket, all[90].bucket), (10.0, 255.0));
    }
}

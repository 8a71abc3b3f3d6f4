// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a depth model wants its picture.

use super::{DepthModelError, LONG_SIDE, Network, Tensor, Thumbnail};
use crate::onnx::Port;

/// The sides that a model may ask for.
const SIDES: std::ops::RangeInclusive<usize> = 14..=2048;
/// Mean and deviation of the colours of ImageNet.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// How a depth model wants its picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// The sides that it has, if it has any.
    height: Option<usize>,
    width: Option<usize>,
    /// Where it takes any, they are multiples of this.
    step: usize,
    /// It takes colours in 0..1, not those of ImageNet.
    plain: bool,
}

impl Layout {
    pub fn of(network: &Network) -> Result<Self, DepthModelError> {
        let (input, outline) = (network.input(), network.outline());
        let float = matches!(input.element, Port::FLOAT | Port::HALF);
        let fits = |side: Option<usize>| side.is_none_or(|side| SIDES.contains(&side));
        let (height, width) = match *input.axes {
            [None | Some(1), None | Some(3), height, width]
                if float && fits(height) && fits(width) =>
            {
                (height, width)
            }
            _ => {
                let name = network.name().clone();
                return Err(DepthModelError::Input { name, got: input.to_string() });
            }
        };
        // Transformers with patches of 14, and all others: convolutional networks and DPT halve
        // the picture five times.
        let step = if outline.first_stride() == Some(14) { 14 } else { 32 };
        Ok(Self { height, width, step, plain: outline.scales_its_input() })
    }

    /// Width and height of what the model is shown of a picture. A model that has its own sides is
    /// shown the whole picture too, in other proportions.
    fn size(&self, picture: &Thumbnail) -> (usize, usize) {
        let long = picture.width.max(picture.height);
        let any = |side: usize| {
            let exact = (side * LONG_SIDE) as f32 / long as f32;
            let most = LONG_SIDE / self.step;
            ((exact / self.step as f32).round() as usize).clamp(1, most) * self.step
        };
        (
            self.width.unwrap_or_else(|| any(picture.width)),
            self.height.unwrap_or_else(|| any(picture.height)),
        )
    }

    /// The picture as the model wants it.
    pub fn tensor(&self, picture: &Thumbnail) -> Tensor {
        let (width, height) = self.size(picture);
        let mut values = Vec::with_capacity(3 * width * height);
        for (plane, (mean, deviation)) in picture.planes().iter().zip(MEAN.iter().zip(DEVIATION)) {
            let plane = plane.resized(width, height);
            values.extend(
                plane.values.iter().map(|v| if self.plain { *v } else { (v - mean) / deviation }),
            );
        }
        Tensor { shape: vec![1, 3, height, width], values }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn picture(width: usize, height: usize) -> Thumbnail {
        Thumbnail { width, height, rgb: vec![0.5; 3 * width * height] }
    }

    #[test]
    fn a_picture_keeps_its_proportions_where_any_side_will_do() {
        let any = Layout { height: None, width: None, step: 14, plain: false };
        assert_eq!(any.size(&picture(384, 216)), (518, 294));
        assert_eq!(any.size(&picture(300, 400)), (392, 518));
        let halved = Layout { step: 32, ..any };
        assert_eq!(halved.size(&picture(384, 384)), (512, 512));
        let one = Layout { height: Some(256), ..halved };
        assert_eq!(one.size(&picture(384, 216)), (512, 256));
    }

    #[test]
    fn colours_are_scaled_as_those_of_imagenet_or_not_at_all() {
        let own = Layout { height: Some(14), width: Some(14), step: 14, plain: true };
        assert!(own.tensor(&picture(5, 3)).values.iter().all(|v| (v - 0.5).abs() < 1e-6));
        let usual = Layout { plain: false, ..own }.tensor(&picture(5, 3));
        assert_eq!(usual.shape, [1, 3, 14, 14]);
        for (c, want) in [0.0655, 0.1964, 0.4178].into_iter().enumerate() {
            assert!((usual.values[196 * c] - want).abs() < 1e-4, "{c}: {}", usual.values[196 * c]);
        }
    }

    proptest! {
        #[test]
        fn any_picture_is_shown_at_allowed_sides(
            width in 1_usize..600,
            height in 1_usize..600,
            step in prop::sample::select(vec![14, 32]),
        ) {
            let any = Layout { height: None, width: None, step, plain: false };
            let (w, h) = any.size(&picture(width, height));
            for side in [w, h] {
                prop_assert!(side % step == 0 && (step..=LONG_SIDE).contains(&side));
            }
            prop_assert!(w.max(h) + step > LONG_SIDE);
        }
    }
}

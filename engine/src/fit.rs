// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the size of a still to the size of the video.

mod resample;

use resample::{Part, resample};

use crate::image::{
    Image, ImageError, MAX_SIDE, MIN_SIDE, PixelFormat, Plane, PlaneLayout, YuvMatrix,
};

/// How a still of one shape fills a frame of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fit {
    /// Fill the frame; what sticks out on two sides is cut off evenly.
    #[default]
    Cover,
    /// Show the whole still, with black (transparent, where there is alpha) on two sides.
    Contain,
    /// Fill the frame by changing the proportions.
    Stretch,
}

/// Scales `image` to `width` x `height`. The same size gives the same bytes.
///
/// # Errors
/// [`ImageError::Size`] when the new size is out of range.
pub fn fit(image: &Image, width: u32, height: u32, fit: Fit) -> Result<Image, ImageError> {
    if (width, height) == (image.width(), image.height()) {
        return Ok(image.clone());
    }
    let sides = MIN_SIDE..=MAX_SIDE;
    if !sides.contains(&width) || !sides.contains(&height) {
        return Err(ImageError::Size { width, height });
    }
    let source = (image.width(), image.height());
    let (crop, inner) = match fit {
        Fit::Cover => (Part::cover(source, (width, height)), Inner::all(width, height)),
        Fit::Contain => (Part::all(source), Inner::contain(source, (width, height))),
        Fit::Stretch => (Part::all(source), Inner::all(width, height)),
    };
    let format = image.format();
    let whole = format.layout(width, height);
    let placed = format.layout(inner.width, inner.height);
    let planes = image.planes().iter().zip(whole.zip(placed)).enumerate();
    let planes = planes.map(|(i, (plane, (whole, placed)))| {
        let scaled = resample(plane, crop.of_plane(plane, source), placed, format.has_alpha());
        if placed == whole {
            return scaled;
        }
        let at = inner.offset(whole, (width, height));
        frame_plane(&scaled, placed, whole, at, &background(format, image.matrix(), i))
    });
    Image::from_packed(format, width, height, image.matrix(), planes.collect())
}

/// Scales the planes of a picture, all of one size, to fill a frame of `width` x `height`.
///
/// # Errors
/// [`ImageError::Size`] when the size is out of range.
pub(crate) fn enlarge(
    planes: &[Plane],
    format: PixelFormat,
    matrix: YuvMatrix,
    (width, height): (u32, u32),
) -> Result<Image, ImageError> {
    let scaled = planes.iter().zip(format.layout(width, height)).map(|(plane, to)| {
        let (w, h) = (plane.width as f64, plane.height as f64);
        let all = Part { left: 0.0, top: 0.0, width: w, height: h };
        resample(plane, all, to, format.has_alpha())
    });
    Image::from_packed(format, width, height, matrix, scaled.collect())
}

/// How a picture lies under a frame that it was fitted to: for each axis, the pixels of the frame
/// for one of the picture, and the place in the picture at which the frame starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Lie {
    scale: [f32; 2],
    start: [f32; 2],
}

impl Lie {
    /// That of a picture of `source` (width, height) under a frame of `target`.
    pub fn new(source: [usize; 2], target: [usize; 2], fit: Fit) -> Self {
        let each: [f32; 2] = std::array::from_fn(|axis| target[axis] as f32 / source[axis] as f32);
        let scale = match fit {
            Fit::Cover => [each[0].max(each[1]); 2],
            Fit::Contain => [each[0].min(each[1]); 2],
            Fit::Stretch => each,
        };
        let start = |axis: usize| (source[axis] as f32 - target[axis] as f32 / scale[axis]) / 2.0;
        Self { scale, start: [start(0), start(1)] }
    }

    /// Where pixel `i` of the frame starts in the picture, along an axis (0 across, 1 down).
    /// Outside the picture in what [`Fit::Contain`] leaves black.
    pub fn place(&self, axis: usize, i: usize) -> f32 {
        self.start[axis] + i as f32 / self.scale[axis]
    }
}

/// The size of a clip when nobody asks for one. An aspect of 1.75 to 1.79 becomes exactly 16:9,
/// the largest that fits inside; any other is kept. Sides are even, as encoders want them, and
/// never grow.
pub fn output_size(width: u32, height: u32) -> (u32, u32) {
    let aspect = f64::from(width) / f64::from(height.max(1));
    // 32 x 18 is the smallest 16:9 with even sides.
    let steps = (width / 32).min(height / 18);
    if (1.75..=1.79).contains(&aspect) && steps > 0 {
        return (32 * steps, 18 * steps);
    }
    (even_side(width), even_side(height))
}

/// The size of a clip of a `source` (width, height) when one side, both or none is given: a side
/// that is left open follows the aspect of [`output_size`], and is even.
pub fn complete_size(source: (u32, u32), width: Option<u32>, height: Option<u32>) -> (u32, u32) {
    let (w, h) = output_size(source.0, source.1);
    let follow = |side: u32, over: u32, under: u32| {
        let exact = f64::from(side) * f64::from(over) / f64::from(under.max(1));
        even_side(((exact / 2.0).round() * 2.0) as u32)
    };
    match (width, height) {
        (None, None) => (w, h),
        (Some(width), None) => (width, follow(width, h, w)),
        (None, Some(height)) => (follow(height, w, h), height),
        (Some(width), Some(height)) => (width, height),
    }
}

/// The next smaller even number within the sides that can be worked with.
fn even_side(side: u32) -> u32 {
    (side & !1).clamp(MIN_SIDE, MAX_SIDE)
}

impl Part {
    fn all((width, height): (u32, u32)) -> Self {
        Self { left: 0.0, top: 0.0, width: f64::from(width), height: f64::from(height) }
    }

    /// The middle part that has the proportions of the target. It is not rounded to whole
    /// pixels, so that luma and the smaller chroma planes show the same part.
    fn cover(source: (u32, u32), target: (u32, u32)) -> Self {
        let all = Self::all(source);
        let aspect = f64::from(target.0) / f64::from(target.1);
        let width = all.width.min(all.height * aspect);
        let height = all.height.min(all.width / aspect);
        let (left, top) = ((all.width - width) / 2.0, (all.height - height) / 2.0);
        Self { left, top, width, height }
    }

    /// The same part in the samples of a plane of the source.
    fn of_plane(self, plane: &Plane, source: (u32, u32)) -> Self {
        let x = subsampling(source.0, plane.width);
        let y = subsampling(source.1, plane.height);
        let (left, top) = (self.left / x, self.top / y);
        // The chroma of an odd side covers half a sample more than there is of luma.
        let width = (self.width / x).min(plane.width as f64 - left);
        let height = (self.height / y).min(plane.height as f64 - top);
        Self { left, top, width, height }
    }
}

/// Pixels for each sample of a plane along one side: 1 or 2.
fn subsampling(pixels: u32, samples: usize) -> f64 {
    if samples == pixels as usize { 1.0 } else { 2.0 }
}

/// Where the scaled still lies in the frame, in pixels.
#[derive(Debug, Clone, Copy)]
struct Inner {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

impl Inner {
    fn all(width: u32, height: u32) -> Self {
        Self { left: 0, top: 0, width, height }
    }

    /// The largest place in the middle of the target that has the proportions of the source.
    /// A side that leaves a border lies on even pixels, as the chroma needs it.
    fn contain(source: (u32, u32), (width, height): (u32, u32)) -> Self {
        let scale =
            (f64::from(width) / f64::from(source.0)).min(f64::from(height) / f64::from(source.1));
        let place = |source: u32, target: u32| {
            let exact = f64::from(source) * scale;
            let even = ((exact / 2.0).round() as u32).max(1) * 2;
            if exact > f64::from(target) - 1.0 || even >= target {
                return (0, target);
            }
            ((target - even) / 4 * 2, even)
        };
        let ((left, width), (top, height)) = (place(source.0, width), place(source.1, height));
        Self { left, top, width, height }
    }

    /// The offset in the samples of a plane of the frame.
    fn offset(self, plane: PlaneLayout, frame: (u32, u32)) -> (usize, usize) {
        let at = |offset: u32, pixels, samples| match subsampling(pixels, samples) {
            1.0 => offset as usize,
            _ => offset as usize / 2,
        };
        (at(self.left, frame.0, plane.width), at(self.top, frame.1, plane.height))
    }
}

/// Puts a scaled plane into a frame of `background`.
fn frame_plane(
    scaled: &[u8],
    placed: PlaneLayout,
    whole: PlaneLayout,
    (left, top): (usize, usize),
    background: &[u8],
) -> Vec<u8> {
    let mut out = background.repeat(whole.width * whole.height);
    let (row, first) = (placed.row_bytes(), left * whole.channels);
    let rows = out.chunks_exact_mut(whole.row_bytes()).skip(top);
    for (to, from) in rows.zip(scaled.chunks_exact(row)) {
        to[first..first + row].copy_from_slice(from);
    }
    out
}

/// One sample of the border in plane `index`: black, or transparent where there is alpha.
fn background(format: PixelFormat, matrix: YuvMatrix, index: usize) -> Vec<u8> {
    let black = if matrix.full_range { 0 } else { 16 };
    match (format, index) {
        (PixelFormat::I420 | PixelFormat::Nv12, 0) => vec![black],
        (PixelFormat::I420, _) => vec![128],
        (PixelFormat::Nv12, _) => vec![128; 2],
        (PixelFormat::Rgb, _) => vec![0; 3],
        (PixelFormat::Rgba | PixelFormat::Bgra, _) => vec![0; 4],
        (PixelFormat::Bgrx, _) => vec![0, 0, 0, u8::MAX],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A horizontal ramp in every channel and plane, alpha included.
    fn ramp(format: PixelFormat, width: u32, height: u32) -> Image {
        let plane = |p: PlaneLayout| {
            let row = (0..p.width).flat_map(|x| vec![(x * 255 / (p.width - 1)) as u8; p.channels]);
            row.collect::<Vec<u8>>().repeat(p.height)
        };
        let planes = format.layout(width, height).map(plane).collect();
        Image::from_packed(format, width, height, YuvMatrix::default(), planes).unwrap()
    }

    fn flat(format: PixelFormat, width: u32, height: u32, value: u8) -> Image {
        let plane = |p: PlaneLayout| vec![value; p.row_bytes() * p.height];
        let planes = format.layout(width, height).map(plane).collect();
        Image::from_packed(format, width, height, YuvMatrix::default(), planes).unwrap()
    }

    #[test]
    fn the_same_size_gives_the_same_bytes() {
        for format in PixelFormat::ALL {
            let image = ramp(format, 33, 17);
            for how in [Fit::Cover, Fit::Contain, Fit::Stretch] {
                assert_eq!(fit(&image, 33, 17, how).unwrap(), image);
            }
        }
    }

    #[test]
    fn a_flat_picture_stays_flat() {
        for format in PixelFormat::ALL {
            for (how, size) in [(Fit::Cover, (101, 23)), (Fit::Stretch, (16, 64))] {
                let out = fit(&flat(format, 37, 51, 200), size.0, size.1, how).unwrap();
                assert_eq!(out, flat(format, size.0, size.1, 200), "{format} {how:?}");
            }
        }
    }

    #[test]
    fn cover_cuts_both_sides_evenly_in_luma_and_chroma() {
        let out = fit(&ramp(PixelFormat::I420, 200, 100), 100, 100, Fit::Cover).unwrap();
        for plane in out.planes() {
            let (first, last) = (plane.data[0], plane.data[plane.width - 1]);
            assert!((63..=66).contains(&first) && (188..=191).contains(&last), "{first} {last}");
            assert!(first.abs_diff(255 - last) <= 2, "{first} {last}");
        }
    }

    #[test]
    fn stretch_shows_the_whole_width() {
        let out = fit(&ramp(PixelFormat::Rgb, 200, 100), 50, 100, Fit::Stretch).unwrap();
        assert!(out.planes()[0].data[0] <= 3);
        assert!(out.planes()[0].data[3 * 49] >= 250);
    }

    #[test]
    fn contain_puts_black_beside_the_still() {
        let out = fit(&flat(PixelFormat::I420, 32, 32, 200), 64, 32, Fit::Contain).unwrap();
        let [y, u, v] = out.planes() else { panic!("three planes") };
        assert_eq!(&y.data[14..18], [16, 16, 200, 200]);
        assert_eq!(&y.data[46..50], [200, 200, 16, 16]);
        assert_eq!(&u.data[7..9], [128, 200]);
        assert_eq!(&v.data[23..25], [200, 128]);
    }

    #[test]
    fn the_border_of_full_range_is_zero_and_that_of_alpha_is_clear() {
        let planes = vec![vec![99; 256], vec![99; 64], vec![99; 64]];
        let matrix = YuvMatrix { full_range: true, bt709: true };
        let full = Image::from_packed(PixelFormat::I420, 16, 16, matrix, planes).unwrap();
        let out = fit(&full, 16, 32, Fit::Contain).unwrap();
        assert_eq!((out.planes()[0].data[0], out.matrix()), (0, matrix));
        let clear = fit(&flat(PixelFormat::Rgba, 16, 16, 255), 32, 16, Fit::Contain).unwrap();
        assert_eq!(&clear.planes()[0].data[28..36], [0, 0, 0, 0, 255, 255, 255, 255]);
    }

    #[test]
    fn the_colour_of_what_is_transparent_does_not_bleed() {
        let row = [[255, 0, 0, 255].repeat(16), [0, 255, 0, 0].repeat(16)].concat();
        let matrix = YuvMatrix::default();
        let image = Image::from_packed(PixelFormat::Rgba, 32, 16, matrix, vec![row.repeat(16)]);
        let out = fit(&image.unwrap(), 47, 16, Fit::Stretch).unwrap();
        let green = out.planes()[0].data.chunks(4).filter(|p| p[3] > 8).map(|p| p[1]).max();
        assert_eq!(green, Some(0));
    }

    #[test]
    fn a_size_out_of_range_is_refused() {
        let image = flat(PixelFormat::Rgb, 16, 16, 0);
        for (width, height) in [(15, 16), (16, 0), (MAX_SIDE + 1, 16)] {
            let refused = fit(&image, width, height, Fit::Cover);
            assert_eq!(refused, Err(ImageError::Size { width, height }));
        }
    }

    #[test]
    fn nearly_16_to_9_becomes_16_to_9() {
        for (from, to) in [
            ((1920, 1080), (1920, 1080)),
            ((1280, 720), (1280, 720)),
            ((854, 480), (832, 468)),
            ((1366, 768), (1344, 756)),
            ((1792, 1024), (1792, 1008)),
            ((600, 400), (600, 400)),
            ((601, 401), (600, 400)),
            ((1081, 1921), (1080, 1920)),
            ((17, 17), (16, 16)),
            ((28, 16), (28, 16)),
        ] {
            assert_eq!(output_size(from.0, from.1), to, "{from:?}");
        }
    }

    #[test]
    fn an_open_side_follows_the_aspect() {
        assert_eq!(complete_size((600, 400), Some(300), None), (300, 200));
        assert_eq!(complete_size((600, 400), None, Some(1080)), (1620, 1080));
        assert_eq!(complete_size((1366, 768), Some(1920), None), (1920, 1080));
        assert_eq!(complete_size((600, 400), Some(33), Some(77)), (33, 77));
        assert_eq!(complete_size((600, 401), None, None), (600, 400));
        assert_eq!(complete_size((16384, 16), None, Some(16384)), (16384, 16384));
    }

    proptest! {
        #[test]
        fn any_size_to_any_size(
            from in (16u32..80, 16u32..80),
            to in (16u32..80, 16u32..80),
            how in prop::sample::select(vec![Fit::Cover, Fit::Contain, Fit::Stretch]),
            format in prop::sample::select(PixelFormat::ALL.to_vec()),
        ) {
            let out = fit(&flat(format, from.0, from.1, 128), to.0, to.1, how).unwrap();
            prop_assert_eq!((out.width(), out.height(), out.format()), (to.0, to.1, format));
            let plane = &out.planes()[0];
            let middle = (plane.height / 2 * plane.width + plane.width / 2) * plane.channels;
            prop_assert_eq!(plane.data[middle], 128);
        }

        #[test]
        fn the_size_of_a_clip_is_even_and_never_grows(w in 16u32..=16384, h in 16u32..=16384) {
            let (width, height) = output_size(w, h);
            prop_assert!(width % 2 == 0 && height % 2 == 0);
            prop_assert!((16..=w).contains(&width) && (16..=h).contains(&height));
        }
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is filled behind near things, and how they are cut out, on pictures whose truth is known.
//! With `--nocapture` it prints what was measured.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report, in its helpers too")]

use std::path::PathBuf;

use proptest::prelude::*;
use stillmotion_engine::{
    image::{Image, PixelFormat, YuvMatrix},
    scene::{Field, FieldError, matte, matte::Matte, plate},
};

/// An RGB still of `f(x, y)`.
fn draw(width: u32, height: u32, mut f: impl FnMut(usize, usize) -> [f32; 3]) -> Image {
    let mut data = Vec::new();
    for y in 0..height as usize {
        for x in 0..width as usize {
            data.extend(f(x, y).map(|v| v.clamp(0.0, 255.0).round() as u8));
        }
    }
    Image::from_packed(PixelFormat::Rgb, width, height, YuvMatrix::default(), vec![data]).unwrap()
}

fn at(image: &Image, x: usize, y: usize) -> [f32; 3] {
    let at = (y * image.width() as usize + x) * 3;
    let data = &image.planes()[0].data;
    [0, 1, 2].map(|c| f32::from(data[at + c]))
}

/// A number that looks random, -0.5..0.5.
fn hash(x: usize, y: usize, seed: usize) -> f32 {
    let mut v = (x * 7919 + y * 104_729 + seed * 1_299_709) as u64;
    v = v.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    v ^= v >> 29;
    v = v.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((v >> 40) & 0xFFFF) as f32 / 65_536.0 - 0.5
}

/// Grain with blobs of a few pixels under a light that falls off to the right.
fn gravel(x: usize, y: usize) -> [f32; 3] {
    let blob = 70.0 * hash(x / 5, y / 4, 1) + 50.0 * hash(x / 2, y / 3, 2) + 20.0 * hash(x, y, 3);
    let light = 150.0 - 60.0 * x as f32 / 640.0;
    [light + blob, light + 0.9 * blob, 0.8 * light + 0.7 * blob]
}

/// 1 in a disc, given in shares of the size.
fn disc(width: usize, height: usize, (cx, cy, r): (f32, f32, f32)) -> Vec<f32> {
    let inside = |i: usize| {
        let x = ((i % width) as f32 + 0.5) / width as f32 - cx;
        let y = ((i / width) as f32 + 0.5) / height as f32 - cy;
        f32::from(u8::from(
            (x * x * (width * width) as f32 + y * y * (height * height) as f32).sqrt()
                < r * width as f32,
        ))
    };
    (0..width * height).map(inside).collect()
}

fn field(width: usize, height: usize, values: &[f32]) -> Field<'_> {
    Field { width, height, values }
}

/// Mean length of the steps to the right neighbours where `inside` holds for both.
fn roughness(image: &Image, inside: impl Fn(usize, usize) -> bool) -> f32 {
    let (mut sum, mut count) = (0.0, 0.0_f32);
    for y in 0..image.height() as usize {
        for x in 0..image.width() as usize - 1 {
            if inside(x, y) && inside(x + 1, y) {
                let pairs = at(image, x, y).into_iter().zip(at(image, x + 1, y));
                sum += pairs.map(|(a, b)| (a - b).abs()).sum::<f32>() / 3.0;
                count += 1.0;
            }
        }
    }
    sum / count.max(1.0)
}

fn mean(image: &Image, inside: impl Fn(usize, usize) -> bool) -> [f32; 3] {
    let (mut sum, mut count) = ([0.0; 3], 0.0_f32);
    for y in 0..image.height() as usize {
        for x in 0..image.width() as usize {
            if inside(x, y) {
                count += 1.0;
                sum.iter_mut().zip(at(image, x, y)).for_each(|(sum, v)| *sum += v);
            }
        }
    }
    sum.map(|v| v / count.max(1.0))
}

const THING: [f32; 3] = [250.0, 0.0, 230.0];
const DISC: (f32, f32, f32) = (0.5, 0.5, 0.15);

#[test]
fn the_fill_of_a_texture_is_as_sharp_as_the_texture_and_shows_nothing_of_the_thing() {
    let (w, h) = (960, 540);
    let shape = disc(w, h, DISC);
    let still =
        draw(w as u32, h as u32, |x, y| if shape[y * w + x] > 0.5 { THING } else { gravel(x, y) });
    let truth = draw(w as u32, h as u32, gravel);
    let mask = disc(384, 216, DISC);
    let flat = vec![0.0; mask.len()];
    let plate = plate::fill(&still, field(384, 216, &mask), field(384, 216, &flat), None).unwrap();

    let away = |x: usize, y: usize| {
        let (dx, dy) = (x as f32 - 480.0, y as f32 - 270.0);
        dx.hypot(dy) - 144.0
    };
    let hole = |x: usize, y: usize| away(x, y) < 0.0;
    let sharp = roughness(&plate, hole) / roughness(&truth, hole);
    println!("gravel: sharpness {sharp:.2} of the truth's");
    assert!((0.75..1.25).contains(&sharp), "the fill is {sharp} as sharp as the texture");

    // The light goes on.
    for side in [-1.0, 1.0] {
        let part = |x: usize, y: usize| hole(x, y) && side * (x as f32 - 480.0) > 60.0;
        let pairs = mean(&plate, part).into_iter().zip(mean(&truth, part));
        for (got, want) in pairs {
            assert!((got - want).abs() < 8.0, "mean {got}, not {want}");
        }
    }
    // Magenta: much less green than red.
    for y in 0..h {
        for x in (0..w).filter(|x| hole(*x, y)) {
            let [r, g, _] = at(&plate, x, y);
            assert!(r - g < 90.0, "the thing shows at {x}, {y}");
        }
    }
    // The seam is no stronger than the texture.
    let seam = |x: usize, y: usize| (-2.0..12.0).contains(&away(x, y));
    let at_seam = roughness(&plate, seam) / roughness(&truth, seam);
    println!("gravel: steps at the seam {at_seam:.2} of the truth's");
    assert!(at_seam < 1.2, "steps at the seam are {at_seam} of the truth's");
    // And what is known stays.
    for y in 0..h {
        for x in (0..w).filter(|x| away(*x, y) > 16.0) {
            assert_eq!(at(&plate, x, y), at(&still, x, y));
        }
    }
}

#[test]
fn wood_that_is_hidden_in_a_photo_comes_back_as_wood() {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/photos/coffee.jpg");
    let photo = image::open(path).unwrap().to_rgb8();
    // Table only.
    let table = image::imageops::crop_imm(&photo, 480, 20, 120, 180).to_image();
    let (w, h) = (120, 180);
    let truth = Image::from_packed(
        PixelFormat::Rgb,
        120,
        180,
        YuvMatrix::default(),
        vec![table.into_raw()],
    )
    .unwrap();
    let hole = |x: usize, y: usize| (45..80).contains(&x) && (60..110).contains(&y);
    let still = draw(120, 180, |x, y| if hole(x, y) { THING } else { at(&truth, x, y) });
    let mask: Vec<f32> = (0..w * h).map(|i| f32::from(u8::from(hole(i % w, i / w)))).collect();
    let flat = vec![0.0; mask.len()];
    let plate = plate::fill(&still, field(w, h, &mask), field(w, h, &flat), None).unwrap();
    let sharp = roughness(&plate, hole) / roughness(&truth, hole);
    println!("wood: sharpness {sharp:.2} of the truth's");
    assert!((0.6..1.4).contains(&sharp), "the fill is {sharp} as sharp as the wood");
    let pairs = mean(&plate, hole).into_iter().zip(mean(&truth, hole));
    for (got, want) in pairs {
        assert!((got - want).abs() < 25.0, "mean {got}, not {want}");
    }
}

/// What is of like nearness is copied, even if something else looks as fitting.
#[test]
fn the_fill_comes_from_where_the_background_is_as_near() {
    let (w, h) = (320, 200);
    // Two walls of the same colour, one with red grain, one with blue; the hole hides the border.
    let still = draw(w as u32, h as u32, |x, y| {
        let grain = 90.0 * hash(x / 3, y / 3, 5);
        let hidden = (130..190).contains(&x) && (60..140).contains(&y);
        match (hidden, x < 100) {
            (true, _) => THING,
            (_, true) => [128.0 + grain, 128.0, 128.0],
            (_, false) => [128.0, 128.0, 128.0 + grain],
        }
    });
    let mask: Vec<f32> = (0..w * h)
        .map(|i| f32::from(u8::from((130..190).contains(&(i % w)) && (60..140).contains(&(i / w)))))
        .collect();
    let nearness: Vec<f32> = (0..w * h).map(|i| if i % w < 100 { 0.9 } else { 0.1 }).collect();
    let plate = plate::fill(&still, field(w, h, &mask), field(w, h, &nearness), None).unwrap();
    let hole = |x: usize, y: usize| (132..188).contains(&x) && (62..138).contains(&y);
    let (mut red, mut blue) = (0.0, 0.0);
    for y in 0..h {
        for x in (0..w).filter(|x| hole(*x, y)) {
            let [r, g, b] = at(&plate, x, y);
            red += (r - g).abs();
            blue += (b - g).abs();
        }
    }
    assert!(red < 0.2 * blue, "red grain {red} beside blue grain {blue}");
}

#[test]
fn an_empty_mask_changes_nothing_and_a_full_one_does_no_harm() {
    let still = draw(64, 48, gravel);
    let (none, all) = (vec![0.0; 12], vec![1.0; 12]);
    let flat = field(4, 3, &none);
    assert_eq!(plate::fill(&still, flat, flat, None).unwrap(), still);
    let filled = plate::fill(&still, field(4, 3, &all), flat, None).unwrap();
    assert_eq!((filled.width(), filled.height()), (64, 48));
}

#[test]
fn what_is_no_field_is_refused() {
    let still = draw(32, 32, gravel);
    let (good, empty) = ([0.0; 4], []);
    let good = field(2, 2, &good);
    for bad in [field(0, 0, &empty), Field { width: 3, ..good }, field(usize::MAX, 2, &[0.0; 4])] {
        assert!(matches!(plate::fill(&still, bad, good, None), Err(FieldError::Values { .. })));
        assert!(matches!(plate::fill(&still, good, bad, None), Err(FieldError::Values { .. })));
        assert!(matches!(matte::refine(&still, bad), Err(FieldError::Values { .. })));
    }
    let small = Matte { width: 16, height: 16, alpha: vec![0; 256] };
    assert!(matches!(plate::fill(&still, good, good, Some(&small)), Err(FieldError::Size { .. })));
    assert!(matches!(matte::separate(&still, &still, &small), Err(FieldError::Size { .. })));
}

/// Sum of absolute differences of two mattes, in whole pixels.
fn error(alpha: impl Iterator<Item = f32>, truth: &[f32]) -> f32 {
    alpha.zip(truth).map(|(a, b)| (a - b).abs()).sum()
}

#[test]
fn a_rough_matte_becomes_the_true_one() {
    let (w, h) = (960, 540);
    let soft = |x: usize, y: usize, wide: f32| {
        let angle = (y as f32 - 270.0).atan2(x as f32 - 480.0);
        // Spikes, as of fur.
        let r = 150.0 + 10.0 * (angle * 40.0).sin();
        let way = r - (x as f32 + 0.5 - 480.0).hypot(y as f32 + 0.5 - 270.0);
        (0.5 + way / wide).clamp(0.0, 1.0)
    };
    for (name, wide) in [("crisp", 1.0), ("soft", 12.0)] {
        let truth: Vec<f32> = (0..w * h).map(|i| soft(i % w, i / w, wide)).collect();
        let still = draw(w as u32, h as u32, |x, y| {
            let (alpha, grain) = (truth[y * w + x], 25.0 * hash(x / 3, y / 3, 9));
            let front = [200.0 + grain, 120.0 + grain, 60.0];
            let back = [60.0, 90.0 - grain, 150.0 + grain];
            [0, 1, 2].map(|c| alpha * front[c] + (1.0 - alpha) * back[c])
        });
        // A disc that is a little too large and two pixels off.
        let rough = disc(384, 216, (0.5 + 2.0 / 384.0, 0.5, 0.162));
        let found = matte::refine(&still, field(384, 216, &rough)).unwrap();
        let after = error(found.alpha.iter().map(|v| f32::from(*v) / 255.0), &truth);
        let before =
            error((0..w * h).map(|i| rough[(i / w * 216 / h) * 384 + i % w * 384 / w]), &truth);
        println!("{name}: error before {before:.0}, after {after:.0} pixels");
        assert!(after < 0.35 * before, "{name}: {after} after, {before} before");
        // Away from the edge it is exact.
        for (i, alpha) in found.alpha.iter().enumerate() {
            let way = (i % w) as f32 - 480.0;
            let way = 150.0 - way.hypot((i / w) as f32 - 270.0);
            if way.abs() > 50.0 {
                assert_eq!(*alpha, if way > 0.0 { 255 } else { 0 });
            }
        }
    }
}

/// A still of any format and size with anything in it.
fn any_still() -> impl Strategy<Value = Image> {
    let format = proptest::sample::select(&PixelFormat::ALL[..]);
    (format, 16_u32..90, 16_u32..70, any::<u32>(), 1_usize..9).prop_map(
        |(format, width, height, seed, coarse)| {
            let plane = |layout: stillmotion_engine::image::PlaneLayout| {
                let row = layout.row_bytes();
                let byte = |i: usize| {
                    let v = hash(i % row / coarse, i / row / coarse, seed as usize % 9973);
                    ((v + 0.5) * 255.0) as u8
                };
                (0..row * layout.height).map(byte).collect()
            };
            let planes = format.layout(width, height).map(plane).collect();
            Image::from_packed(format, width, height, YuvMatrix::default(), planes).unwrap()
        },
    )
}

/// Rectangles, at times over the border, all, or nothing; with values that are no numbers.
fn any_mask() -> impl Strategy<Value = (usize, usize, Vec<f32>)> {
    (1_usize..50, 1_usize..50, 0.0_f32..1.2, 0.0_f32..1.2, 0.0_f32..1.2, any::<bool>()).prop_map(
        |(w, h, left, top, size, odd)| {
            let value = |i: usize| {
                let (x, y) = ((i % w) as f32 / w as f32, (i / w) as f32 / h as f32);
                let inside = (left - 0.2..left - 0.2 + size).contains(&x)
                    && (top - 0.2..top - 0.2 + size).contains(&y);
                if odd && i % 7 == 3 {
                    [f32::NAN, 3.0, -1.0][i % 3]
                } else {
                    f32::from(u8::from(inside))
                }
            };
            (w, h, (0..w * h).map(value).collect())
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_still_and_mask_give_a_plate_and_the_same_one_again(
        still in any_still(),
        (w, h, mask) in any_mask(),
    ) {
        let mask = field(w, h, &mask);
        let plate = plate::fill(&still, mask, mask, None).unwrap();
        prop_assert_eq!(plate.format(), still.format());
        prop_assert_eq!((plate.width(), plate.height()), (still.width(), still.height()));
        prop_assert_eq!(&plate, &plate::fill(&still, mask, mask, None).unwrap());
    }

    /// The front over the plate gives the still again.
    #[test]
    fn any_layers_give_the_still_again(still in any_still(), (w, h, mask) in any_mask()) {
        let mask = field(w, h, &mask);
        let matte = matte::refine(&still, mask).unwrap();
        let plate = plate::fill(&still, mask, mask, Some(&matte)).unwrap();
        let layers = matte::separate(&still, &plate, &matte).unwrap();
        let matte = layers.matte;
        let (width, height) = (matte.width, matte.height);
        for (i, own) in still.planes().iter().enumerate() {
            let (front, back) = (&layers.front.planes()[i], &plate.planes()[i]);
            for (at, own_value) in own.data.iter().enumerate() {
                let (x, y) = (at / own.channels % own.width, at / own.channels / own.width);
                let alpha = |x: usize, y: usize| {
                    let at = y.min(height - 1) * width + x.min(width - 1);
                    f32::from(matte.alpha[at]) / 255.0
                };
                let alpha = if own.width == width {
                    alpha(x, y)
                } else {
                    let (x, y) = (2 * x, 2 * y);
                    (alpha(x, y) + alpha(x + 1, y) + alpha(x, y + 1) + alpha(x + 1, y + 1)) / 4.0
                };
                let [f, b] = [front, back].map(|plane| f32::from(plane.data[at]));
                let mix = alpha * f + (1.0 - alpha) * b;
                prop_assert!((mix - f32::from(*own_value)).abs() <= 1.51, "{} for {}", mix, own_value);
            }
        }
    }
}

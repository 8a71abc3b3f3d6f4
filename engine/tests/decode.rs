// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files of every kind become the right picture, or the right error.

mod samples;

use image::{DynamicImage, ImageFormat};
use proptest::prelude::*;
use samples::{assert_picture, encode, picture};
use stillmotion_engine::image::{
    MAX_SIDE, PixelFormat,
    decode::{DecodeError, Limits, decode},
};

fn error_of(bytes: &[u8], limits: &Limits) -> DecodeError {
    decode(bytes, "sample.img", limits).expect_err("this must not decode")
}

/// Fails unless the error is of the kind and its message is one line that starts with the name.
macro_rules! assert_error {
    ($error:expr, $kind:pat, $words:expr) => {
        let error = $error;
        let text = error.to_string();
        assert!(matches!(error, $kind), "{error:?}");
        assert!(text.starts_with("sample.img: ") && text.lines().count() == 1, "{text}");
        for word in $words {
            assert!(text.contains(word), "{text:?} does not say {word:?}");
        }
    };
}

/// A PNG with a header and no pixels.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgba);
    drop(encoder.write_header().expect("a header"));
    let end = out.windows(4).position(|w| w == b"IEND").map_or(out.len(), |at| at - 4);
    out.truncate(end);
    out.extend_from_slice(b"\0\0\0\0IDAT\x35\xAF\x06\x1E");
    out
}

#[test]
fn every_kind_of_file_gives_the_picture() {
    for (name, bytes) in samples::all() {
        let image = decode(&bytes, name, &Limits::default()).expect(name);
        let tolerance = if name.starts_with("jpeg") { 12 } else { 0 };
        assert_picture(&image, name, tolerance);
        let alpha = name.ends_with("alpha");
        let format = if alpha { PixelFormat::Rgba } else { PixelFormat::Rgb };
        assert_eq!(image.format(), format, "{name}");
    }
}

#[test]
fn alpha_is_kept() {
    let bytes = encode(&samples::translucent(), ImageFormat::Png);
    let image = decode(&bytes, "alpha", &Limits::default()).expect("a picture");
    assert!(image.planes()[0].data.chunks(4).all(|p| p[3] == 170));
}

#[test]
fn gray_becomes_rgb_and_gray_with_alpha_rgba() {
    let gray = DynamicImage::from(picture()).to_luma_alpha8();
    for (picture, format) in [
        (DynamicImage::from(DynamicImage::from(gray.clone()).to_luma16()), PixelFormat::Rgb),
        (DynamicImage::from(gray), PixelFormat::Rgba),
    ] {
        let bytes = encode(&picture, ImageFormat::Png);
        let image = decode(&bytes, "gray", &Limits::default()).expect("a picture");
        assert_eq!(image.format(), format);
        assert!(image.planes()[0].data[..3].iter().all(|v| *v == image.planes()[0].data[0]));
    }
}

#[test]
fn every_orientation_comes_out_upright() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        for orientation in 1..=8 {
            let stored = samples::stored(orientation);
            let bytes = samples::with_exif(&stored, samples::exif(orientation), format);
            let what = format!("{format:?} with orientation {orientation}");
            let image = decode(&bytes, &what, &Limits::default()).expect(&what);
            assert_picture(&image, &what, 12);
        }
    }
}

#[test]
fn broken_metadata_changes_nothing() {
    for exif in [vec![], b"II*\0".to_vec(), samples::exif(0), samples::exif(9), vec![0xFF; 40]] {
        let bytes = samples::with_exif(&picture(), exif, ImageFormat::Jpeg);
        let image = decode(&bytes, "exif", &Limits::default()).expect("a picture");
        assert_picture(&image, "broken metadata", 12);
    }
}

#[test]
fn no_bytes() {
    assert_error!(error_of(b"", &Limits::default()), DecodeError::Empty { .. }, ["empty"]);
}

#[test]
fn no_image() {
    let text = b"#!/bin/sh\necho this is not a picture, whatever its name says\n";
    let error = error_of(text, &Limits::default());
    assert_error!(error, DecodeError::NotAnImage { .. }, ["not an image"]);
}

#[test]
fn an_image_of_a_type_that_is_not_read() {
    let avif = b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miafMA1B";
    let error = error_of(avif, &Limits::default());
    assert_error!(error, DecodeError::Unsupported { .. }, ["AVIF", "PNG, JPEG"]);
}

#[test]
fn a_file_that_is_cut_off() {
    for (name, bytes) in samples::all() {
        // The footer of a TGA is its only mark, and the first frame of an animation is enough.
        if name == "tga" || name.contains("animated") {
            continue;
        }
        let error = error_of(&bytes[..bytes.len() / 2], &Limits::default());
        let cut = matches!(error, DecodeError::Truncated { .. } | DecodeError::Corrupt { .. });
        assert!(cut, "{name}: {error:?}");
    }
    let jpeg = samples::jpeg(jpeg_encoder::ColorType::Rgb, false);
    let error = error_of(&jpeg[..jpeg.len() - 2], &Limits::default());
    assert_error!(error, DecodeError::Truncated { .. }, ["JPEG", "cut off"]);
}

#[test]
fn a_damaged_file() {
    let mut png = encode(&picture().into(), ImageFormat::Png);
    let middle = png.len() / 2;
    png[middle] ^= 0x55;
    let error = error_of(&png, &Limits::default());
    assert_error!(error, DecodeError::Corrupt { .. }, ["PNG", "damaged"]);
}

#[test]
fn too_many_pixels_on_a_side() {
    let error = error_of(&png_header(65535, 65535), &Limits::default());
    assert_error!(error, DecodeError::TooLarge { .. }, ["65535x65535", "16384", "max-side"]);
    let bytes = encode(&picture().into(), ImageFormat::Png);
    let limits = |max_side| Limits { max_side, ..Limits::default() };
    assert!(decode(&bytes, "at the limit", &limits(48)).is_ok());
    let error = error_of(&bytes, &limits(47));
    assert_error!(error, DecodeError::TooLarge { .. }, ["48x32", "16 to 47"]);
    // A limit above what can be worked with does not help.
    let error = error_of(&png_header(MAX_SIDE + 1, 16), &limits(u32::MAX));
    assert_error!(error, DecodeError::TooLarge { .. }, ["16384"]);
}

#[test]
fn a_small_file_that_asks_for_much_memory() {
    let error = error_of(&png_header(16384, 16384), &Limits::default());
    assert_error!(error, DecodeError::TooMuchMemory { .. }, ["16384x16384", "536870912"]);
}

#[test]
fn the_memory_limit_holds_for_every_kind() {
    for (name, bytes) in samples::all() {
        let limits = Limits { max_bytes: 3000, ..Limits::default() };
        let error = decode(&bytes, name, &limits).expect_err(name);
        assert!(matches!(error, DecodeError::TooMuchMemory { .. }), "{name}: {error:?}");
    }
}

#[test]
fn too_few_pixels_on_a_side() {
    for (width, height) in [(1, 1), (15, 16), (16, 15)] {
        let bytes = encode(&image::RgbImage::new(width, height).into(), ImageFormat::Png);
        let error = error_of(&bytes, &Limits::default());
        let size = format!("{width}x{height}");
        assert_error!(error, DecodeError::TooSmall { .. }, [size.as_str(), "16"]);
    }
}

#[test]
fn every_prefix_gives_a_picture_or_an_error() {
    for (name, bytes) in samples::all() {
        for end in (0..bytes.len()).step_by(37) {
            let prefix = &bytes[..end];
            if let Err(e) = decode(prefix, name, &Limits::default()) {
                assert_eq!(e.to_string().lines().count(), 1, "{name} up to {end}: {e}");
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_give_a_picture_or_an_error(bytes: Vec<u8>) {
        let _ = decode(&bytes, "random", &Limits::default());
    }

    #[test]
    fn a_changed_file_gives_a_picture_or_an_error(
        which: prop::sample::Index,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let samples = samples::all();
        let (name, mut bytes) = which.get(&samples).clone();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let _ = decode(&bytes, name, &Limits { max_bytes: 1 << 20, ..Limits::default() });
    }
}

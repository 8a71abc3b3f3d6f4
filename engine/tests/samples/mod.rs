// SPDX-License-Identifier: MIT OR Apache-2.0
//! Small image files, made on the fly, of one picture: red, green, blue and white quarters.
#![allow(clippy::unwrap_used, reason = "a sample that cannot be made fails the test")]

use std::io::Cursor;

use image::{DynamicImage, ExtendedColorType, ImageEncoder, ImageFormat, Rgb, RgbImage, codecs};
use stillmotion_engine::image::{Image, PixelFormat};

pub const WIDTH: u32 = 48;
pub const HEIGHT: u32 = 32;
const QUARTERS: [[u8; 3]; 4] = [[230, 20, 20], [20, 220, 20], [20, 20, 230], [240, 240, 240]];

/// The picture as it should come out, upright.
pub fn picture() -> RgbImage {
    RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        Rgb(QUARTERS[usize::from(x >= WIDTH / 2) + 2 * usize::from(y >= HEIGHT / 2)])
    })
}

/// The picture with a third of the alpha gone.
pub fn translucent() -> DynamicImage {
    let mut rgba = DynamicImage::from(picture()).into_rgba8();
    rgba.pixels_mut().for_each(|p| p.0[3] = 170);
    rgba.into()
}

pub fn encode(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// The picture as the sensor of a turned camera stores it, by EXIF's table of where row 0 and
/// column 0 lie.
pub fn stored(orientation: u8) -> RgbImage {
    let upright = picture();
    let (right, bottom) = (WIDTH - 1, HEIGHT - 1);
    let (width, height) = if orientation < 5 { (WIDTH, HEIGHT) } else { (HEIGHT, WIDTH) };
    RgbImage::from_fn(width, height, |column, row| {
        let (x, y) = match orientation {
            1 => (column, row),
            2 => (right - column, row),
            3 => (right - column, bottom - row),
            4 => (column, bottom - row),
            5 => (row, column),
            6 => (right - row, column),
            7 => (right - row, bottom - column),
            _ => (row, bottom - column),
        };
        *upright.get_pixel(x, y)
    })
}

/// Metadata that holds an orientation and nothing else.
pub fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    tiff.extend_from_slice(&[orientation, 0, 0, 0, 0, 0, 0, 0]);
    tiff
}

/// A picture with metadata, written by any encoder that takes some.
pub fn with_exif(picture: &RgbImage, exif: Vec<u8>, format: ImageFormat) -> Vec<u8> {
    fn write(mut encoder: impl ImageEncoder, picture: &RgbImage, exif: Vec<u8>) {
        encoder.set_exif_metadata(exif).unwrap();
        let (width, height) = picture.dimensions();
        encoder.write_image(picture, width, height, ExtendedColorType::Rgb8).unwrap();
    }
    let mut out = Vec::new();
    match format {
        ImageFormat::Jpeg => {
            write(codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 95), picture, exif);
        }
        ImageFormat::Png => write(codecs::png::PngEncoder::new(&mut out), picture, exif),
        _ => write(codecs::webp::WebPEncoder::new_lossless(&mut out), picture, exif),
    }
    out
}

/// A JPEG of four inks, or one that is sent in several scans.
pub fn jpeg(color: jpeg_encoder::ColorType, progressive: bool) -> Vec<u8> {
    let inks = |p: &Rgb<u8>| match color {
        jpeg_encoder::ColorType::Rgb => p.0.to_vec(),
        // As in print: how much of each ink lies on white paper, and none of the black one.
        _ => p.0.iter().map(|v| 255 - v).chain([0]).collect(),
    };
    let data: Vec<u8> = picture().pixels().flat_map(inks).collect();
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 95);
    encoder.set_progressive(progressive);
    encoder.encode(&data, WIDTH as u16, HEIGHT as u16, color).unwrap();
    out
}

pub fn cmyk_tiff() -> Vec<u8> {
    let inks = |p: &Rgb<u8>| p.0.iter().map(|v| 255 - v).chain([0]).collect::<Vec<u8>>();
    let data: Vec<u8> = picture().pixels().flat_map(inks).collect();
    let mut out = Cursor::new(Vec::new());
    tiff::encoder::TiffEncoder::new(&mut out)
        .unwrap()
        .write_image::<tiff::encoder::colortype::CMYK8>(WIDTH, HEIGHT, &data)
        .unwrap();
    out.into_inner()
}

/// A PNG with a palette of four colours, of which the last is translucent if that is wished.
pub fn palette_png(translucent: bool) -> Vec<u8> {
    let index = |p: &Rgb<u8>| QUARTERS.iter().position(|q| *q == p.0).unwrap() as u8;
    let data: Vec<u8> = picture().pixels().map(index).collect();
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, WIDTH, HEIGHT);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette(QUARTERS.concat());
    if translucent {
        encoder.set_trns(vec![255, 255, 255, 170]);
    }
    encoder.write_header().unwrap().write_image_data(&data).unwrap();
    out
}

pub fn animated_png() -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, WIDTH, HEIGHT);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_animated(2, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&picture()).unwrap();
    writer.write_image_data(&vec![0; picture().len()]).unwrap();
    drop(writer);
    out
}

pub fn animated_gif() -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = codecs::gif::GifEncoder::new(&mut out);
    let black = image::RgbaImage::from_pixel(WIDTH, HEIGHT, image::Rgba([0, 0, 0, 255]));
    let first = DynamicImage::from(picture()).into_rgba8();
    let frames = [first, black].map(image::Frame::new);
    encoder.encode_frames(frames).unwrap();
    drop(encoder);
    out
}

/// A WebP of two frames, put together by hand because no encoder at hand writes animations.
pub fn animated_webp() -> Vec<u8> {
    let u24 = |n: u32| n.to_le_bytes()[..3].to_vec();
    let chunk = |name: &[u8], data: &[u8]| {
        let mut out = [name, &(data.len() as u32).to_le_bytes(), data].concat();
        out.resize(out.len().next_multiple_of(2), 0);
        out
    };
    const DO_NOT_BLEND: u8 = 2;
    let frame = |picture: &DynamicImage| {
        // Behind the file header of a plain WebP lies just the chunk that a frame holds.
        let bitmap = encode(picture, ImageFormat::WebP)[12..].to_vec();
        let place = [u24(0), u24(0), u24(WIDTH - 1), u24(HEIGHT - 1), u24(100), vec![DO_NOT_BLEND]];
        let place = place.concat();
        chunk(b"ANMF", &[place, bitmap].concat())
    };
    const ANIMATED: u8 = 2;
    let canvas = [vec![ANIMATED, 0, 0, 0], u24(WIDTH - 1), u24(HEIGHT - 1)].concat();
    let body = [
        b"WEBP".to_vec(),
        chunk(b"VP8X", &canvas),
        chunk(b"ANIM", &[0; 6]),
        frame(&picture().into()),
        frame(&RgbImage::new(WIDTH, HEIGHT).into()),
    ];
    chunk(b"RIFF", &body.concat())
}

/// One file of each type and kind that must work, by name.
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    let plain = DynamicImage::from(picture());
    let deep = DynamicImage::from(plain.to_rgb16());
    vec![
        ("png", encode(&plain, ImageFormat::Png)),
        ("png 16 bit", encode(&deep, ImageFormat::Png)),
        ("png palette", palette_png(false)),
        ("png palette alpha", palette_png(true)),
        ("png alpha", encode(&translucent(), ImageFormat::Png)),
        ("png animated", animated_png()),
        ("jpeg", jpeg(jpeg_encoder::ColorType::Rgb, false)),
        ("jpeg progressive", jpeg(jpeg_encoder::ColorType::Rgb, true)),
        ("jpeg CMYK", jpeg(jpeg_encoder::ColorType::Cmyk, false)),
        ("jpeg YCCK", jpeg(jpeg_encoder::ColorType::CmykAsYcck, false)),
        ("gif", encode(&plain, ImageFormat::Gif)),
        ("gif animated", animated_gif()),
        ("webp", encode(&plain, ImageFormat::WebP)),
        ("webp alpha", encode(&translucent(), ImageFormat::WebP)),
        ("webp animated", animated_webp()),
        ("bmp", encode(&plain, ImageFormat::Bmp)),
        ("tiff", encode(&plain, ImageFormat::Tiff)),
        ("tiff 16 bit", encode(&deep, ImageFormat::Tiff)),
        ("tiff CMYK", cmyk_tiff()),
        ("pnm", encode(&plain, ImageFormat::Pnm)),
        ("tga", tga()),
    ]
}

fn tga() -> Vec<u8> {
    let mut out = encode(&DynamicImage::from(picture()), ImageFormat::Tga);
    // The footer of TGA 2.0: two empty offsets and the signature.
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(b"TRUEVISION-XFILE.\0");
    out
}

/// Fails unless the quarters are where they belong; `tolerance` is for lossy files.
#[track_caller]
pub fn assert_picture(image: &Image, what: &str, tolerance: u8) {
    assert_eq!((image.width(), image.height()), (WIDTH, HEIGHT), "{what}");
    let channels = if image.format() == PixelFormat::Rgba { 4 } else { 3 };
    let data = &image.planes()[0].data;
    for (i, want) in QUARTERS.iter().enumerate() {
        let x = WIDTH as usize / 4 + (i % 2) * WIDTH as usize / 2;
        let y = HEIGHT as usize / 4 + (i / 2) * HEIGHT as usize / 2;
        let at = (y * WIDTH as usize + x) * channels;
        for (got, want) in data[at..at + 3].iter().zip(want) {
            let near = got.abs_diff(*want) <= tolerance;
            assert!(near, "{what}: quarter {i} is {:?}, not {:?}", &data[at..at + 3], QUARTERS[i]);
        }
    }
}

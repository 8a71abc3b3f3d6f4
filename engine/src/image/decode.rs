// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a file to an [`Image`], or to gray with all its precision, within limits.
//!
//! The content says what a file is, never its name. The header is checked before anything is
//! allocated for the pixels, so a small file cannot ask for much memory.

mod error;
mod jpeg;

pub use error::DecodeError;

use std::{
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use image::{
    ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader, metadata::Orientation,
};

use super::{Image, ImageError, MAX_SIDE, MIN_SIDE, PixelFormat, YuvMatrix};
pub use crate::file::FileName;
use crate::file::{self, one_line};

/// What a file may cost. On by default: a picture is input from strangers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Width and height at most, in pixels. Nothing above [`MAX_SIDE`] can be worked with.
    pub max_side: u32,
    /// Bytes at most: the file, the decoded pixels, and what is needed on the way.
    pub max_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_side: MAX_SIDE, max_bytes: 512 << 20 }
    }
}

/// Reads a still: RGBA where the file has alpha, RGB otherwise, upright by its EXIF orientation.
/// An animation gives its first frame.
///
/// # Errors
/// [`DecodeError`] names the file and what is wrong with it.
pub fn load(path: &Path, limits: &Limits) -> Result<Image, DecodeError> {
    load_as(path, limits, |file| file.decode())
}

/// As [`load`], from the bytes of a file. `name` is what an error calls them.
///
/// # Errors
/// As [`load`].
pub fn decode(bytes: &[u8], name: &str, limits: &Limits) -> Result<Image, DecodeError> {
    decode_as(bytes, FileName::from(name), limits, |file| file.decode())
}

/// One value per pixel, with all the precision that the file has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrayPicture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `[height, width]` values, 0 is black and 65535 is white.
    pub values: Vec<u16>,
}

/// Reads a picture as gray, upright by its EXIF orientation: 16 bits stay 16 bits, of colours the
/// luma counts (BT.709), and alpha does not.
///
/// # Errors
/// As [`load`].
pub fn load_gray(path: &Path, limits: &Limits) -> Result<GrayPicture, DecodeError> {
    load_as(path, limits, |file| file.decode_gray())
}

fn load_as<T>(
    path: &Path,
    limits: &Limits,
    decode: fn(&File<'_>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let name = FileName::from(path);
    let bytes = file::read(path, limits.max_bytes)
        .map_err(|e| DecodeError::unread(e, name.clone(), limits.max_bytes))?;
    decode_as(&bytes, name, limits, decode)
}

fn decode_as<T>(
    bytes: &[u8],
    name: FileName,
    limits: &Limits,
    decode: fn(&File<'_>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::Empty { name });
    }
    let Some(format) = sniff(bytes) else {
        return Err(DecodeError::NotAnImage { name });
    };
    let file = File { bytes, name: &name, format, limits };
    // The decoders are other people's code and have panicked on broken files before. Everything
    // they touch is dropped here, so nothing half done is seen afterwards.
    catch_unwind(AssertUnwindSafe(|| decode(&file))).unwrap_or_else(|_| {
        let reason = "the decoder gave up".to_owned();
        Err(DecodeError::Corrupt { name: name.clone(), format: format_name(format), reason })
    })
}

/// The end of a TGA file: that format has no mark at its start.
const TGA_FOOTER: &[u8] = b"TRUEVISION-XFILE.\0";

fn sniff(bytes: &[u8]) -> Option<ImageFormat> {
    let tga = || bytes.ends_with(TGA_FOOTER).then_some(ImageFormat::Tga);
    image::guess_format(bytes).ok().or_else(tga)
}

fn format_name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Png => "PNG",
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::Gif => "GIF",
        ImageFormat::WebP => "WebP",
        ImageFormat::Pnm => "PNM",
        ImageFormat::Tiff => "TIFF",
        ImageFormat::Tga => "TGA",
        ImageFormat::Dds => "DDS",
        ImageFormat::Bmp => "BMP",
        ImageFormat::Ico => "ICO",
        ImageFormat::Hdr => "Radiance HDR",
        ImageFormat::OpenExr => "OpenEXR",
        ImageFormat::Farbfeld => "farbfeld",
        ImageFormat::Avif => "AVIF",
        ImageFormat::Qoi => "QOI",
        _ => "image",
    }
}

/// A file whose type is known, on its way to an image.
struct File<'a> {
    bytes: &'a [u8],
    name: &'a FileName,
    format: ImageFormat,
    limits: &'a Limits,
}

impl File<'_> {
    fn decode(&self) -> Result<Image, DecodeError> {
        self.finish(self.pixels(|color| match color {
            ColorType::Rgb8 | ColorType::Rgba8 => 0,
            color if color.has_alpha() => 4,
            _ => 3,
        })?)
    }

    fn decode_gray(&self) -> Result<GrayPicture, DecodeError> {
        let pixels = self.pixels(|color| if color == ColorType::L16 { 0 } else { 2 })?;
        let (width, height) = (pixels.width(), pixels.height());
        Ok(GrayPicture { width, height, values: pixels.into_luma16().into_raw() })
    }

    /// The picture as the file has it, upright. `converted` says how many bytes each pixel takes
    /// in the copy that is made of it afterwards.
    fn pixels(&self, converted: fn(ColorType) -> u64) -> Result<DynamicImage, DecodeError> {
        if !self.format.reading_enabled() {
            return Err(self.unsupported("this type of file is not read"));
        }
        let progressive = self.check_jpeg()?;
        let reader = ImageReader::with_format(Cursor::new(self.bytes), self.format);
        let mut decoder = reader.into_decoder().map_err(|e| self.error(e, (0, 0)))?;
        let size = decoder.dimensions();
        self.check_size(size)?;
        // Metadata that cannot be read changes nothing.
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let cost = self.cost(&decoder, orientation, progressive, converted(decoder.color_type()));
        let Some(rest) = self.limits.max_bytes.checked_sub(cost) else {
            return Err(self.too_much_memory(size));
        };
        let mut inner = image::Limits::no_limits();
        inner.max_alloc = Some(rest);
        decoder.set_limits(inner).map_err(|e| self.error(e, size))?;
        let mut pixels = DynamicImage::from_decoder(decoder).map_err(|e| self.error(e, size))?;
        pixels.apply_orientation(orientation);
        Ok(pixels)
    }

    /// A JPEG that ends early would be filled up with gray, so its end is looked for.
    /// True for a progressive one.
    fn check_jpeg(&self) -> Result<bool, DecodeError> {
        if self.format != ImageFormat::Jpeg {
            return Ok(false);
        }
        let jpeg::Markers { progressive, ended } = jpeg::read_markers(self.bytes);
        if ended { Ok(progressive) } else { Err(self.truncated()) }
    }

    fn check_size(&self, (width, height): (u32, u32)) -> Result<(), DecodeError> {
        let name = || self.name.clone();
        let max_side = self.limits.max_side.min(MAX_SIDE);
        if width > max_side || height > max_side {
            return Err(DecodeError::TooLarge { name: name(), width, height, max_side });
        }
        if width < MIN_SIDE || height < MIN_SIDE {
            return Err(DecodeError::TooSmall { name: name(), width, height });
        }
        Ok(())
    }

    /// Bytes that decoding takes, known from the header alone.
    fn cost(
        &self,
        decoder: &impl ImageDecoder,
        orientation: Orientation,
        progressive: bool,
        converted: u64,
    ) -> u64 {
        let (width, height) = decoder.dimensions();
        let pixels = u64::from(width) * u64::from(height);
        let bytes_per_pixel = decoder.color_type().bytes_per_pixel();
        let decoded = pixels.saturating_mul(u64::from(bytes_per_pixel));
        let converted = pixels * converted;
        let turned = if turns(orientation) { decoded } else { 0 };
        // Three components of 16-bit coefficients, which are kept until the last scan.
        let coefficients = if progressive { pixels * 6 } else { 0 };
        let file = (self.bytes.len() as u64).saturating_mul(2);
        [file, decoded, converted.max(turned), coefficients]
            .into_iter()
            .fold(0, u64::saturating_add)
    }

    fn finish(&self, pixels: DynamicImage) -> Result<Image, DecodeError> {
        let (width, height) = (pixels.width(), pixels.height());
        let alpha = pixels.color().has_alpha() && !self.opaque_gif(&pixels);
        let (format, data) = if alpha {
            (PixelFormat::Rgba, pixels.into_rgba8().into_raw())
        } else {
            (PixelFormat::Rgb, pixels.into_rgb8().into_raw())
        };
        Image::from_packed(format, width, height, YuvMatrix::default(), vec![data]).map_err(|e| {
            match e {
                ImageError::Size { width, height } => {
                    DecodeError::TooSmall { name: self.name.clone(), width, height }
                }
                ImageError::ShortPlane { .. } => self.truncated(),
            }
        })
    }

    /// The GIF decoder always reports alpha; most GIFs have none.
    fn opaque_gif(&self, pixels: &DynamicImage) -> bool {
        self.format == ImageFormat::Gif
            && pixels.as_rgba8().is_some_and(|rgba| rgba.pixels().all(|p| p.0[3] == u8::MAX))
    }

    fn error(&self, error: image::ImageError, size: (u32, u32)) -> DecodeError {
        match error {
            image::ImageError::Limits(_) => self.too_much_memory(size),
            image::ImageError::Unsupported(e) => self.unsupported(&e.to_string()),
            image::ImageError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
                self.truncated()
            }
            e => {
                let (name, format) = (self.name.clone(), format_name(self.format));
                DecodeError::Corrupt { name, format, reason: one_line(&e.to_string()) }
            }
        }
    }

    fn truncated(&self) -> DecodeError {
        DecodeError::Truncated { name: self.name.clone(), format: format_name(self.format) }
    }

    fn unsupported(&self, reason: &str) -> DecodeError {
        let (name, format) = (self.name.clone(), format_name(self.format));
        DecodeError::Unsupported { name, format, reason: one_line(reason) }
    }

    fn too_much_memory(&self, (width, height): (u32, u32)) -> DecodeError {
        let max_bytes = self.limits.max_bytes;
        DecodeError::TooMuchMemory { name: self.name.clone(), width, height, max_bytes }
    }
}

/// Whether an orientation swaps the sides, which needs a second picture in memory.
fn turns(orientation: Orientation) -> bool {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(orientation, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH)
}

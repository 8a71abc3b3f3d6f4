// SPDX-License-Identifier: MIT OR Apache-2.0
//! Between the format of a still and the RGB that networks know.

use super::{Image, PixelFormat, Plane, YuvMatrix};

/// `image` as RGB. Alpha is left out.
#[must_use]
pub fn to_rgb(image: &Image) -> Image {
    let (width, height) = (image.width as usize, image.height as usize);
    let mut data = Vec::with_capacity(3 * width * height);
    for y in 0..height {
        for x in 0..width {
            data.extend(rgb_at(image, x, y));
        }
    }
    let plane = Plane { width, height, channels: 3, data };
    Image { format: PixelFormat::Rgb, matrix: YuvMatrix::default(), planes: vec![plane], ..*image }
}

fn rgb_at(image: &Image, x: usize, y: usize) -> [u8; 3] {
    let sample = |plane: usize, x: usize, y: usize| {
        let plane = &image.planes[plane];
        let at = (y * plane.width + x) * plane.channels;
        &plane.data[at..at + plane.channels]
    };
    let unit = |value: u8| f32::from(value) / 255.0;
    let first = sample(0, x, y);
    let (u, v) = match image.format {
        PixelFormat::I420 => (sample(1, x / 2, y / 2)[0], sample(2, x / 2, y / 2)[0]),
        PixelFormat::Nv12 => {
            let chroma = sample(1, x / 2, y / 2);
            (chroma[0], chroma[1])
        }
        PixelFormat::Rgba | PixelFormat::Rgb => return [first[0], first[1], first[2]],
        PixelFormat::Bgra | PixelFormat::Bgrx => return [first[2], first[1], first[0]],
    };
    yuv_to_rgb(image.matrix, unit(first[0]), unit(u), unit(v)).map(byte)
}

/// The planes of `format` that show what an RGB picture shows, the chroma as fine as the luma:
/// whoever scales them needs it so. Alpha is opaque.
///
/// `rgb` is `[height, width, 3]`, rows packed.
pub(crate) fn planes_of_rgb(
    rgb: &[u8],
    (width, height): (usize, usize),
    format: PixelFormat,
    matrix: YuvMatrix,
) -> Vec<Plane> {
    let pixels = || rgb.chunks_exact(3).map(|p| [p[0], p[1], p[2]]);
    let plane = |channels, data| Plane { width, height, channels, data };
    let yuv = || pixels().map(|p| rgb_to_yuv(matrix, p));
    match format {
        PixelFormat::Rgb => vec![plane(3, rgb.to_vec())],
        PixelFormat::Rgba => {
            vec![plane(4, pixels().flat_map(|[r, g, b]| [r, g, b, u8::MAX]).collect())]
        }
        PixelFormat::Bgra | PixelFormat::Bgrx => {
            vec![plane(4, pixels().flat_map(|[r, g, b]| [b, g, r, u8::MAX]).collect())]
        }
        PixelFormat::I420 => {
            (0..3).map(|channel| plane(1, yuv().map(|yuv| yuv[channel]).collect())).collect()
        }
        PixelFormat::Nv12 => vec![
            plane(1, yuv().map(|[y, _, _]| y).collect()),
            plane(2, yuv().flat_map(|[_, u, v]| [u, v]).collect()),
        ],
    }
}

fn byte(value: f32) -> u8 {
    // Saturates.
    (value * 255.0).round() as u8
}

/// What luma takes of red and of blue: ITU-R BT.601 or BT.709.
fn red_and_blue(matrix: YuvMatrix) -> (f32, f32) {
    if matrix.bt709 { (0.2126, 0.0722) } else { (0.299, 0.114) }
}

/// ITU-R BT.601 or BT.709, to sRGB values 0..1.
pub(crate) fn yuv_to_rgb(matrix: YuvMatrix, y: f32, u: f32, v: f32) -> [f32; 3] {
    let (kr, kb) = red_and_blue(matrix);
    let (y, chroma) = if matrix.full_range {
        (y, 1.0)
    } else {
        ((y - 16.0 / 255.0) * (255.0 / 219.0), 255.0 / 224.0)
    };
    let (u, v) = ((u - 128.0 / 255.0) * chroma, (v - 128.0 / 255.0) * chroma);
    let red = y + 2.0 * (1.0 - kr) * v;
    let blue = y + 2.0 * (1.0 - kb) * u;
    let green = (y - kr * red - kb * blue) / (1.0 - kr - kb);
    [red, green, blue].map(|value| value.clamp(0.0, 1.0))
}

fn rgb_to_yuv(matrix: YuvMatrix, [red, green, blue]: [u8; 3]) -> [u8; 3] {
    let (kr, kb) = red_and_blue(matrix);
    let [red, green, blue] = [red, green, blue].map(f32::from);
    let y = kr * red + (1.0 - kr - kb) * green + kb * blue;
    let (u, v) = ((blue - y) / (2.0 * (1.0 - kb)), (red - y) / (2.0 * (1.0 - kr)));
    let (y, u, v) = match matrix.full_range {
        true => (y, u, v),
        false => (16.0 + y * (219.0 / 255.0), u * (224.0 / 255.0), v * (224.0 / 255.0)),
    };
    [y, 128.0 + u, 128.0 + v].map(|value| value.round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_in_every_format() {
        let colours = [[255, 128, 0], [12, 200, 90], [255, 255, 255], [0, 0, 0], [80, 40, 220]];
        for format in PixelFormat::ALL {
            for bt709 in [false, true] {
                for (full_range, colour) in
                    [false, true].into_iter().flat_map(|range| colours.map(|c| (range, c)))
                {
                    let matrix = YuvMatrix { bt709, full_range };
                    let planes = planes_of_rgb(&colour.repeat(17 * 19), (17, 19), format, matrix);
                    let halved = format.layout(17, 19).zip(planes).map(|(layout, plane)| {
                        plane.data[..plane.channels].repeat(layout.width * layout.height)
                    });
                    let image =
                        Image::from_packed(format, 17, 19, matrix, halved.collect()).unwrap();
                    for (got, want) in to_rgb(&image).planes()[0].data[300..303].iter().zip(colour)
                    {
                        assert!(got.abs_diff(want) <= 3, "{format} {matrix:?}: {got} for {want}");
                    }
                }
            }
        }
    }
}

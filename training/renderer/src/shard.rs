// SPDX-License-Identifier: MIT OR Apache-2.0
//! Shards: many scenes of one size in a file.
//!
//! A shard is 16 bytes (`DSCN`, then width, height and count as little-endian u32) and after that
//! for each scene: RGB bytes, inverse depth as IEEE half floats (one over metres), class bytes, and
//! four bytes of which the first is the number of the grammar.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use crate::{
    RenderError,
    dice::Dice,
    grammar::{self, GRAMMARS},
    lens::{Picture, develop},
    shade::render,
};

/// Draws and renders the scene of a seed, at this size in pixels, by one of `grammars` (numbers).
/// Gives the number of its grammar too.
pub fn scene(seed: u64, (width, height): (usize, usize), grammars: &[usize]) -> (Picture, usize) {
    let dice = Dice::new(seed);
    let total: f32 = grammars.iter().map(|&g| GRAMMARS[g].2).sum();
    let mut at = dice.range(0.0, total);
    let mut chosen = grammars[0];
    for &grammar in grammars {
        chosen = grammar;
        at -= GRAMMARS[grammar].2;
        if at < 0.0 {
            break;
        }
    }
    let scene = grammar::draw(chosen, &dice);
    let frame = render(&scene, 2 * width, 2 * height);
    (develop(frame, &scene.lens, scene.exposure), chosen)
}

/// Writes a shard of `count` scenes. It gets its name when it is whole.
pub fn write(
    out: &Path,
    seed: u64,
    count: u32,
    size: (usize, usize),
    grammars: &[usize],
) -> Result<(), RenderError> {
    let (width, height) = size;
    if [width, height].iter().any(|side| side % 2 != 0 || !(16..=4096).contains(side)) {
        return Err(RenderError::Size(width, height));
    }
    let part = out.with_extension("part");
    let mut file = BufWriter::new(File::create(&part)?);
    file.write_all(b"DSCN")?;
    for number in [width as u32, height as u32, count] {
        file.write_all(&number.to_le_bytes())?;
    }
    for index in 0..u64::from(count) {
        let (picture, grammar) = scene(seed.wrapping_mul(1_000_003) + index, size, grammars);
        file.write_all(&picture.rgb)?;
        for &nearness in &picture.nearness {
            file.write_all(&half(nearness).to_le_bytes())?;
        }
        let classes: Vec<u8> = picture.class.iter().map(|&class| class as u8).collect();
        file.write_all(&classes)?;
        file.write_all(&[grammar as u8, 0, 0, 0])?;
    }
    file.flush()?;
    std::fs::rename(part, out)?;
    Ok(())
}

/// The half float next below a number of 0 or more; what is too large becomes the largest.
fn half(value: f32) -> u16 {
    let bits = value.clamp(0.0, 65504.0).to_bits();
    let exponent = (bits >> 23) as i32 - 112;
    if exponent <= 0 {
        // Below 2^-14 steps are even: 2^-24 each.
        return (value.max(0.0) * 16_777_216.0) as u16;
    }
    ((exponent as u32) << 10 | (bits >> 13) & 0x3FF) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_floats_are_those_of_ieee() {
        for (value, bits) in
            [(0.0, 0), (1.0, 0x3C00), (0.5, 0x3800), (65504.0, 0x7BFF), (1e9, 0x7BFF)]
        {
            assert_eq!(half(value), bits, "{value}");
        }
        assert_eq!(half(6.0e-8), 1);
        assert_eq!(half(f32::from_bits(0x3880_0000)), 0x0400, "the smallest normal one");
    }

    #[test]
    fn the_same_seed_gives_the_same_scene_and_all_grammars_render() {
        for (grammar, (name, ..)) in GRAMMARS.iter().enumerate() {
            for seed in 0..3 {
                let (first, _) = scene(seed, (48, 32), &[grammar]);
                let (again, _) = scene(seed, (48, 32), &[grammar]);
                assert_eq!((&first.rgb, &first.nearness), (&again.rgb, &again.nearness));
                assert!(first.nearness.iter().all(|n| n.is_finite() && *n >= 0.0));
                let (low, high) = (first.rgb.iter().min(), first.rgb.iter().max());
                assert!(low < high, "{name} {seed} is flat");
            }
        }
    }
}

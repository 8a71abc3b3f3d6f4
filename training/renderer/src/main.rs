// SPDX-License-Identifier: MIT OR Apache-2.0
//! Renders made-up scenes with known depth.
//!
//!     depth-scenes shard OUT.bin SEED COUNT WIDTH HEIGHT [GRAMMAR,GRAMMAR...]
//!     depth-scenes sheet OUT.png SEED COLUMNS ROWS [GRAMMAR]
//!     depth-scenes grammars

mod class;
mod dice;
mod grammar;
mod kit;
mod lens;
mod material;
mod noise;
mod raster;
mod scene;
mod shade;
mod shard;
mod sheet;
mod sky;
mod solid;
mod terrain;

use std::{num::ParseIntError, process::ExitCode};

use grammar::GRAMMARS;

/// Why nothing was rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The command line is wrong.
    #[error(
        "usage: depth-scenes shard OUT SEED COUNT WIDTH HEIGHT [GRAMMARS] | sheet OUT SEED COLUMNS ROWS [GRAMMARS] | grammars"
    )]
    Usage,
    /// A number of the command line is none.
    #[error("not a number: {0}")]
    Number(#[from] ParseIntError),
    /// No grammar has this name.
    #[error("there is no grammar {0:?}")]
    Grammar(String),
    /// Width and height are even, and of 16 to 4096 pixels.
    #[error("not a size to render: {0} x {1}")]
    Size(usize, usize),
    /// A file cannot be written.
    #[error("cannot write: {0}")]
    Write(#[from] std::io::Error),
    /// The sheet cannot be written.
    #[error("cannot write the sheet: {0}")]
    Png(#[from] png::EncodingError),
}

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("depth-scenes: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), RenderError> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["grammars"] => {
            GRAMMARS.iter().for_each(|(name, ..)| println!("{name}"));
            Ok(())
        }
        ["shard", out, seed, count, width, height, ref rest @ ..] => {
            let size = (width.parse()?, height.parse()?);
            shard::write(out.as_ref(), seed.parse()?, count.parse()?, size, &chosen(rest)?)
        }
        ["sheet", out, seed, columns, rows, ref rest @ ..] => sheet::write(
            out.as_ref(),
            seed.parse()?,
            (columns.parse()?, rows.parse()?),
            &chosen(rest)?,
        ),
        _ => Err(RenderError::Usage),
    }
}

/// Numbers of the grammars that are named, or of all.
fn chosen(words: &[&str]) -> Result<Vec<usize>, RenderError> {
    let Some(names) = words.first() else { return Ok((0..GRAMMARS.len()).collect()) };
    names
        .split(',')
        .map(|name| {
            let found = GRAMMARS.iter().position(|(other, ..)| *other == name);
            found.ok_or_else(|| RenderError::Grammar(name.to_owned()))
        })
        .collect()
}

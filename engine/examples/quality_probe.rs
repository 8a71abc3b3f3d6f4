// SPDX-License-Identifier: MIT OR Apache-2.0
//! Frames of the engine, uncompressed, for programs that judge them.
//!
//! Reads one request a line from stdin, as JSON (see [`Wish`]), and answers each on stdout: a line
//! of JSON, and behind it the bytes of the arrays that the line lists, one behind the other, little
//! endian. A request that fails is answered by `{"error": "..."}`. As in
//!
//!     echo '{"photo": "coffee.jpg", "width": 960, "height": 540, "frames": [0, 48]}' |
//!         cargo run --release -p stillmotion-engine --example quality_probe
//!
//! The arrays that may be asked for:
//! - `still`: `[height, width, 3] u8`, the photo fitted to the frame.
//! - `frames`: `[count, height, width, 3] u8`.
//! - `nearness`: `[h, w] f32 in 0..1`, what the engine sees in the still.
//! - `places`: `[count, 2, rows, columns] f32`, the column and the row of the still that are seen at
//!   each point of the grid over a frame, in pixels; `step` in the line is the grid's, in pixels.
//! - `front`: `[count, rows, columns] u8`, 1 where a grid point shows what stands before a cliff.

use std::{
    collections::HashMap,
    error::Error,
    io::{self, BufRead, Write},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use serde::Deserialize;
use serde_json::{Value, json};
use stillmotion_engine::{
    fit::{self, Fit},
    generator::Clip,
    image::{
        FrameMut, Image, PixelFormat, PlaneMut,
        decode::{self, Limits},
    },
    request::{Controls, DepthSource, FrameRate, Request},
    scene::{
        Place,
        depth::picture,
        depth_of,
        probe::{Places, Probe},
    },
};

/// What is wished of one clip. What is left out is as the engine has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    photo: PathBuf,
    /// In pixels.
    width: u32,
    height: u32,
    #[serde(default)]
    prompt: String,
    motion: Option<f64>,
    #[serde(default)]
    seed: u64,
    /// Frames per second.
    fps: Option<u32>,
    seconds: Option<f64>,
    #[serde(default)]
    loops: bool,
    /// The place of an earlier clip, which this one goes on from.
    from: Option<String>,
    /// A gray picture of the depth, white near, in place of the engine's own.
    depth: Option<PathBuf>,
    /// The frames that are wished.
    #[serde(default)]
    frames: Vec<u64>,
    /// The names of the arrays that are wished.
    #[serde(default = "only_frames")]
    arrays: Vec<String>,
    /// Answer with `place` too: where the camera is behind the last frame.
    #[serde(default)]
    place: bool,
}

fn only_frames() -> Vec<String> {
    vec!["frames".to_owned()]
}

/// Photos that were fitted before, so that the engine knows what it has analysed.
type Stills = HashMap<(PathBuf, u32, u32), Arc<Image>>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut stills = Stills::new();
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let answer = serde_json::from_str(&line?)
            .map_err(Into::into)
            .and_then(|wish| Answer::to(&wish, &mut stills));
        let (head, bytes) = match answer {
            Ok(answer) => (answer.head, answer.bytes),
            Err(error) => (json!({ "error": error.to_string() }), Vec::new()),
        };
        writeln!(out, "{head}")?;
        out.write_all(&bytes)?;
        out.flush()?;
    }
    Ok(())
}

/// What goes back.
struct Answer {
    head: Value,
    bytes: Vec<u8>,
}

impl Answer {
    fn to(wish: &Wish, stills: &mut Stills) -> Result<Self, Box<dyn Error>> {
        let key = (wish.photo.clone(), wish.width, wish.height);
        let still = match stills.get(&key) {
            Some(still) => Arc::clone(still),
            None => {
                let photo = decode::load(&wish.photo, &Limits::default())?;
                let still = Arc::new(fit::fit(&photo, wish.width, wish.height, Fit::Cover)?);
                stills.entry(key).or_insert(still).clone()
            }
        };
        let request = request(wish, &still)?;
        let controls = request.controls;
        let probe = Probe::open(request)?;
        let clip = probe.clip();
        let mut answer =
            Self { head: json!({ "count": clip.frames(), "arrays": [] }), bytes: vec![] };
        for name in &wish.arrays {
            answer.array(name, wish, &still, &probe, &controls)?;
        }
        if wish.place {
            let end = clip.frames();
            let place = clip.place(end - 1, end, &controls).map(|place| place.to_string());
            answer.head["place"] = json!(place);
        }
        Ok(answer)
    }

    /// Adds the array `name`.
    fn array(
        &mut self,
        name: &str,
        wish: &Wish,
        still: &Image,
        probe: &Probe,
        controls: &Controls,
    ) -> Result<(), Box<dyn Error>> {
        let (width, height, count) = (wish.width, wish.height, wish.frames.len());
        let places = || wish.frames.iter().map(|index| probe.places(*index, controls));
        match name {
            "still" => self.add(name, "u1", json!([height, width, 3]), &still.planes()[0].data),
            "frames" => {
                let mut bytes = Vec::new();
                for index in &wish.frames {
                    bytes.extend(frame(probe.clip(), *index, controls)?);
                }
                self.add(name, "u1", json!([count, height, width, 3]), &bytes);
            }
            "nearness" => {
                let depth = depth_of(still);
                let shape = json!([depth.height, depth.width]);
                self.add(name, "<f4", shape, &little_endian(&depth.nearness));
            }
            "places" => {
                let all: Vec<Places> = places().collect();
                let bytes: Vec<u8> = all
                    .iter()
                    .flat_map(|p| [little_endian(&p.xs), little_endian(&p.ys)].concat())
                    .collect();
                if let Some(Places { width, height, step, .. }) = all.first() {
                    self.head["step"] = json!(step);
                    self.add(name, "<f4", json!([count, 2, height, width]), &bytes);
                }
            }
            "front" => {
                let all: Vec<Places> = places().collect();
                let bytes: Vec<u8> =
                    all.iter().flat_map(|p| &p.front).map(|f| u8::from(*f)).collect();
                if let Some(Places { width, height, .. }) = all.first() {
                    self.add(name, "u1", json!([count, height, width]), &bytes);
                }
            }
            _ => return Err(format!("there is no array {name:?}").into()),
        }
        Ok(())
    }

    fn add(&mut self, name: &str, kind: &str, shape: Value, bytes: &[u8]) {
        if let Some(arrays) = self.head["arrays"].as_array_mut() {
            arrays.push(json!({ "name": name, "type": kind, "shape": shape }));
        }
        self.bytes.extend_from_slice(bytes);
    }
}

fn request(wish: &Wish, still: &Arc<Image>) -> Result<Request, Box<dyn Error>> {
    let mut request = Request {
        prompt: wish.prompt.clone(),
        seed: wish.seed,
        loops: wish.loops,
        ..Request::new(Arc::clone(still))
    };
    if let Some(motion) = wish.motion {
        request.controls.motion = motion;
    }
    if let Some(fps) = wish.fps {
        request.frame_rate = FrameRate { numerator: fps, denominator: 1 };
    }
    if let Some(seconds) = wish.seconds {
        request.duration = Duration::try_from_secs_f64(seconds)?;
    }
    if let Some(from) = &wish.from {
        request.from = Some(from.parse::<Place>()?);
    }
    if let Some(depth) = &wish.depth {
        let depth = picture::load(depth, &Limits::default())?;
        request.depth = DepthSource::Picture(Arc::new(depth), Fit::Cover);
    }
    Ok(request)
}

/// Frame `index`, RGB, packed.
fn frame(clip: &dyn Clip, index: u64, controls: &Controls) -> Result<Vec<u8>, Box<dyn Error>> {
    let (width, height) = (clip.still().width(), clip.still().height());
    let stride = 3 * width as usize;
    let mut bytes = vec![0; stride * height as usize];
    let planes = vec![PlaneMut { data: &mut bytes, stride }];
    let mut out = FrameMut::new(PixelFormat::Rgb, width, height, planes)?;
    clip.frame(index, controls, &mut out)?;
    Ok(bytes)
}

fn little_endian(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

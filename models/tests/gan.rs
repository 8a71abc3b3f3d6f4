// SPDX-License-Identifier: MIT OR Apache-2.0
//! Trainings of a GAN on real pictures, and clips out of it.
#![cfg(feature = "torch")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{cell::Cell, fs, path::Path};

use stillmotion_engine::{
    fit::{self, Fit},
    image::{
        Image,
        decode::{self, Limits},
        to_rgb,
    },
    request::FrameRate,
    worker::protocol::{GenerateOrder, Losses, Precision, Report, SamplingWishes, Size},
};
use stillmotion_models::{
    error::ModelError,
    gan::{
        checkpoint::{self, Checkpoint},
        config::{GanConfig, Kind},
        network::generate,
        render::Renderer,
        trainer::{Pictures, Trainer},
    },
    host::Host,
    model::Model,
    random::{Purpose, Random},
    tensor,
};
use tch::Device;

/// Remembers what it is told.
#[derive(Default)]
struct Listener {
    losses: Vec<Losses>,
    frames: Vec<Vec<u8>>,
    still: Vec<f32>,
    wrote: Vec<std::path::PathBuf>,
    stop_at: Option<u64>,
    step: Cell<u64>,
    cancelled: bool,
    place: Option<Vec<f32>>,
}

impl Host for Listener {
    fn report(&mut self, report: Report, pixels: &[u8]) -> Result<(), ModelError> {
        match report {
            Report::Losses(losses) => self.losses.push(losses),
            Report::Frame { index, size, still } => {
                assert_eq!(pixels.len(), (size.width * size.height * 3) as usize);
                assert!(index >= self.frames.len() as u64);
                self.frames.push(pixels.to_vec());
                self.still.push(still);
            }
            Report::Wrote { path } => self.wrote.push(path),
            Report::Progress(progress) => self.step.set(progress.done),
            Report::Found { place } => self.place = Some(place),
            _ => panic!("{report:?}"),
        }
        Ok(())
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled
    }

    fn is_stopped(&self) -> bool {
        self.stop_at.is_some_and(|step| self.step.get() >= step)
    }
}

fn photos() -> Vec<Image> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/photos");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "jpg" || e == "png"));
    paths.sort();
    paths.iter().map(|path| decode::load(path, &Limits::default()).unwrap()).collect()
}

/// The photos, `size` pixels a side.
fn pictures(size: u32) -> Pictures {
    let mut pictures = Pictures::default();
    for photo in photos() {
        let small = to_rgb(&fit::fit(&photo, size, size, Fit::Cover).unwrap());
        pictures.bytes.extend_from_slice(&small.planes()[0].data);
        pictures.count += 1;
    }
    assert!(pictures.count >= 4);
    pictures
}

fn config(kind: Kind) -> GanConfig {
    GanConfig { batch_size: 8, sample_every: 1_000_000, seed: 5, ..GanConfig::preset(kind) }
}

fn train(config: &GanConfig, folder: &Path, steps: u64, listener: &mut Listener) -> Trainer {
    let device = Device::Cpu;
    let checkpoint = match folder.join(checkpoint::FILE).exists() {
        true => Checkpoint::load(folder, config.clone(), device).unwrap(),
        false => Checkpoint::new(config.clone(), device).unwrap(),
    };
    let size = config.size;
    let mut trainer = Trainer::new(checkpoint, pictures(size), folder.to_owned(), device).unwrap();
    trainer.run(steps, listener).unwrap();
    trainer
}

/// Mean over `samples` of the squared distance to the nearest of `real`, per number.
fn distance(samples: &[Vec<f32>], real: &[Vec<f32>]) -> f64 {
    let apart = |a: &[f32], b: &[f32]| {
        a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>() / a.len() as f64
    };
    let nearest = |sample: &Vec<f32>| {
        real.iter().map(|real| apart(sample, real)).fold(f64::INFINITY, f64::min)
    };
    samples.iter().map(nearest).sum::<f64>() / samples.len() as f64
}

#[test]
fn a_training_learns_what_pictures_look_like() {
    let config = config(Kind::Conv);
    let folder = tempfile::tempdir().unwrap();
    let mut listener = Listener::default();
    let before = Checkpoint::new(config.clone(), Device::Cpu).unwrap();
    let trainer = train(&config, folder.path(), 300, &mut listener);
    let steps: Vec<u64> = listener.losses.iter().map(|losses| losses.step).collect();
    assert_eq!(steps, [100, 200, 300]);

    let split = |bytes: &[u8]| -> Vec<Vec<f32>> {
        let float = |b: &u8| f32::from(*b) / 127.5 - 1.0;
        bytes.chunks(64 * 64 * 3).map(|p| p.iter().map(float).collect()).collect()
    };
    let real = split(&pictures(64).bytes);
    let latent = Random::new(1, Purpose::Sample, 9).normal(&[32, 128], Device::Cpu).unwrap();
    let samples =
        |params| split(&tensor::to_rgb(&generate(&config, params, &latent).unwrap()).unwrap());
    let mut random = Random::new(2, Purpose::Sample, 9);
    let noise: Vec<Vec<f32>> =
        (0..32).map(|_| (0..64 * 64 * 3).map(|_| 2.0 * random.unit() - 1.0).collect()).collect();
    let trained = distance(&samples(&trainer.checkpoint().average), &real);
    let untrained = distance(&samples(&before.average), &real);
    let noise = distance(&noise, &real);
    assert!(trained < 0.6 * noise && trained < 0.9 * untrained, "{trained} {untrained} {noise}");
}

#[test]
fn the_discriminator_of_the_first_architecture_learns_to_tell() {
    let config = config(Kind::Mlp);
    let folder = tempfile::tempdir().unwrap();
    let mut listener = Listener::default();
    train(&config, folder.path(), 300, &mut listener);
    let [first, .., last] = &listener.losses[..] else { panic!("no losses") };
    assert!(last.discriminator < 0.8 * first.discriminator, "{:?}", listener.losses);
}

/// Names and bytes of all tensors of a checkpoint.
fn weights(folder: &Path) -> Vec<u8> {
    fs::read(folder.join(checkpoint::FILE)).unwrap()
}

#[test]
fn a_training_that_was_interrupted_ends_with_the_same_weights() {
    for kind in [Kind::Mlp, Kind::Conv] {
        let config = config(kind);
        let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        train(&config, whole.path(), 6, &mut Listener::default());
        let mut stopped = Listener { stop_at: Some(4), ..Listener::default() };
        let trainer = train(&config, parts.path(), 6, &mut stopped);
        assert_eq!(trainer.checkpoint().step, 4);
        assert!(weights(whole.path()) != weights(parts.path()));
        train(&config, parts.path(), 6, &mut Listener::default());
        // The losses are means since the last report; the weights are all the rest.
        let load = |folder: &Path| Checkpoint::load(folder, config.clone(), Device::Cpu).unwrap();
        let (whole, parts) = (load(whole.path()), load(parts.path()));
        for (name, tensor) in &whole.generator {
            assert_eq!(tensor, &parts.generator[name], "{name}");
        }
        for (name, tensor) in &whole.adam_discriminator.second {
            assert_eq!(tensor, &parts.adam_discriminator.second[name], "{name}");
        }
        for (name, tensor) in &whole.average {
            assert_eq!(tensor, &parts.average[name], "{name}");
        }
    }
}

#[test]
fn a_training_writes_its_clips_and_its_plot() {
    let config = GanConfig { sample_every: 2, ..config(Kind::Conv) };
    let folder = tempfile::tempdir().unwrap();
    let mut listener = Listener::default();
    train(&config, folder.path(), 4, &mut listener);
    let clip = folder.path().join("samples/step-000004.gif");
    assert!(listener.wrote.contains(&clip), "{:?}", listener.wrote);
    let gif = image::codecs::gif::GifDecoder::new(
        fs::File::open(&clip).map(std::io::BufReader::new).unwrap(),
    );
    let frames: Vec<_> =
        image::AnimationDecoder::into_frames(gif.unwrap()).map(|f| f.unwrap()).collect();
    assert_eq!(frames.len(), 30);
    assert_eq!(frames[0].buffer().dimensions(), (256, 256));
    assert_eq!(frames[0].delay().numer_denom_ms(), (100, 1));
    assert!(image::open(folder.path().join("losses.png")).is_ok());
}

fn order(folder: &Path, motion: f64, seed: u64, frames: u64, first: u64) -> GenerateOrder {
    GenerateOrder {
        model: folder.to_owned(),
        device: "cpu".to_owned(),
        precision: Precision::Auto,
        still: None,
        prompt: String::new(),
        motion,
        seed,
        frames,
        frame_rate: FrameRate { numerator: 24, denominator: 1 },
        first,
        place: None,
        sampling: SamplingWishes::default(),
    }
}

/// Mean change from one frame to the next, in steps of 255.
fn change(frames: &[Vec<u8>]) -> f64 {
    let pairs = frames.windows(2).map(|pair| {
        let apart = pair[0].iter().zip(&pair[1]).map(|(a, b)| f64::from(a.abs_diff(*b)));
        apart.sum::<f64>() / pair[0].len() as f64
    });
    pairs.sum::<f64>() / (frames.len() - 1) as f64
}

#[test]
fn a_clip_starts_at_the_still_moves_as_asked_and_is_always_the_same() {
    let config = config(Kind::Conv);
    let folder = tempfile::tempdir().unwrap();
    train(&config, folder.path(), 60, &mut Listener::default());
    let mut renderer = Renderer::load(folder.path(), Device::Cpu).unwrap();
    let mut clip = |order: &GenerateOrder, still: Option<&Image>| {
        let mut listener = Listener::default();
        renderer.generate(order, still.cloned(), &mut listener).unwrap();
        (listener.frames, listener.still, listener.place)
    };
    // Also where the frames before were made already, and in another place in a batch.
    let (whole, ..) = clip(&order(folder.path(), 5.0, 7, 21, 0), None);
    assert_eq!(whole.len(), 21);
    let (rest, ..) = clip(&order(folder.path(), 5.0, 7, 21, 13), None);
    assert_eq!(rest, whole[13..]);
    let (again, still, _) = clip(&order(folder.path(), 5.0, 7, 21, 0), None);
    assert_eq!((again, still), (whole.clone(), vec![0.0; 21]));
    let (other, ..) = clip(&order(folder.path(), 5.0, 8, 21, 0), None);
    assert_ne!(other[0], whole[0]);
    let motions: Vec<f64> = (1..=10)
        .map(|motion| change(&clip(&order(folder.path(), f64::from(motion), 7, 24, 0), None).0))
        .collect();
    assert!(motions.windows(2).all(|pair| pair[1] > 1.1 * pair[0]), "{motions:?}");
    // A still that the generator can make is found: this is what another seed gives.
    let size = Size { width: 64, height: 64 };
    let wanted = size.picture(other[0].clone()).unwrap();
    let (frames, still, place) = clip(&order(folder.path(), 5.0, 7, 2, 0), Some(&wanted));
    assert_eq!(still[0], 1.0);
    let apart = |frame: &[u8]| change(&[frame.to_vec(), other[0].clone()]);
    // Who knows the place already gets the same.
    let known = GenerateOrder { place, ..order(folder.path(), 5.0, 7, 2, 0) };
    assert_eq!(clip(&known, Some(&wanted)).0, frames);
    let (found, elsewhere) = (apart(&frames[0]), apart(&whole[0]));
    assert!(found < 0.3 * elsewhere, "{found} {elsewhere}");
}

#[test]
fn a_folder_that_is_no_checkpoint_is_explained() {
    let told = |folder: &Path| match Renderer::load(folder, Device::Cpu) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("it was loaded"),
    };
    let folder = tempfile::tempdir().unwrap();
    assert!(told(Path::new("/none/such")).contains("/none/such: there is no such model folder"));
    assert!(told(folder.path()).contains("no config.json"));
    fs::write(folder.path().join("config.json"), "{}").unwrap();
    assert!(told(folder.path()).contains("config.json"));
    let good = config(Kind::Conv);
    let checkpoint = Checkpoint::new(good.clone(), Device::Cpu).unwrap();
    checkpoint.save(folder.path()).unwrap();
    assert!(Renderer::load(folder.path(), Device::Cpu).is_ok());
    let other = GanConfig { size: 128, ..good };
    let json = serde_json::to_vec(&other).unwrap();
    fs::write(folder.path().join("config.json"), json).unwrap();
    let text = told(folder.path());
    assert!(
        text.contains("not the weights of this model") && text.contains("up.64.weight"),
        "{text}"
    );
}

#[test]
fn weights_that_are_not_numbers_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut checkpoint = Checkpoint::new(config(Kind::Conv), Device::Cpu).unwrap();
    let name = checkpoint.average.keys().next().unwrap().clone();
    let broken = &checkpoint.average[&name] * f64::NAN;
    checkpoint.average.insert(name.clone(), broken);
    checkpoint.save(folder.path()).unwrap();
    let Err(error) = Renderer::load(folder.path(), Device::Cpu) else { panic!("it was loaded") };
    assert!(error.to_string().contains(&format!("average.{name}")), "{error}");
}

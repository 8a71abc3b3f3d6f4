// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each part beside diffusers, with tiny random weights: `models/tests/fixtures/make_svd.py` made
//! the models and the numbers.
#![allow(clippy::unwrap_used, reason = "a panic is how a test reports")]

use std::path::PathBuf;

use tch::{Device, Kind, Tensor};

use super::{
    image,
    pipeline::{Sampling, SvdPipeline},
    unet::{Unet, UnetConfig},
    vae::{Decoder, Encoder, VaeConfig},
};
use crate::{
    clip_vision::{self, ClipVision, ClipVisionConfig, Head},
    host::Host,
    parity::{Expected, Watcher, fixtures, largest_error, near, near_in_bytes, photo},
    weights::{self, Weights},
};

const MODELS: [&str; 2] = ["tiny-svd", "tiny-svd-shards"];

fn part(model: &str, name: &str) -> (PathBuf, Weights) {
    let folder = fixtures("svd").join(model).join(name);
    let file = if name == "image_encoder" { "model" } else { "diffusion_pytorch_model" };
    let weights = Weights::open(&weights::of_component(&folder, file)).unwrap();
    (folder.join("config.json"), weights)
}

fn expected(model: &str) -> Expected {
    Expected::of("svd", model)
}

#[test]
fn the_unet_is_that_of_diffusers() {
    for model in MODELS {
        let (config, weights) = part(model, "unet");
        let config = UnetConfig::load(&config).unwrap();
        let unet = Unet::load(&config, &weights, Device::Cpu, Kind::Float).unwrap();
        let expected = expected(model);
        let (x, token) = (expected.get("unet.x"), expected.get("unet.token"));
        let out = unet.forward(&x, 1.6378, [6.0, 127.0, 0.02], &token).unwrap();
        near(&out, &expected.get("unet.out"), model);
    }
}

#[test]
fn types_with_fewer_bits_are_as_near_as_they_can_be() {
    for model in MODELS {
        let (config, weights) = part(model, "unet");
        let config = UnetConfig::load(&config).unwrap();
        let expected = expected(model);
        let (x, token) = (expected.get("unet.x"), expected.get("unet.token"));
        let want = expected.get("unet.out");
        for (kind, most) in [(Kind::BFloat16, 4e-2), (Kind::Half, 5e-3)] {
            let unet = Unet::load(&config, &weights, Device::Cpu, kind).unwrap();
            let [x, token] = [&x, &token].map(|tensor| tensor.to_kind(kind));
            let out = unet.forward(&x, 1.6378, [6.0, 127.0, 0.02], &token).unwrap();
            assert_eq!(out.kind(), kind);
            let off = largest_error(&out.to_kind(Kind::Float), &want, model);
            assert!(off < most && off > 0.0, "{model} {kind:?}: {off}");
        }
    }
}

#[test]
fn the_vae_is_that_of_diffusers() {
    for model in MODELS {
        let (config, weights) = part(model, "vae");
        let config = VaeConfig::load(&config).unwrap();
        let encoder = Encoder::load(&config, &weights, Device::Cpu, Kind::Float).unwrap();
        let decoder = Decoder::load(&config, &weights, Device::Cpu, Kind::Float).unwrap();
        let expected = expected(model);
        let encoded = encoder.forward(&expected.get("vae.frames")).unwrap();
        near(&encoded, &expected.get("vae.encoded"), model);
        let decoded = decoder.forward(&expected.get("vae.z"), |_, _| Ok(())).unwrap();
        near(&decoded, &expected.get("vae.decoded"), model);
    }
}

#[test]
fn the_image_encoder_is_that_of_transformers() {
    let (config, weights) = part("tiny-svd", "image_encoder");
    let config = ClipVisionConfig::load(&config).unwrap();
    let kind = Kind::Float;
    let network = ClipVision::load(&config, &weights, Device::Cpu, kind, Head::Projection).unwrap();
    // The first is blurred before it is made smaller, the second is enlarged.
    for (width, height) in [(300, 180), (48, 32)] {
        let square = image::square(&photo(width, height), config.image_size).unwrap();
        let pixels = clip_vision::normalise(&square).unwrap();
        let embeds = network.image_embeds(&pixels).unwrap().unsqueeze(1);
        let want = expected("tiny-svd").get(&format!("image.{width}"));
        near(&embeds, &want, &format!("{width} pixels"));
    }
}

fn sampling() -> Sampling {
    Sampling {
        width: 48,
        height: 32,
        frames: 5,
        steps: 3,
        guidance_scale: 3.0,
        seed: 21,
        motion: 5.0,
        previews: false,
    }
}

fn clip(pipeline: &mut SvdPipeline, sampling: &Sampling) -> Tensor {
    let mut clip = Tensor::new();
    pipeline
        .clip(sampling, &photo(48, 32), &mut Watcher::default(), |frames, _| {
            clip = frames.shallow_clone();
            Ok(())
        })
        .unwrap();
    clip
}

#[test]
fn clips_are_those_of_diffusers() {
    for (model, name, sampling) in [
        ("tiny-svd", "guided", sampling()),
        ("tiny-svd", "alone", Sampling { seed: 22, guidance_scale: 1.0, ..sampling() }),
        ("tiny-svd", "strong", Sampling { seed: 23, motion: 10.0, ..sampling() }),
        ("tiny-svd", "odd", Sampling { seed: 24, width: 40, height: 24, frames: 3, ..sampling() }),
        ("tiny-svd-shards", "guided", Sampling { seed: 25, ..sampling() }),
    ] {
        let folder = fixtures("svd").join(model);
        let mut pipeline = SvdPipeline::open(&folder, Device::Cpu, Kind::Float).unwrap();
        let made = clip(&mut pipeline, &sampling);
        let what = format!("{model}, {name}");
        near_in_bytes(&made, &expected(model).get(&format!("clip.{name}")), &what);
    }
}

#[test]
fn each_motion_amount_is_another_clip() {
    let folder = fixtures("svd").join("tiny-svd");
    let mut pipeline = SvdPipeline::open(&folder, Device::Cpu, Kind::Float).unwrap();
    let mut clips: Vec<Tensor> = Vec::new();
    for motion in [1.0, 3.0, 4.9, 5.0, 7.5, 10.0] {
        let made = clip(&mut pipeline, &Sampling { motion, ..sampling() });
        assert!(clips.iter().all(|other| *other != made), "{motion}");
        clips.push(made);
    }
}

#[test]
fn previews_come_to_what_the_clip_is_and_change_nothing() {
    let folder = fixtures("svd").join("tiny-svd");
    let mut pipeline = SvdPipeline::open(&folder, Device::Cpu, Kind::Float).unwrap();
    let quiet = Sampling { frames: 1, ..sampling() };
    let sampling = Sampling { previews: true, ..quiet.clone() };
    let (mut watcher, mut frame) = (Watcher::default(), Tensor::new());
    let take = |frames: &Tensor, _: &mut dyn Host| {
        frame = frames.shallow_clone();
        Ok(())
    };
    pipeline.clip(&sampling, &photo(48, 32), &mut watcher, take).unwrap();
    assert_eq!(frame, clip(&mut pipeline, &quiet));
    watcher.ends_with(&frame, 3);
}

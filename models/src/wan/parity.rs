// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each part beside diffusers, with tiny random weights: `models/tests/fixtures/make_wan.py` made
//! the models and the numbers.
#![allow(clippy::unwrap_used, reason = "a panic is how a test reports")]

use tch::{Device, Kind, Tensor};

use super::{
    pipeline::{ImagePlace, Sampling, WanPipeline},
    transformer::{Condition, Transformer, TransformerConfig},
    vae::{Vae, VaeConfig},
};
use crate::{
    clip_vision::{ClipVision, ClipVisionConfig, Head},
    error::ModelError,
    host::Host,
    nn::Numbers,
    parity::{Expected, Watcher, fixtures, largest_error, near, near_in_bytes, photo},
    pillow::Picture,
    umt5::{Umt5Config, Umt5Encoder},
    weights::Weights,
};

const MODELS: [&str; 2] = ["tiny-t2v", "tiny-ti2v"];
const WEIGHTS: &str = "diffusion_pytorch_model.safetensors";

fn transformer(name: &str, kind: Kind) -> Transformer {
    let folder = fixtures("wan").join(name).join("transformer");
    let config = TransformerConfig::load(&folder.join("config.json")).unwrap();
    let weights = Weights::open(&folder.join(WEIGHTS)).unwrap();
    Transformer::load(&config, &weights, Device::Cpu, kind).unwrap()
}

fn vae(name: &str) -> Vae {
    let folder = fixtures("wan").join(name).join("vae");
    let config = VaeConfig::load(&folder.join("config.json")).unwrap();
    let weights = Weights::open(&folder.join(WEIGHTS)).unwrap();
    Vae::load(&config, &weights, Device::Cpu, Kind::Float).unwrap()
}

/// Tokens of a latent clip, in patches of two by two.
fn tokens(x: &Tensor) -> i64 {
    x.size()[2..].iter().product::<i64>() / 4
}

#[test]
fn the_transformer_is_that_of_diffusers() {
    for name in MODELS {
        let (network, expected) = (transformer(name, Kind::Float), Expected::of("wan", name));
        let (x, text) = (expected.get("transformer.x"), expected.get("transformer.text"));
        let condition = Condition { text: &text, padding: 0, image: None, bias: None };
        let size = x.size();
        let frame = size[3] * size[4] / 4;
        let all = [(tokens(&x), 731.0)];
        let out = network.forward(&x, &all, &condition).unwrap();
        near(&out, &expected.get("transformer.out"), name);
        if name == "tiny-ti2v" {
            let times = [(frame, 0.0), ((size[2] - 1) * frame, 731.0)];
            let out = network.forward(&x, &times, &condition).unwrap();
            near(&out, &expected.get("transformer.out_of_times"), "a time for each token");
        }
    }
}

#[test]
fn types_with_fewer_bits_are_as_near_as_they_can_be() {
    for name in MODELS {
        let expected = Expected::of("wan", name);
        let (x, text) = (expected.get("transformer.x"), expected.get("transformer.text"));
        let all = [(tokens(&x), 731.0)];
        let want = expected.get("transformer.out");
        for (kind, most) in [(Kind::BFloat16, 2e-2), (Kind::Half, 2e-3)] {
            let condition = Condition { text: &text, padding: 0, image: None, bias: None };
            let out = transformer(name, kind).forward(&x, &all, &condition).unwrap();
            assert_eq!(out.kind(), kind);
            let off = largest_error(&out.to_kind(Kind::Float), &want, name);
            assert!(off < most && off > 0.0, "{name} {kind:?}: {off}");
        }
    }
}

#[test]
fn padding_is_seen_as_the_reference_sees_it() {
    for name in MODELS {
        let (network, expected) = (transformer(name, Kind::Float), Expected::of("wan", name));
        let (x, text) = (expected.get("transformer.x"), expected.get("transformer.text"));
        let all = [(tokens(&x), 731.0)];
        let out = |text: &Tensor, padding| {
            let condition = Condition { text, padding, image: None, bias: None };
            network.forward(&x, &all, &condition).unwrap()
        };
        let plain = out(&text, 0);
        for padding in [1, 2, 500] {
            let want = out(&text.constant_pad_nd([0, 0, 0, padding]), 0);
            near(&out(&text, padding), &want, name);
            assert!((want - &plain).abs().max().double_value(&[]) > 1e-3);
        }
    }
}

#[test]
fn the_vae_is_that_of_diffusers_latent_by_latent() {
    for name in MODELS {
        let (vae, expected) = (vae(name), Expected::of("wan", name));
        let encoded = vae.encode(&expected.get("vae.frames")).unwrap();
        near(&encoded, &expected.get("vae.encoded"), name);
        let z = expected.get("vae.z");
        let mut decoding = vae.decode();
        let parts: Vec<Tensor> =
            (0..z.size()[2]).map(|at| decoding.next(&z.narrow(2, at, 1)).unwrap()).collect();
        assert_eq!(parts.iter().map(|part| part.size()[2]).collect::<Vec<_>>(), [1, 4, 4]);
        near(&Tensor::cat(&parts, 2), &expected.get("vae.decoded"), name);
        let there = vae.normalise(&z).unwrap();
        near(&vae.denormalise(&there).unwrap(), &z, "there and back");
    }
}

#[test]
fn the_text_encoder_is_that_of_transformers() {
    let folder = fixtures("wan").join("tiny-t2v/text_encoder");
    let config = Umt5Config::load(&folder.join("config.json")).unwrap();
    let weights = Weights::open(&folder.join("model.safetensors")).unwrap();
    let encoder = Umt5Encoder::open(&config, weights, Device::Cpu, Kind::Float).unwrap();
    let expected = Expected::of("wan", "tiny-t2v");
    let prompts = ["prompt", "negative"];
    let texts = prompts.map(|prompt| {
        let words: Vec<f32> = (&expected.get(&format!("words.{prompt}"))).try_into().unwrap();
        words.iter().map(|word| *word as u32).collect::<Vec<u32>>()
    });
    let tokens = encoder.forward(&texts, |_| Ok(())).unwrap();
    for (prompt, tokens) in prompts.into_iter().zip(tokens) {
        near(&tokens, &expected.get(&format!("text.{prompt}")), prompt);
    }
    assert!(encoder.forward(&[vec![64]], |_| Ok(())).is_err());
    let ended = encoder.forward(&texts, |_| Err(ModelError::Cancelled));
    assert!(matches!(ended, Err(ModelError::Cancelled)));
}

fn clip(pipeline: &mut WanPipeline, sampling: &Sampling, image: Option<&Picture>) -> Tensor {
    let mut parts = Vec::new();
    let take = |frames: &Tensor, _: &mut dyn Host| {
        parts.push(frames.shallow_clone());
        Ok(())
    };
    pipeline.clip(sampling, image, &mut Watcher::default(), take).unwrap();
    Tensor::cat(&parts, 2)
}

fn sampling() -> Sampling {
    Sampling {
        prompt: "a small boat drifts slowly across the still water".to_owned(),
        negative_prompt: "static, blurry".to_owned(),
        width: 48,
        height: 32,
        frames: 9,
        steps: 4,
        guidance_scale: 4.0,
        seed: 11,
        motion: 5.0,
        previews: false,
    }
}

#[test]
fn clips_from_a_prompt_are_those_of_diffusers() {
    let folder = fixtures("wan").join("tiny-t2v");
    let mut pipeline = WanPipeline::open(&folder, Device::Cpu, Kind::Float).unwrap();
    let expected = Expected::of("wan", "tiny-t2v");
    assert_eq!(pipeline.image_place(), ImagePlace::Nowhere);
    assert_eq!(pipeline.multiple(), 16);
    let guided = clip(&mut pipeline, &sampling(), None);
    near_in_bytes(&guided, &expected.get("clip.guided"), "guided");
    let alone = Sampling { guidance_scale: 1.0, ..sampling() };
    let unguided = clip(&mut pipeline, &alone, None);
    near_in_bytes(&unguided, &expected.get("clip.unguided"), "unguided");
    assert_ne!(guided, unguided);
}

#[test]
fn clips_of_two_experts_with_an_image_beside_are_those_of_diffusers() {
    let folder = fixtures("wan").join("tiny-i2v");
    let mut pipeline = WanPipeline::open(&folder, Device::Cpu, Kind::Float).unwrap();
    assert_eq!(pipeline.image_place(), ImagePlace::Beside);
    let sampling = Sampling { guidance_scale: 3.5, seed: 14, ..sampling() };
    let image = clip(&mut pipeline, &sampling, Some(&photo(48, 32)));
    near_in_bytes(&image, &Expected::of("wan", "tiny-i2v").get("clip.image"), "two experts");
}

#[test]
fn clips_that_look_at_the_image_are_those_of_diffusers() {
    let folder = fixtures("wan").join("tiny-i2v-clip");
    let expected = Expected::of("wan", "tiny-i2v-clip");
    let vision = folder.join("image_encoder");
    let config = ClipVisionConfig::load(&vision.join("config.json")).unwrap();
    let weights = Weights::open(&vision.join("model.safetensors")).unwrap();
    let network =
        ClipVision::load(&config, &weights, Device::Cpu, Kind::Float, Head::None).unwrap();
    let tokens = network.penultimate(&photo(48, 32)).unwrap();
    near(&tokens, &expected.get("image.tokens"), "tokens of the image");
    let mut pipeline = WanPipeline::open(&folder, Device::Cpu, Kind::Float).unwrap();
    let sampling = Sampling { guidance_scale: 5.0, seed: 15, steps: 3, frames: 5, ..sampling() };
    let image = clip(&mut pipeline, &sampling, Some(&photo(48, 32)));
    near_in_bytes(&image, &expected.get("clip.image"), "with CLIP");
}

#[test]
fn clips_from_an_image_are_those_of_diffusers() {
    let folder = fixtures("wan").join("tiny-ti2v");
    let mut pipeline = WanPipeline::open(&folder, Device::Cpu, Kind::Float).unwrap();
    let expected = Expected::of("wan", "tiny-ti2v");
    assert_eq!(pipeline.image_place(), ImagePlace::First);
    let sampling = Sampling { width: 64, steps: 3, guidance_scale: 3.0, seed: 12, ..sampling() };
    let text = clip(&mut pipeline, &sampling, None);
    near_in_bytes(&text, &expected.get("clip.text"), "from a prompt");
    let photo = photo(64, 32);
    let from_image = Sampling { seed: 13, ..sampling };
    let image = clip(&mut pipeline, &from_image, Some(&photo));
    near_in_bytes(&image, &expected.get("clip.image"), "from an image");
}

/// How far a clip goes from its first frame depends on the weights; that each motion amount is
/// another clip, and 5 the one of the model, does not.
#[test]
fn the_motion_amount_makes_other_clips_from_an_image() {
    let folder = fixtures("wan").join("tiny-ti2v");
    let mut pipeline = WanPipeline::open(&folder, Device::Cpu, Kind::Float).unwrap();
    let photo = photo(64, 32);
    let mut made = |motion, image: Option<&Picture>| {
        clip(&mut pipeline, &Sampling { width: 64, motion, ..sampling() }, image)
    };
    let own = made(5.0, Some(&photo));
    for motion in [1.0, 4.0, 7.5, 10.0] {
        assert_ne!(made(motion, Some(&photo)), own, "{motion}");
    }
    assert_eq!(made(9.0, None), made(5.0, None), "there is no image that could be looked at");
}

#[test]
fn previews_come_to_what_the_clip_is_and_change_nothing() {
    for model in MODELS {
        let folder = fixtures("wan").join(model);
        let mut pipeline = WanPipeline::open(&folder, Device::Cpu, Kind::Float).unwrap();
        let quiet = Sampling { width: 64, steps: 3, frames: 1, ..sampling() };
        let sampling = Sampling { previews: true, ..quiet.clone() };
        let (mut watcher, mut frame) = (Watcher::default(), Tensor::new());
        let take = |frames: &Tensor, _: &mut dyn Host| {
            frame = frames.shallow_clone();
            Ok(())
        };
        pipeline.clip(&sampling, None, &mut watcher, take).unwrap();
        assert_eq!(frame, clip(&mut pipeline, &quiet, None));
        watcher.ends_with(&frame, 3);
    }
}

/// As exact as 8 bits are, and not the same: the matrices are used.
#[test]
fn matrices_of_8_bits_are_near_those_of_32() {
    let own = |numbers: Numbers| {
        let folder = fixtures("wan").join("tiny-ti2v");
        let mut pipeline = WanPipeline::open(&folder, Device::Cpu, numbers).unwrap();
        clip(&mut pipeline, &Sampling { width: 64, ..sampling() }, None)
    };
    let exact = own(Kind::Float.into());
    let off = (own(Numbers { kind: Kind::Float, int8: true }) - exact).abs();
    let (most, mean) = (off.max().double_value(&[]), off.mean(None).double_value(&[]));
    assert!(most > 0.0 && mean < 0.01, "off by {most}, {mean} in the mean");
}

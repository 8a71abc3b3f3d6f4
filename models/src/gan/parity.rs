// SPDX-License-Identifier: MIT OR Apache-2.0
//! Both architectures beside PyTorch: outputs, losses, and three steps of Adam.
//!
//! `models/tests/fixtures/make_gan.py` made the numbers. Tolerances are relative to the largest
//! value: 1e-4 for what one pass gives, more behind the steps, since Adam divides by what is
//! nearly nothing at first.
#![allow(clippy::unwrap_used, reason = "a panic is how a test reports")]

use std::f64::consts::LN_2;

use serde_json::Value;
use tch::{Device, Tensor};

use super::{
    adam::Adam,
    config::{GanConfig, Kind},
    network::{Part, discriminate, generate, shapes},
};
use crate::tensor::{self, Params};

fn wave(shape: &[i64], number: usize, scale: f64) -> Tensor {
    let count: i64 = shape.iter().product();
    let rate = 0.37 + 0.011 * number as f64;
    let at = |i: i64| ((i as f64 * rate + number as f64).sin() * scale) as f32;
    tensor::from_f32(&(0..count).map(at).collect::<Vec<_>>(), shape).unwrap()
}

fn params(config: &GanConfig, part: Part) -> Params {
    let mut named = shapes(config, part);
    named.sort();
    let waves = named.into_iter().enumerate().map(|(number, (name, shape))| {
        let inputs: i64 = shape[1..].iter().product();
        (name, wave(&shape, number, (2.0 / inputs as f64).sqrt()).set_requires_grad(true))
    });
    waves.collect()
}

fn some(tensor: &Tensor) -> Vec<f64> {
    let all = tensor::to_f32(tensor).unwrap();
    all.iter().step_by((all.len() / 64).max(1)).take(64).map(|v| f64::from(*v)).collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

#[track_caller]
fn near(got: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len());
    let largest = want.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    let worst = got.iter().zip(want).map(|(g, w)| (g - w).abs()).fold(0.0, f64::max);
    assert!(worst <= tolerance * largest, "off by {worst} of {largest}");
}

fn compare(name: &str, kind: Kind, size: u32, betas: [f64; 2]) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/gan.json");
    let all: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let want = &all[name];
    let config = GanConfig { size, ..GanConfig::preset(kind) };
    let (generator, discriminator) =
        (params(&config, Part::Generator), params(&config, Part::Discriminator));
    let z = wave(&[4, config.latent()], 50, 1.2);
    let real = wave(&[4, 3, size.into(), size.into()], 51, 0.9);
    let make = || generate(&config, &generator, &z).unwrap();
    let judge = |pictures: &Tensor| discriminate(&config, &discriminator, pictures).unwrap();
    near(&some(&make()), &numbers(&want["pictures"]), 1e-4);
    near(&some(&judge(&real)), &numbers(&want["logits"]), 1e-4);
    let mut adam_generator = Adam::new(&generator, betas).unwrap();
    let mut adam_discriminator = Adam::new(&discriminator, betas).unwrap();
    for step in 1..=3 {
        let fake = make().detach();
        let loss = super::trainer::cross_entropy(&judge(&real), 1.0).unwrap()
            + super::trainer::cross_entropy(&judge(&fake), 0.0).unwrap();
        let gradients = super::trainer::gradients(&loss, &discriminator).unwrap();
        adam_discriminator.step(&discriminator, &gradients, step, 2e-4).unwrap();
        let made = super::trainer::cross_entropy(&judge(&make()), 1.0).unwrap();
        let gradients = super::trainer::gradients(&made, &generator).unwrap();
        adam_generator.step(&generator, &gradients, step, 2e-4).unwrap();
        let losses = [loss, made].map(|loss| loss.double_value(&[]));
        near(&losses, &numbers(&want["losses"][step as usize - 1]), 2e-3);
    }
    near(&some(&make()), &numbers(&want["after"]), 1e-2);
}

#[test]
fn the_fully_connected_pair_is_that_of_pytorch() {
    compare("mlp", Kind::Mlp, 64, [0.9, 0.999]);
}

#[test]
fn the_convolutional_pair_is_that_of_pytorch() {
    compare("conv-64", Kind::Conv, 64, [0.5, 0.999]);
    compare("conv-128", Kind::Conv, 128, [0.5, 0.999]);
}

#[test]
fn the_loss_is_binary_cross_entropy_in_nats() {
    let logits = Tensor::zeros([4, 1], (tch::Kind::Float, Device::Cpu));
    let loss = super::trainer::cross_entropy(&logits, 1.0).unwrap().double_value(&[]);
    assert!((loss - LN_2).abs() < 1e-6);
}

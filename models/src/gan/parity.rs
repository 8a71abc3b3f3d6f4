// SPDX-License-Identifier: MIT OR Apache-2.0
//! Both architectures beside PyTorch: outputs, losses, gradients; and three steps of Adam.
//!
//! `models/tests/fixtures/make_gan.py` made the numbers. Tolerances are relative to the largest
//! value. Networks are not compared behind a step: Adam divides by what is nearly nothing at
//! first, so the last bits of a processor's sums decide which way some weights go. Its own steps
//! are compared with gradients that are the same everywhere.
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

fn some(tensor: &Tensor, count: usize) -> Vec<f64> {
    let all = tensor::to_f32(tensor).unwrap();
    all.iter().step_by((all.len() / count).max(1)).take(count).map(|v| f64::from(*v)).collect()
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

fn fixture() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/gan.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[track_caller]
fn near_gradients(params: &Params, loss: &Tensor, want: &Value) {
    let got = super::trainer::gradients(loss, params).unwrap();
    assert_eq!(want.as_object().unwrap().len(), params.len());
    for (name, gradient) in params.keys().zip(&got) {
        near(&some(gradient, 8), &numbers(&want[name]), 1e-3);
    }
}

fn compare(name: &str, kind: Kind, size: u32) {
    let want = &fixture()[name];
    let config = GanConfig { size, ..GanConfig::preset(kind) };
    let (generator, discriminator) =
        (params(&config, Part::Generator), params(&config, Part::Discriminator));
    let z = wave(&[4, config.latent()], 50, 1.2);
    let real = wave(&[4, 3, size.into(), size.into()], 51, 0.9);
    let made = generate(&config, &generator, &z).unwrap();
    let judge = |pictures: &Tensor| discriminate(&config, &discriminator, pictures).unwrap();
    near(&some(&made, 64), &numbers(&want["pictures"]), 1e-4);
    near(&some(&judge(&real), 64), &numbers(&want["logits"]), 1e-4);
    let loss = super::trainer::cross_entropy(&judge(&real), 1.0).unwrap()
        + super::trainer::cross_entropy(&judge(&made.detach()), 0.0).unwrap();
    let fooled = super::trainer::cross_entropy(&judge(&made), 1.0).unwrap();
    near(&[loss.double_value(&[]), fooled.double_value(&[])], &numbers(&want["losses"]), 1e-4);
    near_gradients(&discriminator, &loss, &want["discriminator"]);
    near_gradients(&generator, &fooled, &want["generator"]);
}

#[test]
fn the_fully_connected_pair_is_that_of_pytorch() {
    compare("mlp", Kind::Mlp, 64);
}

#[test]
fn the_convolutional_pair_is_that_of_pytorch() {
    compare("conv-64", Kind::Conv, 64);
    compare("conv-128", Kind::Conv, 128);
}

#[test]
fn three_steps_of_adam_are_those_of_pytorch() {
    let all = fixture();
    for (name, betas) in [("adam-mlp", [0.9, 0.999]), ("adam-conv", [0.5, 0.999])] {
        let parameter = wave(&[5, 7], 1, 1.0).set_requires_grad(true);
        let params: Params = [("weight".to_owned(), parameter)].into();
        let mut adam = Adam::new(&params, betas).unwrap();
        for step in 1..=3 {
            let gradient = wave(&[5, 7], step + 10, 0.01 * step as f64);
            adam.step(&params, &[gradient], step as u64, 2e-4).unwrap();
            near(&some(&params["weight"], 35), &numbers(&all[name][step - 1]), 1e-6);
        }
    }
}

#[test]
fn the_loss_is_binary_cross_entropy_in_nats() {
    let logits = Tensor::zeros([4, 1], (tch::Kind::Float, Device::Cpu));
    let loss = super::trainer::cross_entropy(&logits, 1.0).unwrap().double_value(&[]);
    assert!((loss - LN_2).abs() < 1e-6);
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tables and trajectories beside diffusers: `models/tests/fixtures/make_wan.py` made the numbers.
#![allow(clippy::unwrap_used, reason = "a panic is how a test reports")]

use std::{fs, path::Path};

use serde::Deserialize;
use tch::{Device, Kind, Tensor};

use super::{EulerConfig, SchedulerConfig};
use crate::tensor;

#[derive(Deserialize)]
struct Row {
    config: SchedulerConfig,
    steps: u32,
    timesteps: Vec<f32>,
    sigmas: Vec<f32>,
    end: Vec<f32>,
}

#[track_caller]
fn near(got: &[f32], want: &[f32], tolerance: f32, what: &str) {
    assert_eq!(got.len(), want.len(), "{what}");
    let largest = want.iter().fold(1e-9, |most: f32, value| most.max(value.abs()));
    for (got, want) in got.iter().zip(want) {
        assert!((got - want).abs() <= tolerance * largest, "{what}: {got} is not {want}");
    }
}

#[test]
fn tables_and_trajectories_are_those_of_diffusers() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/wan/schedulers.json");
    let rows: Vec<Row> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert_eq!(rows.len(), 30);
    for row in rows {
        row.config.check(Path::new(path)).unwrap();
        let what = format!("{:?} in {} steps", row.config, row.steps);
        let mut scheduler = row.config.scheduler(row.steps);
        near(scheduler.timesteps(), &row.timesteps, 1e-6, &what);
        near(scheduler.sigmas(), &row.sigmas, 1e-6, &what);
        let at = Tensor::arange(12, (Kind::Float, Device::Cpu));
        let mut sample = at.sin().reshape([1, 2, 1, 2, 3]);
        for step in 0..row.steps {
            let velocity = (&sample * 2.0 + f64::from(step)).cos();
            sample = scheduler.step(&velocity, &sample).unwrap();
        }
        near(&tensor::to_f32(&sample).unwrap(), &row.end, 1e-4, &what);
        assert!(scheduler.step(&sample, &sample).is_err());
    }
}

#[derive(Deserialize)]
struct EulerRow {
    config: EulerConfig,
    steps: u32,
    timesteps: Vec<f32>,
    sigmas: Vec<f32>,
    first_noise: f64,
    scaled: Vec<f32>,
    end: Vec<f32>,
}

#[test]
fn levels_of_karras_and_steps_of_euler_are_those_of_diffusers() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/svd/schedulers.json");
    let rows: Vec<EulerRow> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert_eq!(rows.len(), 8);
    for row in rows {
        row.config.check(Path::new(path)).unwrap();
        let what = format!("{:?} in {} steps", row.config, row.steps);
        let mut scheduler = row.config.scheduler(row.steps);
        near(scheduler.timesteps(), &row.timesteps, 1e-6, &what);
        near(scheduler.sigmas(), &row.sigmas, 1e-6, &what);
        let at = Tensor::arange(12, (Kind::Float, Device::Cpu));
        let mut sample = at.sin() * scheduler.first_noise();
        assert!((scheduler.first_noise() / row.first_noise - 1.0).abs() < 1e-6, "{what}");
        let mut scaled = Vec::new();
        for step in 0..row.steps {
            let x = scheduler.scale(&sample).unwrap();
            scaled.extend(tensor::to_f32(&x).unwrap());
            let velocity = (&x * 2.0 + f64::from(step)).cos();
            sample = scheduler.step(&velocity, &sample).unwrap();
        }
        near(&scaled, &row.scaled, 1e-5, &what);
        near(&tensor::to_f32(&sample).unwrap(), &row.end, 1e-4, &what);
        assert!(scheduler.step(&sample, &sample).is_err());
    }
}

#[test]
fn all_that_is_not_known_is_told_at_once() {
    let json = r#"{"_class_name": "DDIM", "use_karras_sigmas": true, "flow_shift": -1.0}"#;
    let config: SchedulerConfig = serde_json::from_str(json).unwrap();
    let text = config.check(Path::new("scheduler_config.json")).unwrap_err().to_string();
    for part in ["scheduler_config.json", "_class_name", "use_karras_sigmas", "flow_shift"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Time from the start of a pipeline to the first frame that a model made, with a cold and with a
//! warm worker: `model_start CHECKPOINT PHOTO`.

use std::{env, time::Instant};

use gst::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [checkpoint, photo] = &arguments[..] else { return Err("CHECKPOINT PHOTO".into()) };
    gst::init()?;
    stillmotion_elements::register(None)?;
    for kind in ["cold", "warm", "warm, another seed"] {
        let seed = if kind.ends_with("seed") { 2 } else { 1 };
        let line = format!(
            "stillsrc location={photo} ! motiongen model={checkpoint} num-buffers=2 seed={seed} ! \
             video/x-raw,format=I420,width=1920,height=1080 ! fakesink"
        );
        let pipeline = gst::parse::launch(&line)?;
        let start = Instant::now();
        pipeline.set_state(gst::State::Playing)?;
        let bus = pipeline.bus().ok_or("no bus")?;
        let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
        let end = bus.timed_pop_filtered(gst::ClockTime::NONE, &kinds);
        let seconds = start.elapsed().as_secs_f64();
        pipeline.set_state(gst::State::Null)?;
        if let Some(gst::MessageView::Error(error)) = end.as_ref().map(|m| m.view()) {
            return Err(error.error().into());
        }
        println!(
            "Pipeline start to the model's first frame at 1080p, {kind} worker: {seconds:.2} s"
        );
    }
    Ok(())
}

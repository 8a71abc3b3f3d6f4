// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clips and stills of Wan through the elements and the command, with tiny random weights. That
//! they are those of diffusers is what the tests of `models` show.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{
    fs,
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use gst::prelude::*;
use stillmotion_tests::{
    clip::photo,
    launch,
    model::{alone, checkpoint, copy, end_workers, signal, tiny, workers},
    pipeline::{bytes, fail},
};

fn clip(model: &Path, settings: &str) -> String {
    format!(
        "stillsrc location={} ! video/x-raw,format=RGB,width=64,height=32 ! \
         motiongen model={} prompt=\"a small boat\" steps=2 duration=375000000 {settings} ! \
         fakesink name=out",
        photo(),
        model.display()
    )
}

#[test]
fn a_clip_starts_with_the_still_and_follows_its_settings() {
    let _alone = alone();
    let from_image = tiny("wan/tiny-ti2v");
    let usual = bytes(&clip(&from_image, "seed=3"));
    assert_eq!(usual.len(), 9);
    let still = bytes(&format!(
        "stillsrc location={} num-buffers=1 ! video/x-raw,format=RGB,width=64,height=32 ! \
         fakesink name=out",
        photo()
    ));
    assert_eq!(usual[0], still[0]);
    assert!(usual.windows(2).all(|pair| pair[0] != pair[1]));
    end_workers();
    assert!(usual == bytes(&clip(&from_image, "seed=3")), "another worker makes another clip");
    for other in [
        "seed=3 precision=int8",
        "seed=4",
        "seed=3 steps=3",
        "seed=3 guidance-scale=1",
        "seed=3 negative-prompt=\"still water\"",
        "seed=3 prompt=\"across the water\"",
    ] {
        assert!(usual[1..] != bytes(&clip(&from_image, other))[1..], "{other} changes nothing");
    }
}

#[test]
fn a_worker_that_dies_on_the_way_changes_nothing() {
    let _alone = alone();
    let line = clip(&tiny("wan/tiny-ti2v"), "seed=5 steps=40");
    let whole = bytes(&line);
    end_workers();
    let killed = AtomicBool::new(false);
    let got = thread::scope(|scope| {
        scope.spawn(|| {
            while workers().is_empty() {
                thread::sleep(Duration::from_millis(2));
            }
            thread::sleep(Duration::from_millis(300));
            workers().iter().for_each(|pid| signal(*pid, "-KILL"));
            killed.store(true, Ordering::Relaxed);
        });
        bytes(&line)
    });
    assert!(killed.load(Ordering::Relaxed));
    assert!(whole == got, "the clip is another one");
}

#[test]
fn a_still_comes_from_a_prompt_alone() {
    let _alone = alone();
    let line = |seed: u32| {
        format!(
            "stillsrc model={} prompt=\"a boat\" seed={seed} steps=1 guidance-scale=1 \
             num-buffers=1 ! video/x-raw,format=RGB ! fakesink name=out",
            tiny("wan/tiny-t2v").display()
        )
    };
    let still = bytes(&line(1));
    assert_eq!(still[0].len(), 832 * 480 * 3);
    assert_ne!(still, bytes(&line(2)));
}

#[test]
fn what_is_wrong_with_a_model_is_a_clear_sentence() {
    let _alone = alone();
    let said = |folder: &Path| {
        let error = fail(&clip(folder, "")).remove(0);
        (error.matches(gst::StreamError::WrongType), error.message().to_owned())
    };
    let (typed, text) = said(&tiny("wan/tiny-t2v"));
    assert!(typed && text.contains("from text alone"), "{text}");

    let weights = "transformer/diffusion_pytorch_model.safetensors";
    let config = "transformer/config.json";
    for (file, old, new, part) in [
        ("model_index.json", "UMT5EncoderModel", "T5EncoderModel", "UMT5EncoderModel"),
        ("model_index.json", "WanPipeline", "LTXPipeline", "WanPipeline"),
        (config, "\"ffn_dim\": 32", "\"ffn_dim\": 33", "blocks.0.ffn.net.0.proj.weight"),
        (config, "\"num_layers\": 2", "\"num_layers\": -2", "num_layers must be 1 to 1000"),
        ("vae/config.json", "\"z_dim\": 4", "\"z_dim\": 5", "latents_mean"),
        ("scheduler/scheduler_config.json", "\"shift\": 5.0", "\"shift\": 0", "shift must be"),
        ("tokenizer/tokenizer.json", "Unigram", "Anagram", "tokenizer.json"),
    ] {
        let folder = copy("wan/tiny-ti2v");
        let path = folder.path().join(file);
        let json = fs::read_to_string(&path).unwrap();
        assert!(json.contains(old), "{file} has no {old}");
        fs::write(&path, json.replace(old, new)).unwrap();
        let (_, text) = said(folder.path());
        assert!(text.contains(part), "{file}, {new}: {text}");
    }
    let folder = copy("wan/tiny-ti2v");
    fs::remove_file(folder.path().join(weights)).unwrap();
    let (_, text) = said(folder.path());
    assert!(text.contains(weights), "{text}");
    fs::write(folder.path().join(weights), "GGUF and more of it").unwrap();
    let (_, text) = said(folder.path());
    assert!(text.contains("GGUF"), "{text}");
    fs::remove_file(folder.path().join(weights)).unwrap();
    let pickle = folder.path().join("transformer/diffusion_pytorch_model.bin");
    fs::write(pickle, "PK\u{3}\u{4}").unwrap();
    let (_, text) = said(folder.path());
    assert!(text.contains("can run code"), "{text}");
}

#[test]
fn weights_that_are_not_numbers_are_refused() {
    let _alone = alone();
    let folder = copy("wan/tiny-ti2v");
    let weights = folder.path().join("transformer/diffusion_pytorch_model.safetensors");
    let mut file = fs::read(&weights).unwrap();
    let header = u64::from_le_bytes(file[..8].try_into().unwrap());
    let data = 8 + usize::try_from(header).unwrap();
    // Not a number in f16 and in f32.
    file[data..data + 4].copy_from_slice(&[0x00, 0x7e, 0xff, 0x7f]);
    fs::write(&weights, file).unwrap();
    let text = fail(&clip(folder.path(), "")).remove(0).message().to_owned();
    assert!(text.contains("not finite"), "{text}");
}

#[test]
fn what_is_no_model_of_its_own_is_told_by_its_name() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let lora = folder.path().join("pytorch_lora_weights.safetensors");
    fs::write(&lora, "weights").unwrap();
    for (model, parts) in [(folder.path(), ["LoRA", "fuse_lora"]), (&lora, ["a file", "folder"])] {
        let text = fail(&clip(model, "")).remove(0).message().to_owned();
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    }
}

#[test]
fn a_tokenizer_of_sentencepiece_alone_will_do() {
    let _alone = alone();
    let folder = copy("wan/tiny-ti2v");
    let tokenizer = folder.path().join("tokenizer");
    fs::remove_file(tokenizer.join("tokenizer.json")).unwrap();
    fs::copy(tiny("spiece/spiece.model"), tokenizer.join("spiece.model")).unwrap();
    assert_eq!(bytes(&clip(folder.path(), "guidance-scale=1")).len(), 9);
}

#[test]
fn the_command_says_what_a_folder_holds() {
    let command = launch::build(&["stillmotion", "stillmotion-models"]).join("stillmotion");
    let check = |folder: &Path| {
        let done = Command::new(&command).arg("check").arg(folder).output().unwrap();
        let text = [done.stdout, done.stderr].map(|text| String::from_utf8(text).unwrap());
        (done.status.code(), text.concat())
    };
    let (code, text) = check(&tiny("wan/tiny-i2v"));
    assert_eq!(code, Some(0), "{text}");
    for part in ["Wan", "text_encoder", "transformer_2", "vae", "GB of memory"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(check(Path::new(checkpoint())).0, Some(0));
    // All that is wrong, each part's.
    let folder = copy("wan/tiny-ti2v");
    fs::remove_file(folder.path().join("text_encoder/model.safetensors")).unwrap();
    let vae = folder.path().join("vae/diffusion_pytorch_model.safetensors");
    fs::write(&vae, "not safetensors").unwrap();
    let (code, text) = check(folder.path());
    assert_eq!(code, Some(1));
    assert!(text.contains("text_encoder/model.safetensors"), "{text}");
    assert!(text.contains("vae/diffusion_pytorch_model.safetensors"), "{text}");
    let (code, text) = check(Path::new("/none/such"));
    assert!(code == Some(1) && text.contains("/none/such"), "{text}");
}

#[test]
fn the_command_renders_with_a_model() {
    let folder = tempfile::tempdir().unwrap();
    let command = launch::build(&["stillmotion", "stillmotion-models"]).join("stillmotion");
    let render = |more: &[&str]| {
        let mut command = Command::new(&command);
        command.args(["render", &photo(), "-o"]).arg(folder.path().join("%05d.png"));
        command.arg("--model").arg(tiny("wan/tiny-ti2v"));
        command.args(["--size", "64x32", "--frames", "9", "--steps", "2"]).args(more);
        command.output().unwrap()
    };
    let done = render(&["--guidance-scale", "4", "--negative-prompt", "static", "--seed", "1"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 9);
    let wrong = render(&["--guidance-scale", "0.5", "--first-frame", "last", "--preview", "a.jpg"]);
    let text = String::from_utf8_lossy(&wrong.stderr).into_owned();
    let told = ["guidance-scale", "first-frame is last", "preview is a.jpg"];
    assert!(!wrong.status.success() && told.iter().all(|part| text.contains(part)), "{text}");
}

#[test]
fn what_is_sampled_so_far_is_shown() {
    let _alone = alone();
    let line = |more: &str| clip(&tiny("wan/tiny-ti2v"), &format!("steps=40 {more}"));
    let pipeline = gst::parse::launch(&line("preview=true")).unwrap();
    let bus = pipeline.bus().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let mut shown = Vec::new();
    loop {
        let message = bus.timed_pop(gst::ClockTime::from_seconds(60)).unwrap();
        match message.view() {
            gst::MessageView::Eos(_) => break,
            gst::MessageView::Error(error) => panic!("{error}"),
            gst::MessageView::Element(said) => {
                let said = said.structure().filter(|said| said.name() == "stillmotion-preview");
                shown.extend(said.map(|said| {
                    let sample = said.get::<gst::Sample>("sample").unwrap();
                    assert_eq!(said.get::<u64>("steps").unwrap(), 40);
                    assert_eq!(sample.caps().unwrap().to_string(), PREVIEW);
                    let bytes = sample.buffer().unwrap().map_readable().unwrap().to_vec();
                    (said.get::<u64>("step").unwrap(), bytes)
                }));
            }
            _ => (),
        }
    }
    pipeline.set_state(gst::State::Null).unwrap();
    assert!(shown.len() > 1, "{} previews", shown.len());
    assert!(shown.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1));
}

const PREVIEW: &str = "video/x-raw, format=(string)RGB, width=(int)64, height=(int)32, \
                       interlace-mode=(string)progressive, pixel-aspect-ratio=(fraction)1/1, \
                       colorimetry=(string)sRGB, framerate=(fraction)0/1";

#[test]
fn the_command_draws_stills_of_a_model_to_choose_from() {
    let folder = tempfile::tempdir().unwrap();
    let command = launch::build(&["stillmotion", "stillmotion-models"]).join("stillmotion");
    let run = |words: &[&str]| {
        let output = Command::new(&command).args(words).current_dir(folder.path()).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let model = tiny("wan/tiny-t2v");
    let model = ["--model", model.to_str().unwrap(), "--steps", "1", "--guidance-scale", "1"];
    let words = ["preview", "-o", "sheet.png", "--prompt", "a boat", "--seed", "6"];
    let said = run(&[&words[..], &model].concat());
    for (line, seed) in said.lines().zip(6..) {
        assert_eq!(
            line,
            format!("stillmotion render sheet-{seed}.png -o sheet-{seed}.mp4 --prompt='a boat'")
        );
        let still = image::image_dimensions(folder.path().join(format!("sheet-{seed}.png")));
        assert_eq!(still.unwrap(), (832, 480));
    }
    assert_eq!(said.lines().count(), 4);
    let sheet = image::image_dimensions(folder.path().join("sheet.png")).unwrap();
    assert_eq!(sheet, (4 * 324 - 4, 184));
}

#[test]
fn the_command_draws_clips_of_a_model_to_choose_from() {
    let folder = tempfile::tempdir().unwrap();
    let command = launch::build(&["stillmotion", "stillmotion-models"]).join("stillmotion");
    let sheet = folder.path().join("sheet.png");
    let mut preview = Command::new(command);
    preview.args(["preview", &photo(), "--frames", "9", "--steps", "1", "--tile-width", "64"]);
    preview.arg("-o").arg(&sheet).arg("--model").arg(tiny("wan/tiny-ti2v"));
    let output = preview.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.lines().count() == 4 && said.lines().all(|line| line.contains(" --model=")));
    assert_eq!(image::image_dimensions(&sheet).unwrap().0, 4 * 68 - 4);
}

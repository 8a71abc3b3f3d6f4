// SPDX-License-Identifier: MIT OR Apache-2.0
//! GStreamer's programs in a process of their own, with the plugin as users have it.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::OnceLock,
};

/// The folder that holds the plugin, built as this test was built.
///
/// # Panics
/// When the plugin does not build.
pub fn plugin_folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| build(&["gst-plugin-stillmotion"]))
}

/// Builds `packages` as this test was built, and gives the folder that holds them.
///
/// # Panics
/// When one does not build.
#[must_use]
pub fn build(packages: &[&str]) -> PathBuf {
    let test = std::env::current_exe().expect("this test has a path");
    let folder = test.ancestors().nth(2).expect("target, profile, deps").to_owned();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--manifest-path"]);
    cargo.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml"));
    cargo.args(packages.iter().flat_map(|package| ["-p", package]));
    cargo.arg("--target-dir").arg(folder.parent().expect("target"));
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.status().expect("cargo runs").success(), "{packages:?} build");
    folder
}

/// `line`, a command line for the shell, in `folder`. Any critical warning is fatal.
pub fn shell(line: &str, folder: &Path) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("exec {line}"));
    command.current_dir(folder).stdin(Stdio::null());
    command.env("GST_PLUGIN_PATH", plugin_folder());
    // The registry of the machine may remember an older plugin.
    command.env("GST_REGISTRY", plugin_folder().join("stillmotion-test-registry.bin"));
    command.env("G_DEBUG", "fatal-warnings");
    // What is still alive at the end is a warning too.
    command.env("GST_TRACERS", "leaks");
    command
}

/// Runs `line` to its end, or for two minutes at most: no test measures time with that.
///
/// # Panics
/// When it fails; the message holds what it printed.
#[track_caller]
pub fn run(line: &str, folder: &Path) -> String {
    finish(line, shell(&bounded(line), folder))
}

/// As [`run`], for the programs of GES 1.22, which do not free everything themselves, with
/// whatever effect.
///
/// # Panics
/// When it fails; the message holds what it printed.
#[track_caller]
pub fn run_leaky(line: &str, folder: &Path) -> String {
    let mut command = shell(&bounded(line), folder);
    command.env_remove("GST_TRACERS");
    finish(line, command)
}

/// Starts `line` and gives it Ctrl-C when it has printed `count` lines that hold `said`, then
/// waits for its end.
///
/// # Panics
/// When it does not print them, goes on in spite of the signal, or crashes.
#[track_caller]
pub fn interrupt(line: &str, folder: &Path, said: &str, count: usize) -> ExitStatus {
    // In the foreground, `timeout` hands the signal on.
    let bounded = format!("timeout --foreground --kill-after=5 60 {line}");
    let mut child = shell(&bounded, folder).stdout(Stdio::piped()).spawn().expect("a shell");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let heard = lines.by_ref().filter(|line| line.as_ref().is_ok_and(|line| line.contains(said)));
    assert_eq!(heard.take(count).count(), count, "{line}: it plays");
    let mut kill = Command::new("kill");
    let sent = kill.arg("-INT").arg(child.id().to_string()).status().expect("kill");
    assert!(sent.success(), "{line}: it still runs");
    // To its end, or gst-launch would stop at a closed pipe.
    lines.for_each(drop);
    let status = child.wait().expect("a child");
    // `timeout` says 124 when it had to end the program, and more when a signal killed it.
    assert!(status.code().is_some_and(|code| code < 124), "{line} goes on or crashes: {status}");
    status
}

fn bounded(line: &str) -> String {
    format!("timeout --kill-after=5 120 {line}")
}

#[track_caller]
fn finish(line: &str, mut command: Command) -> String {
    let output = command.output().expect("a shell");
    let printed = String::from_utf8_lossy(&output.stderr).into_owned();
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{line}\n{:?}\n{out}\n{printed}", output.status);
    out + &printed
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! `stillmotion check`: what the folder of a model holds, what it needs, and what is wrong with it.

use std::sync::atomic::Ordering;

use stillmotion_engine::worker::{check::check, protocol::Checked};

use crate::{args::CheckArgs, failure::Failure, signals, write};

/// Prints what the folder holds. Something wrong with it is a failure.
pub fn run(args: &CheckArgs) -> Result<(), Failure> {
    let stop = signals::watch()?;
    let checked = check(&args.folder, || !stop.load(Ordering::Relaxed))?;
    let checked = checked.ok_or_else(|| Failure::Interrupted("ended".to_owned()))?;
    if !checked.problems.is_empty() {
        return Err(Failure::Failed(checked.problems.join("; ")));
    }
    write::result(&format!("{}: {}\n{}", args.folder.display(), checked.kind, table(&checked)))
}

/// A line for each part, and one for the memory.
fn table(checked: &Checked) -> String {
    let mut lines = Vec::new();
    for part in &checked.parts {
        let (millions, disk) = (part.parameters as f64 / 1e6, gigabytes(part.bytes));
        lines.push(format!("  {:<16} {millions:>10.1} M numbers {disk:>9.2} GB", part.name));
    }
    let (cpu, gpu) = (gigabytes(checked.memory), gigabytes(checked.memory / 2));
    lines.push(format!(
        "Its weights take {cpu:.2} GB of memory at one time on a CPU, about {gpu:.2} GB on a GPU; \
         what it computes comes on top."
    ));
    lines.join("\n")
}

fn gigabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e9
}

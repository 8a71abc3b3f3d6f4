// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command `stillmotion`.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong settings, 130 ended with Ctrl-C. Whatever goes wrong is
//! one line on stderr.

mod args;
mod check;
mod depth;
mod explain;
mod failure;
mod output;
mod preview;
mod progress;
mod render;
mod settings;
mod sheet;
mod signals;
mod train;
mod write;

use std::process::ExitCode;

use args::{Cli, Command};
use clap::Parser;
use failure::Failure;

fn main() -> ExitCode {
    let done = parse().and_then(|command| match command {
        Some(Command::Render(args)) => render::run(&args),
        Some(Command::Preview(args)) => preview::run(&args),
        Some(Command::Depth(args)) => depth::run(&args),
        Some(Command::Explain(args)) => explain::run(&args),
        Some(Command::Sheet(args)) => sheet::run(&args),
        Some(Command::Train(args)) => train::run(&args),
        Some(Command::Check(args)) => check::run(&args),
        None => Ok(()),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            write::note(&format!("stillmotion: {failure}"));
            failure.exit_code()
        }
    }
}

/// The command that was asked for, or `None` when help or the version was, and is shown.
fn parse() -> Result<Option<Command>, Failure> {
    match Cli::try_parse() {
        Ok(cli) => Ok(Some(cli.command)),
        Err(e) if e.use_stderr() => Err(Failure::Settings(one_line(&e.to_string()))),
        Err(e) => {
            // Whoever closed the pipe does not want to read the help.
            let _ = e.print();
            Ok(None)
        }
    }
}

/// The first paragraph of what clap says; the usage behind it is in `--help`.
fn one_line(message: &str) -> String {
    let paragraph: Vec<_> =
        message.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let text = paragraph.join(" ");
    format!("{} (see --help)", text.trim_start_matches("error: "))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_options_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_complaint_of_clap_becomes_one_line() {
        let said = "error: the following are missing:\n  --output <FILE>\n\nUsage: stillmotion\n";
        assert_eq!(one_line(said), "the following are missing: --output <FILE> (see --help)");
    }
}

//! The `countersign` command.
//!
//! Exit codes are part of its contract: 0 is yes, 1 is a sound no, 2 is "could not tell" (usage,
//! configuration, files). What programs read goes to stdout, what went wrong to stderr.
#![forbid(unsafe_code)]

mod args;
mod demo;
mod failure;
mod rfc3339;
mod serve;
mod tls_stream;
mod verify;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use args::{Args, Command};
use failure::Failure;

/// The answer to what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
}

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return explain_usage(&error),
    };
    let (answer, json) = match &args.command {
        Command::Verify(verify) => (verify::run(verify), verify.json),
        Command::Demo(demo) => (demo::run(demo), demo.json),
        Command::Serve(serve) => (serve::run(serve), serve.json),
    };
    match answer {
        Ok(Answer::Yes) => ExitCode::SUCCESS,
        Ok(Answer::No) => ExitCode::from(1),
        Err(failure) => failure.report(json),
    }
}

/// `--help` and `--version` are answers; everything else is a misuse, said in JSON to who asked for
/// JSON, though the arguments could not be understood.
fn explain_usage(error: &clap::Error) -> ExitCode {
    let is_answer = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if !is_answer && std::env::args_os().any(|arg| arg == "--json") {
        // What is wrong comes first; usage and hints follow an empty line.
        let text = error.render().to_string();
        let wrong: Vec<&str> = text.lines().map(str::trim).take_while(|l| !l.is_empty()).collect();
        return Failure::new(wrong.join(" ").trim_start_matches("error: ")).report(true);
    }
    // A reader who went away is no reason for another exit code.
    let _ = error.print();
    ExitCode::from(if is_answer { 0 } else { 2 })
}

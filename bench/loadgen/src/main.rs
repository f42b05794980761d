//! Load generator of the benchmark suites: N sessions with W outstanding commands each over TLS, every reply checked.
//!
//! It runs on one thread, so that it can be pinned to the core that the server under test does not use, reads the server's CPU
//! clock itself at the first and last measured reply, and prints one line of JSON.

mod args;
mod frames;
mod mix;
mod report;
mod run;
mod session;
mod sys;
mod tls;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args = match args::parse(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(problem) => {
            eprintln!("loadgen: {problem}\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    match run::run(&args) {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("loadgen: {problem}");
            ExitCode::FAILURE
        }
    }
}

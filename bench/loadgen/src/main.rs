//! Load generator of the benchmark suites: N sessions with W outstanding commands each over TLS, every reply checked.
//!
//! It runs on one thread, so that it can be pinned to the core that the server under test does not use, reads the server's CPU
//! clock itself at the first and last measured reply, and prints one line of JSON. `--xpc` speaks IRIS over XPC in place of EPP;
//! `loadgen lwz` does the same by datagrams.

mod args;
mod frames;
mod lwz;
mod mix;
mod report;
mod run;
mod session;
mod sys;
mod tls;
mod xpc;

use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("lwz") {
        return outcome(lwz::run(std::env::args().skip(2)));
    }
    let args = match args::parse(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(problem) => {
            eprintln!("loadgen: {problem}\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    outcome(run::run(&args))
}

fn outcome(result: Result<String, String>) -> ExitCode {
    match result {
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

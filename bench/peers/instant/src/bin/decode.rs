//! Peer: what instant-epp needs to decode a response to its own Rust types. `KIND:FILE…` on the command line, one JSON object out:
//! nanoseconds of CPU per decode, the median of five runs for each file.

use std::hint::black_box;
use std::process::ExitCode;

use bench_instant::cpu_time;
use instant_epp::common::NoExtension;
use instant_epp::domain::{
    DomainCheck, DomainCreate, DomainInfo, DomainRenew, DomainTransfer, DomainUpdate,
};
use instant_epp::request::{Command, Transaction};
use instant_epp::response::Response;
use instant_xml::FromXml;

const EPP_XMLNS: &str = "urn:ietf:params:xml:ns:epp-1.0";

/// The document, as instant-epp defines it privately.
#[derive(FromXml)]
#[xml(rename = "epp", ns(EPP_XMLNS))]
struct Epp<T> {
    data: T,
}

/// Seconds for one file in one run.
const RUN: f64 = 0.02;

fn decode<C>(text: &str) -> Result<(), String>
where
    C: Command + Transaction<NoExtension>,
{
    let decoded = instant_xml::from_str::<Epp<Response<C::Response, NoExtension>>>(text)
        .map_err(|problem| problem.to_string())?;
    black_box(&decoded.data.result.code);
    Ok(())
}

fn measure(kind: &str, path: &str) -> Result<f64, String> {
    let text = std::fs::read_to_string(path).map_err(|problem| format!("{path}: {problem}"))?;
    let decode = match kind {
        "check" => decode::<DomainCheck<'static>>,
        "info" => decode::<DomainInfo<'static>>,
        "create" => decode::<DomainCreate<'static>>,
        "renew" => decode::<DomainRenew<'static>>,
        "update" => decode::<DomainUpdate<'static>>,
        "transfer" => decode::<DomainTransfer<'static>>,
        _ => return Err(format!("unknown kind {kind}")),
    };
    // A response that it cannot read must not count as quick.
    decode(&text).map_err(|problem| format!("{path}: {problem}"))?;
    let mut runs = [0.0; 5];
    for run in &mut runs {
        let (start, mut count) = (cpu_time(), 0u32);
        while cpu_time() - start < RUN {
            for _ in 0..50 {
                decode(black_box(&text))?;
            }
            count += 50;
        }
        *run = (cpu_time() - start) * 1e9 / f64::from(count);
    }
    runs.sort_by(f64::total_cmp);
    Ok(runs[2])
}

fn main() -> ExitCode {
    let mut lines = Vec::new();
    for word in std::env::args().skip(1) {
        let Some((kind, path)) = word.split_once(':') else {
            eprintln!("usage: bench-instant-decode KIND:FILE...");
            return ExitCode::from(2);
        };
        match measure(kind, path) {
            Ok(nanos) => lines.push(format!("{word:?}:{nanos:.1}")),
            Err(problem) => {
                eprintln!("bench-instant-decode: {problem}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!("{{{}}}", lines.join(","));
    ExitCode::SUCCESS
}

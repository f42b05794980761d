//! The result as one line of JSON.

use std::fmt::Write;

use hdrhistogram::Histogram;

use crate::args::Args;
use crate::mix::KINDS;
use crate::run::Clocks;

/// A reply that took longer than the listing threshold, by the monotonic clock.
pub struct Late {
    pub due: u64,
    pub received: u64,
}

pub struct Measured {
    pub begun: Clocks,
    pub ended: Clocks,
    pub histograms: [Histogram<u64>; KINDS.len()],
    pub late: Vec<Late>,
}

/// All times in microseconds, `late` in nanoseconds of the monotonic clock.
pub fn json(args: &Args, measured: &Measured) -> String {
    let (begun, ended) = (measured.begun, measured.ended);
    let count = args.commands as f64;
    let micros = |nanos: u64| nanos as f64 / 1000.0;
    let mut out = String::from("{");
    let mut field = |name: &str, value: String| {
        let _ = write!(
            out,
            "{}\"{name}\":{value}",
            if out.len() > 1 { "," } else { "" }
        );
    };
    field("sessions", args.sessions.to_string());
    field("window", args.window.to_string());
    field("commands", args.commands.to_string());
    field(
        "loop",
        if args.rate.is_some() {
            "\"open\"".to_owned()
        } else {
            "\"closed\"".to_owned()
        },
    );
    field("wall_us", format!("{:.1}", micros(ended.wall - begun.wall)));
    field(
        "rate",
        format!("{:.1}", count / ((ended.wall - begun.wall) as f64 / 1e9)),
    );
    if args.pid.is_some() {
        field(
            "server_cpu_us",
            format!("{:.4}", micros(ended.server - begun.server) / count),
        );
    }
    field(
        "client_cpu_us",
        format!("{:.4}", micros(ended.own - begun.own) / count),
    );
    let mut all = measured.histograms[0].clone();
    for other in &measured.histograms[1..] {
        let _ = all.add(other);
    }
    field("latency_us", latencies(&all));
    for (kind, histogram) in KINDS.iter().zip(&measured.histograms) {
        if !histogram.is_empty() {
            field(kind.name(), latencies(histogram));
        }
    }
    let late: Vec<String> = measured
        .late
        .iter()
        .map(|reply| format!("[{},{}]", reply.due, reply.received))
        .collect();
    field("late", format!("[{}]", late.join(",")));
    out.push('}');
    out
}

fn latencies(histogram: &Histogram<u64>) -> String {
    let at = |quantile: f64| histogram.value_at_quantile(quantile) as f64 / 1000.0;
    format!(
        "{{\"count\":{},\"p50\":{:.1},\"p90\":{:.1},\"p99\":{:.1},\"p999\":{:.1},\"max\":{:.1}}}",
        histogram.len(),
        at(0.5),
        at(0.9),
        at(0.99),
        at(0.999),
        histogram.max() as f64 / 1000.0
    )
}

//! Octets per second of the tokenizer over a folder of documents: `throughput DIR [SECONDS]`.
//!
//! Prints one JSON line. Documents that are not well-formed are left out; a build without optimisation is refused.
#![allow(clippy::cast_precision_loss)] // figures for people
use std::hint::black_box;
use std::time::{Duration, Instant};

use regwire_xml::{Context, Input, Limits, Names, QName, Sink, Text, Tokenizer};

/// Adds up what it is told, so that nothing can be left out by the compiler.
#[derive(Default)]
struct Sum(u64);

impl Sink for Sum {
    #[inline]
    fn start(&mut self, _cx: &Context<'_>, name: QName, _at: u32) {
        self.0 += u64::from(name.ns.0) + u64::from(name.end - name.local);
    }
    #[inline]
    fn attribute(&mut self, _cx: &Context<'_>, name: QName, value: Text) {
        self.0 += u64::from(name.ns.0) + u64::from(value.end);
    }
    #[inline]
    fn attributes_done(&mut self, _cx: &Context<'_>) {
        self.0 += 1;
    }
    #[inline]
    fn text(&mut self, _cx: &Context<'_>, text: Text) {
        self.0 += u64::from(text.end);
    }
    #[inline]
    fn end(&mut self, _cx: &Context<'_>, at: u32) {
        self.0 += u64::from(at);
    }
}

fn main() {
    if cfg!(debug_assertions) {
        eprintln!("measure an optimised build");
        std::process::exit(2);
    }
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("usage: throughput DIR [SECONDS]");
    let seconds: f64 = arguments
        .next()
        .map_or(1.0, |text| text.parse().expect("seconds"));
    let limits = Limits::default();
    let names = Names::new([
        "urn:ietf:params:xml:ns:epp-1.0",
        "urn:ietf:params:xml:ns:domain-1.0",
        "urn:ietf:params:xml:ns:contact-1.0",
        "urn:ietf:params:xml:ns:host-1.0",
        "urn:ietf:params:xml:ns:rgp-1.0",
        "urn:ietf:params:xml:ns:secDNS-1.1",
    ]);
    let mut tokenizer = Tokenizer::default();
    let mut once = |document: &[u8]| {
        let mut sum = Sum::default();
        let input = Input::new(document, &limits).ok()?;
        tokenizer.run(&names, &limits, &input, &mut sum).ok()?;
        Some(sum.0)
    };
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("folder")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.sort();
    let documents: Vec<Vec<u8>> = files
        .iter()
        .filter_map(|file| std::fs::read(file).ok())
        .filter(|document| once(document).is_some())
        .collect();
    let octets: usize = documents.iter().map(Vec::len).sum();

    let mut best = Duration::MAX;
    let begin = Instant::now();
    while begin.elapsed().as_secs_f64() < seconds {
        let start = Instant::now();
        for document in &documents {
            black_box(once(black_box(document)));
        }
        best = best.min(start.elapsed());
    }
    println!(
        "{{\"documents\": {}, \"octets\": {octets}, \"microseconds_per_document\": {:.3}, \"gigabytes_per_second\": {:.3}}}",
        documents.len(),
        best.as_secs_f64() * 1e6 / documents.len() as f64,
        octets as f64 / best.as_secs_f64() / 1e9,
    );
}

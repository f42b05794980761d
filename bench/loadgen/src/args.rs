//! Command line.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use crate::mix::Mix;

pub const USAGE: &str = "\
loadgen --addr IP:PORT --ca FILE [--cert FILE --key FILE] [--server-name NAME] [--suite aes128|aes256|chacha]
        [--sessions N] [--window W] [--warmup N] [--commands N] [--seconds S] [--rate PER_SECOND]
        [--mix standard|lookup|info|create|registry] [--objects N] [--spare N] [--linked N] [--session-base N] [--first N] [--pid PID] [--user ID] [--password PW]
        [--transcript FILE] [--idle] [--echo OCTETS] [--xpc AUTHORITY]";

/// What to run; every count and time is a bound.
pub struct Args {
    pub addr: SocketAddr,
    pub ca: String,
    pub cert: Option<(String, String)>,
    pub server_name: String,
    pub suite: String,
    pub sessions: usize,
    pub window: usize,
    /// Replies before the measured part begins.
    pub warmup: u64,
    /// Replies measured.
    pub commands: u64,
    /// The run fails when it is not done by then.
    pub limit: Duration,
    /// Open loop: commands a second over all sessions; closed loop without.
    pub rate: Option<f64>,
    pub mix: Mix,
    /// Domains that the server was started with.
    pub objects: u64,
    /// Domains to renew and domains to transfer that the registry was filled with, of each so many (mix registry).
    pub spare: u64,
    /// Contacts of each kind, and twice the pairs of hosts, that creates refer to.
    pub linked: u64,
    /// Number of the first session: keeps the names of several runs against one server apart.
    pub session_base: usize,
    /// Number of the first command within every session.
    pub first: u64,
    /// Server process whose CPU clock is read.
    pub pid: Option<i32>,
    pub user: String,
    pub password: String,
    pub transcript: Option<String>,
    /// Open and log in the sessions, report, and hold them until standard input ends.
    pub idle: bool,
    /// No EPP: frames of this many octets, echoed.
    pub echo: Option<usize>,
    /// No EPP: lookups of domain checks (IRIS dchk1) over XPC, asked of this authority.
    pub xpc: Option<String>,
}

fn value<T: FromStr>(name: &str, text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("{name}: cannot read {text:?}"))
}

pub fn parse(words: impl Iterator<Item = String>) -> Result<Args, String> {
    let mut args = Args {
        addr: SocketAddr::from(([127, 0, 0, 1], 0)),
        ca: String::new(),
        cert: None,
        server_name: "localhost".to_owned(),
        suite: "aes128".to_owned(),
        sessions: 1,
        window: 1,
        warmup: 0,
        commands: 1000,
        limit: Duration::from_secs(60),
        rate: None,
        mix: Mix::Standard,
        objects: 10_000,
        spare: 0,
        linked: 1000,
        session_base: 0,
        first: 0,
        pid: None,
        user: "reg-a".to_owned(),
        password: "bench-password".to_owned(),
        transcript: None,
        idle: false,
        echo: None,
        xpc: None,
    };
    let (mut cert, mut key) = (None, None);
    let mut words = words;
    while let Some(name) = words.next() {
        if name == "--idle" {
            args.idle = true;
            continue;
        }
        let text = words
            .next()
            .ok_or_else(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--addr" => args.addr = value(&name, &text)?,
            "--ca" => args.ca = text,
            "--cert" => cert = Some(text),
            "--key" => key = Some(text),
            "--server-name" => args.server_name = text,
            "--suite" => args.suite = text,
            "--sessions" => args.sessions = value(&name, &text)?,
            "--window" => args.window = value(&name, &text)?,
            "--warmup" => args.warmup = value(&name, &text)?,
            "--commands" => args.commands = value(&name, &text)?,
            "--seconds" => args.limit = Duration::from_secs_f64(value(&name, &text)?),
            "--rate" => args.rate = Some(value(&name, &text)?),
            "--mix" => args.mix = text.parse()?,
            "--objects" => args.objects = value(&name, &text)?,
            "--spare" => args.spare = value(&name, &text)?,
            "--linked" => args.linked = value(&name, &text)?,
            "--session-base" => args.session_base = value(&name, &text)?,
            "--first" => args.first = value(&name, &text)?,
            "--pid" => args.pid = Some(value(&name, &text)?),
            "--user" => args.user = text,
            "--password" => args.password = text,
            "--transcript" => args.transcript = Some(text),
            "--echo" => args.echo = Some(value(&name, &text)?),
            "--xpc" => args.xpc = Some(text),
            _ => return Err(format!("unknown option {name}")),
        }
    }
    args.cert = match (cert, key) {
        (Some(cert), Some(key)) => Some((cert, key)),
        (None, None) => None,
        _ => return Err("--cert and --key go together".to_owned()),
    };
    check(&args)?;
    Ok(args)
}

fn check(args: &Args) -> Result<(), String> {
    if args.ca.is_empty() || args.addr.port() == 0 {
        return Err("--addr and --ca are required".to_owned());
    }
    if args.sessions == 0 || args.window == 0 || args.commands == 0 {
        return Err("--sessions, --window and --commands must be positive".to_owned());
    }
    if args.objects < 64 {
        return Err("--objects must be at least 64, one for each session's region".to_owned());
    }
    if args.xpc.is_some() && args.echo.is_some() {
        return Err("--xpc and --echo are different protocols".to_owned());
    }
    if args.linked == 0 {
        return Err("--linked must be positive".to_owned());
    }
    if args.rate.is_some_and(|rate| rate.is_nan() || rate <= 0.0) {
        return Err("--rate must be positive".to_owned());
    }
    Ok(())
}

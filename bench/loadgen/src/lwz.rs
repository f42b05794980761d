//! Load by datagrams: IRIS-LWZ lookups of domain checks from many ports, every answer checked.
//!
//! `loadgen lwz …`. Sockets are clients with resources of their own: each keeps some requests outstanding. What is lost is
//! counted and asked again. Names follow from the number of the request; half of them are registered.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use memchr::memmem::Finder;

use crate::sys::{self, Epoll};

pub const USAGE: &str = "\
loadgen lwz --addr IP:PORT [--sockets N] [--window W] [--warmup N] [--requests N] [--objects N] [--pid PID] [--echo true]";

const AUTHORITY: &[u8] = b"example.com";
/// Asked again when there is no answer for this long.
const LOST_AFTER: u64 = 1_000_000_000;
/// The run fails when it is not done by then.
const LIMIT: Duration = Duration::from_secs(120);

struct Args {
    addr: SocketAddr,
    sockets: usize,
    window: usize,
    warmup: u64,
    requests: u64,
    objects: u64,
    pid: Option<i32>,
    echo: bool,
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Args, String> {
    let mut args = Args {
        addr: SocketAddr::from(([127, 0, 0, 1], 0)),
        sockets: 64,
        window: 4,
        warmup: 1000,
        requests: 10_000,
        objects: 1_000_000,
        pid: None,
        echo: false,
    };
    while let Some(name) = words.next() {
        let text = words
            .next()
            .ok_or_else(|| format!("{name} needs a value"))?;
        let wrong = || format!("{name}: cannot read {text:?}");
        match name.as_str() {
            "--addr" => args.addr = text.parse().map_err(|_| wrong())?,
            "--sockets" => args.sockets = text.parse().map_err(|_| wrong())?,
            "--window" => args.window = text.parse().map_err(|_| wrong())?,
            "--warmup" => args.warmup = text.parse().map_err(|_| wrong())?,
            "--requests" => args.requests = text.parse().map_err(|_| wrong())?,
            "--objects" => args.objects = text.parse().map_err(|_| wrong())?,
            "--pid" => args.pid = Some(text.parse().map_err(|_| wrong())?),
            "--echo" => args.echo = text.parse().map_err(|_| wrong())?,
            _ => return Err(format!("unknown option {name}\n{USAGE}")),
        }
    }
    if args.addr.port() == 0 || args.sockets == 0 || !(1..=64).contains(&args.window) {
        return Err(format!(
            "--addr is required, --sockets positive, --window 1 to 64\n{USAGE}"
        ));
    }
    Ok(args)
}

/// One request that waits for its answer.
#[derive(Clone, Copy, Default)]
struct Slot {
    transaction: u16,
    name: u64,
    sent: u64,
}

struct Client {
    socket: UdpSocket,
    slots: Vec<Slot>,
}

/// What must stand in an answer.
struct Checks {
    registered: Finder<'static>,
    free: Finder<'static>,
}

struct Load {
    args: Args,
    clients: Vec<Client>,
    checks: Checks,
    random: u64,
    lost: u64,
    answered: u64,
    packet: Vec<u8>,
}

/// The result as one line of JSON.
pub fn run(words: impl Iterator<Item = String>) -> Result<String, String> {
    let args = parse(words)?;
    let mut load = Load::new(args).map_err(|fault| fault.to_string())?;
    load.measure()
}

fn document(name: u64) -> String {
    format!(
        "<request xmlns=\"urn:ietf:params:xml:ns:iris1\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <searchSet><lookupEntity registryType=\"urn:ietf:params:xml:ns:dchk1\" entityClass=\"domain-name\" \
         entityName=\"name-{name}.example.com\"/></searchSet></request>"
    )
}

impl Load {
    fn new(args: Args) -> std::io::Result<Self> {
        let mut clients = Vec::with_capacity(args.sockets);
        for _ in 0..args.sockets {
            let socket = UdpSocket::bind(("127.0.0.1", 0))?;
            socket.connect(args.addr)?;
            socket.set_nonblocking(true)?;
            clients.push(Client {
                socket,
                slots: vec![Slot::default(); args.window],
            });
        }
        Ok(Self {
            args,
            clients,
            checks: Checks {
                registered: Finder::new("active/>"),
                free: Finder::new("nameNotFound"),
            },
            random: 0x9e37_79b9_7f4a_7c15,
            lost: 0,
            answered: 0,
            packet: Vec::new(),
        })
    }

    fn next_random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    /// Asks about a new name. The identifier's lowest bits tell the slot; the others count, so that a late answer to what was
    /// given up is not taken for another's.
    fn ask(&mut self, client: usize, slot: usize, now: u64) -> Result<(), String> {
        let random = self.next_random();
        let before = self.clients[client].slots[slot].transaction;
        let transaction = (before.wrapping_add(64) & 0x7fc0) | slot as u16;
        let name = (random >> 16) % (2 * self.args.objects);
        self.packet.clear();
        self.packet.push(0);
        self.packet.extend_from_slice(&transaction.to_be_bytes());
        self.packet.extend_from_slice(&4000_u16.to_be_bytes());
        self.packet.push(AUTHORITY.len() as u8);
        self.packet.extend_from_slice(AUTHORITY);
        self.packet.extend_from_slice(document(name).as_bytes());
        self.clients[client].slots[slot] = Slot {
            transaction,
            name,
            sent: now,
        };
        match self.clients[client].socket.send(&self.packet) {
            Ok(_) => Ok(()),
            Err(fault) if fault.kind() == std::io::ErrorKind::WouldBlock => Ok(()),
            Err(fault) => Err(format!("sending: {fault}")),
        }
    }

    /// Checks an answer; its slot, or `None` for one that was given up.
    fn check(&self, client: usize, answer: &[u8]) -> Result<Option<usize>, String> {
        let Some(([0x20, high, low], body)) = answer.split_first_chunk::<3>() else {
            return Err(format!(
                "unexpected answer: {:?}",
                String::from_utf8_lossy(answer)
            ));
        };
        let transaction = u16::from_be_bytes([*high, *low]);
        let at = usize::from(transaction & 0x3f);
        let Some(slot) = self.clients[client].slots.get(at) else {
            return Err(format!("transaction {transaction:#06x} was never used"));
        };
        if slot.transaction != transaction {
            return Ok(None);
        }
        let name = format!("name-{}.example.com", slot.name);
        let right = if self.args.echo {
            body == document(slot.name).as_bytes()
        } else if slot.name < self.args.objects {
            self.checks.registered.find(body).is_some()
                && memchr::memmem::find(body, name.as_bytes()).is_some()
        } else {
            self.checks.free.find(body).is_some()
        };
        if right {
            Ok(Some(at))
        } else {
            let text = String::from_utf8_lossy(body);
            Err(format!("wrong answer about {name}: {text}"))
        }
    }

    fn measure(&mut self) -> Result<String, String> {
        let io = |fault: std::io::Error| fault.to_string();
        let epoll = Epoll::new().map_err(io)?;
        for (token, client) in self.clients.iter().enumerate() {
            epoll.add(&client.socket, token).map_err(io)?;
        }
        let begun = sys::monotonic().map_err(io)?;
        for client in 0..self.clients.len() {
            for slot in 0..self.args.window {
                self.ask(client, slot, begun)?;
            }
        }
        let server = |pid: Option<i32>| pid.map_or(Ok(0), sys::process_cpu).map_err(io);
        let (mut ready, mut first) = (Vec::new(), None);
        let mut buffer = vec![0; 65_536];
        let last = self.args.warmup + self.args.requests;
        loop {
            epoll.wait(&mut ready, 50).map_err(io)?;
            let now = sys::monotonic().map_err(io)?;
            for &client in &ready {
                while let Ok(length) = self.clients[client].socket.recv(&mut buffer) {
                    let Some(slot) = self.check(client, &buffer[..length])? else {
                        continue;
                    };
                    self.answered += 1;
                    if self.answered == self.args.warmup {
                        first = Some((now, server(self.args.pid)?));
                    }
                    if self.answered == last {
                        let (wall, cpu) = first.unwrap_or((begun, 0));
                        let spent = server(self.args.pid)?.saturating_sub(cpu);
                        return Ok(self.report(now - wall, spent));
                    }
                    self.ask(client, slot, now)?;
                }
            }
            self.ask_again(now)?;
            if now - begun > LIMIT.as_nanos() as u64 {
                return Err(format!("{} of {last} answers in time", self.answered));
            }
        }
    }

    fn ask_again(&mut self, now: u64) -> Result<(), String> {
        for client in 0..self.clients.len() {
            for slot in 0..self.args.window {
                if now.saturating_sub(self.clients[client].slots[slot].sent) > LOST_AFTER {
                    self.lost += 1;
                    self.ask(client, slot, now)?;
                }
            }
        }
        Ok(())
    }

    fn report(&self, wall: u64, cpu: u64) -> String {
        let count = self.args.requests as f64;
        format!(
            "{{\"requests\":{},\"lost\":{},\"rate\":{:.1},\"server_cpu_us\":{:.4}}}",
            self.args.requests,
            self.lost,
            count / (wall as f64 / 1e9),
            cpu as f64 / 1000.0 / count
        )
    }
}

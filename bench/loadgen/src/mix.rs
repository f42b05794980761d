//! The deterministic mixes: which command a session sends as its n-th, and what must come back.

use std::str::FromStr;

use crate::args::Args;
use crate::frames::Frame;

/// Names in a domain check.
pub const CHECK_NAMES: u64 = 10;
/// Sessions own interleaved regions of the preloaded names, so that no session changes what another one reads.
const REGIONS: u64 = 64;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mix {
    /// Domain check of 10 names 50 %, info 30 %, create 15 %, update 5 %.
    Standard,
    /// Check and info, half and half, everything exists: for client measurements.
    Lookup,
    /// Info only, everything exists.
    Info,
    /// Creates only.
    Create,
    /// Domain check of 10 names 70 %, info 15 %, create 10 %, update, renew and transfer 5 %, over all objects.
    Registry,
}

impl FromStr for Mix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "standard" => Ok(Self::Standard),
            "lookup" => Ok(Self::Lookup),
            "info" => Ok(Self::Info),
            "create" => Ok(Self::Create),
            "registry" => Ok(Self::Registry),
            _ => Err(format!("--mix: unknown {text:?}")),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Check,
    Info,
    Create,
    Update,
    Renew,
    Transfer,
}

pub const KINDS: [Kind; 6] = [
    Kind::Check,
    Kind::Info,
    Kind::Create,
    Kind::Update,
    Kind::Renew,
    Kind::Transfer,
];

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Info => "info",
            Self::Create => "create",
            Self::Update => "update",
            Self::Renew => "renew",
            Self::Transfer => "transfer",
        }
    }
}

/// What the reply to a command must say.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    pub kind: Kind,
    pub code: u16,
    /// Names of a check that are available.
    pub available: u32,
}

/// Twenty commands with the shares of the standard mix, spread so that no kind comes in bursts.
const STANDARD: [Kind; 20] = {
    use Kind::{Check as C, Create as N, Info as I, Update as U};
    [C, I, C, N, C, I, C, I, C, U, C, I, C, N, C, I, C, I, C, N]
};

/// The same for the registry's mix; in place of `Update` stands one of `OTHERS`.
const REGISTRY: [Kind; 20] = {
    use Kind::{Check as C, Create as N, Info as I, Update as U};
    [C, C, I, C, N, C, C, C, I, C, C, C, U, C, C, I, C, N, C, C]
};

const OTHERS: [Kind; 5] = [
    Kind::Update,
    Kind::Renew,
    Kind::Update,
    Kind::Transfer,
    Kind::Renew,
];

pub struct Generator {
    mix: Mix,
    session: u64,
    sessions: u64,
    spare: u64,
    regions: u64,
    objects: u64,
    linked: u64,
}

impl Generator {
    pub fn new(args: &Args, session: u64) -> Self {
        Self {
            mix: args.mix,
            session,
            sessions: args.sessions as u64,
            spare: args.spare,
            regions: args.objects / REGIONS,
            objects: args.objects,
            linked: args.linked,
        }
    }

    fn kind(&self, n: u64) -> Kind {
        match self.mix {
            Mix::Standard => STANDARD[((n + self.session) % 20) as usize],
            Mix::Lookup => [Kind::Check, Kind::Info][(n % 2) as usize],
            Mix::Info => Kind::Info,
            Mix::Create => Kind::Create,
            Mix::Registry => match REGISTRY[((n + self.session) % 20) as usize] {
                Kind::Update => OTHERS[(self.round(n) % 5) as usize],
                kind => kind,
            },
        }
    }

    /// How often this session has been through the table.
    fn round(&self, n: u64) -> u64 {
        (n + self.session) / 20
    }

    /// A name of this session's that is renewed or transferred for the first time: each can be once.
    fn unused(&self, n: u64) -> Result<u64, String> {
        // Of five rounds two renew and one transfers.
        let (fives, place) = (self.round(n) / 5, self.round(n) % 5);
        let turn = if place == 3 {
            fives
        } else {
            2 * fives + u64::from(place == 4)
        };
        let index = turn * self.sessions + self.session % self.sessions;
        if index < self.spare {
            Ok(index)
        } else {
            Err(format!(
                "more than {} names to renew or transfer are needed: --spare",
                self.spare
            ))
        }
    }

    /// Any of the preloaded domains, far from the one before.
    fn any(&self, n: u64, i: u64) -> u64 {
        (n * 64 + self.session)
            .wrapping_mul(7919)
            .wrapping_add(i * 104_729)
            % self.objects
    }

    /// The n-th name of this session's region of the preloaded domains.
    pub fn own(&self, n: u64) -> u64 {
        (n.wrapping_mul(7) % self.regions) * REGIONS + self.session % REGIONS
    }

    /// Append command `n` as a frame with its length.
    pub fn write(&self, n: u64, out: &mut Vec<u8>) -> Result<Expected, String> {
        let kind = self.kind(n);
        let mut frame = Frame::begin(out, self.session % 2 == 1);
        let mut expected = Expected {
            kind,
            code: 1000,
            available: 0,
        };
        match kind {
            Kind::Check => expected.available = self.check(n, &mut frame),
            Kind::Info if self.mix == Mix::Registry => frame.info(self.any(n, 0)),
            Kind::Info => {
                let missing = self.mix == Mix::Standard && n % 16 == 15;
                let index = if missing {
                    self.objects + n
                } else {
                    self.own(n)
                };
                expected.code = if missing { 2303 } else { 1000 };
                frame.info(index);
            }
            Kind::Create => frame.create(self.session, n, self.linked),
            Kind::Update if self.mix == Mix::Registry => frame.new_auth(self.any(n, 0)),
            Kind::Update => frame.update(self.own(n), n),
            Kind::Renew => frame.renew(self.unused(n)?),
            Kind::Transfer => {
                expected.code = 1001;
                frame.transfer(self.unused(n)?);
            }
        }
        frame.end(self.session, n);
        Ok(expected)
    }

    /// Half of the names are taken, half were never seen.
    fn check(&self, n: u64, frame: &mut Frame) -> u32 {
        frame.check_begin();
        for i in 0..CHECK_NAMES {
            if self.mix == Mix::Registry {
                if i % 2 == 0 {
                    frame.check_name('p', self.any(n, i));
                } else {
                    frame.check_name('q', (n * 64 + self.session) * CHECK_NAMES + i);
                }
            } else if i % 2 == 0 {
                frame.check_name('p', self.own(n.wrapping_add(i * 3)));
            } else {
                frame.check_name('q', (n * CHECK_NAMES + i) % 1_000_000);
            }
        }
        frame.check_end();
        CHECK_NAMES as u32 / 2
    }
}

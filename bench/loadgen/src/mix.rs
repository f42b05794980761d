//! The deterministic mixes: which command a session sends as its n-th, and what must come back.

use std::str::FromStr;

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
    /// Creates only.
    Create,
}

impl FromStr for Mix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "standard" => Ok(Self::Standard),
            "lookup" => Ok(Self::Lookup),
            "create" => Ok(Self::Create),
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
}

pub const KINDS: [Kind; 4] = [Kind::Check, Kind::Info, Kind::Create, Kind::Update];

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Info => "info",
            Self::Create => "create",
            Self::Update => "update",
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

pub struct Generator {
    mix: Mix,
    session: u64,
    regions: u64,
    objects: u64,
    linked: u64,
}

impl Generator {
    pub fn new(mix: Mix, session: u64, objects: u64, linked: u64) -> Self {
        Self {
            mix,
            session,
            regions: objects / REGIONS,
            objects,
            linked,
        }
    }

    fn kind(&self, n: u64) -> Kind {
        match self.mix {
            Mix::Standard => STANDARD[((n + self.session) % 20) as usize],
            Mix::Lookup => [Kind::Check, Kind::Info][(n % 2) as usize],
            Mix::Create => Kind::Create,
        }
    }

    /// The n-th name of this session's region of the preloaded domains.
    fn own(&self, n: u64) -> u64 {
        (n.wrapping_mul(7) % self.regions) * REGIONS + self.session % REGIONS
    }

    /// Append command `n` as a frame with its length.
    pub fn write(&self, n: u64, out: &mut Vec<u8>) -> Expected {
        let kind = self.kind(n);
        let mut frame = Frame::begin(out, self.session % 2 == 1);
        let mut expected = Expected {
            kind,
            code: 1000,
            available: 0,
        };
        match kind {
            Kind::Check => expected.available = self.check(n, &mut frame),
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
            Kind::Update => frame.update(self.own(n), n),
        }
        frame.end(self.session, n);
        expected
    }

    /// Half of the names are taken, half were never seen.
    fn check(&self, n: u64, frame: &mut Frame) -> u32 {
        frame.check_begin();
        for i in 0..CHECK_NAMES {
            if i % 2 == 0 {
                frame.check_name('p', self.own(n.wrapping_add(i * 3)));
            } else {
                frame.check_name('q', (n * CHECK_NAMES + i) % 1_000_000);
            }
        }
        frame.check_end();
        CHECK_NAMES as u32 / 2
    }
}

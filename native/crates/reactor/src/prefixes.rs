//! How many datagrams each network may send: token buckets in a table that does not grow.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;

use regwire_sys::Millis;

use crate::limits::DatagramLimits;

/// Places where a network may be; which of them is looked for in all.
const WAYS: usize = 4;

/// Tokens are counted in thousandths, so that a millisecond of the rate is a whole number.
const TOKEN: u64 = 1000;

#[derive(Clone, Copy, Default)]
struct Bucket {
    /// The network, never 0 when the place is taken.
    prefix: u64,
    tokens: u64,
    since: Millis,
}

/// Token buckets by network.
pub(crate) struct Prefixes {
    buckets: Vec<[Bucket; WAYS]>,
    hasher: RandomState,
    rate: u64,
    burst: u64,
    v4: u32,
    v6: u32,
}

impl Prefixes {
    /// `None` when there is no limit.
    pub(crate) fn new(limits: &DatagramLimits) -> Option<Self> {
        let rate = limits.prefix_rate?;
        let sets = limits.prefixes.div_ceil(WAYS).max(1).next_power_of_two();
        Some(Self {
            buckets: vec![[Bucket::default(); WAYS]; sets],
            hasher: RandomState::new(),
            rate: rate.into(),
            burst: u64::from(limits.prefix_burst.max(1)) * TOKEN,
            v4: u32::from(limits.prefix_v4.min(32)),
            v6: u32::from(limits.prefix_v6.min(64)),
        })
    }

    /// Whether the network of this address may send one more now.
    pub(crate) fn admit(&mut self, address: IpAddr, now: Millis) -> bool {
        let prefix = self.prefix(address);
        let set = self.hasher.hash_one(prefix) as usize & (self.buckets.len() - 1);
        let (rate, burst) = (self.rate, self.burst);
        let ways = &mut self.buckets[set];
        for bucket in ways.iter_mut() {
            let gained = now.0.saturating_sub(bucket.since.0).saturating_mul(rate);
            bucket.tokens = bucket.tokens.saturating_add(gained).min(burst);
            bucket.since = now;
        }
        let at = ways
            .iter()
            .position(|bucket| bucket.prefix == prefix)
            .unwrap_or_else(|| {
                // The network that has the most left loses least, and one that used up what it had is not forgotten.
                let fullest = (0..WAYS).max_by_key(|&at| match ways[at] {
                    Bucket { prefix: 0, .. } => u64::MAX,
                    Bucket { tokens, .. } => tokens,
                });
                let at = fullest.unwrap_or(0);
                ways[at].prefix = prefix;
                ways[at].tokens = burst;
                at
            });
        let admitted = ways[at].tokens >= TOKEN;
        if admitted {
            ways[at].tokens -= TOKEN;
        }
        admitted
    }

    /// The network of an address, its family told apart by the lowest bits.
    fn prefix(&self, address: IpAddr) -> u64 {
        match address.to_canonical() {
            IpAddr::V4(address) => {
                let network = u64::from(address.to_bits()) >> (32 - self.v4) << (32 - self.v4);
                network << 2 | 1
            }
            IpAddr::V6(address) => {
                let high = (address.to_bits() >> 64) as u64;
                // The longest prefix has 64 bits; of those the two highest are the same in every global address.
                let network = high.checked_shr(64 - self.v6).unwrap_or(0);
                network.wrapping_shl(64 - self.v6) << 2 | 2
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefixes(rate: u32, burst: u32, places: usize) -> Prefixes {
        Prefixes::new(&DatagramLimits {
            prefix_rate: Some(rate),
            prefix_burst: burst,
            prefixes: places,
            ..DatagramLimits::default()
        })
        .unwrap()
    }

    fn admitted(prefixes: &mut Prefixes, address: &str, count: usize, at: u64) -> usize {
        let address = address.parse().unwrap();
        (0..count)
            .filter(|_| prefixes.admit(address, Millis(at)))
            .count()
    }

    #[test]
    fn a_network_has_its_burst_and_then_its_rate() {
        let mut table = prefixes(100, 20, 1024);
        assert_eq!(admitted(&mut table, "192.0.2.1", 50, 1000), 20);
        assert_eq!(
            admitted(&mut table, "192.0.2.200", 50, 1000),
            0,
            "the same /24"
        );
        assert_eq!(admitted(&mut table, "192.0.3.1", 50, 1000), 20);
        assert_eq!(
            admitted(&mut table, "::ffff:192.0.2.7", 50, 1000),
            0,
            "the same again"
        );
        assert_eq!(admitted(&mut table, "192.0.2.1", 50, 1050), 5);
        assert_eq!(
            admitted(&mut table, "192.0.2.1", 50, 60_000),
            20,
            "no more than the burst"
        );
    }

    #[test]
    fn networks_of_version_six_have_56_bits() {
        let mut table = prefixes(1, 10, 1024);
        assert_eq!(admitted(&mut table, "2001:db8:0:aa01::1", 11, 1000), 10);
        assert_eq!(admitted(&mut table, "2001:db8:0:aaff:ffff::2", 1, 1000), 0);
        assert_eq!(admitted(&mut table, "2001:db8:0:ab00::1", 11, 1000), 10);
        assert_eq!(admitted(&mut table, "::1", 11, 1000), 10);
    }

    #[test]
    fn the_clock_starts_anywhere() {
        let mut table = prefixes(1, 3, 8);
        assert_eq!(admitted(&mut table, "192.0.2.1", 5, 0), 3);
        assert_eq!(admitted(&mut table, "192.0.2.1", 5, u64::MAX), 3);
    }

    #[test]
    fn a_flood_of_networks_neither_grows_the_table_nor_frees_one_that_is_stopped() {
        let mut table = prefixes(1, 50, 64);
        assert_eq!(admitted(&mut table, "192.0.2.1", 100, 1000), 50);
        for network in 0..20_000_u32 {
            let address = IpAddr::from((0x0a00_0000 + (network << 8)).to_be_bytes());
            assert!(table.admit(address, Millis(1000)));
        }
        assert_eq!(table.buckets.len(), 16);
        assert_eq!(admitted(&mut table, "192.0.2.1", 100, 1000), 0);
    }

    #[test]
    fn no_rate_is_no_limit() {
        let limits = DatagramLimits {
            prefix_rate: None,
            ..DatagramLimits::default()
        };
        assert!(Prefixes::new(&limits).is_none());
    }
}

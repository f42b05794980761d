//! The monotonic clock, in whole milliseconds.

use rustix::time::{ClockId, clock_gettime};

/// A reading of the monotonic clock. One reading serves a whole step of the reactor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub u64);

impl Millis {
    /// Now.
    pub fn now() -> Self {
        let time = clock_gettime(ClockId::Monotonic);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        let millis = u64::try_from(time.tv_nsec / 1_000_000).unwrap_or(0);
        Self(seconds * 1000 + millis)
    }

    /// This long after.
    #[must_use]
    pub fn after(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

#[cfg(test)]
mod tests {
    use super::Millis;

    #[test]
    fn the_clock_does_not_go_back() {
        let before = Millis::now();
        assert!(Millis::now() >= before);
        assert_eq!(Millis(5).after(7), Millis(12));
        assert_eq!(Millis(5).after(u64::MAX), Millis(u64::MAX));
    }
}

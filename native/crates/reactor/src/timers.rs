//! When to look at which source: a heap whose entries may be out of date.
//!
//! A source has at most a few entries. Moving its deadline later costs nothing: the entry fires, the owner looks at its real
//! deadlines and asks to be called again.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use regwire_sys::Millis;

use crate::source::Source;

#[derive(Default)]
pub(crate) struct Timers(BinaryHeap<Reverse<(Millis, Source)>>);

impl Timers {
    pub(crate) fn add(&mut self, at: Millis, source: Source) {
        self.0.push(Reverse((at, source)));
    }

    pub(crate) fn next(&self) -> Option<Millis> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    pub(crate) fn pop_due(&mut self, now: Millis) -> Option<Source> {
        if self.next()? > now {
            return None;
        }
        self.0.pop().map(|Reverse((_, source))| source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SessionId;

    #[test]
    fn the_earliest_comes_first_and_none_before_its_time() {
        let mut timers = Timers::default();
        for at in [30, 10, 20] {
            timers.add(Millis(at), Source::Session(SessionId(at)));
        }
        assert_eq!(timers.next(), Some(Millis(10)));
        assert_eq!(timers.pop_due(Millis(9)), None);
        assert_eq!(
            timers.pop_due(Millis(25)),
            Some(Source::Session(SessionId(10)))
        );
        assert_eq!(
            timers.pop_due(Millis(25)),
            Some(Source::Session(SessionId(20)))
        );
        assert_eq!(timers.pop_due(Millis(25)), None);
    }
}

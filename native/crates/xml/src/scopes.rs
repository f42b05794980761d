//! Numbers for the namespaces in scope.
//!
//! Two places with the same number have the very same bindings, one by one and in the same order, in whatever documents the two
//! places are. Octets that were read at one of them say the same at the other.
use crate::names::NsId;

/// How many scopes are known at a time: peers declare the same few namespaces over and over.
const SCOPES: usize = 64;

/// Outside all declarations.
const OUTERMOST: u32 = 1;

/// A scope by the one around it and the binding that it adds.
#[derive(Debug, Clone, Copy)]
struct Scope {
    outer: u32,
    prefix: u64,
    length: u32,
    ns: NsId,
    number: u32,
}

/// The scopes seen lately. A number is never given twice, so that forgetting one takes nothing from what was said.
#[derive(Debug)]
pub(crate) struct Scopes {
    known: Vec<Scope>,
    last: u32,
    /// The scope of the place that is read.
    pub current: u32,
}

impl Default for Scopes {
    fn default() -> Self {
        Scopes {
            known: Vec::new(),
            last: OUTERMOST,
            current: OUTERMOST,
        }
    }
}

impl Scopes {
    /// A document begins.
    #[inline(always)]
    pub fn begin(&mut self) {
        self.current = OUTERMOST;
    }

    /// A binding is added: `prefix` is its first eight octets ([`crate::key8`]). What no number can tell apart exactly, a longer
    /// prefix or a namespace that is numbered by document, gets the number 0, and so does everything inside.
    #[inline(always)]
    pub fn enter(&mut self, prefix: u64, length: u32, ns: NsId) {
        let outer = self.current;
        if outer == 0 || length > 8 || ns.is_unknown() {
            self.current = 0;
            return;
        }
        let same = |have: &&Scope| {
            have.outer == outer && have.prefix == prefix && have.length == length && have.ns == ns
        };
        self.current = match self.known.iter().find(same) {
            Some(found) => found.number,
            None => self.add(outer, prefix, length, ns),
        };
    }

    #[cold]
    fn add(&mut self, outer: u32, prefix: u64, length: u32, ns: NsId) -> u32 {
        let Some(number) = self.last.checked_add(1) else {
            return 0;
        };
        if self.known.len() == SCOPES {
            self.known.clear();
        }
        self.last = number;
        self.known.push(Scope {
            outer,
            prefix,
            length,
            ns,
            number,
        });
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(scopes: &mut Scopes, bindings: &[(u64, u16)]) -> u32 {
        scopes.begin();
        for (prefix, ns) in bindings {
            scopes.enter(*prefix, 1, NsId(*ns));
        }
        scopes.current
    }

    #[test]
    fn equal_scopes_have_one_number_and_others_another() {
        let mut scopes = Scopes::default();
        let first = scope(&mut scopes, &[(1, 1), (2, 2)]);
        assert_eq!(scope(&mut scopes, &[(1, 1), (2, 2)]), first);
        for other in [
            &[(2, 2), (1, 1)][..],
            &[(1, 1)],
            &[(1, 2), (2, 2)],
            &[(1, 1), (2, 2), (2, 2)],
            &[],
        ] {
            assert_ne!(scope(&mut scopes, other), first);
        }
    }

    #[test]
    fn a_forgotten_number_is_not_given_again() {
        let mut scopes = Scopes::default();
        let mut seen = std::collections::HashSet::new();
        for prefix in 0..1000 {
            assert!(seen.insert(scope(&mut scopes, &[(prefix, 1)])));
        }
        assert!(scopes.known.len() <= SCOPES);
    }

    #[test]
    fn what_cannot_be_told_apart_has_no_number() {
        let mut scopes = Scopes::default();
        scopes.enter(1, 9, NsId(1));
        scopes.enter(1, 1, NsId(1));
        assert_eq!(scopes.current, 0);
        assert_eq!(scope(&mut scopes, &[(1, 0x8001)]), 0);
    }
}

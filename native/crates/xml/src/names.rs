//! Namespace names that a reader knows, interned to small numbers.
use crate::scan::{key8, same};

/// The namespace of `xml:lang` and its siblings; always bound to `xml`.
pub const XML_NAMESPACE: &[u8] = b"http://www.w3.org/XML/1998/namespace";
/// The namespace of declarations themselves; may never be bound.
pub const XMLNS_NAMESPACE: &[u8] = b"http://www.w3.org/2000/xmlns/";
/// The namespace of `xsi:type`, `xsi:nil` and `xsi:schemaLocation`; known only when it is one of the [`Names`].
pub const XSI_NAMESPACE: &[u8] = b"http://www.w3.org/2001/XMLSchema-instance";

/// A namespace within one run: one of the known [`Names`] (by its index), none, that of `xml:`, or an unknown one.
///
/// Unknown namespaces are numbered per document: within one document two ids are equal exactly if the names are equal.
/// [`crate::Context::uri`] gives the name of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NsId(pub u16);

impl NsId {
    /// No namespace: unprefixed attributes, and elements where no default namespace is declared.
    pub const NONE: NsId = NsId(0xFFFF);
    /// [`XML_NAMESPACE`].
    pub const XML: NsId = NsId(0xFFFE);
    const FIRST_UNKNOWN: u16 = 0x8000;
    const UNKNOWN_COUNT: usize = 0x7FF0;

    /// The namespace is one of the reader's [`Names`].
    #[inline]
    pub const fn is_known(self) -> bool {
        self.0 < Self::FIRST_UNKNOWN
    }

    /// The namespace has a name that the reader's [`Names`] lack.
    #[inline]
    pub const fn is_unknown(self) -> bool {
        self.0 >= Self::FIRST_UNKNOWN && self.0 < Self::XML.0
    }

    /// Place among the reader's [`Names`], if it is known.
    #[inline]
    pub const fn index(self) -> Option<usize> {
        if self.is_known() {
            Some(self.0 as usize)
        } else {
            None
        }
    }

    pub(crate) fn unknown(place: usize) -> Option<NsId> {
        if place >= Self::UNKNOWN_COUNT {
            return None;
        }
        Some(NsId(Self::FIRST_UNKNOWN + u16::try_from(place).ok()?))
    }

    pub(crate) const fn unknown_place(self) -> usize {
        (self.0 - Self::FIRST_UNKNOWN) as usize
    }
}

/// The namespace names that a reader knows; built once per plan, shared by all runs.
#[derive(Debug, Clone, Default)]
pub struct Names {
    uris: Vec<Box<[u8]>>,
    /// Open addressing: (hash, index into `uris` plus one; 0 = free). The length is a power of two.
    table: Vec<(u64, u16)>,
}

impl Names {
    /// Interns `uris`; their ids are their places, from 0. A name given twice keeps its first place. [`XML_NAMESPACE`] is
    /// always [`NsId::XML`] in a document, whether it is given here or not.
    ///
    /// # Panics
    /// With more than 32,767 names.
    pub fn new<I>(uris: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let uris: Vec<Box<[u8]>> = uris.into_iter().map(|uri| uri.as_ref().into()).collect();
        assert!(
            uris.len() < usize::from(NsId::FIRST_UNKNOWN),
            "too many namespaces"
        );
        let size = (uris.len() * 4).next_power_of_two().max(16);
        let mut names = Names {
            uris,
            table: vec![(0, 0); size],
        };
        for index in 0..names.uris.len() {
            let reserved =
                *names.uris[index] == *XML_NAMESPACE || *names.uris[index] == *XMLNS_NAMESPACE;
            if !reserved && names.get(&names.uris[index]).is_none() {
                let hash = hash(&names.uris[index]);
                let mut slot = names.slot(hash);
                while names.table[slot].1 != 0 {
                    slot = (slot + 1) & (size - 1);
                }
                names.table[slot] = (hash, index as u16 + 1);
            }
        }
        names
    }

    /// The id of a namespace name, if it is known.
    #[inline]
    pub fn get(&self, uri: &[u8]) -> Option<NsId> {
        let hash = hash(uri);
        let mut slot = self.slot(hash);
        loop {
            let &(have, place) = self.table.get(slot)?;
            let index = place.checked_sub(1)?;
            if have == hash && same(&self.uris[usize::from(index)], uri) {
                return Some(NsId(index));
            }
            slot = (slot + 1) & (self.table.len() - 1);
        }
    }

    /// The name of a known id.
    #[inline]
    pub fn uri(&self, id: NsId) -> Option<&[u8]> {
        self.uris.get(usize::from(id.0)).map(|uri| &**uri)
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.uris.len()
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.uris.is_empty()
    }

    #[inline]
    fn slot(&self, hash: u64) -> usize {
        (hash >> 32) as usize & self.table.len().wrapping_sub(1)
    }
}

/// Namespace names differ mostly at their end, so the last sixteen octets and the length are mixed. A collision costs a
/// comparison; nobody but the reader chooses what is in the table.
#[inline]
pub(crate) fn hash(uri: &[u8]) -> u64 {
    let end = uri.len();
    let last = key8(uri, end.saturating_sub(8), end);
    let before = key8(uri, end.saturating_sub(16), end.saturating_sub(8));
    (last ^ before.rotate_left(29) ^ end as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_places_and_unknown_names_are_not_found() {
        let uris: Vec<String> = (0..500)
            .map(|n| format!("urn:ietf:params:xml:ns:test-{n}"))
            .collect();
        let names = Names::new(&uris);
        for (place, uri) in uris.iter().enumerate() {
            let id = names.get(uri.as_bytes()).unwrap();
            assert_eq!(id.index(), Some(place));
            assert_eq!(names.uri(id), Some(uri.as_bytes()));
        }
        assert_eq!(names.get(b"urn:ietf:params:xml:ns:test-500"), None);
        assert_eq!(names.get(b""), None);
        assert_eq!(Names::default().get(b"a"), None);
        assert_eq!(names.len(), 500);
        assert!(!names.is_empty());
    }

    #[test]
    fn a_name_given_twice_keeps_its_first_place() {
        let names = Names::new(["a", "b", "a"]);
        assert_eq!(names.get(b"a"), Some(NsId(0)));
        assert_eq!(names.get(b"b"), Some(NsId(1)));
    }

    #[test]
    fn ids_tell_their_kind() {
        assert!(NsId(3).is_known() && !NsId(3).is_unknown());
        assert!(NsId::unknown(0).unwrap().is_unknown());
        assert!(!NsId::NONE.is_known() && !NsId::NONE.is_unknown());
        assert!(!NsId::XML.is_known() && !NsId::XML.is_unknown());
        assert_eq!(NsId::unknown(0x7FF0), None);
        assert_eq!(NsId::unknown(5).unwrap().unknown_place(), 5);
    }
}

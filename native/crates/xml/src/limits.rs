//! Every count that a peer controls, each with a bound and a reason.

/// Bounds of one document. The defaults are those of EPP (before a protocol narrows the octets).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Received octets, and octets after transcoding UTF-16. Default 512 KiB: a signed mark fits, a flood does not.
    pub octets: usize,
    /// Nested elements, the root included. Default 32: twice what EPP with any registered extension needs; it bounds the
    /// stacks of everything that walks a message.
    pub depth: usize,
    /// Attributes of one element, namespace declarations included. Default 32: greetings and signed marks stay below 12.
    pub attributes: usize,
    /// Octets of one name (prefix and colon included). Default 256: names are compared and shown in errors.
    pub name_octets: usize,
    /// Octets of one namespace name that the reader does not know. Default 256: it may be copied for every raw element that uses it.
    pub uri_octets: usize,
    /// Namespace bindings in scope at one place. Default 128: each prefix is looked up among them, newest first.
    pub bindings: usize,
    /// Different namespace names in a document that its reader does not know. Default 128: each is kept until the end.
    pub namespaces: usize,
}

impl Limits {
    /// The most octets that offsets can count, whatever [`Limits::octets`] says.
    pub const MAX_OCTETS: usize = (u32::MAX / 2) as usize;

    /// The same limits with another bound on octets.
    #[must_use]
    pub const fn with_octets(mut self, octets: usize) -> Self {
        self.octets = octets;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            octets: 512 * 1024,
            depth: 32,
            attributes: 32,
            name_octets: 256,
            uri_octets: 256,
            bindings: 128,
            namespaces: 128,
        }
    }
}

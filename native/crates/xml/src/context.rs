//! What the tokenizer tells, and what can be asked while it does.
use crate::chars::CLASS;
use crate::names::{Names, NsId, XML_NAMESPACE};
use crate::scan::key8;
use crate::text::Text;
use crate::tokenizer::{Binding, Place, Scratch};
use crate::write;

/// An expanded name as a range of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QName {
    /// The namespace that the name is in.
    pub ns: NsId,
    /// Offset of the first octet of the whole name (of the prefix, if there is one).
    pub start: u32,
    /// Offset of the first octet of the local name.
    pub local: u32,
    /// Offset behind the last octet.
    pub end: u32,
}

impl QName {
    /// The local name.
    #[inline]
    pub fn local(self, doc: &[u8]) -> &[u8] {
        &doc[self.local as usize..self.end as usize]
    }

    /// The name as written, with its prefix.
    #[inline]
    pub fn written(self, doc: &[u8]) -> &[u8] {
        &doc[self.start as usize..self.end as usize]
    }

    /// The prefix, empty if there is none.
    #[inline]
    pub fn prefix(self, doc: &[u8]) -> &[u8] {
        let end = if self.local == self.start {
            self.start
        } else {
            self.local - 1
        };
        &doc[self.start as usize..end as usize]
    }
}

/// Receives a document's content in order.
///
/// A sink never stops the tokenizer: well-formedness is always checked to the end. Whoever has seen enough ignores the rest.
/// All offsets are octets of [`Context::doc`].
pub trait Sink {
    /// An element starts; `at` is the offset of its `<`.
    fn start(&mut self, cx: &Context<'_>, name: QName, at: u32);
    /// An attribute of the element just started. Namespace declarations are not delivered.
    fn attribute(&mut self, cx: &Context<'_>, name: QName, value: Text);
    /// All attributes were delivered (also when there are none).
    fn attributes_done(&mut self, cx: &Context<'_>);
    /// Character data; comments, processing instructions and CDATA sections split it, references do not.
    fn text(&mut self, cx: &Context<'_>, text: Text);
    /// The element ends; `at` is the offset behind its end tag, or behind `/>`.
    fn end(&mut self, cx: &Context<'_>, at: u32);
    /// Asked before an element inside the root is read, whose `<` is at `at`: a sink that has read it before may answer where it
    /// ends, and is then told nothing of it. Its octets must be those of an element that was read to its end at the same depth
    /// and in the same [`Context::scope`], but for texts for which [`crate::plain_text_end`] holds.
    #[inline(always)]
    fn recall(&mut self, cx: &Context<'_>, at: u32) -> Option<u32> {
        let _ = (cx, at);
        None
    }
}

/// The document and the namespaces in scope, for the time of one call of a [`Sink`].
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub(crate) doc: &'a [u8],
    pub(crate) ascii: bool,
    pub(crate) names: &'a Names,
    pub(crate) scratch: &'a Scratch,
}

impl<'a> Context<'a> {
    /// The document in UTF-8, as [`crate::Input::text`] gives it.
    #[inline]
    pub fn doc(&self) -> &'a [u8] {
        self.doc
    }

    /// No octet of the document is above 127, so octets are characters (character references may still give others).
    #[inline]
    pub fn is_ascii(&self) -> bool {
        self.ascii
    }

    /// How many elements are open; the one just started or about to end counts.
    #[inline]
    pub fn depth(&self) -> usize {
        self.scratch.open.len()
    }

    /// A number for the bindings in scope. Where it is the same, in one document or in several read by one
    /// [`crate::Tokenizer`] for the same names, the bindings are the same, in number and in order. 0: they have none.
    #[inline(always)]
    pub fn scope(&self) -> u32 {
        self.scratch.scopes.current
    }

    /// The place at an offset where [`Sink::recall`] is asked, for [`crate::Tokenizer::run_from`]. None where the document before
    /// it has namespaces that the reader does not know.
    pub fn place(&self, at: u32) -> Option<Place> {
        self.scratch.place(at as usize)
    }

    /// The name of a namespace; empty for [`NsId::NONE`].
    pub fn uri(&self, ns: NsId) -> &'a [u8] {
        if ns == NsId::XML {
            XML_NAMESPACE
        } else if ns.is_unknown() {
            self.scratch.unknown_uri(self.doc, ns)
        } else {
            self.names.uri(ns).unwrap_or_default()
        }
    }

    /// What a prefix is bound to here, for names inside values such as that of `xsi:type`; the empty prefix is the default
    /// namespace. `None` if it is not bound.
    pub fn resolve(&self, prefix: &[u8]) -> Option<NsId> {
        let key = key8(prefix, 0, prefix.len());
        let found = self
            .scratch
            .bindings
            .iter()
            .rev()
            .find(|have| have.is_of(self.doc, prefix, key));
        match found {
            Some(binding) => Some(binding.ns),
            None if prefix.is_empty() => Some(NsId::NONE),
            None if prefix == b"xml" => Some(NsId::XML),
            None => None,
        }
    }

    /// The (prefix, namespace name) pairs in scope, each prefix once. `xml` is left out, and so is an empty default namespace.
    pub fn bindings(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        self.visible(&self.scratch.bindings)
    }

    /// As [`Context::bindings`], without those that the innermost open element declares, or declares anew, itself: what has
    /// to be added to that element's own octets so that they stand alone.
    pub fn inherited(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        self.visible(self.outer())
    }

    /// The bindings that the innermost open element does not make itself, hidden ones included.
    fn outer(&self) -> &'a [Binding] {
        let count = self
            .scratch
            .open
            .last()
            .map_or(0, |open| open.bindings as usize);
        &self.scratch.bindings[..count]
    }

    /// Appends those of the [`Context::inherited`] bindings that `element` may use as attributes (` xmlns:p="…"`), for
    /// [`write::standalone`]: every prefix that stands before a colon anywhere in its octets (so names inside values keep
    /// their meaning too), and the default namespace if a tag or an `xsi:type` can be without a prefix.
    ///
    /// `element` is the innermost open element, from its `<` on: call this in [`Sink::end`]. What is not used is left out, or
    /// many small elements under many declarations would make much of a small document. The time is that of reading
    /// `element` once, and of one look-up per colon.
    pub fn render_used(&self, element: &[u8], out: &mut Vec<u8>) {
        let outer = self.outer();
        if outer.is_empty() {
            return;
        }
        let mut wanted = Vec::new();
        for colon in memchr::memchr_iter(b':', element) {
            let before = &element[..colon];
            let start = before
                .iter()
                .rposition(|&octet| CLASS[usize::from(octet)] == 0)
                .map_or(0, |place| place + 1);
            if start < colon {
                self.want(&before[start..], &mut wanted);
            }
        }
        if write::may_use_default(element) {
            self.want(b"", &mut wanted);
        }
        wanted.sort_unstable();
        for binding in wanted.iter().filter_map(|&place| outer.get(place)) {
            write::binding(out, binding.prefix(self.doc), self.uri(binding.ns));
        }
    }

    /// Notes the place of the binding that a prefix has here, if there is one and it needs a declaration.
    fn want(&self, prefix: &[u8], wanted: &mut Vec<usize>) {
        let key = key8(prefix, 0, prefix.len());
        let Some(place) = self
            .scratch
            .bindings
            .iter()
            .rposition(|have| have.is_of(self.doc, prefix, key))
        else {
            return;
        };
        let ns = self.scratch.bindings[place].ns;
        if ns != NsId::NONE && ns != NsId::XML && !wanted.contains(&place) {
            wanted.push(place);
        }
    }

    /// Those of the `first` bindings that are worth naming, as names.
    fn visible(
        &self,
        first: &'a [Binding],
    ) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let cx = *self;
        first
            .iter()
            .filter(move |binding| cx.is_visible(binding, &cx.scratch.bindings))
            .map(move |binding| (binding.prefix(cx.doc), cx.uri(binding.ns)))
    }

    /// The binding is one of a namespace other than `xml`'s, and no later one of `all` hides it.
    fn is_visible(&self, binding: &Binding, all: &[Binding]) -> bool {
        if binding.ns == NsId::NONE || binding.ns == NsId::XML {
            return false;
        }
        let prefix = binding.prefix(self.doc);
        let newest = all
            .iter()
            .rev()
            .find(|other| other.is_of(self.doc, prefix, binding.key));
        newest.is_some_and(|newest| std::ptr::eq(newest, binding))
    }
}

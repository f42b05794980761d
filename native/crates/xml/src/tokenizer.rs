//! One pass over a checked document.
use crate::chars::{CLASS, NAME_START, is_ncname, is_space, reference};
use crate::context::{Context, QName, Sink};
use crate::error::{Error, Fail, Reason, fail};
use crate::input::Input;
use crate::limits::Limits;
use crate::names::{Names, NsId, XML_NAMESPACE, XMLNS_NAMESPACE, hash};
use crate::scan::{NameSpan, find_in_text, find_in_value, key8, repeats, scan_name, skip_space};
use crate::scopes::Scopes;
use crate::text::{Text, TextFlags};
use crate::uri::is_reference;

/// Reads documents one after another, reusing its memory.
///
/// # Examples
/// ```
/// use regwire_xml::{Context, Input, Limits, Names, QName, Sink, Text, Tokenizer};
///
/// #[derive(Default)]
/// struct Titles(Vec<String>);
/// impl Sink for Titles {
///     fn start(&mut self, cx: &Context<'_>, name: QName, _at: u32) {
///         self.0.push(String::from_utf8_lossy(name.local(cx.doc())).into_owned());
///     }
///     fn attribute(&mut self, _cx: &Context<'_>, _name: QName, _value: Text) {}
///     fn attributes_done(&mut self, _cx: &Context<'_>) {}
///     fn text(&mut self, _cx: &Context<'_>, _text: Text) {}
///     fn end(&mut self, _cx: &Context<'_>, _at: u32) {}
/// }
///
/// let limits = Limits::default();
/// let input = Input::new(b"<epp xmlns='urn:ietf:params:xml:ns:epp-1.0'><hello/></epp>", &limits)?;
/// let mut titles = Titles::default();
/// Tokenizer::default().run(&Names::new(["urn:ietf:params:xml:ns:epp-1.0"]), &limits, &input, &mut titles)?;
/// assert_eq!(titles.0, ["epp", "hello"]);
/// # Ok::<(), regwire_xml::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Tokenizer {
    scratch: Scratch,
}

impl Tokenizer {
    /// Reads one document to its end and tells `sink` what is in it. What the sink was told before an error is void.
    #[inline]
    pub fn run<S: Sink>(
        &mut self,
        names: &Names,
        limits: &Limits,
        input: &Input<'_>,
        sink: &mut S,
    ) -> Result<(), Error> {
        self.scratch.clear();
        self.start(names, limits, input, sink)
            .document(input.body())
            .map_err(|found| input.error(found))
    }

    /// As [`Tokenizer::run`], from a place on that an earlier run of this tokenizer was at: the document starts with the very
    /// octets that the document of that run had before the place, and names and limits are the same. The sink is told what
    /// follows.
    #[inline]
    pub fn run_from<S: Sink>(
        &mut self,
        place: &Place,
        names: &Names,
        limits: &Limits,
        input: &Input<'_>,
        sink: &mut S,
    ) -> Result<(), Error> {
        self.scratch.clear();
        self.scratch.open.extend_from_slice(&place.open);
        self.scratch.bindings.extend_from_slice(&place.bindings);
        self.scratch.scopes.current = place.scope;
        self.start(names, limits, input, sink)
            .rest(place.at)
            .map_err(|found| input.error(found))
    }

    #[inline(always)]
    fn start<'a, S>(
        &'a mut self,
        names: &'a Names,
        limits: &'a Limits,
        input: &'a Input<'_>,
        sink: &'a mut S,
    ) -> Run<'a, S> {
        Run {
            doc: input.text(),
            ascii: input.is_ascii(),
            carriage_returns: input.has_carriage_returns(),
            names,
            limits,
            scratch: &mut self.scratch,
            sink,
        }
    }
}

/// A place in a document and all that was read before it; see [`Context::place`].
#[derive(Debug, Clone)]
pub struct Place {
    open: Vec<Open>,
    bindings: Vec<Binding>,
    scope: u32,
    at: usize,
}

impl Place {
    /// Its offset.
    pub const fn at(&self) -> usize {
        self.at
    }
}

/// What a run keeps; its memory outlives the run.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub open: Vec<Open>,
    pub bindings: Vec<Binding>,
    pub scopes: Scopes,
    attributes: Vec<Attribute>,
    unknown: Vec<Unknown>,
    /// Namespace names that differ from their octets (they hold references).
    expanded: Vec<u8>,
    order: Vec<u32>,
}

impl Scratch {
    fn clear(&mut self) {
        self.open.clear();
        self.bindings.clear();
        self.scopes.begin();
        self.attributes.clear();
        self.unknown.clear();
        self.expanded.clear();
    }

    /// None when more was read than a place has.
    pub(crate) fn place(&self, at: usize) -> Option<Place> {
        let known = self.unknown.is_empty() && self.expanded.is_empty();
        known.then(|| Place {
            open: self.open.clone(),
            bindings: self.bindings.clone(),
            scope: self.scopes.current,
            at,
        })
    }

    pub(crate) fn unknown_uri<'a>(&'a self, doc: &'a [u8], ns: NsId) -> &'a [u8] {
        self.unknown
            .get(ns.unknown_place())
            .map_or(&[], |unknown| unknown.uri(doc, &self.expanded))
    }

    /// Numbers a namespace name that the reader does not know.
    fn intern(&mut self, doc: &[u8], found: Unknown, limits: &Limits) -> Result<NsId, Reason> {
        let uri = found.uri(doc, &self.expanded);
        let same = |have: &Unknown| have.hash == found.hash && have.uri(doc, &self.expanded) == uri;
        let place = self
            .unknown
            .iter()
            .position(same)
            .unwrap_or(self.unknown.len());
        if place == self.unknown.len() {
            if place >= limits.namespaces {
                return Err(Reason::TooManyNamespaces);
            }
            self.unknown.push(found);
        }
        NsId::unknown(place).ok_or(Reason::TooManyNamespaces)
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Open {
    start: u32,
    end: u32,
    /// How many bindings there were before this element's own.
    pub bindings: u32,
    /// The scope around this element.
    scope: u32,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Binding {
    pub key: u64,
    start: u32,
    length: u32,
    pub ns: NsId,
}

impl Binding {
    #[inline(always)]
    pub fn prefix<'a>(&self, doc: &'a [u8]) -> &'a [u8] {
        &doc[self.start as usize..(self.start + self.length) as usize]
    }

    #[inline(always)]
    pub fn is_of(&self, doc: &[u8], prefix: &[u8], key: u64) -> bool {
        self.key == key
            && self.length as usize == prefix.len()
            && (prefix.len() <= 8 || self.prefix(doc)[8..] == prefix[8..])
    }
}

#[derive(Debug, Clone, Copy)]
struct Unknown {
    hash: u64,
    start: u32,
    end: u32,
    expanded: bool,
}

impl Unknown {
    fn uri<'a>(&self, doc: &'a [u8], expanded: &'a [u8]) -> &'a [u8] {
        let text = if self.expanded { expanded } else { doc };
        &text[self.start as usize..self.end as usize]
    }
}

#[derive(Debug, Clone, Copy)]
struct Attribute {
    name: QName,
    value: Text,
}

struct Run<'a, S> {
    doc: &'a [u8],
    ascii: bool,
    carriage_returns: bool,
    names: &'a Names,
    limits: &'a Limits,
    scratch: &'a mut Scratch,
    sink: &'a mut S,
}

/// Methods take the place they read at and return the place behind what they read.
impl<S: Sink> Run<'_, S> {
    fn document(&mut self, body: usize) -> Result<(), Fail> {
        let root = self.misc(body)?;
        match self.peek(root) {
            None => return fail(root, Reason::NoRoot),
            Some(b'<') => {}
            Some(_) => return fail(root, Reason::TextOutsideRoot),
        }
        let at = match self.peek(root + 1) {
            Some(b'!') => return Err(self.bad_markup(root)),
            Some(b'/') => return fail(root, Reason::TagMismatch),
            _ => self.start_tag(root)?,
        };
        self.rest(at)
    }

    /// What follows a place inside the root element, or the root element itself when that was all of it.
    #[inline(always)]
    fn rest(&mut self, mut at: usize) -> Result<(), Fail> {
        while !self.scratch.open.is_empty() {
            at = self.content(at)?;
        }
        let behind = self.misc(at)?;
        match (self.peek(behind), self.peek(behind + 1)) {
            (None, _) => Ok(()),
            (Some(b'<'), Some(b'!')) => Err(self.bad_markup(behind)),
            (Some(b'<'), Some(b'/')) => fail(behind, Reason::TagMismatch),
            (Some(b'<'), _) => fail(behind, Reason::SecondRoot),
            _ => fail(behind, Reason::TextOutsideRoot),
        }
    }

    #[inline(always)]
    fn peek(&self, at: usize) -> Option<u8> {
        self.doc.get(at).copied()
    }

    /// White space, comments and processing instructions around the root element.
    fn misc(&self, mut at: usize) -> Result<usize, Fail> {
        loop {
            at = skip_space(self.doc, at);
            let rest = &self.doc[at..];
            if rest.starts_with(b"<!--") {
                at = self.comment(at)?;
            } else if rest.starts_with(b"<?") {
                at = self.instruction(at)?;
            } else {
                return Ok(at);
            }
        }
    }

    /// Text up to the next markup inside an element, and that markup.
    #[inline(always)]
    fn content(&mut self, at: usize) -> Result<usize, Fail> {
        let at = self.text(at)?;
        match self.peek(at + 1) {
            Some(b'/') => self.end_tag(at),
            Some(b'!') => self.section_or_comment(at),
            Some(b'?') => self.instruction(at),
            _ => match self.recall(at) {
                Some(behind) => Ok(behind),
                None => self.start_tag(at),
            },
        }
    }

    /// Behind the element that starts here, if the sink knows all of it.
    #[inline(always)]
    fn recall(&mut self, at: usize) -> Option<usize> {
        let cx = Context {
            doc: self.doc,
            ascii: self.ascii,
            names: self.names,
            scratch: self.scratch,
        };
        self.sink
            .recall(&cx, at as u32)
            .map(|behind| behind as usize)
    }

    #[inline(always)]
    fn text(&mut self, start: usize) -> Result<usize, Fail> {
        match self.peek(start) {
            Some(b'<') => return Ok(start),
            Some(octet) if is_space(octet) => {
                let at = skip_space(self.doc, start);
                if self.peek(at) == Some(b'<') {
                    let flags = TextFlags::WHITESPACE_ONLY
                        .with_if(self.carriage_returns, TextFlags::NEEDS_EXPANSION);
                    self.tell_text(start, at, flags);
                    return Ok(at);
                }
            }
            _ => {}
        }
        self.visible_text(start)
    }

    /// Character data that is more than white space.
    #[inline(always)]
    fn visible_text(&mut self, start: usize) -> Result<usize, Fail> {
        let mut at = start;
        let mut flags = TextFlags::PLAIN;
        loop {
            at = find_in_text(self.doc, at);
            match self.peek(at) {
                Some(b'<') => break,
                Some(b'&') => {
                    at = reference(self.doc, at)?.1;
                    flags = flags.with(TextFlags::NEEDS_EXPANSION);
                }
                Some(b'\r') => {
                    at += 1;
                    flags = flags.with(TextFlags::NEEDS_EXPANSION);
                }
                Some(_) if self.doc[at..].starts_with(b"]]>") => {
                    return fail(at, Reason::SectionEndInText);
                }
                Some(_) => at += 1,
                None => return fail(at, Reason::UnexpectedEnd),
            }
        }
        self.tell_text(start, at, flags);
        Ok(at)
    }

    #[inline(always)]
    fn tell_text(&mut self, start: usize, end: usize, flags: TextFlags) {
        let text = Text {
            start: start as u32,
            end: end as u32,
            flags,
        };
        let cx = Context {
            doc: self.doc,
            ascii: self.ascii,
            names: self.names,
            scratch: self.scratch,
        };
        self.sink.text(&cx, text);
    }

    #[inline(always)]
    fn end_tag(&mut self, at: usize) -> Result<usize, Fail> {
        let Some(&open) = self.scratch.open.last() else {
            return fail(at, Reason::TagMismatch);
        };
        let (start, end) = (open.start as usize, open.end as usize);
        if !repeats(self.doc, at + 2, start, end) {
            return Err(self.bad_end_tag(at));
        }
        let mut behind = at + 2 + (end - start);
        if self.peek(behind) != Some(b'>') {
            if self
                .peek(behind)
                .is_some_and(|octet| CLASS[usize::from(octet)] != 0 || octet == b':')
            {
                return fail(at, Reason::TagMismatch);
            }
            behind = skip_space(self.doc, behind);
            match self.peek(behind) {
                Some(b'>') => {}
                Some(_) => return fail(behind, Reason::MalformedEndTag),
                None => return fail(behind, Reason::UnexpectedEnd),
            }
        }
        self.end_element(behind + 1);
        Ok(behind + 1)
    }

    /// Tells the end of the innermost element while its bindings are still in scope, then closes it.
    #[inline(always)]
    fn end_element(&mut self, behind: usize) {
        let cx = Context {
            doc: self.doc,
            ascii: self.ascii,
            names: self.names,
            scratch: self.scratch,
        };
        self.sink.end(&cx, behind as u32);
        if let Some(open) = self.scratch.open.pop() {
            self.scratch.bindings.truncate(open.bindings as usize);
            self.scratch.scopes.current = open.scope;
        }
    }

    #[cold]
    fn bad_end_tag(&self, at: usize) -> Fail {
        let end = find_in_value(self.doc, at + 2, b'>');
        Fail::new(
            at,
            if end >= self.doc.len() {
                Reason::UnexpectedEnd
            } else {
                Reason::TagMismatch
            },
        )
    }

    /// What starts with `<!` inside an element.
    fn section_or_comment(&mut self, at: usize) -> Result<usize, Fail> {
        let rest = &self.doc[at..];
        if rest.starts_with(b"<!--") {
            return self.comment(at);
        }
        if !rest.starts_with(b"<![CDATA[") {
            return Err(self.bad_markup(at));
        }
        let start = at + 9;
        let Some(length) = memchr::memmem::find(&self.doc[start..], b"]]>") else {
            return fail(at, Reason::UnexpectedEnd);
        };
        let end = start + length;
        let blank = length > 0 && self.doc[start..end].iter().all(|&octet| is_space(octet));
        let flags = TextFlags::CDATA
            .with_if(blank, TextFlags::WHITESPACE_ONLY)
            .with_if(
                memchr::memchr(b'\r', &self.doc[start..end]).is_some(),
                TextFlags::NEEDS_EXPANSION,
            );
        self.tell_text(start, end, flags);
        Ok(end + 3)
    }

    fn comment(&self, at: usize) -> Result<usize, Fail> {
        let start = at + 4;
        let Some(length) = memchr::memmem::find(&self.doc[start..], b"--") else {
            return fail(at, Reason::UnexpectedEnd);
        };
        let end = start + length;
        match self.peek(end + 2) {
            Some(b'>') => Ok(end + 3),
            Some(_) => fail(end, Reason::DoubleHyphen),
            None => fail(at, Reason::UnexpectedEnd),
        }
    }

    fn instruction(&self, at: usize) -> Result<usize, Fail> {
        let start = at + 2;
        let rest = &self.doc[start..];
        let length = rest
            .iter()
            .position(|&octet| CLASS[usize::from(octet)] == 0)
            .unwrap_or(rest.len());
        let target = &rest[..length];
        if target.eq_ignore_ascii_case(b"xml") {
            return fail(at, Reason::MisplacedDeclaration);
        }
        if !is_ncname(target) {
            return fail(at, Reason::MalformedInstruction);
        }
        self.check_name_length(start, length)?;
        let body = &rest[length..];
        if !body.starts_with(b"?>") && !body.first().is_some_and(|&octet| is_space(octet)) {
            return fail(
                at,
                if body.is_empty() {
                    Reason::UnexpectedEnd
                } else {
                    Reason::MalformedInstruction
                },
            );
        }
        match memchr::memmem::find(body, b"?>") {
            Some(end) => Ok(start + length + end + 2),
            None => fail(at, Reason::UnexpectedEnd),
        }
    }

    /// `<!` where neither a comment nor CDATA may or does follow.
    #[cold]
    fn bad_markup(&self, at: usize) -> Fail {
        let doctype = self.doc[at..].starts_with(b"<!DOCTYPE");
        Fail::new(
            at,
            if doctype {
                Reason::Doctype
            } else {
                Reason::MalformedMarkup
            },
        )
    }

    #[inline(always)]
    fn start_tag(&mut self, at: usize) -> Result<usize, Fail> {
        if self.scratch.open.len() >= self.limits.depth {
            return fail(at, Reason::TooDeep);
        }
        let bindings = self.scratch.bindings.len();
        let scope = self.scratch.scopes.current;
        let mut name = self.name(at + 1)?;
        let mut behind = name.end as usize;
        self.scratch.attributes.clear();
        if self.peek(behind) != Some(b'>') {
            behind = self.attributes(behind, bindings)?;
        }
        name.ns = self.resolve(name)?;
        self.scratch.open.push(Open {
            start: name.start,
            end: name.end,
            bindings: bindings as u32,
            scope,
        });
        let empty = self.peek(behind) == Some(b'/');
        if !self.scratch.attributes.is_empty() {
            self.resolve_attributes()?;
        }
        self.tell_start(name, at);
        behind += 1;
        if empty {
            match self.peek(behind) {
                Some(b'>') => behind += 1,
                Some(_) => return fail(behind, Reason::MalformedStartTag),
                None => return fail(behind, Reason::UnexpectedEnd),
            }
            self.end_element(behind);
        }
        Ok(behind)
    }

    #[inline(always)]
    fn tell_start(&mut self, name: QName, at: usize) {
        let cx = Context {
            doc: self.doc,
            ascii: self.ascii,
            names: self.names,
            scratch: self.scratch,
        };
        self.sink.start(&cx, name, at as u32);
        for attribute in &cx.scratch.attributes {
            self.sink.attribute(&cx, attribute.name, attribute.value);
        }
        self.sink.attributes_done(&cx);
    }

    /// A qualified name, its namespace still open.
    #[inline(always)]
    fn name(&self, start: usize) -> Result<QName, Fail> {
        let NameSpan {
            end,
            local,
            colons,
            high,
        } = scan_name(self.doc, start);
        if !self.starts_name(start) {
            return Err(self.bad_name(start));
        }
        if colons != 0 && (colons > 1 || !self.starts_name(local)) {
            return fail(start, Reason::InvalidQName);
        }
        self.check_name_length(start, end - start)?;
        if high {
            self.check_high_name(start, local, end)?;
        }
        Ok(QName {
            ns: NsId::NONE,
            start: start as u32,
            local: local as u32,
            end: end as u32,
        })
    }

    #[inline(always)]
    fn starts_name(&self, at: usize) -> bool {
        self.peek(at)
            .is_some_and(|octet| CLASS[usize::from(octet)] & NAME_START != 0)
    }

    #[cold]
    fn bad_name(&self, at: usize) -> Fail {
        let reason = match self.peek(at) {
            None => Reason::UnexpectedEnd,
            Some(b':') => Reason::InvalidQName,
            Some(_) => Reason::InvalidName,
        };
        Fail::new(at, reason)
    }

    #[inline(always)]
    fn check_name_length(&self, start: usize, length: usize) -> Result<(), Fail> {
        if length > self.limits.name_octets {
            fail(start, Reason::NameTooLong)
        } else {
            Ok(())
        }
    }

    /// Characters above 127 by the productions of XML 1.0.
    #[cold]
    fn check_high_name(&self, start: usize, local: usize, end: usize) -> Result<(), Fail> {
        let prefix_end = if local == start { end } else { local - 1 };
        if is_ncname(&self.doc[start..prefix_end]) && is_ncname(&self.doc[local..end]) {
            Ok(())
        } else {
            fail(start, Reason::InvalidName)
        }
    }

    /// Attributes up to the `>` or `/` of the start tag: declarations become bindings, the others wait in the scratch.
    #[inline(always)]
    fn attributes(&mut self, mut at: usize, outer: usize) -> Result<usize, Fail> {
        let mut count = 0;
        loop {
            let next = skip_space(self.doc, at);
            match self.peek(next) {
                Some(b'>' | b'/') => {
                    at = next;
                    break;
                }
                None => return fail(next, Reason::UnexpectedEnd),
                Some(_) if next == at => {
                    return fail(
                        at,
                        if count == 0 {
                            Reason::InvalidName
                        } else {
                            Reason::SpaceExpected
                        },
                    );
                }
                Some(_) => {}
            }
            count += 1;
            if count > self.limits.attributes {
                return fail(next, Reason::TooManyAttributes);
            }
            at = self.attribute(next)?;
        }
        self.check_bindings_unique(outer)?;
        Ok(at)
    }

    #[inline(always)]
    fn attribute(&mut self, start: usize) -> Result<usize, Fail> {
        let name = self.name(start)?;
        let mut at = name.end as usize;
        if self.peek(at) != Some(b'=') {
            at = skip_space(self.doc, at);
        }
        self.expect_in_attribute(at, |octet| octet == b'=')?;
        at += 1;
        if self.peek(at).is_some_and(is_space) {
            at = skip_space(self.doc, at);
        }
        let quote = self.expect_in_attribute(at, |octet| octet == b'"' || octet == b'\'')?;
        let value = self.value(at + 1, quote)?;
        let written = name.written(self.doc);
        if written.starts_with(b"xmlns") && (written.len() == 5 || written[5] == b':') {
            self.bind(name, value)?;
        } else {
            self.scratch.attributes.push(Attribute { name, value });
        }
        Ok(value.end as usize + 1)
    }

    #[inline(always)]
    fn expect_in_attribute(&self, at: usize, is: impl Fn(u8) -> bool) -> Result<u8, Fail> {
        match self.peek(at) {
            Some(octet) if is(octet) => Ok(octet),
            Some(_) => fail(at, Reason::MalformedAttribute),
            None => fail(at, Reason::UnexpectedEnd),
        }
    }

    #[inline(always)]
    fn value(&self, start: usize, quote: u8) -> Result<Text, Fail> {
        let mut at = start;
        let mut flags = TextFlags::ATTRIBUTE;
        loop {
            at = find_in_value(self.doc, at, quote);
            match self.peek(at) {
                Some(octet) if octet == quote => break,
                Some(b'&') => at = reference(self.doc, at)?.1,
                Some(b'<') => return fail(at, Reason::LessThanInAttribute),
                Some(_) => at += 1,
                None => return fail(at, Reason::UnexpectedEnd),
            }
            flags = flags.with(TextFlags::NEEDS_EXPANSION);
        }
        Ok(Text {
            start: start as u32,
            end: at as u32,
            flags,
        })
    }

    /// A namespace declaration (Namespaces in XML 1.0 section 3 and its constraints).
    #[inline(always)]
    fn bind(&mut self, name: QName, value: Text) -> Result<(), Fail> {
        let at = name.start as usize;
        let (start, end) = if name.local == name.start {
            (at, at)
        } else {
            (name.local as usize, name.end as usize)
        };
        if self.scratch.bindings.len() >= self.limits.bindings {
            return fail(at, Reason::TooManyNamespaces);
        }
        let ns = match self.names.get(value.as_raw(self.doc)) {
            Some(ns) if !value.needs_expansion() => ns,
            _ => self
                .unusual_namespace(value)
                .or_else(|reason| fail(at, reason))?,
        };
        if ns == NsId::NONE && start != end {
            return fail(at, Reason::EmptyBinding);
        }
        let prefix = &self.doc[start..end];
        if prefix == b"xmlns" || (prefix == b"xml") != (ns == NsId::XML) {
            return fail(at, Reason::ReservedBinding);
        }
        let binding = Binding {
            key: key8(self.doc, start, end),
            start: start as u32,
            length: (end - start) as u32,
            ns,
        };
        self.scratch.bindings.push(binding);
        self.scratch
            .scopes
            .enter(binding.key, binding.length, binding.ns);
        Ok(())
    }

    /// A namespace name that is empty, reserved, unknown or written with references.
    #[inline(never)]
    fn unusual_namespace(&mut self, value: Text) -> Result<NsId, Reason> {
        let scratch = &mut *self.scratch;
        let from = scratch.expanded.len();
        let expanded = value.needs_expansion();
        if expanded {
            value.expand(self.doc, &mut scratch.expanded);
        }
        let uri = if expanded {
            &scratch.expanded[from..]
        } else {
            value.as_raw(self.doc)
        };
        if uri.is_empty() {
            return Ok(NsId::NONE);
        }
        if uri == XML_NAMESPACE {
            return Ok(NsId::XML);
        }
        if uri == XMLNS_NAMESPACE {
            return Err(Reason::ReservedBinding);
        }
        if let Some(ns) = self.names.get(uri) {
            return Ok(ns);
        }
        if uri.len() > self.limits.uri_octets {
            return Err(Reason::NamespaceTooLong);
        }
        if !is_reference(uri) {
            return Err(Reason::InvalidNamespace);
        }
        let (start, end) = if expanded {
            (from as u32, scratch.expanded.len() as u32)
        } else {
            (value.start, value.end)
        };
        let found = Unknown {
            hash: hash(uri),
            start,
            end,
            expanded,
        };
        scratch.intern(self.doc, found, self.limits)
    }

    /// The namespace of an element's name (or of a prefixed attribute's).
    #[inline(always)]
    fn resolve(&self, name: QName) -> Result<NsId, Fail> {
        let prefix = name.prefix(self.doc);
        let key = key8(
            self.doc,
            name.start as usize,
            name.start as usize + prefix.len(),
        );
        for binding in self.scratch.bindings.iter().rev() {
            if binding.is_of(self.doc, prefix, key) {
                return Ok(binding.ns);
            }
        }
        match prefix {
            b"" => Ok(NsId::NONE),
            b"xml" => Ok(NsId::XML),
            _ => fail(name.start as usize, Reason::UnboundPrefix),
        }
    }

    fn resolve_attributes(&mut self) -> Result<(), Fail> {
        for place in 0..self.scratch.attributes.len() {
            let name = self.scratch.attributes[place].name;
            if name.local != name.start {
                self.scratch.attributes[place].name.ns = self.resolve(name)?;
            }
        }
        let Scratch {
            attributes, order, ..
        } = &mut *self.scratch;
        let doc = self.doc;
        let key = |place: usize| (attributes[place].name.ns, attributes[place].name.local(doc));
        match find_repeated(attributes.len(), order, key) {
            Some(place) => fail(
                attributes[place].name.start as usize,
                Reason::DuplicateAttribute,
            ),
            None => Ok(()),
        }
    }

    #[inline(always)]
    fn check_bindings_unique(&mut self, outer: usize) -> Result<(), Fail> {
        let Scratch {
            bindings, order, ..
        } = &mut *self.scratch;
        let own = &bindings[outer..];
        if own.len() < 2 {
            return Ok(());
        }
        let doc = self.doc;
        match find_repeated(own.len(), order, |place| own[place].prefix(doc)) {
            Some(place) => fail(own[place].start as usize, Reason::DuplicateBinding),
            None => Ok(()),
        }
    }
}

/// Up to this many keys are compared in pairs; more are sorted.
const PAIRWISE: usize = 8;

/// A place among `count` whose key occurs at an earlier place too. `order` is scratch space.
#[inline]
fn find_repeated<K: Ord>(
    count: usize,
    order: &mut Vec<u32>,
    key: impl Fn(usize) -> K,
) -> Option<usize> {
    if count <= PAIRWISE {
        return (1..count).find(|&place| (0..place).any(|earlier| key(earlier) == key(place)));
    }
    order.clear();
    order.extend(0..count as u32);
    order.sort_unstable_by(|&a, &b| key(a as usize).cmp(&key(b as usize)).then(a.cmp(&b)));
    let repeated = order
        .windows(2)
        .filter(|pair| key(pair[0] as usize) == key(pair[1] as usize));
    repeated.map(|pair| pair[1] as usize).min()
}

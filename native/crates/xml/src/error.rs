//! Why a document is refused, and where.
use std::fmt;

/// A document that is not well-formed XML, or that exceeds a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    /// Octets before the fault, counted in what was received (so in UTF-16 when UTF-16 came in).
    pub offset: usize,
    /// Line of the fault, counted from 1.
    pub line: u32,
    /// What is wrong.
    pub reason: Reason,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} (line {}, octet {})",
            self.reason, self.line, self.offset
        )
    }
}

impl std::error::Error for Error {}

/// A fault inside the tokenizer: the offset is one of the UTF-8 text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fail {
    pub at: u32,
    pub reason: Reason,
}

impl Fail {
    /// Kept out of line so that hot paths stay short, and handed back in a register: a result that was written through a
    /// pointer would keep what the hot path returns in memory too.
    #[cold]
    #[inline(never)]
    pub fn new(at: usize, reason: Reason) -> Fail {
        Fail {
            at: u32::try_from(at).unwrap_or(u32::MAX),
            reason,
        }
    }
}

/// The error of a hot path.
#[inline(always)]
pub(crate) fn fail<T>(at: usize, reason: Reason) -> Result<T, Fail> {
    Err(Fail::new(at, reason))
}

macro_rules! reasons {
    ($($(#[doc = $doc:literal])* $name:ident => $text:literal,)*) => {
        /// Everything that can be wrong with a document.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr(u32)] // as wide as what stands beside it in results, so that these stay in registers
        pub enum Reason {
            $($(#[doc = $doc])* $name,)*
        }

        impl Reason {
            /// Every reason, for tests and tables.
            pub const ALL: &'static [Reason] = &[$(Reason::$name,)*];

            /// One line for people, without a full stop.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Reason::$name => $text,)*
                }
            }
        }
    };
}

reasons! {
    /// More octets than [`crate::Limits::octets`].
    TooLarge => "the document is larger than the limit",
    /// Nested deeper than [`crate::Limits::depth`].
    TooDeep => "elements are nested deeper than the limit",
    /// An element has more attributes than [`crate::Limits::attributes`].
    TooManyAttributes => "an element has more attributes than the limit",
    /// A name is longer than [`crate::Limits::name_octets`].
    NameTooLong => "a name is longer than the limit",
    /// A namespace name is longer than [`crate::Limits::uri_octets`].
    NamespaceTooLong => "a namespace name is longer than the limit",
    /// More namespace bindings than [`crate::Limits::bindings`] or more unknown namespaces than [`crate::Limits::namespaces`].
    TooManyNamespaces => "more namespaces are declared than the limit",
    /// Nothing, or nothing but space and comments.
    NoRoot => "the document has no root element",
    /// The document stops inside an element or another construct.
    UnexpectedEnd => "the document ends too early",
    /// Not UTF-8.
    InvalidUtf8 => "the text is not valid UTF-8",
    /// An unpaired surrogate, or half a code unit at the end.
    InvalidUtf16 => "the text is not valid UTF-16",
    /// US-ASCII is declared and an octet above 127 occurs.
    NotAscii => "US-ASCII is declared, yet an octet above 127 occurs",
    /// The declaration names an encoding other than UTF-8, UTF-16 and US-ASCII.
    UnknownEncoding => "the declared encoding is not supported",
    /// The declared encoding is not the one that the octets are in.
    EncodingMismatch => "the declared encoding is not that of the octets",
    /// A character that XML 1.0 does not allow.
    InvalidCharacter => "a character that XML does not allow",
    /// A character reference to a character that XML 1.0 does not allow.
    InvalidCharacterReference => "a reference to a character that XML does not allow",
    /// `&` without a name or number and a semicolon.
    MalformedReference => "a malformed reference",
    /// An entity other than the five predefined ones.
    UnknownEntity => "a reference to an entity that is not predefined",
    /// `<!DOCTYPE`: never accepted.
    Doctype => "a document type declaration is not accepted",
    /// `<!` followed by something else than a comment, or than CDATA inside an element.
    MalformedMarkup => "malformed markup after '<!'",
    /// `--` inside a comment.
    DoubleHyphen => "'--' inside a comment",
    /// A processing instruction whose target is no name, or that lacks space after it.
    MalformedInstruction => "a malformed processing instruction",
    /// `<?xml` anywhere but at the very start.
    MisplacedDeclaration => "an XML declaration that is not at the start of the document",
    /// The XML declaration does not follow its grammar.
    MalformedDeclaration => "a malformed XML declaration",
    /// The XML declaration asks for a version other than 1.x.
    UnknownVersion => "an XML version other than 1.x",
    /// A name that does not start or go on as names must.
    InvalidName => "an invalid name",
    /// A colon at the start or the end of a name, or a second one.
    InvalidQName => "a misplaced colon in a name",
    /// Text before or after the root element.
    TextOutsideRoot => "text outside the root element",
    /// A second root element.
    SecondRoot => "an element behind the root element",
    /// The end tag does not match its start tag.
    TagMismatch => "an end tag that does not match its start tag",
    /// An end tag with something after its name.
    MalformedEndTag => "a malformed end tag",
    /// A start tag that is not closed as it must be.
    MalformedStartTag => "a malformed start tag",
    /// No white space before an attribute.
    SpaceExpected => "white space is missing before an attribute",
    /// An attribute without `=` and a quoted value.
    MalformedAttribute => "an attribute without '=' and a quoted value",
    /// `<` inside an attribute's value.
    LessThanInAttribute => "'<' inside an attribute value",
    /// Two attributes of one expanded name.
    DuplicateAttribute => "an attribute occurs twice",
    /// A prefix is declared twice in one element.
    DuplicateBinding => "a namespace prefix is declared twice in one element",
    /// A prefix that is not bound.
    UnboundPrefix => "a namespace prefix that is not declared",
    /// `xmlns:p=""`.
    EmptyBinding => "a prefix is bound to an empty namespace name",
    /// `xml` or `xmlns`, or their namespace names, declared otherwise than they are.
    ReservedBinding => "a reserved prefix or namespace name is misused",
    /// A namespace name that is no URI reference.
    InvalidNamespace => "a namespace name that is no URI",
    /// `]]>` in text.
    SectionEndInText => "']]>' in text",
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

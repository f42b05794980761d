//! What can be wrong with a well-formed document, and how grave it is.

macro_rules! rules {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal, $class:ident;)*) => {
        /// The rule that was broken.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Rule {
            $($(#[doc = $doc])* $name,)*
        }

        impl Rule {
            /// Its name, as faults and errors show it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Rule::$name => $text,)*
                }
            }

            /// The class of faults it belongs to.
            pub const fn class(self) -> Class {
                match self {
                    $(Rule::$name => Class::$class,)*
                }
            }
        }
    };
}

/// Classes of faults: each maps to one result code of a protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Something required is not there.
    Missing,
    /// Order, unknown child, duplicate, text where none may be, unknown attribute.
    Structure,
    /// Enumeration, minimum, maximum.
    Range,
    /// Pattern, length, datatype.
    Value,
    /// Wildcard content that nobody declared.
    UnknownNamespace,
}

impl Class {
    /// Its name, as faults show it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Class::Missing => "missing",
            Class::Structure => "structure",
            Class::Range => "range",
            Class::Value => "value",
            Class::UnknownNamespace => "unknown_namespace",
        }
    }
}

rules! {
    /// A required element or attribute is missing.
    Required = "required", Missing;
    /// A known element in the wrong place.
    Order = "order", Structure;
    /// An element or attribute that may not be here.
    Unexpected = "unexpected", Structure;
    /// An element once too often.
    Duplicate = "duplicate", Structure;
    /// Text where none may be.
    Text = "text", Structure;
    /// Not one of the values allowed.
    Enumeration = "enumeration", Range;
    /// Below the range.
    Min = "min", Range;
    /// Above the range.
    Max = "max", Range;
    /// Not of the one length allowed.
    Length = "length", Value;
    /// Too short.
    MinLength = "min_length", Value;
    /// Too long.
    MaxLength = "max_length", Value;
    /// Not of the form that the pattern asks for.
    Pattern = "pattern", Value;
    /// Not of the type.
    Datatype = "datatype", Value;
    /// An abstract type without an `xsi:type`.
    Abstract = "abstract", Structure;
    /// An `xsi:type` that is not known or not derived from the declared one.
    XsiType = "xsi:type", Structure;
    /// An element of a wildcard that no declaration claims.
    Undeclared = "undeclared", UnknownNamespace;
    /// Not a fault of the document: building the object failed.
    Stopped = "stopped", Value;
}

//! XML Schema's regular expressions (part 2, appendix F), compiled to automata: matching never backtracks.
//!
//! A pattern becomes two machines. The text of nearly every frame is ASCII, and over ASCII a dense table stays small even
//! for `(\w|_){1,80}`; everything else goes to a lazy simulation of the NFA, whose time is linear too.
use regex_automata::{
    Anchored, Input,
    dfa::{Automaton, dense},
    nfa::thompson::{self, NFA, pikevm::PikeVM},
    util::{primitives::StateID, start},
};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look, Repetition};

/// No pattern may need more than this; a greater one is refused when it is compiled.
const NFA_OCTETS: usize = 8 << 20;
const DFA_OCTETS: usize = 1 << 20;

/// A compiled pattern.
#[derive(Debug)]
pub struct Pattern {
    source: Box<str>,
    ascii: Option<Table>,
    general: PikeVM,
}

impl Pattern {
    /// Compiles a pattern; the error says what is wrong with it, in one line.
    pub fn new(source: &str) -> Result<Pattern, String> {
        let general =
            PikeVM::new_from_nfa(nfa(source, false)?).map_err(|error| error.to_string())?;
        let config = dense::Config::new()
            .dfa_size_limit(Some(DFA_OCTETS))
            .determinize_size_limit(Some(4 * DFA_OCTETS))
            .start_kind(regex_automata::dfa::StartKind::Anchored);
        let ascii = dense::Builder::new()
            .configure(config)
            .build_from_nfa(&nfa(source, true)?)
            .ok()
            .and_then(Table::new);
        Ok(Pattern {
            source: source.into(),
            ascii,
            general,
        })
    }

    /// The pattern as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The whole text matches.
    pub fn matches(&self, text: &[u8], ascii: bool) -> bool {
        if ascii && let Some(table) = &self.ascii {
            return table.matches(text);
        }
        let input = Input::new(text).anchored(Anchored::Yes);
        let mut cache = self.general.create_cache();
        self.general.is_match(&mut cache, input)
    }
}

/// A dense table, walked from its only start to the end of the text: what a search does besides costs more than that on the
/// short texts of identifiers.
#[derive(Debug)]
struct Table {
    dfa: dense::DFA<Vec<u32>>,
    start: StateID,
}

impl Table {
    fn new(dfa: dense::DFA<Vec<u32>>) -> Option<Table> {
        let config = start::Config::new().anchored(Anchored::Yes);
        let start = dfa.start_state(&config).ok()?;
        Some(Table { dfa, start })
    }

    /// The pattern ends where the text does, so that only the state behind the end tells. A dead state stays dead.
    #[inline]
    fn matches(&self, text: &[u8]) -> bool {
        let step = |state, octet: &u8| self.dfa.next_state(state, *octet);
        let last = text.iter().fold(self.start, step);
        self.dfa.is_match_state(self.dfa.next_eoi_state(last))
    }
}

fn nfa(source: &str, ascii: bool) -> Result<NFA, String> {
    let mut parser = Parser {
        rest: source,
        ascii,
        depth: 0,
    };
    let body = parser.alternatives()?;
    if !parser.rest.is_empty() {
        return Err(format!("unbalanced {:?}", &parser.rest[..1]));
    }
    let whole = Hir::concat(vec![Hir::look(Look::Start), body, Hir::look(Look::End)]);
    thompson::Compiler::new()
        .configure(
            thompson::Config::new()
                .nfa_size_limit(Some(NFA_OCTETS))
                .which_captures(thompson::WhichCaptures::None),
        )
        .build_from_hir(&whole)
        .map_err(|error| error.to_string())
}

/// Recursive descent over the grammar of appendix F.
struct Parser<'a> {
    rest: &'a str,
    ascii: bool,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.next();
        }
        found
    }

    fn alternatives(&mut self) -> Result<Hir, String> {
        self.depth += 1;
        if self.depth > 64 {
            return Err("nested too deeply".into());
        }
        let mut branches = vec![self.branch()?];
        while self.eat('|') {
            branches.push(self.branch()?);
        }
        self.depth -= 1;
        Ok(Hir::alternation(branches))
    }

    fn branch(&mut self) -> Result<Hir, String> {
        let mut pieces = Vec::new();
        while !matches!(self.peek(), None | Some('|' | ')')) {
            let atom = self.atom()?;
            pieces.push(self.quantified(atom)?);
        }
        Ok(Hir::concat(pieces))
    }

    fn quantified(&mut self, atom: Hir) -> Result<Hir, String> {
        let (min, max) = match self.peek() {
            Some('?') => (0, Some(1)),
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('{') => {
                self.next();
                let (quantity, rest) = self.rest.split_once('}').ok_or("'{' without '}'")?;
                self.rest = rest;
                return Self::counted(atom, quantity);
            }
            _ => return Ok(atom),
        };
        self.next();
        Ok(Self::repeat(atom, min, max))
    }

    fn counted(atom: Hir, quantity: &str) -> Result<Hir, String> {
        let number = |text: &str| {
            text.parse::<u32>()
                .map_err(|_| format!("{{{quantity}}} is no quantity"))
        };
        let (min, max) = match quantity.split_once(',') {
            None => (number(quantity)?, Some(number(quantity)?)),
            Some((min, "")) => (number(min)?, None),
            Some((min, max)) => (number(min)?, Some(number(max)?)),
        };
        if max.is_some_and(|max| max < min) {
            return Err(format!("{{{quantity}}} allows nothing"));
        }
        Ok(Self::repeat(atom, min, max))
    }

    fn repeat(atom: Hir, min: u32, max: Option<u32>) -> Hir {
        if matches!(atom.kind(), HirKind::Empty) {
            return atom;
        }
        Hir::repetition(Repetition {
            min,
            max,
            greedy: true,
            sub: Box::new(atom),
        })
    }

    fn class(&self, mut set: ClassUnicode) -> Hir {
        if self.ascii {
            set.intersect(&ranges(&[('\0', '\x7F')]));
        }
        Hir::class(Class::Unicode(set))
    }

    fn atom(&mut self) -> Result<Hir, String> {
        match self.next() {
            Some('(') => {
                let inner = self.alternatives()?;
                if self.eat(')') {
                    Ok(inner)
                } else {
                    Err("'(' without ')'".into())
                }
            }
            Some('[') => {
                let set = self.group()?;
                Ok(self.class(set))
            }
            Some('\\') => {
                let set = self.escape()?.0;
                Ok(self.class(set))
            }
            Some('.') => Ok(self.class(negated(ranges(&[('\n', '\n'), ('\r', '\r')])))),
            Some(c @ ('?' | '*' | '+' | '{' | '}' | ']')) => {
                Err(format!("{c:?} needs a backslash"))
            }
            Some(c) => Ok(self.class(ranges(&[(c, c)]))),
            None => Err("ends too early".into()),
        }
    }

    /// What stands between `[` and `]`, with subtraction.
    fn group(&mut self) -> Result<ClassUnicode, String> {
        self.depth += 1;
        if self.depth > 64 {
            return Err("nested too deeply".into());
        }
        let negative = self.eat('^');
        let mut set = ClassUnicode::empty();
        let mut first = true;
        let mut minus = None;
        loop {
            match self.peek() {
                None => return Err("'[' without ']'".into()),
                Some(']') if !first => {
                    self.next();
                    break;
                }
                Some('-') if !first && self.rest.starts_with("-[") => {
                    self.next();
                    self.next();
                    minus = Some(self.group()?);
                    if !self.eat(']') {
                        return Err("a subtraction must end its class".into());
                    }
                    break;
                }
                _ => self.member(&mut set)?,
            }
            first = false;
        }
        if negative {
            set.negate();
        }
        if let Some(minus) = minus {
            set.difference(&minus);
        }
        self.depth -= 1;
        Ok(set)
    }

    /// One character, range or escape of a class.
    fn member(&mut self, set: &mut ClassUnicode) -> Result<(), String> {
        let Some(low) = self.single(set)? else {
            return Ok(());
        };
        let ranged = self.rest.starts_with('-')
            && !self.rest.starts_with("-]")
            && !self.rest.starts_with("-[");
        if !ranged {
            set.push(ClassUnicodeRange::new(low, low));
            return Ok(());
        }
        self.next();
        match self.single(set)? {
            Some(high) if high >= low => {
                set.push(ClassUnicodeRange::new(low, high));
                Ok(())
            }
            _ => Err(format!("a range from {low:?} ends before it starts")),
        }
    }

    /// A single character; a class escape is added to `set` and gives `None`.
    fn single(&mut self, set: &mut ClassUnicode) -> Result<Option<char>, String> {
        match self.next() {
            Some('\\') => {
                let (found, single) = self.escape()?;
                if single.is_none() {
                    set.union(&found);
                }
                Ok(single)
            }
            Some('[') => Err("'[' inside a class needs a backslash".into()),
            Some(c) => Ok(Some(c)),
            None => Err("'[' without ']'".into()),
        }
    }

    /// What follows a backslash: its set, and its character when it is a single one.
    fn escape(&mut self) -> Result<(ClassUnicode, Option<char>), String> {
        let single = |c: char| Ok((ranges(&[(c, c)]), Some(c)));
        match self.next() {
            Some('n') => single('\n'),
            Some('r') => single('\r'),
            Some('t') => single('\t'),
            Some(
                c @ ('\\' | '|' | '.' | '?' | '*' | '+' | '(' | ')' | '{' | '}' | '-' | '[' | ']'
                | '^' | '$'),
            ) => single(c),
            Some('s') => Ok((space(), None)),
            Some('S') => Ok((negated(space()), None)),
            Some('i') => Ok((name_start(), None)),
            Some('I') => Ok((negated(name_start()), None)),
            Some('c') => Ok((name_char(), None)),
            Some('C') => Ok((negated(name_char()), None)),
            Some('d') => Ok((category("Nd")?, None)),
            Some('D') => Ok((negated(category("Nd")?), None)),
            Some('w') => Ok((word()?, None)),
            Some('W') => Ok((negated(word()?), None)),
            Some('p') => Ok((self.property()?, None)),
            Some('P') => Ok((negated(self.property()?), None)),
            Some(c) => Err(format!("no escape \\{c}")),
            None => Err("ends with a backslash".into()),
        }
    }

    fn property(&mut self) -> Result<ClassUnicode, String> {
        let inner = self
            .rest
            .strip_prefix('{')
            .and_then(|rest| rest.split_once('}'));
        let (name, rest) = inner.ok_or("\\p needs {…}")?;
        self.rest = rest;
        match name.strip_prefix("Is") {
            Some(block) => block_of(block),
            None => category(name),
        }
    }
}

fn ranges(list: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(
        list.iter()
            .map(|(low, high)| ClassUnicodeRange::new(*low, *high)),
    )
}

fn negated(mut set: ClassUnicode) -> ClassUnicode {
    set.negate();
    set
}

fn space() -> ClassUnicode {
    ranges(&[(' ', ' '), ('\t', '\t'), ('\n', '\n'), ('\r', '\r')])
}

/// XML 1.0's name characters, with the colon.
fn name_start() -> ClassUnicode {
    ranges(&[
        (':', ':'),
        ('A', 'Z'),
        ('_', '_'),
        ('a', 'z'),
        ('\u{C0}', '\u{D6}'),
        ('\u{D8}', '\u{F6}'),
        ('\u{F8}', '\u{2FF}'),
        ('\u{370}', '\u{37D}'),
        ('\u{37F}', '\u{1FFF}'),
        ('\u{200C}', '\u{200D}'),
        ('\u{2070}', '\u{218F}'),
        ('\u{2C00}', '\u{2FEF}'),
        ('\u{3001}', '\u{D7FF}'),
        ('\u{F900}', '\u{FDCF}'),
        ('\u{FDF0}', '\u{FFFD}'),
        ('\u{10000}', '\u{EFFFF}'),
    ])
}

fn name_char() -> ClassUnicode {
    let mut set = name_start();
    set.union(&ranges(&[
        ('-', '-'),
        ('.', '.'),
        ('0', '9'),
        ('\u{B7}', '\u{B7}'),
        ('\u{300}', '\u{36F}'),
        ('\u{203F}', '\u{2040}'),
    ]));
    set
}

/// `\w`: everything but punctuation, separators and others.
fn word() -> Result<ClassUnicode, String> {
    let mut set = category("P")?;
    set.union(&category("Z")?);
    set.union(&category("C")?);
    Ok(negated(set))
}

/// A general category such as `L` or `Nd`.
fn category(name: &str) -> Result<ClassUnicode, String> {
    let known = matches!(
        name,
        "L" | "Lu"
            | "Ll"
            | "Lt"
            | "Lm"
            | "Lo"
            | "M"
            | "Mn"
            | "Mc"
            | "Me"
            | "N"
            | "Nd"
            | "Nl"
            | "No"
            | "P"
            | "Pc"
            | "Pd"
            | "Ps"
            | "Pe"
            | "Pi"
            | "Pf"
            | "Po"
            | "Z"
            | "Zs"
            | "Zl"
            | "Zp"
            | "S"
            | "Sm"
            | "Sc"
            | "Sk"
            | "So"
            | "C"
            | "Cc"
            | "Cf"
            | "Co"
            | "Cn"
    );
    if !known {
        return Err(format!("no category \\p{{{name}}}"));
    }
    let parsed =
        regex_syntax::parse(&format!("\\p{{{name}}}")).map_err(|error| error.to_string())?;
    match parsed.into_kind() {
        HirKind::Class(Class::Unicode(set)) => Ok(set),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).unwrap_or_default();
            Ok(ClassUnicode::new(
                text.chars().map(|c| ClassUnicodeRange::new(c, c)),
            ))
        }
        _ => Err(format!("no category \\p{{{name}}}")),
    }
}

/// The blocks that registry schemas name; others are refused rather than guessed.
fn block_of(name: &str) -> Result<ClassUnicode, String> {
    let (low, high) = match name {
        "BasicLatin" => ('\0', '\x7F'),
        "Latin-1Supplement" => ('\u{80}', '\u{FF}'),
        "LatinExtended-A" => ('\u{100}', '\u{17F}'),
        "LatinExtended-B" => ('\u{180}', '\u{24F}'),
        "Greek" | "GreekandCoptic" => ('\u{370}', '\u{3FF}'),
        "Cyrillic" => ('\u{400}', '\u{4FF}'),
        "Armenian" => ('\u{530}', '\u{58F}'),
        "Hebrew" => ('\u{590}', '\u{5FF}'),
        "Arabic" => ('\u{600}', '\u{6FF}'),
        "Devanagari" => ('\u{900}', '\u{97F}'),
        "Thai" => ('\u{E00}', '\u{E7F}'),
        "Georgian" => ('\u{10A0}', '\u{10FF}'),
        "Hiragana" => ('\u{3040}', '\u{309F}'),
        "Katakana" => ('\u{30A0}', '\u{30FF}'),
        "CJKUnifiedIdeographs" => ('\u{4E00}', '\u{9FFF}'),
        "HangulSyllables" => ('\u{AC00}', '\u{D7AF}'),
        _ => {
            return Err(format!(
                "block \\p{{Is{name}}} is not supported; write its range"
            ));
        }
    };
    Ok(ranges(&[(low, high)]))
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    fn check(pattern: &str, good: &[&str], bad: &[&str]) {
        let pattern = Pattern::new(pattern).unwrap();
        for (list, expected) in [(good, true), (bad, false)] {
            for text in list {
                assert_eq!(
                    pattern.matches(text.as_bytes(), text.is_ascii()),
                    expected,
                    "{} {text:?}",
                    pattern.source()
                );
                assert_eq!(
                    pattern.matches(text.as_bytes(), false),
                    expected,
                    "{} {text:?}",
                    pattern.source()
                );
            }
        }
    }

    #[test]
    fn patterns_of_registry_schemas() {
        check(
            r"(\w|_){1,80}-\w{1,8}",
            &["EXAMPLE1-REP", "a_b-1", "É1-ü", "a+-$"],
            &["", "-REP", "a-", "a-123456789", "a b-1"],
        );
        check(
            r"(\+[0-9]{1,3}\.[0-9]{1,14})?",
            &["", "+1.7035555555"],
            &["+1", "1.2", "+1234.5", "+1.", "+1.٣"],
        );
        check(
            r"[1-9]+\.[0-9]+",
            &["1.0", "12.34"],
            &["0.1", "1.", "1x0", "1.0 "],
        );
        check(
            r"[a-zA-Z0-9]([a-zA-Z0-9\-]*[a-zA-Z0-9])?",
            &["a", "a-b"],
            &["", "-a", "a-", "ä"],
        );
        check(r"[A-Z]|[a-z]|[0-9]", &["A", "z", "5"], &["", "AA", "-"]);
        check(r"\p{IsBasicLatin}*", &["", "abc~"], &["é"]);
        check(r".+@.+", &["a@b", "é@ü"], &["@b", "a@", "a\n@b"]);
    }

    #[test]
    fn the_grammar() {
        check(r"[a-z-[aeiou]]+", &["xyz"], &["xay", ""]);
        check(r"[^a-c]", &["d", "é"], &["a", "de"]);
        check(r"[\w-[\d]]", &["a"], &["1", "-"]);
        check(r"\i\c*", &["a-1", ":x"], &["1a"]);
        check(r"\d{2,}", &["12", "١٢٣"], &["1"]);
        check(r"a{2}", &["aa"], &["a", "aaa"]);
        check(r"(a|)b", &["ab", "b"], &["a"]);
        check(r"a^$b", &["a^$b"], &["ab"]);
        check(r"[-a]|[a-]", &["-", "a"], &["b"]);
        check(r"[\]\\]", &["]", "\\"], &["["]);
        check(r"\p{Lu}\P{Lu}", &["Aa", "Éé"], &["AA", "aa"]);
        check(r"\S\s\D\W\I\C", &["x y!1!"], &["x y!a!"]);
        for bad in [
            "(",
            ")",
            "[",
            "a{",
            "a{2,1}",
            "a{x}",
            "*",
            "\\",
            "\\q",
            "\\p{Xx}",
            "\\p{IsKlingon}",
            "[b-a]",
            "a**",
            "[a-z-[b]c]",
            "[[]",
        ] {
            assert!(Pattern::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn time_is_linear() {
        let pattern = Pattern::new("(a*)*(a|aa)*b").unwrap();
        let text = "a".repeat(5000);
        assert!(!pattern.matches(text.as_bytes(), true));
        assert!(!pattern.matches(text.as_bytes(), false));
        assert!(Pattern::new("((a{1000}){1000}){1000}").is_err());
    }
}

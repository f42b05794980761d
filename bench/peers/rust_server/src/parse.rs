//! Commands out of quick-xml's events.

use std::borrow::Cow;

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

pub const EPP: &str = "urn:ietf:params:xml:ns:epp-1.0";
pub const DOMAIN: &str = "urn:ietf:params:xml:ns:domain-1.0";

type Text<'a> = Cow<'a, str>;

/// Why a frame is refused: the result code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusal(pub u16);

const SYNTAX: Refusal = Refusal(2001);
const MISSING: Refusal = Refusal(2003);

impl From<quick_xml::Error> for Refusal {
    fn from(_: quick_xml::Error) -> Self {
        SYNTAX
    }
}

/// Lives on the stack for one command: boxing the large variant would only cost.
#[allow(clippy::large_enum_variant)]
pub enum Request<'a> {
    Hello,
    Command {
        operation: Operation<'a>,
        cl_trid: Option<Text<'a>>,
    },
}

pub enum Operation<'a> {
    Login { user: Text<'a>, password: Text<'a> },
    Logout,
    Check(Vec<Text<'a>>),
    Info(Text<'a>),
    Create(Create<'a>),
    Update(Update<'a>),
}

#[derive(Default)]
pub struct Create<'a> {
    pub name: Text<'a>,
    pub years: Option<u32>,
    pub hosts: Vec<Text<'a>>,
    pub registrant: Option<Text<'a>>,
    pub contacts: Vec<(Text<'a>, Text<'a>)>,
    pub auth_info: Text<'a>,
}

/// What an update adds or removes.
#[derive(Default)]
pub struct Change<'a> {
    pub hosts: Vec<Text<'a>>,
    pub contacts: Vec<(Text<'a>, Text<'a>)>,
    pub statuses: Vec<Text<'a>>,
}

#[derive(Default)]
pub struct Update<'a> {
    pub name: Text<'a>,
    pub add: Change<'a>,
    pub rem: Change<'a>,
    pub registrant: Option<Text<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Namespace {
    Epp,
    Domain,
    Other,
}

enum Token<'a> {
    Start(Namespace, BytesStart<'a>),
    End,
    Eof,
}

struct Parser<'a> {
    reader: NsReader<&'a [u8]>,
}

pub fn parse(frame: &[u8]) -> Result<Request<'_>, Refusal> {
    let text = std::str::from_utf8(frame).map_err(|_| SYNTAX)?;
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    Parser { reader }.document()
}

impl<'a> Parser<'a> {
    /// The next tag; only white space may stand before it.
    fn token(&mut self) -> Result<Token<'a>, Refusal> {
        loop {
            let (resolved, event) = self.reader.read_resolved_event()?;
            let namespace = match resolved {
                ResolveResult::Bound(uri) if uri.0 == DOMAIN => Namespace::Domain,
                ResolveResult::Bound(uri) if uri.0 == EPP => Namespace::Epp,
                _ => Namespace::Other,
            };
            match event {
                Event::Start(start) => return Ok(Token::Start(namespace, start)),
                Event::End(_) => return Ok(Token::End),
                Event::Eof => return Ok(Token::Eof),
                Event::Text(text) if text.bytes().all(|octet| octet.is_ascii_whitespace()) => {}
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
                _ => return Err(SYNTAX),
            }
        }
    }

    /// The next child in `wanted`, or `None` at the end of the parent.
    fn child(&mut self, wanted: Namespace) -> Result<Option<BytesStart<'a>>, Refusal> {
        match self.token()? {
            Token::Start(namespace, start) if namespace == wanted => Ok(Some(start)),
            Token::End => Ok(None),
            Token::Start(..) | Token::Eof => Err(SYNTAX),
        }
    }

    fn end(&mut self) -> Result<(), Refusal> {
        if matches!(self.token()?, Token::End) {
            Ok(())
        } else {
            Err(SYNTAX)
        }
    }

    /// The text of the element just opened, up to and with its end tag.
    fn text(&mut self) -> Result<Text<'a>, Refusal> {
        let mut text: Text<'a> = Cow::Borrowed("");
        loop {
            let piece = match self.reader.read_event()? {
                Event::Text(piece) => piece.xml10_content(),
                Event::CData(piece) => piece.xml10_content(),
                Event::GeneralRef(reference) => Cow::Owned(match reference.resolve_char_ref()? {
                    Some(character) => character.to_string(),
                    None => quick_xml::escape::resolve_xml_entity(&reference)
                        .ok_or(SYNTAX)?
                        .to_owned(),
                }),
                Event::Comment(_) | Event::PI(_) => continue,
                Event::End(_) => return Ok(trimmed(text)),
                _ => return Err(SYNTAX),
            };
            if text.is_empty() {
                text = piece;
            } else {
                text.to_mut().push_str(&piece);
            }
        }
    }

    fn document(mut self) -> Result<Request<'a>, Refusal> {
        let Token::Start(Namespace::Epp, root) = self.token()? else {
            return Err(SYNTAX);
        };
        if root.local_name().as_ref() != "epp" {
            return Err(SYNTAX);
        }
        let request = match self.child(Namespace::Epp)? {
            Some(start) if start.local_name().as_ref() == "command" => self.command()?,
            Some(start) if start.local_name().as_ref() == "hello" => {
                self.end()?;
                Request::Hello
            }
            _ => return Err(SYNTAX),
        };
        self.end()?;
        if matches!(self.token()?, Token::Eof) {
            Ok(request)
        } else {
            Err(SYNTAX)
        }
    }

    fn command(&mut self) -> Result<Request<'a>, Refusal> {
        let start = self.child(Namespace::Epp)?.ok_or(MISSING)?;
        let operation = match start.local_name().as_ref() {
            "check" => self.object("check", Self::check)?,
            "info" => self.object("info", Self::info)?,
            "create" => self.object("create", Self::create)?,
            "update" => self.object("update", Self::update)?,
            "login" => self.login()?,
            "logout" => {
                self.end()?;
                Operation::Logout
            }
            _ => return Err(Refusal(2000)),
        };
        let mut cl_trid = None;
        while let Some(start) = self.child(Namespace::Epp)? {
            if start.local_name().as_ref() != "clTRID" || cl_trid.is_some() {
                return Err(SYNTAX);
            }
            cl_trid = Some(self.text()?);
        }
        Ok(Request::Command { operation, cl_trid })
    }

    fn object(
        &mut self,
        tag: &str,
        read: fn(&mut Self) -> Result<Operation<'a>, Refusal>,
    ) -> Result<Operation<'a>, Refusal> {
        let Token::Start(namespace, start) = self.token()? else {
            return Err(MISSING);
        };
        if namespace != Namespace::Domain {
            return Err(Refusal(2307));
        }
        if start.local_name().as_ref() != tag {
            return Err(SYNTAX);
        }
        let operation = read(self)?;
        self.end()?;
        Ok(operation)
    }

    fn login(&mut self) -> Result<Operation<'a>, Refusal> {
        let (mut user, mut password) = (None, None);
        while let Some(start) = self.child(Namespace::Epp)? {
            match start.local_name().as_ref() {
                "clID" => user = Some(self.text()?),
                "pw" => password = Some(self.text()?),
                "newPW" => drop(self.text()?),
                "options" | "svcs" => self.skip()?,
                _ => return Err(SYNTAX),
            }
        }
        Ok(Operation::Login {
            user: user.ok_or(MISSING)?,
            password: password.ok_or(MISSING)?,
        })
    }

    /// Read past the element just opened.
    fn skip(&mut self) -> Result<(), Refusal> {
        let mut depth = 1;
        while depth > 0 {
            match self.reader.read_event()? {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Eof => return Err(SYNTAX),
                _ => {}
            }
        }
        Ok(())
    }

    fn check(&mut self) -> Result<Operation<'a>, Refusal> {
        let mut names = Vec::with_capacity(10);
        while let Some(start) = self.child(Namespace::Domain)? {
            if start.local_name().as_ref() != "name" {
                return Err(SYNTAX);
            }
            names.push(self.text()?);
        }
        if names.is_empty() {
            Err(MISSING)
        } else {
            Ok(Operation::Check(names))
        }
    }

    fn info(&mut self) -> Result<Operation<'a>, Refusal> {
        let mut name = None;
        while let Some(start) = self.child(Namespace::Domain)? {
            match start.local_name().as_ref() {
                "name" => name = Some(self.text()?),
                "authInfo" => self.skip()?,
                _ => return Err(SYNTAX),
            }
        }
        Ok(Operation::Info(name.ok_or(MISSING)?))
    }

    fn create(&mut self) -> Result<Operation<'a>, Refusal> {
        let mut create = Create::default();
        while let Some(start) = self.child(Namespace::Domain)? {
            match start.local_name().as_ref() {
                "name" => create.name = self.text()?,
                "period" => create.years = Some(self.text()?.parse().map_err(|_| Refusal(2005))?),
                "ns" => self.hosts(&mut create.hosts)?,
                "registrant" => create.registrant = Some(self.text()?),
                "contact" => create.contacts.push(self.contact(&start)?),
                "authInfo" => create.auth_info = self.auth_info()?,
                _ => return Err(SYNTAX),
            }
        }
        if create.name.is_empty() {
            Err(MISSING)
        } else {
            Ok(Operation::Create(create))
        }
    }

    fn hosts(&mut self, hosts: &mut Vec<Text<'a>>) -> Result<(), Refusal> {
        while let Some(start) = self.child(Namespace::Domain)? {
            if start.local_name().as_ref() != "hostObj" {
                return Err(SYNTAX);
            }
            hosts.push(self.text()?);
        }
        Ok(())
    }

    fn contact(&mut self, start: &BytesStart<'a>) -> Result<(Text<'a>, Text<'a>), Refusal> {
        let kind = attribute(start, "type")?.ok_or(MISSING)?;
        Ok((kind, self.text()?))
    }

    fn auth_info(&mut self) -> Result<Text<'a>, Refusal> {
        let Some(start) = self.child(Namespace::Domain)? else {
            return Err(MISSING);
        };
        if start.local_name().as_ref() != "pw" {
            return Err(SYNTAX);
        }
        let password = self.text()?;
        self.end()?;
        Ok(password)
    }

    fn update(&mut self) -> Result<Operation<'a>, Refusal> {
        let mut update = Update::default();
        while let Some(start) = self.child(Namespace::Domain)? {
            match start.local_name().as_ref() {
                "name" => update.name = self.text()?,
                "add" => update.add = self.change()?,
                "rem" => update.rem = self.change()?,
                "chg" => self.changed(&mut update)?,
                _ => return Err(SYNTAX),
            }
        }
        if update.name.is_empty() {
            Err(MISSING)
        } else {
            Ok(Operation::Update(update))
        }
    }

    fn change(&mut self) -> Result<Change<'a>, Refusal> {
        let mut change = Change::default();
        while let Some(start) = self.child(Namespace::Domain)? {
            match start.local_name().as_ref() {
                "ns" => self.hosts(&mut change.hosts)?,
                "contact" => change.contacts.push(self.contact(&start)?),
                "status" => {
                    change
                        .statuses
                        .push(attribute(&start, "s")?.ok_or(MISSING)?);
                    self.text()?;
                }
                _ => return Err(SYNTAX),
            }
        }
        Ok(change)
    }

    fn changed(&mut self, update: &mut Update<'a>) -> Result<(), Refusal> {
        while let Some(start) = self.child(Namespace::Domain)? {
            match start.local_name().as_ref() {
                "registrant" => update.registrant = Some(self.text()?),
                "authInfo" => self.skip()?,
                _ => return Err(SYNTAX),
            }
        }
        Ok(())
    }
}

fn attribute<'a>(start: &BytesStart<'a>, name: &str) -> Result<Option<Text<'a>>, Refusal> {
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| SYNTAX)?;
        if attribute.key.as_ref() == name {
            let value = attribute
                .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                .map_err(|_| SYNTAX)?;
            return Ok(Some(Cow::Owned(value.into_owned())));
        }
    }
    Ok(None)
}

/// xs:token without its inner runs, as hand-written servers do it.
fn trimmed(text: Text<'_>) -> Text<'_> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_ascii()),
        Cow::Owned(text) => Cow::Owned(text.trim_ascii().to_owned()),
    }
}

//! Replies, written straight into the session's output.

use std::cell::Cell;

use crate::clock::Instant;
use crate::parse::{DOMAIN, EPP};
use crate::registry::Domain;

thread_local! {
    static SERIAL: Cell<u64> = const { Cell::new(0) };
}

/// A reply under construction: begun with its result, ended with its transaction identifiers.
pub struct Reply<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    data: bool,
}

pub fn message(code: u16) -> &'static str {
    match code {
        1000 => "Command completed successfully",
        1500 => "Command completed successfully; ending session",
        2000 => "Unknown command",
        2001 => "Command syntax error",
        2002 => "Command use error",
        2003 => "Required parameter missing",
        2005 => "Parameter value syntax error",
        2200 => "Authentication error",
        2302 => "Object exists",
        2303 => "Object does not exist",
        2307 => "Unimplemented object service",
        _ => "Command failed",
    }
}

impl<'a> Reply<'a> {
    pub fn new(out: &'a mut Vec<u8>, code: u16) -> Self {
        let start = begin(out);
        let mut reply = Self {
            out,
            start,
            data: false,
        };
        reply.raw("<response><result code=\"");
        let digits = [code / 1000, code / 100 % 10, code / 10 % 10, code % 10];
        reply.out.extend(digits.map(|digit| b'0' + digit as u8));
        reply.raw("\"><msg>");
        reply.raw(message(code));
        reply.raw("</msg></result>");
        reply
    }

    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn escaped(&mut self, text: &str) {
        if !text
            .bytes()
            .any(|octet| matches!(octet, b'<' | b'>' | b'&' | b'\r'))
        {
            return self.raw(text);
        }
        for character in text.chars() {
            match character {
                '<' => self.raw("&lt;"),
                '>' => self.raw("&gt;"),
                '&' => self.raw("&amp;"),
                '\r' => self.raw("&#13;"),
                other => self.raw(other.encode_utf8(&mut [0; 4])),
            }
        }
    }

    fn element(&mut self, name: &str, text: &str) {
        self.raw("<domain:");
        self.raw(name);
        self.raw(">");
        self.escaped(text);
        self.close(name);
    }

    fn close(&mut self, name: &str) {
        self.raw("</domain:");
        self.raw(name);
        self.raw(">");
    }

    fn instant(&mut self, name: &str, value: Instant) {
        self.raw("<domain:");
        self.raw(name);
        self.raw(">");
        value.write(self.out);
        self.close(name);
    }

    fn data(&mut self, tag: &str) {
        self.data = true;
        self.raw("<resData><domain:");
        self.raw(tag);
        self.raw(" xmlns:domain=\"");
        self.raw(DOMAIN);
        self.raw("\">");
    }

    pub fn check<'n>(&mut self, names: impl Iterator<Item = (&'n str, bool)>) {
        self.data("chkData");
        for (name, available) in names {
            self.raw(if available {
                "<domain:cd><domain:name avail=\"1\">"
            } else {
                "<domain:cd><domain:name avail=\"0\">"
            });
            self.escaped(name);
            self.raw("</domain:name>");
            if !available {
                self.raw("<domain:reason>In use</domain:reason>");
            }
            self.raw("</domain:cd>");
        }
        self.close("chkData");
    }

    pub fn info(&mut self, name: &str, domain: &Domain) {
        self.data("infData");
        self.element("name", name);
        self.element("roid", &domain.roid);
        for status in &domain.statuses {
            self.raw("<domain:status s=\"");
            self.escaped(status);
            self.raw("\"/>");
        }
        if let Some(registrant) = &domain.registrant {
            self.element("registrant", registrant);
        }
        for (kind, id) in &domain.contacts {
            self.raw("<domain:contact type=\"");
            self.escaped(kind);
            self.raw("\">");
            self.escaped(id);
            self.close("contact");
        }
        self.raw("<domain:ns>");
        for host in &domain.hosts {
            self.element("hostObj", host);
        }
        self.close("ns");
        self.element("clID", &domain.sponsor);
        self.element("crID", &domain.creator);
        self.instant("crDate", domain.created);
        if let (Some(updater), Some(updated)) = (&domain.updater, domain.updated) {
            self.element("upID", updater);
            self.instant("upDate", updated);
        }
        self.instant("exDate", domain.expires);
        self.close("infData");
    }

    pub fn created(&mut self, name: &str, domain: &Domain) {
        self.data("creData");
        self.element("name", name);
        self.instant("crDate", domain.created);
        self.instant("exDate", domain.expires);
        self.close("creData");
    }

    pub fn end(mut self, cl_trid: Option<&str>) {
        if self.data {
            self.raw("</resData>");
        }
        self.raw("<trID>");
        if let Some(cl_trid) = cl_trid {
            self.raw("<clTRID>");
            self.escaped(cl_trid);
            self.raw("</clTRID>");
        }
        self.raw("<svTRID>");
        self.sv_trid();
        self.raw("</svTRID></trID></response></epp>");
        finish(self.out, self.start);
    }

    fn sv_trid(&mut self) {
        let mut serial = SERIAL.replace(SERIAL.get() + 1);
        let mut digits = *b"PEER-0000000000000000";
        for digit in digits[5..].iter_mut().rev() {
            *digit = b'0' + (serial % 10) as u8;
            serial /= 10;
        }
        self.out.extend_from_slice(&digits);
    }
}

fn begin(out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><epp xmlns=\"");
    out.extend_from_slice(EPP.as_bytes());
    out.extend_from_slice(b"\">");
    start
}

fn finish(out: &mut [u8], start: usize) {
    let length = (out.len() - start) as u32;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

pub fn greeting(out: &mut Vec<u8>) {
    let start = begin(out);
    out.extend_from_slice(b"<greeting><svID>bench</svID><svDate>");
    Instant::now().write(out);
    out.extend_from_slice(b"</svDate><svcMenu><version>1.0</version><lang>en</lang><objURI>");
    out.extend_from_slice(DOMAIN.as_bytes());
    out.extend_from_slice(
        b"</objURI></svcMenu><dcp><access><all/></access><statement><purpose><prov/></purpose><recipient><public/></recipient>\
          <retention><stated/></retention></statement></dcp></greeting></epp>",
    );
    finish(out, start);
}

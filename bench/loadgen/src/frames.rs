//! The frames sent. Half of the sessions write them compact, half indented as many clients do.

use std::io::Write;

const EPP: &str = "urn:ietf:params:xml:ns:epp-1.0";
const DOMAIN: &str = "urn:ietf:params:xml:ns:domain-1.0";
/// The authInfo of all domains that a registry was filled with.
const PRELOADED_AUTH: &str = "6d1c0f7e2b9a44855e0c";

/// A command under construction in the buffer it is sent from.
pub struct Frame<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    indented: bool,
}

impl<'a> Frame<'a> {
    pub fn begin(out: &'a mut Vec<u8>, indented: bool) -> Self {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        let mut frame = Self {
            out,
            start,
            indented,
        };
        if indented {
            frame.text("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>");
        } else {
            frame.text("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        }
        frame.line(0, format_args!("<epp xmlns=\"{EPP}\">"));
        frame.line(1, format_args!("<command>"));
        frame
    }

    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn line(&mut self, depth: usize, content: std::fmt::Arguments<'_>) {
        if self.indented {
            self.out.push(b'\n');
            for _ in 0..depth {
                self.text("  ");
            }
        }
        write!(self.out, "{content}").expect("a Vec takes everything");
    }

    fn open(&mut self, command: &str) {
        self.line(2, format_args!("<{command}>"));
        self.line(
            3,
            format_args!("<domain:{command} xmlns:domain=\"{DOMAIN}\">"),
        );
    }

    fn close(&mut self, command: &str) {
        self.line(3, format_args!("</domain:{command}>"));
        self.line(2, format_args!("</{command}>"));
    }

    pub fn check_begin(&mut self) {
        self.open("check");
    }

    pub fn check_name(&mut self, prefix: char, index: u64) {
        self.line(
            4,
            format_args!("<domain:name>{prefix}{index}.example</domain:name>"),
        );
    }

    pub fn check_end(&mut self) {
        self.close("check");
    }

    pub fn info(&mut self, index: u64) {
        self.open("info");
        self.line(
            4,
            format_args!("<domain:name hosts=\"all\">p{index}.example</domain:name>"),
        );
        self.close("info");
    }

    /// `linked` is how many contacts of each kind there are, and twice how many pairs of hosts.
    pub fn create(&mut self, session: u64, n: u64, linked: u64) {
        let (person, host) = (n % linked, n % linked.div_ceil(2));
        self.open("create");
        self.line(
            4,
            format_args!("<domain:name>n{session}-{n}.example</domain:name>"),
        );
        self.line(
            4,
            format_args!("<domain:period unit=\"y\">1</domain:period>"),
        );
        self.line(4, format_args!("<domain:ns>"));
        for i in 1..=2 {
            self.line(
                5,
                format_args!("<domain:hostObj>ns{i}.host{host}.example.net</domain:hostObj>"),
            );
        }
        self.line(4, format_args!("</domain:ns>"));
        self.line(
            4,
            format_args!("<domain:registrant>own{person}</domain:registrant>"),
        );
        self.line(
            4,
            format_args!("<domain:contact type=\"admin\">adm{person}</domain:contact>"),
        );
        self.line(
            4,
            format_args!("<domain:contact type=\"tech\">tec{person}</domain:contact>"),
        );
        self.line(4, format_args!("<domain:authInfo>"));
        self.line(
            5,
            format_args!(
                "<domain:pw>{:08x}-Kq7wZr2m{:016x}</domain:pw>",
                scatter(n),
                scatter(session << 32 | n)
            ),
        );
        self.line(4, format_args!("</domain:authInfo>"));
        self.close("create");
    }

    pub fn update(&mut self, index: u64, n: u64) {
        self.open("update");
        self.line(
            4,
            format_args!("<domain:name>p{index}.example</domain:name>"),
        );
        let (add, rem) = if n % 40 < 20 {
            ("ns3", "ns2")
        } else {
            ("ns2", "ns3")
        };
        for (what, host) in [("add", add), ("rem", rem)] {
            self.line(4, format_args!("<domain:{what}>"));
            self.line(5, format_args!("<domain:ns>"));
            self.line(
                6,
                format_args!(
                    "<domain:hostObj>{host}.host{}.example.net</domain:hostObj>",
                    index % 500
                ),
            );
            self.line(5, format_args!("</domain:ns>"));
            self.line(4, format_args!("</domain:{what}>"));
        }
        self.line(4, format_args!("<domain:chg>"));
        self.line(
            5,
            format_args!("<domain:registrant>own{}</domain:registrant>", n % 1000),
        );
        self.line(4, format_args!("</domain:chg>"));
        self.close("update");
    }

    /// Give a domain the authInfo that it has: an update of the smallest kind.
    pub fn new_auth(&mut self, index: u64) {
        self.open("update");
        self.line(
            4,
            format_args!("<domain:name>p{index}.example</domain:name>"),
        );
        self.line(4, format_args!("<domain:chg>"));
        self.auth(5);
        self.line(4, format_args!("</domain:chg>"));
        self.close("update");
    }

    /// Renew one of the domains `r…`, which expire on 1 June 2030.
    pub fn renew(&mut self, index: u64) {
        self.open("renew");
        self.line(
            4,
            format_args!("<domain:name>r{index}.example</domain:name>"),
        );
        self.line(
            4,
            format_args!("<domain:curExpDate>2030-06-01</domain:curExpDate>"),
        );
        self.line(
            4,
            format_args!("<domain:period unit=\"y\">1</domain:period>"),
        );
        self.close("renew");
    }

    /// Ask for one of the domains `t…`, which another account sponsors.
    pub fn transfer(&mut self, index: u64) {
        self.line(2, format_args!("<transfer op=\"request\">"));
        self.line(
            3,
            format_args!("<domain:transfer xmlns:domain=\"{DOMAIN}\">"),
        );
        self.line(
            4,
            format_args!("<domain:name>t{index}.example</domain:name>"),
        );
        self.auth(4);
        self.close("transfer");
    }

    fn auth(&mut self, depth: usize) {
        self.line(depth, format_args!("<domain:authInfo>"));
        self.line(
            depth + 1,
            format_args!("<domain:pw>{PRELOADED_AUTH}</domain:pw>"),
        );
        self.line(depth, format_args!("</domain:authInfo>"));
    }

    pub fn end(mut self, session: u64, n: u64) {
        self.line(2, format_args!("<clTRID>LG-{session:04}-{n:08}</clTRID>"));
        self.finish();
    }

    fn finish(mut self) {
        self.line(1, format_args!("</command>"));
        self.line(0, format_args!("</epp>"));
        let length = u32::try_from(self.out.len() - self.start).expect("frames are small");
        self.out[self.start..self.start + 4].copy_from_slice(&length.to_be_bytes());
    }
}

pub fn login(user: &str, password: &str, session: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut frame = Frame::begin(&mut out, false);
    frame.line(
        2,
        format_args!(
            "<login><clID>{user}</clID><pw>{password}</pw><options><version>1.0</version><lang>en</lang></options>\
             <svcs><objURI>{DOMAIN}</objURI></svcs></login><clTRID>LG-{session:04}-login</clTRID>"
        ),
    );
    frame.finish();
    out
}

pub fn logout(session: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut frame = Frame::begin(&mut out, false);
    frame.line(
        2,
        format_args!("<logout/><clTRID>LG-{session:04}-logout</clTRID>"),
    );
    frame.finish();
    out
}

pub fn cl_trid(session: u64, n: u64) -> String {
    format!("LG-{session:04}-{n:08}")
}

/// `SplitMix64`: passwords that look as random ones do, the same in every run.
fn scatter(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

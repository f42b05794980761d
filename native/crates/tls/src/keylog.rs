//! Secrets of sessions written to a file on request, for looking at captures (NSS key log format).

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use crate::ConfigError;

/// Appends the secrets of every session to one file. Whoever can read it can read the sessions.
#[derive(Debug)]
pub(crate) struct KeyLogToFile(Mutex<File>);

impl KeyLogToFile {
    pub(crate) fn open(path: &Path) -> Result<Self, ConfigError> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|error| {
            ConfigError::new("key log", format_args!("{}: {error}", path.display()))
        })?;
        Ok(Self(Mutex::new(file)))
    }
}

fn push_hex(line: &mut String, octets: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for octet in octets {
        line.push(char::from(DIGITS[usize::from(octet >> 4)]));
        line.push(char::from(DIGITS[usize::from(octet & 15)]));
    }
}

impl rustls::KeyLog for KeyLogToFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let mut line =
            String::with_capacity(label.len() + 2 * (client_random.len() + secret.len()) + 3);
        line.push_str(label);
        line.push(' ');
        push_hex(&mut line, client_random);
        line.push(' ');
        push_hex(&mut line, secret);
        line.push('\n');
        // A full disk must not end sessions: the log is an aid, its loss shows in the log itself.
        if let Ok(mut file) = self.0.lock() {
            let _ = file.write_all(line.as_bytes());
        }
    }
}

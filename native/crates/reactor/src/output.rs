//! Output on its way to the socket.

use std::io;
use std::os::fd::OwnedFd;

use regwire_sys as sys;

use crate::stats::Stats;

/// Octets that could not be written yet.
#[derive(Default)]
pub(crate) struct Unsent {
    pub(crate) octets: Vec<u8>,
    written: usize,
}

impl Unsent {
    pub(crate) fn len(&self) -> usize {
        self.octets.len() - self.written
    }

    /// What is to be written next.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.octets[self.written..]
    }

    /// Forgets what was written, and the memory with it when that is all.
    pub(crate) fn advance(&mut self, n: usize) {
        self.written += n;
        if self.written == self.octets.len() {
            *self = Self::default();
        } else if self.written > self.octets.len() / 2 {
            self.octets.drain(..self.written);
            self.written = 0;
        }
    }
}

/// Writes until nothing is left or there is no room; the octets written.
pub(crate) fn write(socket: &OwnedFd, data: &[u8], stats: &mut Stats) -> io::Result<usize> {
    let mut written = 0;
    while written < data.len() {
        stats.sends += 1;
        match sys::send(socket, &data[written..]) {
            Ok(n) => written += n,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    stats.octets_sent += written as u64;
    Ok(written)
}

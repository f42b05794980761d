//! The two habits of memory that writing lives by: copying a few octets at once, and asking early for what is read soon.
use std::mem::MaybeUninit;

/// Appends octets, mostly few: tags and short values make up a message, and a call for each would cost more than copying.
#[inline(always)]
pub(super) fn append(out: &mut Vec<u8>, octets: &[u8]) {
    let (length, before) = (octets.len(), out.len());
    out.reserve(length);
    // SAFETY: room for `length` octets was reserved behind `before`; the vector does not overlap the slice.
    unsafe {
        copy(octets, out.as_mut_ptr().add(before));
        out.set_len(before + length);
    }
}

/// Copies octets, mostly few.
///
/// # Safety
/// As many octets can be written at `to`, which does not overlap them.
#[inline(always)]
pub(super) unsafe fn copy(octets: &[u8], to: *mut u8) {
    let (from, length) = (octets.as_ptr(), octets.len());
    // SAFETY: as the caller promises; each branch reads and writes within `length`, and writes all of it.
    unsafe {
        match length {
            17..=32 => copy_ends::<u128>(from, to, length),
            8..=16 => copy_ends::<u64>(from, to, length),
            33..=64 => {
                copy_ends::<u128>(from, to, 32);
                copy_ends::<u128>(from.add(length - 32), to.add(length - 32), 32);
            }
            4..=7 => copy_ends::<u32>(from, to, length),
            _ => to.copy_from_nonoverlapping(from, length),
        }
    }
}

/// Copies the first and the last octets, as many as `T` has; they may overlap.
///
/// # Safety
/// `length` octets can be read and written; it lies between the size of `T` and twice that.
#[inline(always)]
unsafe fn copy_ends<T: Copy>(from: *const u8, to: *mut u8, length: usize) {
    // SAFETY: as the caller promises.
    unsafe {
        let last = length - std::mem::size_of::<T>();
        let (head, tail) = (
            from.cast::<T>().read_unaligned(),
            from.add(last).cast::<T>().read_unaligned(),
        );
        to.cast::<T>().write_unaligned(head);
        to.add(last).cast::<T>().write_unaligned(tail);
    }
}

/// What is copied at a time where more may be written than was asked for.
const BLOCK: usize = 64;

/// Octets that are copied by whole blocks, without a look at how many they are.
pub(super) struct Padded {
    blocks: Box<[[u8; BLOCK]]>,
    length: usize,
}

impl Padded {
    pub(super) fn new(octets: &[u8]) -> Self {
        let block = |part: &[u8]| {
            let mut block = [0; BLOCK];
            block[..part.len()].copy_from_slice(part);
            block
        };
        Self {
            blocks: octets.chunks(BLOCK).map(block).collect(),
            length: octets.len(),
        }
    }
}

/// Appends octets that were made for it.
#[inline(always)]
pub(super) fn append_padded(out: &mut Vec<u8>, octets: &Padded) {
    let before = out.len();
    out.reserve(octets.blocks.len() * BLOCK);
    // SAFETY: room for all blocks was reserved behind `before`, and the octets are no more than they.
    unsafe {
        let mut to = out.as_mut_ptr().add(before);
        for block in &octets.blocks {
            to.cast::<[u8; BLOCK]>().write_unaligned(*block);
            to = to.add(BLOCK);
        }
        out.set_len(before + octets.length);
    }
}

/// Appends octets that are in it already.
#[inline(always)]
pub(super) fn append_again(out: &mut Vec<u8>, octets: std::ops::Range<usize>) {
    let (before, length) = (out.len(), octets.len());
    assert!(octets.start <= octets.end && octets.end <= before);
    out.reserve(length + BLOCK);
    // SAFETY: the octets end where what is written begins, or before it, and so many blocks as they need were reserved behind
    // that: each block lies in the vector's memory, where it is read from and where it is written to, and is read whole before it is written. What
    // of it was never written is copied as such, to behind the new end.
    unsafe {
        let start = out.as_mut_ptr();
        let mut done = 0;
        while done < length {
            let block = start
                .add(octets.start + done)
                .cast::<MaybeUninit<[u8; BLOCK]>>();
            let block = block.read_unaligned();
            start
                .add(before + done)
                .cast::<MaybeUninit<[u8; BLOCK]>>()
                .write_unaligned(block);
            done += BLOCK;
        }
        out.set_len(before + length);
    }
}

/// Asks for memory that is about to be read, such as the head of an object; null does no harm.
#[inline(always)]
pub(super) fn prefetch<T>(object: *mut T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint, which reads nothing that the program could see; SSE is part of the architecture.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(object.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = object;
}

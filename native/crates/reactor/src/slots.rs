//! Sessions in slots with generations.

use crate::source::SessionId;

/// Generations go round below this, and skip 0, so that a number is never 0 and never has the highest bit set.
const GENERATIONS: u32 = 1 << 31;

struct Slot<T> {
    generation: u32,
    value: Option<T>,
}

/// Values by number; a number of a value that is gone finds nothing.
pub(crate) struct Slots<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

impl<T> Slots<T> {
    pub(crate) const fn new() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Puts in what `make` makes of its number.
    pub(crate) fn insert(&mut self, make: impl FnOnce(SessionId) -> T) -> SessionId {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot {
                generation: 1,
                value: None,
            });
            (self.slots.len() - 1) as u32
        });
        let slot = &mut self.slots[index as usize];
        let id = SessionId::new(index, slot.generation);
        slot.value = Some(make(id));
        id
    }

    pub(crate) fn get_mut(&mut self, id: SessionId) -> Option<&mut T> {
        let slot = self.slots.get_mut(id.slot())?;
        if slot.generation == id.generation() {
            slot.value.as_mut()
        } else {
            None
        }
    }

    pub(crate) fn remove(&mut self, id: SessionId) -> Option<T> {
        let slot = self.slots.get_mut(id.slot())?;
        if slot.generation != id.generation() {
            return None;
        }
        let value = slot.value.take()?;
        slot.generation = if slot.generation + 1 == GENERATIONS {
            1
        } else {
            slot.generation + 1
        };
        self.free.push(id.slot() as u32);
        Some(value)
    }

    pub(crate) fn ids(&self) -> Vec<SessionId> {
        let used = self
            .slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.value.is_some());
        used.map(|(index, slot)| SessionId::new(index as u32, slot.generation))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_number_finds_nothing() {
        let mut slots = Slots::new();
        let first = slots.insert(|_| 'a');
        assert_eq!(slots.remove(first), Some('a'));
        let second = slots.insert(|_| 'b');
        assert_eq!(first.slot(), second.slot());
        assert_ne!(first, second);
        assert_eq!(slots.get_mut(first), None);
        assert_eq!(slots.remove(first), None);
        assert_eq!(slots.get_mut(second), Some(&mut 'b'));
        assert_eq!((slots.len(), slots.ids()), (1, vec![second]));
    }

    #[test]
    fn generations_go_round_without_zero() {
        let mut slots = Slots::new();
        let id = slots.insert(|_| ());
        slots.slots[0].generation = GENERATIONS - 1;
        slots.remove(SessionId::new(0, GENERATIONS - 1));
        assert_eq!(slots.insert(|_| ()), id);
    }
}

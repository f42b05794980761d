//! Content models as expressions over particles, as encoding needs them.

/// What a node of a content model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelKind {
    /// The elements of one field.
    Field,
    /// Its items one after another.
    Sequence,
    /// One of its items.
    Choice,
}

/// A content model over the particles of a type.
#[derive(Debug, Clone)]
pub struct Model {
    /// What this node is.
    pub kind: ModelKind,
    /// How often at least.
    pub min: u32,
    /// How often at most.
    pub max: Option<u32>,
    /// Items of a group.
    pub items: Vec<Model>,
    /// Particles of a field.
    pub particles: Vec<u16>,
    /// Slot of a field.
    pub slot: u16,
}

impl Model {
    /// Slots that are filled in every valid content.
    pub(crate) fn needed(&self) -> Vec<u16> {
        if self.min == 0 {
            return Vec::new();
        }
        match self.kind {
            ModelKind::Field => vec![self.slot],
            ModelKind::Sequence => self.items.iter().flat_map(Model::needed).collect(),
            ModelKind::Choice => {
                let mut all = self.items.iter().map(Model::needed);
                let mut common = all.next().unwrap_or_default();
                for needed in all {
                    common.retain(|slot| needed.contains(slot));
                }
                common
            }
        }
    }

    /// There is a group in it that is not a plain sequence of fields.
    pub(crate) fn is_nested(&self) -> bool {
        self.items.iter().any(|item| item.kind != ModelKind::Field)
    }

    /// Exactly these slots can be written by this model.
    pub fn fits(&self, there: &[u16]) -> bool {
        let mut own = Vec::new();
        self.slots(&mut own);
        if self.min == 0 && !there.iter().any(|slot| own.contains(slot)) {
            return true;
        }
        match self.kind {
            ModelKind::Field => there.contains(&self.slot),
            ModelKind::Sequence => self.items.iter().all(|item| item.fits(there)),
            ModelKind::Choice => self.items.iter().any(|item| {
                let mut covered = Vec::new();
                item.slots(&mut covered);
                let stray = there
                    .iter()
                    .any(|slot| own.contains(slot) && !covered.contains(slot));
                !stray && item.fits(there)
            }),
        }
    }

    pub(crate) fn slots(&self, out: &mut Vec<u16>) {
        if self.kind == ModelKind::Field {
            out.push(self.slot);
        }
        for item in &self.items {
            item.slots(out);
        }
    }
}

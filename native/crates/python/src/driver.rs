//! Where a reactor runs, and how it is commanded there.

use pyo3::prelude::*;
use regwire_reactor::{Command, Event, Reactor as Core, Threaded};

/// Where the reactor runs.
pub(crate) enum Driver {
    Here(Box<Core>),
    Thread(Threaded),
}

impl Driver {
    pub(crate) fn submit(&mut self, py: Python<'_>, commands: Vec<Command>) {
        match self {
            // Giving up the GIL may cost a busy thread's turn: not for what takes less than a microsecond.
            Self::Here(core) if commands.iter().all(is_short) => carry_out(core, commands),
            Self::Here(core) => py.detach(|| carry_out(core, commands)),
            Self::Thread(thread) => thread.submit(commands),
        }
    }

    pub(crate) fn wake(&self) {
        match self {
            Self::Here(core) => core.waker().wake(),
            Self::Thread(thread) => thread.wake_owner(),
        }
    }
}

/// Commands that neither encrypt nor write.
fn is_short(command: &Command) -> bool {
    matches!(
        command,
        Command::Check(_) | Command::Pause(_) | Command::Resume(_) | Command::SetTimer(..)
    )
}

pub(crate) fn carry_out(core: &mut Core, commands: Vec<Command>) {
    for command in commands {
        core.apply(command);
    }
    // Only the timer's own call can fail, and the next step makes it again.
    let _ = core.settle();
}

/// How many items an event will give.
pub(crate) fn items(event: &Event) -> usize {
    match event {
        Event::Frames { chunk, .. } => chunk.remaining(),
        Event::Datagrams { batch, .. } => batch.remaining(),
        _ => 1,
    }
}

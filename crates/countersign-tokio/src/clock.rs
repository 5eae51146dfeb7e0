//! A connection's two clocks: tokio's, by which its deadline passes, and the calendar, by which its
//! client's certificate is judged.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use countersign::{Moment, UnixTime};
use tokio::time::Instant;

/// What the date is.
#[derive(Clone, Default)]
pub(crate) enum Calendar {
    #[default]
    System,
    Given(Arc<dyn Fn() -> UnixTime + Send + Sync>),
}

impl Calendar {
    pub(crate) fn now(&self) -> UnixTime {
        match self {
            Self::System => UnixTime::now(),
            Self::Given(read) => read(),
        }
    }
}

impl fmt::Debug for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Given(_) => "Given",
        })
    }
}

/// The moments of one connection, counted from when it was accepted.
#[derive(Debug)]
pub(crate) struct Clock {
    origin: Instant,
    calendar: Calendar,
}

impl Clock {
    pub(crate) fn start(calendar: Calendar) -> Self {
        Self { origin: Instant::now(), calendar }
    }

    pub(crate) fn now(&self) -> Moment {
        Moment { unix: self.calendar.now(), elapsed: self.origin.elapsed() }
    }

    /// When that much time will have gone by; `None` for a time that never comes.
    pub(crate) fn after(&self, elapsed: Duration) -> Option<Instant> {
        self.origin.checked_add(elapsed)
    }
}

//! Time, which every call is given.

use core::time::Duration;

use countersign::{Moment, UnixTime};

use crate::boundary::value;

/// A moment: what the calendar says, for certificates and tickets, and how much time went by, for
/// deadlines. The engine reads no clock; csn_moment_now() does.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct csn_moment {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub unix_seconds: i64,
    /// Nanoseconds since an origin of the caller's choice, the same for all calls about one
    /// connection: a clock that never goes back.
    pub elapsed_ns: u64,
}

impl From<csn_moment> for Moment {
    fn from(moment: csn_moment) -> Self {
        Self {
            unix: UnixTime::from_secs(moment.unix_seconds),
            elapsed: Duration::from_nanos(moment.elapsed_ns),
        }
    }
}

pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The system's clocks: the calendar, and nanoseconds since the process's first call.
#[unsafe(no_mangle)]
pub extern "C" fn csn_moment_now() -> csn_moment {
    // Long past every certificate: nobody gets in by it.
    let otherwise = csn_moment { unix_seconds: i64::MAX, elapsed_ns: u64::MAX };
    value(otherwise, || {
        let now = Moment::now();
        csn_moment { unix_seconds: now.unix.as_secs(), elapsed_ns: nanoseconds(now.elapsed) }
    })
}

//! Time as a value: seconds since the Unix epoch, never read from the system here.

use core::fmt;
use core::time::Duration;
use std::sync::OnceLock;
use std::time::Instant;

/// A point in time: whole seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Negative values are times before 1970 (X.509 can express them). The decision path never reads
/// a clock; callers pass the time in.
///
/// ```
/// use countersign::UnixTime;
///
/// let t = UnixTime::from_civil(2026, 11, 23, 12, 0, 0).unwrap();
/// assert_eq!(t.to_string(), "2026-11-23T12:00:00Z");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(i64);

impl UnixTime {
    /// The earliest and the latest representable time.
    pub const MIN: Self = Self(i64::MIN);
    /// See [`UnixTime::MIN`].
    pub const MAX: Self = Self(i64::MAX);

    /// From seconds since the epoch.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since the epoch.
    pub const fn as_secs(self) -> i64 {
        self.0
    }

    /// The system's clock. For callers at the edge; nothing in the decision path calls it.
    pub fn now() -> Self {
        let now = std::time::SystemTime::now();
        match now.duration_since(std::time::UNIX_EPOCH) {
            Ok(since) => Self(i64::try_from(since.as_secs()).unwrap_or(i64::MAX)),
            Err(before) => Self(-i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX)),
        }
    }

    /// From a proleptic Gregorian date and a time of day in UTC; `None` where a field is out of
    /// range (a 60th second is: X.509 and this type know no leap seconds).
    pub const fn from_civil(
        year: i32,
        month: u8,
        day: u8,
        hour: u8,
        minute: u8,
        second: u8,
    ) -> Option<Self> {
        if year < 0 || year > 9999 || month < 1 || month > 12 || day < 1 {
            return None;
        }
        if day > days_in_month(year, month) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let days = days_from_civil(year, month, day);
        Some(Self(days * 86_400 + hour as i64 * 3600 + minute as i64 * 60 + second as i64))
    }

    /// This time moved by `seconds`, held at the ends of the range.
    pub const fn saturating_add(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

/// A moment as a connection sees it: what the calendar says, for certificates and tickets, and how
/// much time went by, for deadlines. The calendar may jump; the other never goes back.
///
/// The engine never reads a clock either: callers pass a moment in, simulated or real.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// The calendar's time.
    pub unix: UnixTime,
    /// Time since an origin of the caller's choice, the same for all of a connection's calls.
    pub elapsed: Duration,
}

impl Moment {
    /// The system's clocks, for callers at the edge. The origin is the process's first call.
    pub fn now() -> Self {
        static ORIGIN: OnceLock<Instant> = OnceLock::new();
        Self { unix: UnixTime::now(), elapsed: ORIGIN.get_or_init(Instant::now).elapsed() }
    }

    /// This moment, later by `duration` on both clocks.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        Self {
            unix: self.unix.saturating_add(seconds),
            elapsed: self.elapsed.saturating_add(duration),
        }
    }
}

const fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Of a month from 1 to 12.
const fn days_in_month(year: i32, month: u8) -> u8 {
    const DAYS: [u8; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    if month == 2 && is_leap(year) { 29 } else { DAYS[month as usize - 1] }
}

/// Days from 1970-01-01 to a date in the years 0 to 9999, counting years from March so that the leap
/// day comes last. Every certificate has two dates, so this is all in unsigned 32-bit arithmetic.
const fn days_from_civil(year: i32, month: u8, day: u8) -> i64 {
    // From March of the year -1 on, in a cycle of 400 years earlier so that nothing is negative.
    let is_before_march = month <= 2;
    let y = year as u32 + 400 - is_before_march as u32;
    let month_from_march = month as u32 + 9 - if is_before_march { 0 } else { 12 };
    let day_of_year = (153 * month_from_march + 2) / 5 + day as u32 - 1;
    let days = y * 365 + y / 4 - y / 100 + y / 400 + day_of_year;
    days as i64 - 719_468 - 146_097
}

/// RFC 3339, UTC; times outside the years 0–9999 print as seconds.
impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0.div_euclid(86_400);
        if !(-719_528..=2_932_896).contains(&days) {
            return write!(f, "{} s since 1970", self.0);
        }
        let second_of_day = self.0.rem_euclid(86_400);
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
            second_of_day / 3600,
            second_of_day / 60 % 60,
            second_of_day % 60
        )
    }
}

/// A span of time, inclusive at both ends (RFC 5280 section 4.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// First second inside.
    pub not_before: UnixTime,
    /// Last second inside.
    pub not_after: UnixTime,
}

impl Window {
    /// All of time.
    pub const ALWAYS: Self = Self { not_before: UnixTime::MIN, not_after: UnixTime::MAX };

    /// Whether `now` is inside.
    pub fn contains(&self, now: UnixTime) -> bool {
        self.not_before <= now && now <= self.not_after
    }

    /// The time that is in both; empty (contains nothing) where they do not meet.
    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        Self {
            not_before: self.not_before.max(other.not_before),
            not_after: self.not_after.min(other.not_after),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_ten_thousand_years_follows_the_one_before() {
        let day = |year, month, day| UnixTime::from_civil(year, month, day, 0, 0, 0);
        let mut before = -719_528 * 86_400 - 86_400;
        for year in 0..=9999 {
            for month in 1..=12 {
                let days: Vec<_> = (1..=32).map_while(|d| day(year, month, d)).collect();
                assert!((28..=31).contains(&days.len()));
                for time in days {
                    assert_eq!(time.as_secs(), before + 86_400, "{time}");
                    before = time.as_secs();
                }
            }
        }
        assert_eq!(UnixTime::from_secs(before).to_string(), "9999-12-31T00:00:00Z");
    }

    #[test]
    fn civil_times_round_trip_through_rfc_3339() {
        for (civil, secs, text) in [
            ((1970, 1, 1, 0, 0, 0), 0, "1970-01-01T00:00:00Z"),
            ((2000, 2, 29, 23, 59, 59), 951_868_799, "2000-02-29T23:59:59Z"),
            ((1950, 1, 1, 0, 0, 0), -631_152_000, "1950-01-01T00:00:00Z"),
            ((9999, 12, 31, 23, 59, 59), 253_402_300_799, "9999-12-31T23:59:59Z"),
            ((2026, 11, 23, 22, 28, 36), 1_795_472_916, "2026-11-23T22:28:36Z"),
        ] {
            let (y, mo, d, h, mi, s) = civil;
            let t = UnixTime::from_civil(y, mo, d, h, mi, s).unwrap();
            assert_eq!(t.as_secs(), secs, "{text}");
            assert_eq!(t.to_string(), text);
        }
    }

    #[test]
    fn fields_out_of_range_are_no_time() {
        for (y, mo, d, h, mi, s) in [
            (2026, 0, 1, 0, 0, 0),
            (2026, 13, 1, 0, 0, 0),
            (2026, 2, 29, 0, 0, 0),
            (1900, 2, 29, 0, 0, 0),
            (2026, 4, 31, 0, 0, 0),
            (2026, 1, 1, 24, 0, 0),
            (2026, 1, 1, 0, 60, 0),
            (2026, 1, 1, 0, 0, 60),
        ] {
            assert_eq!(UnixTime::from_civil(y, mo, d, h, mi, s), None);
        }
    }

    #[test]
    fn windows_are_inclusive_at_both_ends() {
        let w = Window { not_before: UnixTime::from_secs(10), not_after: UnixTime::from_secs(20) };
        assert!(w.contains(UnixTime::from_secs(10)) && w.contains(UnixTime::from_secs(20)));
        assert!(!w.contains(UnixTime::from_secs(9)) && !w.contains(UnixTime::from_secs(21)));
        let later =
            Window { not_before: UnixTime::from_secs(21), not_after: UnixTime::from_secs(30) };
        assert!(!w.intersect(later).contains(UnixTime::from_secs(20)));
    }
}

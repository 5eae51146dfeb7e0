//! TOML dates and times as points in time.

use toml::value::{Datetime, Offset};

use crate::clock::UnixTime;

/// # Errors
///
/// The value is a date or a time alone, has no offset, has fractions of a second, or is no time
/// that there is; says what to write instead.
pub(in crate::policy) fn point(time: &Datetime) -> Result<UnixTime, String> {
    let (date, clock, offset) = match (time.date, time.time, time.offset) {
        (Some(date), Some(clock), Some(offset)) => (date, clock, offset),
        (Some(_), Some(_), None) => return Err(format!("this has no time zone: write {time}Z")),
        (Some(date), None, _) => {
            return Err(format!("this is a date only: write {date}T00:00:00Z"));
        }
        _ => return Err("this is a time of day only: write 2026-01-01T00:00:00Z".to_owned()),
    };
    if clock.nanosecond.unwrap_or(0) != 0 {
        return Err("times are whole seconds: leave out the fraction".to_owned());
    }
    let second = clock.second.unwrap_or(0);
    let (year, month, day) = (i32::from(date.year), date.month, date.day);
    let Some(local) = UnixTime::from_civil(year, month, day, clock.hour, clock.minute, second)
    else {
        return Err(format!("{time} is no time that exists; there are no leap seconds here"));
    };
    let minutes_east = match offset {
        Offset::Z => 0,
        Offset::Custom { minutes } => minutes,
    };
    Ok(local.saturating_add(-60 * i64::from(minutes_east)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        point(&text.parse().unwrap()).map(|time| time.to_string())
    }

    #[test]
    fn times_have_an_offset() {
        assert_eq!(read("2026-01-01T00:00:00Z").unwrap(), "2026-01-01T00:00:00Z");
        assert_eq!(read("2026-01-01 02:30:00+02:30").unwrap(), "2026-01-01T00:00:00Z");
        assert_eq!(read("2025-12-31T23:00:00-01:00").unwrap(), "2026-01-01T00:00:00Z");
        for (text, message) in [
            ("2026-01-01T00:00:00", "this has no time zone: write 2026-01-01T00:00:00Z"),
            ("2026-01-01", "this is a date only: write 2026-01-01T00:00:00Z"),
            ("12:00:00", "this is a time of day only: write 2026-01-01T00:00:00Z"),
            ("2026-01-01T00:00:00.5Z", "times are whole seconds: leave out the fraction"),
            (
                "2026-06-30T23:59:60Z",
                "2026-06-30T23:59:60Z is no time that exists; there are no leap seconds here",
            ),
        ] {
            assert_eq!(read(text).unwrap_err(), message);
        }
    }
}

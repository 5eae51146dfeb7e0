//! The text forms in which the suites keep bytes and times.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The content of every PEM block in `text`, whatever its label.
pub(super) fn pem_blocks(text: &str) -> Option<Vec<Vec<u8>>> {
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines().map(str::trim) {
        if line.starts_with("-----BEGIN ") {
            open = Some(String::new());
        } else if line.starts_with("-----END ") {
            blocks.push(STANDARD.decode(open.take()?).ok()?);
        } else if let Some(body) = &mut open {
            body.push_str(line);
        }
    }
    if open.is_some() { None } else { Some(blocks) }
}

/// Bytes from hexadecimal.
pub(super) fn hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok()).collect()
}

/// Unix time from RFC 3339; a fraction of a second is dropped.
pub(super) fn unix_time(text: &str) -> Option<i64> {
    let (date_time, zone) = text.split_at_checked(19)?;
    let number = |range: core::ops::Range<usize>| date_time.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let zone = zone.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let offset = match zone {
        "Z" | "z" => 0,
        _ => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            sign * (hours.parse::<i64>().ok()? * 3_600 + minutes.parse::<i64>().ok()? * 60)
        }
    };
    Some(days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset)
}

/// Days from 1970-01-01, years counted from March so that the leap day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (153 * month + 2) / 5 + day - 719_469
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_zones_and_fractions() {
        assert_eq!(unix_time("1970-01-01T00:00:03+00:00"), Some(3));
        assert_eq!(unix_time("2024-03-01T00:00:00.999+00:00"), Some(1_709_251_200));
        assert_eq!(unix_time("2011-06-01T00:00:00Z"), Some(1_306_886_400));
        assert_eq!(unix_time("2011-06-01T02:00:00+02:00"), Some(1_306_886_400));
        assert_eq!(unix_time("2011-05-31T22:30:00-01:30"), Some(1_306_886_400));
        assert_eq!(unix_time("yesterday"), None);
        assert_eq!(unix_time("2011-06-01T00:00:00"), None);
    }

    #[test]
    fn unterminated_pem_is_refused() {
        assert_eq!(
            pem_blocks("-----BEGIN A-----\nAAAA\n-----END A-----\n"),
            Some(vec![vec![0; 3]])
        );
        assert_eq!(pem_blocks("-----BEGIN A-----\nAAAA\n"), None);
        assert_eq!(hex("0aFf"), Some(vec![10, 255]));
        assert_eq!(hex("0"), None);
    }
}

//! Times as people type them.

use countersign::UnixTime;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Reads an RFC 3339 time with `Z` or an offset; a fraction of a second is cut off.
pub(crate) fn parse(text: &str) -> Result<UnixTime, String> {
    match OffsetDateTime::parse(text, &Rfc3339) {
        Ok(time) => Ok(UnixTime::from_secs(time.unix_timestamp())),
        Err(error) => Err(format!("{error}; write it like 2026-11-23T12:00:00Z")),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn z_and_offsets_name_the_same_moment() {
        for text in ["2026-11-23T12:00:00Z", "2026-11-23T13:30:00+01:30", "2026-11-23T12:00:00.9Z"]
        {
            assert_eq!(parse(text).unwrap().to_string(), "2026-11-23T12:00:00Z", "{text}");
        }
        assert_eq!(parse("1969-12-31T23:59:59.5Z").unwrap().as_secs(), -1);
    }

    #[test]
    fn what_is_no_rfc_3339_time_is_refused_with_an_example() {
        for text in
            ["", "now", "2026-11-23", "2026-11-23T12:00:00", "2026-02-30T00:00:00Z", "1795000000"]
        {
            assert!(parse(text).unwrap_err().contains("write it like"), "{text}");
        }
    }
}

//! The parameters of a signature (RFC 9421 section 2.3), written and read in one form.

use arrayvec::ArrayVec;

use super::request::Derived;
use crate::clock::UnixTime;
use crate::forwarded::rejection::Rejection;
use crate::limits;

/// Most components of a signature: those of the request, a family's headers, and what is covered besides.
const COMPONENTS: usize = 4 + 16 + limits::SIGNED_EXTRAS;

/// Parameters as we write them. All of them are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parameters<'a> {
    pub(super) created: UnixTime,
    pub(super) expires: UnixTime,
    pub(super) nonce: &'a str,
    pub(super) algorithm: &'a str,
    pub(super) key_id: &'a str,
    pub(super) tag: &'a str,
}

/// One component, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Component<'a> {
    Derived(Derived),
    Field(&'a str),
}

impl<'a> Component<'a> {
    fn from_name(name: &'a str) -> Result<Self, Rejection> {
        if !name.starts_with('@') {
            return Ok(Self::Field(name));
        }
        let derived = Derived::ALL.into_iter().find(|derived| derived.name() == name);
        derived
            .map(Self::Derived)
            .ok_or(Rejection::malformed("a derived component that is unknown"))
    }

    pub(super) fn name(&self) -> &'a str {
        match self {
            Self::Derived(derived) => derived.name(),
            Self::Field(name) => name,
        }
    }
}

/// Components in the order in which they are signed.
pub(super) type Components<'a> = ArrayVec<Component<'a>, COMPONENTS>;

/// Appends components and parameters as `Signature-Input` and `@signature-params` have them.
pub(super) fn write(components: &[Component<'_>], parameters: &Parameters<'_>, out: &mut String) {
    use core::fmt::Write as _;
    write_components(components, out);
    let Parameters { created, expires, nonce, algorithm, key_id, tag } = *parameters;
    let (created, expires) = (created.as_secs(), expires.as_secs());
    let written = write!(
        out,
        ";created={created};expires={expires};nonce=\"{nonce}\";alg=\"{algorithm}\";\
         keyid=\"{key_id}\";tag=\"{tag}\""
    );
    written.expect("invariant: a String takes everything");
}

/// Appends the inner list of the components' names.
pub(super) fn write_components(components: &[Component<'_>], out: &mut String) {
    out.push('(');
    for (index, component) in components.iter().enumerate() {
        out.push_str(if index == 0 { "\"" } else { " \"" });
        out.push_str(component.name());
        out.push('"');
    }
    out.push(')');
}

/// Reads what [`write`] wrote, the parameters in whatever order: nothing twice, nothing missing, nothing
/// else.
pub(super) fn read(value: &[u8]) -> Result<(Components<'_>, Parameters<'_>), Rejection> {
    let text = core::str::from_utf8(value).ok().filter(|text| text.is_ascii());
    let mut reader = Reader(text.ok_or(Rejection::malformed("not ASCII"))?);
    let components = reader.components()?;
    let (mut created, mut expires) = (None, None);
    let (mut nonce, mut algorithm, mut key_id, mut tag) = (None, None, None, None);
    while !reader.0.is_empty() {
        reader.take(";")?;
        let name = reader.until('=')?;
        let is_first = match name {
            "created" => created.replace(reader.time()?).is_none(),
            "expires" => expires.replace(reader.time()?).is_none(),
            "nonce" => nonce.replace(reader.string()?).is_none(),
            "alg" => algorithm.replace(reader.string()?).is_none(),
            "keyid" => key_id.replace(reader.string()?).is_none(),
            "tag" => tag.replace(reader.string()?).is_none(),
            _ => return Err(Rejection::malformed("a parameter that is unknown")),
        };
        if !is_first {
            return Err(Rejection::malformed("a parameter twice"));
        }
    }
    let missing =
        Rejection::malformed("of created, expires, nonce, alg, keyid and tag one is missing");
    let parameters = (|| {
        Some(Parameters {
            created: created?,
            expires: expires?,
            nonce: nonce?,
            algorithm: algorithm?,
            key_id: key_id?,
            tag: tag?,
        })
    })();
    Ok((components, parameters.ok_or(missing)?))
}

/// What is left of a text.
pub(super) struct Reader<'a>(pub(super) &'a str);

impl<'a> Reader<'a> {
    /// An inner list of strings without parameters, none of them twice.
    pub(super) fn components(&mut self) -> Result<Components<'a>, Rejection> {
        let mut components = Components::new();
        self.take("(")?;
        while self.take(")").is_err() {
            if !components.is_empty() {
                self.take(" ")?;
            }
            let component = Component::from_name(self.string()?)?;
            if components.contains(&component) {
                return Err(Rejection::malformed("a component twice"));
            }
            let pushed = components.try_push(component);
            pushed.map_err(|_| Rejection::too_large("too many components"))?;
        }
        Ok(components)
    }

    fn take(&mut self, what: &str) -> Result<(), Rejection> {
        let rest = self.0.strip_prefix(what);
        self.0 = rest.ok_or(Rejection::malformed("not the form of a signature's parameters"))?;
        Ok(())
    }

    fn until(&mut self, end: char) -> Result<&'a str, Rejection> {
        let split = self.0.split_once(end);
        let (text, rest) = split.ok_or(Rejection::malformed("a parameter that is cut off"))?;
        self.0 = rest;
        Ok(text)
    }

    /// A string that needs no escape.
    fn string(&mut self) -> Result<&'a str, Rejection> {
        self.take("\"")?;
        let text = self.until('"')?;
        let is_plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'\\');
        is_plain.then_some(text).ok_or(Rejection::malformed("a string with an escape"))
    }

    /// A time that is not negative, of 15 digits at most (RFC 9651 section 3.3.1), without zeros in
    /// front.
    fn time(&mut self) -> Result<UnixTime, Rejection> {
        let length = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at(length);
        let is_minimal = digits == "0" || !digits.starts_with('0');
        let seconds = digits.parse().ok().filter(|_| length <= 15 && is_minimal);
        self.0 = rest;
        seconds.map(UnixTime::from_secs).ok_or(Rejection::malformed("not a time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAMETERS: Parameters<'_> = Parameters {
        created: UnixTime::from_secs(1_618_884_473),
        expires: UnixTime::from_secs(1_618_884_503),
        nonce: "AAAAAAAAAAAAAAAAAAAAAA",
        algorithm: "ed25519",
        key_id: "edge1",
        tag: "t",
    };

    fn written() -> String {
        let mut text = String::new();
        write(
            &[Component::Derived(Derived::Path), Component::Field("date")],
            &PARAMETERS,
            &mut text,
        );
        text
    }

    #[test]
    fn what_is_written_is_read() {
        let text = written();
        assert!(
            text.starts_with("(\"@path\" \"date\");created=1618884473;expires=1618884503;nonce=")
        );
        let (components, parameters) = read(text.as_bytes()).unwrap();
        assert_eq!(parameters, PARAMETERS);
        assert_eq!(components[..], [Component::Derived(Derived::Path), Component::Field("date")]);
    }

    #[test]
    fn any_other_form_is_refused() {
        let good = written();
        for (from, to) in [
            (" \"date\"", "  \"date\""),
            ("\"date\"", "\"date\";req"),
            ("\"date\"", "\"@path\""),
            ("\"date\"", "\"@target-uri\""),
            (";tag=\"t\"", ""),
            (";tag=\"t\"", ";tag=\"t\";tag=\"t\""),
            (";tag=\"t\"", ";tag=\"t\";other=1"),
            (";tag=\"t\"", ";tag=t"),
            ("edge1", "edge\\\"1"),
            ("=1618884473", "=01618884473"),
            ("=1618884473", "=-1618884473"),
            ("=1618884473", "=1618884473.0"),
            ("=1618884473", "=1234567890123456"),
            (";created", "; created"),
        ] {
            let other = good.replacen(from, to, 1);
            assert_ne!(other, good);
            assert!(read(other.as_bytes()).is_err(), "{other}");
        }
        for cut in 0..good.len() {
            assert!(read(&good.as_bytes()[..cut]).is_err(), "{cut}");
        }
    }
}

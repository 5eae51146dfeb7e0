//! Distinguished names and general names.

use super::der::{self, tag};

/// commonName
pub const CN: &str = "2.5.4.3";
/// countryName
pub const C: &str = "2.5.4.6";
/// organizationName
pub const O: &str = "2.5.4.10";
/// organizationalUnitName
pub const OU: &str = "2.5.4.11";
/// emailAddress (PKCS #9)
pub const EMAIL_ADDRESS: &str = "1.2.840.113549.1.9.1";

/// A distinguished name, written in the order its attributes were given.
///
/// ```
/// use countersign_testkit::forge::Name;
/// let name = Name::new().o("Acme").cn("billing");
/// assert_eq!(name.der()[0], 0x30);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    rdns: Vec<u8>,
    raw: Option<Vec<u8>>,
}

impl Name {
    /// The empty name.
    pub fn new() -> Self {
        Self::default()
    }

    /// A name of one commonName.
    pub fn common(cn: &str) -> Self {
        Self::new().cn(cn)
    }

    /// Exactly these bytes, well-formed or not.
    pub fn raw(der: &[u8]) -> Self {
        Self { rdns: Vec::new(), raw: Some(der.to_vec()) }
    }

    /// Adds an RDN of one attribute: its OID, string tag, and content octets.
    #[must_use]
    pub fn attribute(self, oid: &str, tag: u8, value: &[u8]) -> Self {
        self.rdn(&[(oid, tag, value)])
    }

    /// Adds one RDN of several attributes, sorted as DER requires.
    #[must_use]
    pub fn rdn(mut self, attributes: &[(&str, u8, &[u8])]) -> Self {
        let attributes = attributes
            .iter()
            .map(|(oid, tag, value)| der::sequence([der::oid(oid), der::tlv(*tag, value)]))
            .collect();
        self.rdns.extend(der::set_of(attributes));
        self
    }

    /// Adds a commonName (UTF8String).
    #[must_use]
    pub fn cn(self, value: &str) -> Self {
        self.attribute(CN, tag::UTF8_STRING, value.as_bytes())
    }

    /// Adds an organizationName (UTF8String).
    #[must_use]
    pub fn o(self, value: &str) -> Self {
        self.attribute(O, tag::UTF8_STRING, value.as_bytes())
    }

    /// Adds an organizationalUnitName (UTF8String).
    #[must_use]
    pub fn ou(self, value: &str) -> Self {
        self.attribute(OU, tag::UTF8_STRING, value.as_bytes())
    }

    /// Adds a countryName (PrintableString).
    #[must_use]
    pub fn c(self, value: &str) -> Self {
        self.attribute(C, tag::PRINTABLE_STRING, value.as_bytes())
    }

    /// The DER Name.
    pub fn der(&self) -> Vec<u8> {
        self.raw.clone().unwrap_or_else(|| der::tlv(tag::SEQUENCE, &self.rdns))
    }
}

/// One GeneralName, encoded. Nothing checks that its content makes sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneralName(Vec<u8>);

impl GeneralName {
    /// dNSName
    pub fn dns(name: impl AsRef<[u8]>) -> Self {
        Self(der::primitive(2, name.as_ref()))
    }

    /// rfc822Name
    pub fn email(address: impl AsRef<[u8]>) -> Self {
        Self(der::primitive(1, address.as_ref()))
    }

    /// uniformResourceIdentifier
    pub fn uri(uri: impl AsRef<[u8]>) -> Self {
        Self(der::primitive(6, uri.as_ref()))
    }

    /// iPAddress: 4 or 16 octets in a certificate; with the mask, 8 or 32 in a name constraint.
    pub fn ip(octets: &[u8]) -> Self {
        Self(der::primitive(7, octets))
    }

    /// directoryName
    pub fn directory(name: &Name) -> Self {
        Self(der::constructed(4, &name.der()))
    }

    /// otherName of a type and a whole TLV as its value.
    pub fn other(oid: &str, value: &[u8]) -> Self {
        Self(der::constructed(0, &der::concat([der::oid(oid), der::constructed(0, value)])))
    }

    /// x400Address with this content.
    pub fn x400(content: &[u8]) -> Self {
        Self(der::constructed(3, content))
    }

    /// ediPartyName with this content.
    pub fn edi_party(content: &[u8]) -> Self {
        Self(der::constructed(5, content))
    }

    /// registeredID
    pub fn registered_id(oid: &str) -> Self {
        Self(der::primitive(8, &der::oid_content(oid)))
    }

    /// Any tag and content.
    pub fn raw(tag: u8, content: &[u8]) -> Self {
        Self(der::tlv(tag, content))
    }

    /// The DER GeneralName.
    pub fn der(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for GeneralName {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

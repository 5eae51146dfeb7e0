//! RFC 9440: `Client-Cert` is an Item, `Client-Cert-Chain` a List, of Byte Sequences.

use super::{Written, base64_len, push_base64};
use crate::forwarded::chain::{ClientChain, Forwarded, Statement};
use crate::forwarded::field::Gathered;
use crate::forwarded::produced::Produced;
use crate::forwarded::rejection::Rejection;
use crate::forwarded::structured;

pub(super) const NAMES: [&str; 2] = ["client-cert", "client-cert-chain"];
const LEAF: usize = 0;
pub(super) const CHAIN: usize = 1;

pub(super) fn read(fields: &Gathered<'_, '_>) -> Result<Forwarded, Rejection> {
    let Some(leaf) = fields.one(LEAF)? else {
        return Err(fields.malformed(CHAIN, "a chain without Client-Cert"));
    };
    let mut chain = ClientChain::new();
    push(fields, LEAF, leaf, &mut chain)?;
    for line in fields.all(CHAIN) {
        push_list(fields, CHAIN, line, &mut chain)?;
    }
    Ok(chain.stated(Statement::None))
}

/// Adds the certificate of an Item.
pub(super) fn push(
    fields: &Gathered<'_, '_>,
    name: usize,
    item: &[u8],
    chain: &mut ClientChain,
) -> Result<(), Rejection> {
    fields.at(name, structured::byte_sequence(item).and_then(|text| chain.push_base64(text)))
}

/// Adds the certificates of a List.
pub(super) fn push_list(
    fields: &Gathered<'_, '_>,
    name: usize,
    list: &[u8],
    chain: &mut ClientChain,
) -> Result<(), Rejection> {
    structured::list(list).try_for_each(|item| push(fields, name, item, chain))
}

pub(super) fn write(out: &mut Produced, chain: Option<&Written<'_>>) {
    let Some([leaf, others @ ..]) = chain.map(|chain| &chain[..]) else { return };
    out.reserve(chain.into_iter().flatten().map(|der| base64_len(der) + 4).sum());
    out.field(LEAF, |text| push_item(text, leaf));
    if others.is_empty() {
        return;
    }
    out.field(CHAIN, |text| {
        for (index, der) in others.iter().enumerate() {
            text.push_str(if index == 0 { "" } else { ", " });
            push_item(text, der);
        }
    });
}

fn push_item(text: &mut String, der: &[u8]) {
    text.push(':');
    push_base64(text, der);
    text.push(':');
}

use super::{Files, check};

const LAYERS: &[&[&str]] = &[&["low", "floor"], &["mid", "side"], &["high"]];

/// What is wrong with a crate of these files, as `file:line: message` lines.
fn findings(files: &[(&str, &str)]) -> Vec<String> {
    let files: Files = files.iter().map(|(f, t)| ((*f).to_owned(), (*t).to_owned())).collect();
    check(&files, LAYERS).iter().map(ToString::to_string).collect()
}

#[track_caller]
fn assert_one(files: &[(&str, &str)], expected: &str) {
    let found = findings(files);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains(expected), "{found:?}");
}

#[test]
fn a_crate_whose_arrows_point_down_passes() {
    let found = findings(&[
        ("lib.rs", "mod low; mod mid; mod high; pub use low::Word; pub use high::Top;"),
        ("low.rs", "use std::fmt; pub struct Word;"),
        ("mid.rs", "use crate::Word; pub fn f(_: Word) -> crate::low::Word { Word }"),
        ("high.rs", "use crate::{low, mid::{self, f}}; pub struct Top(low::Word);"),
    ]);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn an_upward_import_fails_with_its_line() {
    assert_one(
        &[
            ("lib.rs", "mod low; mod high;"),
            ("low.rs", "use std::fmt;\n\nuse crate::high::Top;\n"),
            ("high.rs", "pub struct Top;"),
        ],
        "low.rs:3: `low` (layer 0) uses `high` (layer 2), which is higher",
    );
}

#[test]
fn an_upward_path_in_a_type_or_an_expression_fails() {
    for body in [
        "struct S(crate::high::Top);",
        "fn f() { crate::high::go(); }",
        "fn f(x: u8) { match x { crate::high::MAX => {} _ => {} } }",
        "fn f() { use crate::high::go; go(); }",
        "impl crate::high::Trait for u8 {}",
        "pub struct S<T: crate::high::Trait>(T);",
    ] {
        assert_one(
            &[("lib.rs", "mod low; mod high;"), ("low.rs", body), ("high.rs", "")],
            "uses `high`",
        );
    }
}

#[test]
fn an_upward_path_inside_a_macro_fails() {
    for body in
        ["macro_rules! m { () => { $crate::high::go() } }", "fn f() { vec![crate::high::go()]; }"]
    {
        assert_one(
            &[("lib.rs", "mod low; mod high;"), ("low.rs", body), ("high.rs", "")],
            "uses `high`",
        );
    }
}

#[test]
fn an_upward_use_through_a_re_export_of_the_root_fails() {
    assert_one(
        &[
            ("lib.rs", "mod low; mod high; pub use high::{Top as Crown};"),
            ("low.rs", "fn f(_: crate::Crown) {}"),
            ("high.rs", "pub struct Top;"),
        ],
        "`low` (layer 0) uses `high`",
    );
}

#[test]
fn super_and_self_are_resolved() {
    let low = "use super::high::Top;";
    assert_one(
        &[("lib.rs", "mod low; mod high;"), ("low.rs", low), ("high.rs", "")],
        "uses `high`",
    );
    assert_one(
        &[
            ("lib.rs", "mod low; mod high;"),
            ("low/mod.rs", "mod part;"),
            ("low/part.rs", "fn f() { super::super::high::go() }"),
            ("high.rs", ""),
        ],
        "low/part.rs:1: `low` (layer 0) uses `high`",
    );
    let clean = findings(&[
        ("lib.rs", "mod low;"),
        ("low/mod.rs", "mod part; use self::part::P; pub struct Q;"),
        ("low/part.rs", "pub struct P(super::Q);"),
    ]);
    assert_eq!(clean, Vec::<String>::new());
}

#[test]
fn an_alias_does_not_hide_where_a_path_leads() {
    assert_one(
        &[
            ("lib.rs", "mod mid;"),
            ("mid/mod.rs", "mod a; mod b;"),
            ("mid/a.rs", "use crate::mid as here; fn f() { here::b::g() }"),
            ("mid/b.rs", "use super::a::f; pub fn g() {}"),
        ],
        "import cycle: `a` uses `b` uses `a`",
    );
}

#[test]
fn a_cycle_inside_a_layer_fails() {
    assert_one(
        &[
            ("lib.rs", "mod mid; mod side;"),
            ("mid.rs", "use crate::side::S;"),
            ("side.rs", "\nuse crate::mid::M;"),
        ],
        "mid.rs:1: import cycle: `mid` uses `side` uses `mid`",
    );
}

#[test]
fn a_cycle_between_the_files_of_a_module_fails() {
    assert_one(
        &[
            ("lib.rs", "mod mid;"),
            ("mid/mod.rs", "mod a; mod b; mod c; pub use a::A;"),
            ("mid/a.rs", "use super::b::B; pub struct A;"),
            ("mid/b.rs", "use super::c::C; pub struct B;"),
            ("mid/c.rs", "use crate::mid::A; pub struct C;"),
        ],
        "import cycle: `a` uses `b` uses `c` uses `a`",
    );
}

#[test]
fn what_only_tests_use_is_not_an_arrow() {
    let found = findings(&[
        ("lib.rs", "mod low; mod high;"),
        (
            "low.rs",
            "#[cfg(test)] mod tests { use crate::high::Top; }
             #[cfg(test)] use crate::high::Top;
             #[cfg(all(test, feature = \"x\"))] mod wide;
             struct S; impl S { #[cfg(test)] fn f() { crate::high::go() } }",
        ),
        ("low/wide.rs", "use crate::high::Top;"),
        ("high.rs", "pub struct Top;"),
    ]);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn what_tests_and_others_are_built_from_is_an_arrow() {
    for cfg in
        ["any(test, feature = \"x\")", "not(test)", "feature = \"test\"", "not(not(not(test)))"]
    {
        let low = format!("#[cfg({cfg})] use crate::high::Top;");
        assert_one(
            &[("lib.rs", "mod low; mod high;"), ("low.rs", &low), ("high.rs", "")],
            "uses `high`",
        );
    }
}

#[test]
fn a_module_without_a_layer_fails() {
    assert_one(
        &[("lib.rs", "mod low;\nmod stranger;"), ("low.rs", ""), ("stranger.rs", "")],
        "lib.rs:2: module `stranger` is in no layer",
    );
}

#[test]
fn the_root_holds_nothing_itself() {
    assert_one(&[("lib.rs", "//! Docs.\npub fn f() {}")], "lib.rs:2: lib.rs declares modules");
    let readme = "#[cfg(doctest)] #[doc = \"x\"] struct Readme;";
    assert_eq!(findings(&[("lib.rs", readme)]), Vec::<String>::new());
}

#[test]
fn an_import_of_everything_at_the_root_fails() {
    assert_one(&[("lib.rs", "mod low;"), ("low.rs", "use crate::*;")], "name what is used");
}

#[test]
fn a_path_to_nothing_and_a_file_without_a_mod_fail() {
    assert_one(
        &[("lib.rs", "mod low;"), ("low.rs", "use crate::gone::G;")],
        "`crate::gone::G` names nothing",
    );
    assert_one(&[("lib.rs", "mod low;"), ("low.rs", ""), ("lost.rs", "")], "lost.rs:1: no `mod`");
    assert_one(&[("lib.rs", "mod low;")], "lib.rs:1: `mod low` has no file");
}

#[test]
fn an_exported_macro_belongs_to_the_module_it_stands_in() {
    assert_one(
        &[
            ("lib.rs", "mod low; mod high;"),
            ("low.rs", "fn f() { crate::shout!() }"),
            ("high.rs", "#[macro_export] macro_rules! shout { () => {} }"),
        ],
        "`low` (layer 0) uses `high`",
    );
}

#[test]
fn a_provider_named_outside_crypto_fails() {
    for body in ["use ring::digest;", "fn f() { rustls::crypto::aws_lc_rs::default_provider() }"] {
        assert_one(&[("lib.rs", "mod low;"), ("low.rs", body)], "only `crypto` may");
    }
    let layers: &[&[&str]] = &[&["crypto"]];
    let files = [("lib.rs", "mod crypto;"), ("crypto.rs", "use ring::digest;")];
    let files: Files = files.iter().map(|(f, t)| ((*f).to_owned(), (*t).to_owned())).collect();
    assert_eq!(check(&files, layers), []);
}

#[test]
fn the_core_holds_its_layers() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../countersign/src");
    let mut files = Files::new();
    super::read_sources(&root, &root, &mut files).unwrap();
    let found: Vec<String> = check(&files, super::LAYERS).iter().map(ToString::to_string).collect();
    assert_eq!(found, Vec::<String>::new());
}

//! The module tree of a crate, read from its files by following `mod` declarations.

use std::collections::{BTreeMap, BTreeSet};

use syn::spanned::Spanned;

use super::{Files, Finding};

/// Every module of the crate; the first is the root.
pub(super) struct Tree {
    pub(super) modules: Vec<Module>,
}

/// One module, whether it has a file of its own or is written inline.
pub(super) struct Module {
    /// Names from the crate root; empty for the root itself.
    pub(super) path: Vec<String>,
    pub(super) file: String,
    /// Where its `mod` stands.
    pub(super) declared_in: (String, usize),
    pub(super) children: BTreeMap<String, usize>,
    /// What it holds, without what only tests are built from.
    pub(super) items: Vec<syn::Item>,
}

impl Tree {
    pub(super) fn parse(files: &Files) -> Result<Self, Vec<Finding>> {
        let mut loader =
            Loader { files, modules: Vec::new(), reached: BTreeSet::new(), findings: Vec::new() };
        let declared_in = ("lib.rs".to_owned(), 1);
        loader.load_file(Vec::new(), "lib.rs", declared_in);
        for file in files.keys().filter(|f| !loader.reached.contains(*f)) {
            loader.findings.push(Finding::new(file, 1, "no `mod` declares this file"));
        }
        if loader.findings.is_empty() {
            Ok(Self { modules: loader.modules })
        } else {
            Err(loader.findings)
        }
    }
}

struct Loader<'f> {
    files: &'f Files,
    modules: Vec<Module>,
    reached: BTreeSet<String>,
    findings: Vec<Finding>,
}

impl Loader<'_> {
    fn load_file(
        &mut self,
        path: Vec<String>,
        file: &str,
        declared_in: (String, usize),
    ) -> Option<usize> {
        self.reached.insert(file.to_owned());
        let Some(text) = self.files.get(file) else {
            self.findings.push(Finding::new(file, 1, "file not found"));
            return None;
        };
        match syn::parse_file(text) {
            Ok(parsed) => Some(self.load_items(path, file, declared_in, parsed.items)),
            Err(error) => {
                let line = error.span().start().line;
                self.findings.push(Finding::new(file, line, format!("does not parse: {error}")));
                None
            }
        }
    }

    fn load_items(
        &mut self,
        path: Vec<String>,
        file: &str,
        declared_in: (String, usize),
        mut items: Vec<syn::Item>,
    ) -> usize {
        let (tested, kept): (Vec<_>, Vec<_>) =
            items.drain(..).partition(|i| is_test_only(attrs_of(i)));
        for item in &tested {
            self.skip_test_files(&path, file, item);
        }
        let index = self.modules.len();
        self.modules.push(Module {
            path,
            file: file.to_owned(),
            declared_in,
            children: BTreeMap::new(),
            items: Vec::new(),
        });
        for item in kept {
            match item {
                syn::Item::Mod(module) => self.load_child(index, file, module),
                other => self.modules[index].items.push(other),
            }
        }
        index
    }

    fn load_child(&mut self, parent: usize, file: &str, module: syn::ItemMod) {
        let name = module.ident.to_string();
        let mut path = self.modules[parent].path.clone();
        path.push(name.clone());
        let declared_in = (file.to_owned(), module.ident.span().start().line);
        let child = match module.content {
            Some((_, items)) => Some(self.load_items(path, file, declared_in, items)),
            None => match self.file_of(&path) {
                Some(found) => self.load_file(path, &found, declared_in),
                None => {
                    let message = format!("`mod {name}` has no file");
                    self.findings.push(Finding::new(file, declared_in.1, message));
                    None
                }
            },
        };
        if let Some(child) = child {
            self.modules[parent].children.insert(name, child);
        }
    }

    fn file_of(&self, path: &[String]) -> Option<String> {
        let stem = path.join("/");
        [format!("{stem}.rs"), format!("{stem}/mod.rs")]
            .into_iter()
            .find(|f| self.files.contains_key(f))
    }

    /// Files below a `#[cfg(test)] mod` are known, and not looked at.
    fn skip_test_files(&mut self, parent: &[String], file: &str, item: &syn::Item) {
        let syn::Item::Mod(module) = item else { return };
        let path: Vec<String> = parent.iter().cloned().chain([module.ident.to_string()]).collect();
        if module.content.is_some() {
            return;
        }
        match self.file_of(&path) {
            Some(found) => {
                let folder = format!("{}/", path.join("/"));
                let below = self.files.keys().filter(|f| f.starts_with(&folder)).cloned();
                self.reached.extend(below.chain([found]));
            }
            None => {
                let line = module.span().start().line;
                self.findings.push(Finding::new(
                    file,
                    line,
                    format!("`mod {}` has no file", module.ident),
                ));
            }
        }
    }
}

/// Whether these attributes keep an item out of every build but the tests'.
pub(super) fn is_test_only(attrs: &[syn::Attribute]) -> bool {
    attrs.iter().any(|attr| {
        if attr.path().is_ident("test") {
            return true;
        }
        let syn::Meta::List(list) = &attr.meta else { return false };
        attr.path().is_ident("cfg")
            && list.parse_args::<syn::Meta>().is_ok_and(|predicate| !can_hold(&predicate, true))
    })
}

/// Whether a `cfg` predicate can come out as `wanted` in a build that is not a test's. What is not
/// `test` may be on or off.
fn can_hold(predicate: &syn::Meta, wanted: bool) -> bool {
    let name = predicate.path();
    let syn::Meta::List(list) = predicate else { return !(name.is_ident("test") && wanted) };
    let parser = syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated;
    let Ok(parts) = list.parse_args_with(parser) else { return true };
    if name.is_ident("not") {
        return parts.iter().all(|p| can_hold(p, !wanted));
    }
    // `all` is on when every part is, and off as soon as one is; `any` the other way round.
    if name.is_ident("all") == wanted {
        parts.iter().all(|p| can_hold(p, wanted))
    } else {
        parts.iter().any(|p| can_hold(p, wanted))
    }
}

pub(super) fn attrs_of(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(i) => &i.attrs,
        syn::Item::Enum(i) => &i.attrs,
        syn::Item::ExternCrate(i) => &i.attrs,
        syn::Item::Fn(i) => &i.attrs,
        syn::Item::ForeignMod(i) => &i.attrs,
        syn::Item::Impl(i) => &i.attrs,
        syn::Item::Macro(i) => &i.attrs,
        syn::Item::Mod(i) => &i.attrs,
        syn::Item::Static(i) => &i.attrs,
        syn::Item::Struct(i) => &i.attrs,
        syn::Item::Trait(i) => &i.attrs,
        syn::Item::TraitAlias(i) => &i.attrs,
        syn::Item::Type(i) => &i.attrs,
        syn::Item::Union(i) => &i.attrs,
        syn::Item::Use(i) => &i.attrs,
        _ => &[],
    }
}

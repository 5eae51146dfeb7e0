//! From a path as written to the module it reaches, through re-exports, aliases and globs.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use super::source::Tree;
use super::uses::{self, Named};

/// One module uses another: both by index in the tree, and the line that says so.
pub(super) struct Arrow {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) line: usize,
}

/// Every arrow of the tree, and the paths into the crate that lead nowhere.
pub(super) fn arrows(tree: &Tree) -> (Vec<Arrow>, Vec<Finding>) {
    let names = Names::of(tree);
    let (mut arrows, mut findings) = (Vec::new(), Vec::new());
    // The root only re-exports; `rules::facade_only` sees to that.
    for (from, module) in tree.modules.iter().enumerate().skip(1) {
        for named in uses::named_paths(&module.items) {
            let Some(absolute) = names.absolute(from, &named.segments) else { continue };
            match names.reach(0, &absolute, MAX_HOPS) {
                Reached::Module(0) if named.glob => findings.push(Finding::new(
                    &module.file,
                    named.line,
                    "imports everything from the crate root: name what is used",
                )),
                Reached::Module(to) => arrows.push(Arrow { from, to, line: named.line }),
                Reached::Outside => {}
                Reached::Nothing => findings.push(unknown(&module.file, &named)),
            }
        }
    }
    (arrows, findings)
}

fn unknown(file: &str, named: &Named) -> Finding {
    let path = named.segments.join("::");
    Finding::new(
        file,
        named.line,
        format!("`{path}` names nothing that lib.rs declares or re-exports"),
    )
}

/// Re-exports of re-exports; a chain longer than this is a loop.
const MAX_HOPS: usize = 16;

enum Reached {
    /// This module, or an item in it.
    Module(usize),
    /// Another crate, through a re-export.
    Outside,
    Nothing,
}

/// What each module's names stand for.
struct Names<'t> {
    tree: &'t Tree,
    defined: Vec<BTreeSet<String>>,
    imported: Vec<BTreeMap<String, Vec<String>>>,
    globs: Vec<Vec<Vec<String>>>,
    /// `#[macro_export]` puts a macro at the root, wherever it stands.
    exported_macros: BTreeMap<String, usize>,
}

impl<'t> Names<'t> {
    fn of(tree: &'t Tree) -> Self {
        let mut names = Self {
            tree,
            defined: Vec::new(),
            imported: Vec::new(),
            globs: Vec::new(),
            exported_macros: BTreeMap::new(),
        };
        for (index, module) in tree.modules.iter().enumerate() {
            let (mut defined, mut imported, mut globs) =
                (BTreeSet::new(), BTreeMap::new(), Vec::new());
            for item in &module.items {
                if let syn::Item::Use(item) = item {
                    for import in uses::imports_of(item) {
                        match import.name {
                            Some(name) => drop(imported.insert(name, import.segments)),
                            None => globs.push(import.segments),
                        }
                    }
                } else if let Some(name) = name_of(item) {
                    if is_exported_macro(item) {
                        names.exported_macros.insert(name.clone(), index);
                    }
                    defined.insert(name);
                }
            }
            names.defined.push(defined);
            names.imported.push(imported);
            names.globs.push(globs);
        }
        names
    }

    /// The path from the crate root, where `segments` written in `module` lead into this crate.
    fn absolute(&self, module: usize, segments: &[String]) -> Option<Vec<String>> {
        let here = &self.tree.modules[module];
        let (first, rest) = segments.split_first()?;
        let base = match first.as_str() {
            "crate" => Vec::new(),
            "self" => here.path.clone(),
            "super" => {
                let ups = segments.iter().take_while(|s| *s == "super").count();
                let kept = here.path.len().checked_sub(ups)?;
                return Some([&here.path[..kept], &segments[ups..]].concat());
            }
            name if here.children.contains_key(name) => [&here.path[..], &segments[..1]].concat(),
            name => {
                let import = self.imported[module].get(name).filter(|i| i[0] != *name)?;
                self.absolute(module, import)?
            }
        };
        Some([&base[..], rest].concat())
    }

    /// Follows `segments` down from `module`.
    fn reach(&self, mut module: usize, segments: &[String], hops: usize) -> Reached {
        for (at, name) in segments.iter().enumerate() {
            if let Some(child) = self.tree.modules[module].children.get(name) {
                module = *child;
                continue;
            }
            return self.reach_item(module, name, &segments[at + 1..], hops);
        }
        Reached::Module(module)
    }

    /// `name` in `module` is no module of its own: an item, a re-export, or brought in by a glob.
    fn reach_item(&self, module: usize, name: &str, rest: &[String], hops: usize) -> Reached {
        if self.defined[module].contains(name) {
            return Reached::Module(module);
        }
        if let Some(at) = self.exported_macros.get(name).filter(|_| module == 0) {
            return Reached::Module(*at);
        }
        let Some(hops) = hops.checked_sub(1) else { return Reached::Nothing };
        if let Some(import) = self.imported[module].get(name) {
            return match self.absolute(module, import) {
                Some(target) => self.reach(0, &[&target[..], rest].concat(), hops),
                None => Reached::Outside,
            };
        }
        for glob in &self.globs[module] {
            let Some(mut target) = self.absolute(module, glob) else { continue };
            target.push(name.to_owned());
            if let Reached::Module(found) = self.reach(0, &[&target[..], rest].concat(), hops) {
                return Reached::Module(found);
            }
        }
        // Below the root a name may come from a macro or from another crate's glob; the module it
        // was asked of is what the path depends on all the same.
        if module == 0 { Reached::Nothing } else { Reached::Module(module) }
    }
}

fn name_of(item: &syn::Item) -> Option<String> {
    let ident = match item {
        syn::Item::Const(i) => &i.ident,
        syn::Item::Enum(i) => &i.ident,
        syn::Item::ExternCrate(i) => &i.ident,
        syn::Item::Fn(i) => &i.sig.ident,
        syn::Item::Macro(i) => i.ident.as_ref()?,
        syn::Item::Static(i) => &i.ident,
        syn::Item::Struct(i) => &i.ident,
        syn::Item::Trait(i) => &i.ident,
        syn::Item::TraitAlias(i) => &i.ident,
        syn::Item::Type(i) => &i.ident,
        syn::Item::Union(i) => &i.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

fn is_exported_macro(item: &syn::Item) -> bool {
    matches!(item, syn::Item::Macro(m) if m.attrs.iter().any(|a| a.path().is_ident("macro_export")))
}

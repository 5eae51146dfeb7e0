//! Every path that a module names: in imports, types, expressions, patterns and macro bodies.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use super::source::{attrs_of, is_test_only};

/// A path as written, and the line it stands on.
pub(super) struct Named {
    pub(super) segments: Vec<String>,
    pub(super) line: usize,
    /// It ends in `::*`; the star is not a segment.
    pub(super) glob: bool,
}

/// One name that an import brings in.
pub(super) struct Import {
    /// The name it is known by from then on; none for a glob.
    pub(super) name: Option<String>,
    pub(super) segments: Vec<String>,
    pub(super) line: usize,
}

/// Every path named in `items`, imports included.
pub(super) fn named_paths(items: &[syn::Item]) -> Vec<Named> {
    let mut collector = Collector::default();
    for item in items {
        collector.visit_item(item);
    }
    collector.paths
}

/// What one `use` item brings in.
pub(super) fn imports_of(item: &syn::ItemUse) -> Vec<Import> {
    let mut imports = Vec::new();
    flatten(&item.tree, &mut Vec::new(), &mut imports);
    imports
}

#[derive(Default)]
struct Collector {
    paths: Vec<Named>,
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_test_only(attrs_of(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let attrs: &[syn::Attribute] = match item {
            syn::ImplItem::Const(i) => &i.attrs,
            syn::ImplItem::Fn(i) => &i.attrs,
            syn::ImplItem::Type(i) => &i.attrs,
            syn::ImplItem::Macro(i) => &i.attrs,
            _ => &[],
        };
        if !is_test_only(attrs) {
            visit::visit_impl_item(self, item);
        }
    }

    // Documentation links and lint names are not uses.
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.paths.extend(imports_of(item).into_iter().map(|import| Named {
            segments: import.segments,
            line: import.line,
            glob: import.name.is_none(),
        }));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let Some(first) = path.segments.first() {
            self.paths.push(Named {
                segments: path.segments.iter().map(|s| s.ident.to_string()).collect(),
                line: first.ident.span().start().line,
                glob: false,
            });
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invocation: &'ast syn::Macro) {
        self.visit_path(&invocation.path);
        scan(invocation.tokens.clone(), &mut self.paths);
    }
}

/// Finds `name::name::…` in tokens that have no grammar of their own.
fn scan(tokens: TokenStream, paths: &mut Vec<Named>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_colon =
        |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == ':');
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => scan(group.stream(), paths),
            TokenTree::Ident(first) => {
                let mut segments = vec![first.to_string()];
                while is_colon(at + 1) && is_colon(at + 2) {
                    let Some(TokenTree::Ident(next)) = tokens.get(at + 3) else { break };
                    segments.push(next.to_string());
                    at += 3;
                }
                if segments.len() > 1 {
                    paths.push(Named { segments, line: first.span().start().line, glob: false });
                }
            }
            _ => {}
        }
        at += 1;
    }
}

fn flatten(tree: &syn::UseTree, prefix: &mut Vec<String>, imports: &mut Vec<Import>) {
    let leaf = |name: &syn::Ident, known_as: &syn::Ident| {
        let mut segments = prefix.clone();
        let mut known_as = known_as.to_string();
        if name == "self" {
            known_as = if known_as == "self" {
                prefix.last().cloned().unwrap_or_default()
            } else {
                known_as
            };
        } else {
            segments.push(name.to_string());
        }
        Import { name: Some(known_as), segments, line: name.span().start().line }
    };
    match tree {
        syn::UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            flatten(&path.tree, prefix, imports);
            prefix.pop();
        }
        syn::UseTree::Name(name) => imports.push(leaf(&name.ident, &name.ident)),
        syn::UseTree::Rename(rename) => imports.push(leaf(&rename.ident, &rename.rename)),
        syn::UseTree::Glob(glob) => {
            let line = glob.star_token.spans[0].start().line;
            imports.push(Import { name: None, segments: prefix.clone(), line });
        }
        syn::UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, prefix, imports);
            }
        }
    }
}

//! What the arrows between modules must hold.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use syn::spanned::Spanned;

use super::Finding;
use super::layers::layer_of;
use super::resolve::Arrow;
use super::source::{Module, Tree};
use super::uses;

/// lib.rs declares modules and re-exports; it holds nothing itself.
pub(super) fn facade_only(tree: &Tree) -> Vec<Finding> {
    let root = &tree.modules[0];
    let held = root.items.iter().filter(|item| !is_facade(item));
    held.map(|item| {
        let message = "lib.rs declares modules and re-exports only: move this into a module";
        Finding::new(&root.file, item.span().start().line, message)
    })
    .collect()
}

/// A `#[cfg(doctest)]` item carries the README's examples into the documentation tests.
fn is_facade(item: &syn::Item) -> bool {
    let is_doctest = |attr: &syn::Attribute| match &attr.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "doctest",
        _ => false,
    };
    matches!(item, syn::Item::Use(_) | syn::Item::ExternCrate(_))
        || super::source::attrs_of(item).iter().any(is_doctest)
}

/// Every top-level module has its place in the table.
pub(super) fn known_modules(tree: &Tree, layers: &[&[&str]]) -> Vec<Finding> {
    let children = &tree.modules[0].children;
    let strangers = children.iter().filter(|(name, _)| layer_of(name, layers).is_none());
    strangers
        .map(|(name, index)| {
            let (file, line) = &tree.modules[*index].declared_in;
            let message = format!(
                "module `{name}` is in no layer: give it one in crates/xtask/src/structure/layers.rs"
            );
            Finding::new(file, *line, message)
        })
        .collect()
}

/// The crypto providers, by the names their crates and rustls give them.
const PROVIDERS: &[&str] = &["aws_lc_rs", "ring"];

/// Only `crypto` names a provider, so that choosing another is one file's work.
pub(super) fn one_provider(tree: &Tree) -> Vec<Finding> {
    let others = tree.modules.iter().filter(|m| m.path.first().is_none_or(|top| top != "crypto"));
    let named = others.flat_map(|m| uses::named_paths(&m.items).into_iter().map(move |n| (m, n)));
    named
        .filter_map(|(module, named)| {
            let provider = named.segments.iter().find(|s| PROVIDERS.contains(&s.as_str()))?;
            let message = format!("names the provider `{provider}`: only `crypto` may");
            Some(Finding::new(&module.file, named.line, message))
        })
        .collect()
}

/// No module uses a module of a higher layer.
pub(super) fn upward(tree: &Tree, arrows: &[Arrow], layers: &[&[&str]]) -> Vec<Finding> {
    let judge = |arrow: &Arrow| {
        let (from, to) = (top(tree, arrow.from)?, top(tree, arrow.to)?);
        let (low, high) = (layer_of(from, layers)?, layer_of(to, layers)?);
        let message = format!(
            "`{from}` (layer {low}) uses `{to}` (layer {high}), which is higher: move the cut so that the arrow points down"
        );
        (low < high).then(|| Finding::new(&tree.modules[arrow.from].file, arrow.line, message))
    };
    arrows.iter().filter_map(judge).collect()
}

fn top(tree: &Tree, module: usize) -> Option<&str> {
    tree.modules[module].path.first().map(String::as_str)
}

/// No modules that stand side by side use each other in a circle: at the top inside one layer, and
/// inside every folder. A module and its own children are one idea, and may.
pub(super) fn cycles(tree: &Tree, arrows: &[Arrow], layers: &[&[&str]]) -> Vec<Finding> {
    let mut graphs: BTreeMap<&[String], Graph<'_>> = BTreeMap::new();
    for arrow in arrows {
        let (from, to) = (&tree.modules[arrow.from], &tree.modules[arrow.to]);
        let shared = from.path.iter().zip(&to.path).take_while(|(a, b)| a == b).count();
        let (Some(a), Some(b)) = (from.path.get(shared), to.path.get(shared)) else { continue };
        // Between layers `upward` has the better sentence.
        if shared == 0 && layer_of(a, layers) != layer_of(b, layers) {
            continue;
        }
        let graph = graphs.entry(&from.path[..shared]).or_default();
        graph.entry(a).or_default().entry(b).or_insert((from, arrow.line));
    }
    graphs.values().flat_map(cycles_in).collect()
}

/// For each name, the names it uses, and one place that says so.
type Graph<'t> = BTreeMap<&'t str, BTreeMap<&'t str, (&'t Module, usize)>>;

fn cycles_in(graph: &Graph<'_>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    for start in graph.keys() {
        let Some(cycle) = shortest_cycle(graph, start) else { continue };
        let mut members = cycle.clone();
        members.sort_unstable();
        if seen.insert(members) {
            let (module, line) = graph[start][cycle[1 % cycle.len()]];
            let names: Vec<String> =
                cycle.iter().chain([start]).map(|n| format!("`{n}`")).collect();
            let message = format!("import cycle: {}", names.join(" uses "));
            findings.push(Finding::new(&module.file, line, message));
        }
    }
    findings
}

/// The shortest way from `start` back to itself, by breadth first.
fn shortest_cycle<'t>(graph: &Graph<'t>, start: &'t str) -> Option<Vec<&'t str>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(name) = queue.pop_front() {
        for next in graph.get(name).into_iter().flat_map(BTreeMap::keys) {
            if *next == start {
                let mut cycle = vec![name];
                while let Some(before) = cycle.last().and_then(|last| came_from.get(last)) {
                    cycle.push(before);
                }
                cycle.reverse();
                return Some(cycle);
            }
            if !came_from.contains_key(next) {
                came_from.insert(next, name);
                queue.push_back(next);
            }
        }
    }
    None
}

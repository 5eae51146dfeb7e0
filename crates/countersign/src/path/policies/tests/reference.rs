//! The policy tree of RFC 5280 section 6.1, node by node as it is written there, exponential and
//! all: what the row has to agree with.

use super::*;

#[derive(Clone, Debug)]
struct Node {
    depth: usize,
    valid: usize,
    expected: Vec<usize>,
    /// Where in the tree its parent stands; the root is its own.
    parent: usize,
    alive: bool,
}

struct Tree(Vec<Node>);

impl Tree {
    fn at(&self, depth: usize) -> Vec<usize> {
        (0..self.0.len()).filter(|&i| self.0[i].alive && self.0[i].depth == depth).collect()
    }

    fn add(&mut self, parent: usize, valid: usize, expected: Vec<usize>) {
        let depth = self.0[parent].depth + 1;
        self.0.push(Node { depth, valid, expected, parent, alive: true });
    }

    /// "If there is a node ... of depth i-1 or less without any child nodes, delete that node."
    fn prune(&mut self, depth: usize) {
        for above in (0..depth).rev() {
            for node in self.at(above) {
                let has_child = self.at(above + 1).iter().any(|&c| self.0[c].parent == node);
                self.0[node].alive = has_child;
            }
        }
    }

    fn is_null(&self) -> bool {
        !self.0[0].alive
    }

    fn descend(&mut self, i: usize, link: &Link, any_counts: bool) {
        let Some(policies) = &link.policies else {
            self.0.iter_mut().for_each(|node| node.alive = false);
            return;
        };
        let above = self.at(i - 1);
        for &policy in policies.iter().filter(|p| **p != ANY) {
            let mut parents: Vec<_> =
                above.iter().copied().filter(|&n| self.0[n].expected.contains(&policy)).collect();
            if parents.is_empty() {
                parents = above.iter().copied().filter(|&n| self.0[n].valid == ANY).collect();
            }
            parents.into_iter().for_each(|parent| self.add(parent, policy, vec![policy]));
        }
        if policies.contains(&ANY) && any_counts {
            for &parent in &above {
                for value in self.0[parent].expected.clone() {
                    let there = self
                        .at(i)
                        .iter()
                        .any(|&c| self.0[c].parent == parent && self.0[c].valid == value);
                    if !there {
                        self.add(parent, value, vec![value]);
                    }
                }
            }
        }
        self.prune(i);
    }

    fn map(&mut self, i: usize, link: &Link, allowed: bool) {
        for &(issuer, _) in &link.mappings {
            let nodes: Vec<_> =
                self.at(i).into_iter().filter(|&n| self.0[n].valid == issuer).collect();
            if !allowed {
                nodes.iter().for_each(|&node| self.0[node].alive = false);
                continue;
            }
            let subjects: Vec<_> =
                link.mappings.iter().filter(|m| m.0 == issuer).map(|m| m.1).collect();
            if nodes.is_empty() {
                let any = self.at(i).into_iter().find(|&n| self.0[n].valid == ANY);
                if let Some(any) = any {
                    self.add(self.0[any].parent, issuer, subjects);
                }
            } else {
                nodes.iter().for_each(|&node| self.0[node].expected.clone_from(&subjects));
            }
        }
        self.prune(i);
    }
}

/// Which of `links`, from the top down, is refused.
pub(super) fn refused(links: &[Link], settings: PolicySettings) -> Option<usize> {
    let n = links.len();
    let initial = |now: bool| if now { 0 } else { n + 1 };
    let mut explicit = initial(settings.require_explicit_policy);
    let mut mapping = initial(settings.inhibit_policy_mapping);
    let mut any = initial(settings.inhibit_any_policy);
    let root = Node { depth: 0, valid: ANY, expected: vec![ANY], parent: 0, alive: true };
    let mut tree = Tree(vec![root]);
    for (i, link) in (1..).zip(links) {
        let self_issued = link.self_issued && i < n;
        if !tree.is_null() {
            tree.descend(i, link, any > 0 || self_issued);
        }
        if explicit == 0 && tree.is_null() {
            return Some(i - 1);
        }
        if i == n {
            explicit = explicit.saturating_sub(1);
            if link.require_explicit == Some(0) {
                explicit = 0;
            }
            return (explicit == 0 && tree.is_null()).then_some(i - 1);
        }
        if !tree.is_null() {
            tree.map(i, link, mapping > 0);
        }
        if !self_issued {
            explicit = explicit.saturating_sub(1);
            mapping = mapping.saturating_sub(1);
            any = any.saturating_sub(1);
        }
        let tighten = |counter: usize, skip: Option<u32>| {
            skip.map_or(counter, |skip| counter.min(usize::try_from(skip).unwrap()))
        };
        explicit = tighten(explicit, link.require_explicit);
        mapping = tighten(mapping, link.inhibit_mapping);
        any = tighten(any, link.inhibit_any);
    }
    None
}

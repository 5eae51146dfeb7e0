//! Holds the core's layers: a module uses modules of lower layers only, no import cycle anywhere.
//!
//! The table in [`layers`] is the one place that says which module lives where. [`source`] reads
//! the module tree, [`uses`] collects every path a module names, [`resolve`] finds the module each
//! path reaches, and [`rules`] judges the arrows.

mod layers;
mod resolve;
mod rules;
mod source;
mod uses;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use layers::LAYERS;
use source::Tree;

/// One thing that is wrong, and where: the line is from 1.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    file: String,
    line: usize,
    message: String,
}

impl Finding {
    fn new(file: &str, line: usize, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// Source text by path relative to the crate's `src`, with `/` between folders.
type Files = BTreeMap<String, String>;

/// Checks the core's sources and prints what is wrong.
pub(crate) fn run() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../countersign/src");
    let mut files = Files::new();
    if let Err((path, error)) = read_sources(&root, &root, &mut files) {
        eprintln!("{}: {error}", path.display());
        return ExitCode::from(2);
    }
    let findings = check(&files, LAYERS);
    for finding in &findings {
        eprintln!("crates/countersign/src/{finding}");
    }
    if findings.is_empty() {
        println!(
            "structure: {} files, {} layers, every arrow points down",
            files.len(),
            LAYERS.len()
        );
        ExitCode::SUCCESS
    } else {
        eprintln!("structure: {} found", findings.len());
        ExitCode::FAILURE
    }
}

/// Everything that is wrong with a crate made of these files, in order of file and line.
fn check(files: &Files, layers: &[&[&str]]) -> Vec<Finding> {
    let tree = match Tree::parse(files) {
        Ok(tree) => tree,
        Err(findings) => return findings,
    };
    let (arrows, mut findings) = resolve::arrows(&tree);
    findings.extend(rules::facade_only(&tree));
    findings.extend(rules::known_modules(&tree, layers));
    findings.extend(rules::one_provider(&tree));
    findings.extend(rules::upward(&tree, &arrows, layers));
    findings.extend(rules::cycles(&tree, &arrows, layers));
    findings.sort();
    findings.dedup();
    findings
}

fn read_sources(
    root: &Path,
    folder: &Path,
    files: &mut Files,
) -> Result<(), (PathBuf, std::io::Error)> {
    let at = |error| (folder.to_owned(), error);
    for entry in std::fs::read_dir(folder).map_err(at)? {
        let path = entry.map_err(at)?.path();
        if path.is_dir() {
            read_sources(root, &path, files)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).map_err(|e| (path.clone(), e))?;
            let relative = path.strip_prefix(root).unwrap_or(&path);
            let parts: Vec<_> = relative.iter().map(|p| p.to_string_lossy()).collect();
            files.insert(parts.join("/"), text);
        }
    }
    Ok(())
}

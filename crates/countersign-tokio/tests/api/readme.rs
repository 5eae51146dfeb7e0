//! The README's snippet is the one in the crate's documentation, which is compiled with it.

const README: &str = include_str!("../../../../README.md");
const DOCUMENTATION: &str = include_str!("../../src/lib.rs");

#[test]
fn the_readme_shows_what_the_documentation_compiles() {
    let section = README.split("### In your async server").nth(1).expect("the section");
    let snippet = section.split("```rs\n").nth(1).and_then(|rest| rest.split("```").next());
    let compiled: Vec<&str> =
        DOCUMENTATION.lines().map(|line| line.trim_start_matches("//!").trim()).collect();
    let shown: Vec<&str> = snippet.expect("a snippet").lines().map(str::trim).collect();
    let found = compiled.windows(shown.len()).any(|window| window == shown);
    assert!(found, "the documentation of the crate has no such lines: {shown:#?}");
}

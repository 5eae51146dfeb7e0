//! How figures are printed: what was measured, what was to be reached, and whether it was.

/// Prints one figure and its goal. Returns whether the goal was reached.
pub fn at_most(what: &str, figure: f64, goal: f64, unit: &str) -> bool {
    row(what, figure, '≤', goal, unit, figure <= goal)
}

/// Prints one figure and its goal. Returns whether the goal was reached.
pub fn at_least(what: &str, figure: f64, goal: f64, unit: &str) -> bool {
    row(what, figure, '≥', goal, unit, figure >= goal)
}

/// Prints a figure that has no goal and stands beside others.
pub fn beside(what: &str, figure: f64, unit: &str) {
    println!("  {what:<60} {:>12} {unit}", number(figure));
}

/// Prints a headline.
pub fn section(title: &str) {
    println!("\n{title}");
}

fn row(what: &str, figure: f64, sign: char, goal: f64, unit: &str, reached: bool) -> bool {
    let mark = if reached { "reached" } else { "MISSED" };
    println!(
        "  {what:<60} {:>12} {unit:<8} goal {sign} {:<8} {mark}",
        number(figure),
        number(goal)
    );
    reached
}

fn number(figure: f64) -> String {
    if figure.fract() == 0.0 || figure >= 1_000.0 {
        format!("{figure:.0}")
    } else if figure >= 10.0 {
        format!("{figure:.1}")
    } else {
        format!("{figure:.3}")
    }
}

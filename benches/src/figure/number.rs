//! How numbers are written.

use super::{Beside, Figure, Sample, Unit};

/// With its unit: `163.6 µs`.
pub(super) fn with_unit(number: f64, unit: Unit) -> String {
    match unit {
        Unit::Time => match number {
            ns if ns < 1e3 => format!("{} ns", digits(ns)),
            ns if ns < 1e6 => format!("{} µs", digits(ns / 1e3)),
            ns if ns < 1e9 => format!("{} ms", digits(ns / 1e6)),
            ns => format!("{} s", digits(ns / 1e9)),
        },
        Unit::Bytes if number >= 1e6 => format!("{} MB", digits(number / 1e6)),
        Unit::Bytes => format!("{} B", digits(number)),
        Unit::BytesEach => format!("{} B each", digits(number)),
        Unit::Allocations => format!("{} calls", digits(number)),
        Unit::Instructions => format!("{} instr", digits(number)),
        Unit::Ratio | Unit::Multiple => format!("{number:.3} ×"),
        Unit::Rate => format!("{}/s", digits(number)),
        Unit::Share => format!("{:.2} %", number * 100.0),
    }
}

/// Four digits at least, and none that mean nothing.
fn digits(number: f64) -> String {
    match number {
        whole if whole.fract() == 0.0 || whole >= 1e3 => format!("{whole:.0}"),
        tens if tens >= 10.0 => format!("{tens:.1}"),
        ones => format!("{ones:.2}"),
    }
}

/// Half of how far the middle half of the rounds lies apart, in percent.
pub(super) fn spread(sample: Sample) -> String {
    sample.spread.map_or_else(String::new, |spread| format!("{:.1}", 50.0 * spread))
}

/// What ours is to what stands beside it.
pub(super) fn comparison(beside: &Beside, unit: Unit) -> String {
    let Some(number) = beside.comparison(unit) else { return String::new() };
    match (beside.is_gain(unit), unit) {
        (true, Unit::Time | Unit::Rate) => format!("{number:.2} × its rate"),
        (true, Unit::Multiple | Unit::Share) => format!("{number:.2} × its"),
        (true, _) => format!("{:.2} × its", 1.0 / number),
        (false, _) => format!("{number:.3} × it"),
    }
}

/// What was to be reached, and whether it was.
pub(super) struct Outcome {
    /// `≤ 1.20`
    pub(super) bound: String,
    /// `None`: it was not measured.
    pub(super) is_reached: Option<bool>,
}

impl Outcome {
    pub(super) fn of_ours(figure: &Figure) -> Option<Self> {
        let goal = figure.goal.as_ref()?;
        let sign = if figure.unit.is_gain() { '≥' } else { '≤' };
        let bound = format!("{sign} {}", with_unit(goal.bound, figure.unit));
        Some(Self { bound, is_reached: figure.is_reached() })
    }

    pub(super) fn of(beside: &Beside, unit: Unit) -> Option<Self> {
        let goal = beside.goal.as_ref()?;
        let sign = if beside.is_gain(unit) { '≥' } else { '≤' };
        let bound = format!("{sign} {:.2} ×", goal.bound);
        Some(Self { bound, is_reached: beside.is_reached(unit) })
    }

    pub(super) fn mark(&self) -> &'static str {
        match self.is_reached {
            Some(true) => "reached",
            Some(false) => "MISSED",
            None => "not measured",
        }
    }
}

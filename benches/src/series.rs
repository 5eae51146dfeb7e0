//! What one thing needed, round by round, in rounds in which everyone has a turn.

/// Undisturbed rounds that are enough to leave all others out.
const ENOUGH: usize = 9;

/// A figure for each round, nanoseconds where it is a time. Rounds that were disturbed do not count where
/// there are enough others.
#[derive(Clone, Debug, Default)]
pub struct Series {
    rounds: Vec<Round>,
}

#[derive(Clone, Copy, Debug)]
struct Round {
    figure: f64,
    is_quiet: bool,
}

impl FromIterator<f64> for Series {
    /// Rounds of which nobody asked whether they were disturbed.
    fn from_iter<I: IntoIterator<Item = f64>>(figures: I) -> Self {
        let rounds = figures.into_iter().map(|figure| Round { figure, is_quiet: true }).collect();
        Self { rounds }
    }
}

impl Series {
    /// Before the first round.
    pub const EMPTY: Self = Self { rounds: Vec::new() };

    /// One more round, and whether nothing disturbed it.
    pub fn push(&mut self, figure: f64, is_quiet: bool) {
        self.rounds.push(Round { figure, is_quiet });
    }

    /// The round in the middle.
    ///
    /// # Panics
    /// Where there was none.
    pub fn median(&self) -> f64 {
        median(self.figures())
    }

    /// How far the middle half of the rounds lies apart, as a share of the median.
    pub fn spread(&self) -> f64 {
        let mut figures = self.figures();
        figures.sort_by(f64::total_cmp);
        let (quarter, middle) = (figures.len() / 4, figures[figures.len() / 2]);
        (figures[figures.len() * 3 / 4] - figures[quarter]) / middle
    }

    /// How much more this is than another, in the middle of all rounds.
    pub fn beyond(&self, other: &Self) -> f64 {
        median(self.beside(other, |a, b| a - b).figures())
    }

    /// This to another, in the middle of all rounds: whatever the machine does in a round, clock
    /// changes included, it does to both.
    pub fn ratio(&self, other: &Self) -> f64 {
        median(self.beside(other, |a, b| a / b).figures())
    }

    /// Both of each round put together; disturbed where either was.
    pub fn beside(&self, other: &Self, both: impl Fn(f64, f64) -> f64) -> Self {
        let rounds = self.rounds.iter().zip(&other.rounds).map(|(a, b)| Round {
            figure: both(a.figure, b.figure),
            is_quiet: a.is_quiet && b.is_quiet,
        });
        Self { rounds: rounds.collect() }
    }

    /// Of the rounds that count.
    fn figures(&self) -> Vec<f64> {
        let quiet = self.rounds.iter().filter(|round| round.is_quiet);
        let are_enough = quiet.clone().count() >= ENOUGH.min(self.rounds.len());
        let counts = |round: &&Round| round.is_quiet || !are_enough;
        self.rounds.iter().filter(counts).map(|round| round.figure).collect()
    }
}

/// The one in the middle.
///
/// # Panics
/// Where there is none.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(quiet: usize, disturbed: usize) -> Series {
        let mut series = Series::default();
        (0..disturbed).for_each(|_| series.push(9.0, false));
        (0..quiet).for_each(|_| series.push(1.0, true));
        series
    }

    #[test]
    fn rounds_that_were_disturbed_do_not_count() {
        assert_eq!(series(ENOUGH, 100).median(), 1.0);
        assert_eq!(series(ENOUGH, 100).spread(), 0.0);
    }

    #[test]
    fn where_hardly_any_was_not_all_do() {
        assert_eq!(series(ENOUGH - 1, 100).median(), 9.0);
    }

    #[test]
    fn a_ratio_is_of_rounds_in_which_neither_was() {
        let mut quiet = Series::default();
        let mut other = series(ENOUGH, 0);
        (0..ENOUGH).for_each(|_| quiet.push(3.0, true));
        assert_eq!(quiet.ratio(&other), 3.0);
        (0..40).for_each(|_| quiet.push(8.0, true));
        (0..40).for_each(|_| other.push(1.0, false));
        assert_eq!(quiet.ratio(&other), 3.0);
        assert_eq!(quiet.beyond(&other), 2.0);
    }
}

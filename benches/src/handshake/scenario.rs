//! The kinds of handshakes that are measured.

use super::Tickets;

/// What the client brings along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// A client that connects again and again, with a full handshake each time.
    Full,
    /// A client never seen before, under an intermediate that is.
    NewClient,
    /// A client with a ticket.
    Resumed,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Full, Self::NewClient, Self::Resumed];

    /// One word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::NewClient => "new",
            Self::Resumed => "resumed",
        }
    }

    /// The scenario that [`word`](Self::word) gave this word for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scenario| scenario.word() == word)
    }

    /// What the server must be set to.
    pub fn tickets(self) -> Tickets {
        match self {
            Self::Full | Self::NewClient => Tickets::Off,
            Self::Resumed => Tickets::On,
        }
    }
}

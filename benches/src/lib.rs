//! What the benches share: who is compared, what is measured, timing, and what is said of a figure.

// What is said of a figure, and how it is timed.
pub mod allocations;
pub mod effort;
pub mod figure;
pub mod instructions;
pub mod measure;
pub mod pair;
pub mod pin;
pub mod profile;
pub mod quiet;
pub mod rerun;
pub mod series;

// Libraries beside each other.
pub mod contest;

// What is measured of ours.
pub mod crls;
pub mod hot;
pub mod listed;
pub mod loaded;
pub mod relayed;
pub mod signature;
pub mod world;

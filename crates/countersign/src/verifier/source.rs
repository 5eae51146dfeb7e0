//! Where a policy comes from, and what was seen there when it was last read.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::policy::{CompiledPolicy, Drift, FilesSeen, Given, Reading};
use crate::snapshot::Snapshot;

/// Where a policy comes from, to be read again on every reload.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) text: Text,
    pub(super) given: Given,
}

#[derive(Clone)]
pub(super) enum Text {
    File(PathBuf),
    Here { toml: Vec<u8>, base_dir: PathBuf },
}

impl Source {
    /// Reads it to be put in force as this generation. What was seen is told whatever came of it.
    pub(super) fn read(&self, generation: u64) -> (Result<Snapshot, Error>, FilesSeen) {
        let mut reading = Reading::new();
        let compiled = match &self.text {
            Text::File(file) => CompiledPolicy::from_file(file, &self.given, &mut reading),
            Text::Here { toml, base_dir } => {
                CompiledPolicy::from_toml(toml, base_dir, &self.given, &mut reading)
            }
        };
        let snapshot = compiled.and_then(|policy| Snapshot::new(policy, generation));
        (snapshot, reading.into_files())
    }

    fn file(&self) -> Option<&Path> {
        match &self.text {
            Text::File(file) => Some(file),
            Text::Here { .. } => None,
        }
    }
}

/// A source and the last attempt at it.
pub(super) struct Origin {
    pub(super) source: Source,
    files: FilesSeen,
    /// What was wrong.
    failure: Option<String>,
}

impl Origin {
    /// After it was read.
    pub(super) fn new(source: Source, files: FilesSeen) -> Self {
        Self { source, files, failure: None }
    }

    /// After another attempt.
    pub(super) fn attempted(&mut self, files: FilesSeen, failure: Option<&Error>) {
        self.files = files;
        self.failure = failure.map(Error::to_string);
    }

    /// Whether its files are what they were at the last attempt.
    pub(super) fn drift(&mut self) -> Drift {
        self.files.drift()
    }

    /// What was wrong at the last attempt.
    pub(super) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Whether there was no policy file at the last attempt.
    pub(super) fn is_missing(&self) -> bool {
        self.source.file().is_some_and(|file| self.files.lacks(file))
    }
}

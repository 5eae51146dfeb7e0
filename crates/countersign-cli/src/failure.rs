//! Why there is no answer: exit code 2, as text or as JSON, always on stderr.

use std::fmt;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

/// What went wrong and where. Lines and columns are from 1.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Failure {
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
    message: String,
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: &'a Failure,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// Names the file, unless it is named already.
    pub(crate) fn in_file(mut self, file: &Path) -> Self {
        self.file.get_or_insert_with(|| file.display().to_string());
        self
    }

    /// Says it on stderr.
    pub(crate) fn report(&self, json: bool) -> ExitCode {
        let text = if json {
            let envelope = Envelope { error: self };
            serde_json::to_string(&envelope).unwrap_or_else(|error| error.to_string())
        } else {
            format!("error: {self}")
        };
        // Where stderr is gone too, the exit code still tells.
        let _ = writeln!(std::io::stderr(), "{text}");
        ExitCode::from(2)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}:")?;
        }
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        if let Some(column) = self.column {
            write!(f, "{column}:")?;
        }
        let space = if self.file.is_some() || self.line.is_some() { " " } else { "" };
        write!(f, "{space}{}", self.message)
    }
}

impl From<countersign::Error> for Failure {
    fn from(error: countersign::Error) -> Self {
        Self {
            file: error.file().map(|f| f.display().to_string()),
            line: error.line(),
            column: error.column(),
            message: error.message().to_owned(),
        }
    }
}

impl From<Box<dyn std::error::Error + Send + Sync>> for Failure {
    fn from(error: Box<dyn std::error::Error + Send + Sync>) -> Self {
        match error.downcast::<countersign::Error>() {
            Ok(error) => Self::from(*error),
            Err(error) => Self::new(error.to_string()),
        }
    }
}

/// Writing the answer failed: there is nobody to tell.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(format!("cannot write the answer: {error}"))
    }
}

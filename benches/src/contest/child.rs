//! A library that is a process of its own, as the bench sees it; [`serve`](super::serve) is its end.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{self, ChildStdin, ChildStdout, Command, Stdio};

use super::{Failure, Material, Peer, Task};

/// A peer's process. It ends when this is dropped.
#[derive(Debug)]
pub struct Child {
    process: process::Child,
    /// `None` once the process is to end.
    ask: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    name: String,
}

impl Child {
    /// Starts it and hands it the material.
    ///
    /// # Errors
    /// Where it does not start, or does not say its name.
    pub fn start(program: &Path, material: &Material) -> Result<Self, Failure> {
        let mut process = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let mut ask = process.stdin.take().ok_or("no way to ask")?;
        let answers = BufReader::new(process.stdout.take().ok_or("no way to listen")?);
        writeln!(ask, "{}", serde_json::to_string(material)?)?;
        let mut child = Self { process, ask: Some(ask), answers, name: String::new() };
        child.name = child.answer()?;
        Ok(child)
    }

    fn answer(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        match line.trim_end() {
            "" => Err("the process ended".into()),
            line => match line.strip_prefix("error ") {
                Some(error) => Err(error.into()),
                None => Ok(line.into()),
            },
        }
    }
}

impl Peer for Child {
    fn name(&self) -> &str {
        &self.name
    }

    fn run(&mut self, task: Task, times: usize) -> Result<f64, Failure> {
        let ask = self.ask.as_mut().ok_or("the process is to end")?;
        writeln!(ask, "{}", serde_json::to_string(&(task, times))?)?;
        Ok(self.answer()?.parse()?)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.ask = None;
        // Whatever it has to say by now is of no use to anyone.
        drop(self.process.wait());
    }
}

//! The command as programs and people meet it: arguments, output, exit codes.

mod command;
mod demo;
mod readme;
#[cfg(unix)]
mod serve;
mod usage;
mod verify;

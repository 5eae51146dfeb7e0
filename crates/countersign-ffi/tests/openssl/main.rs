//! The OpenSSL glue: programs in C that do what no usual client does.

mod inside;
mod program;
mod site;

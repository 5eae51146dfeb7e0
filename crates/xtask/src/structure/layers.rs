//! The layer table: the one place that says which top-level module of the core lives where.

/// Top-level modules by layer, lowest first. A module may use modules of lower layers and, where
/// no cycle comes of it, of its own.
pub(super) const LAYERS: &[&[&str]] = &[
    &["error", "reason", "limits", "clock", "budget", "metrics"],
    &["der", "hex", "cert", "crl", "identity", "pem", "secret_file"],
    &["crypto", "trust", "cache", "sigcache", "path", "revocation"],
    &["policy"],
    &[
        "outcome",
        "verdict",
        "snapshot",
        "chaincache",
        "journal",
        "binding",
        "decide",
        "footprint",
        "verifier",
    ],
    &["engine", "rustls", "forwarded", "internal"],
];

/// The layer a top-level module is in, if the table has it.
pub(super) fn layer_of(module: &str, layers: &[&[&str]]) -> Option<usize> {
    layers.iter().position(|layer| layer.contains(&module))
}

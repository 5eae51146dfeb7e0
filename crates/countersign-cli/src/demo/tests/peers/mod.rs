//! Other people's TLS against the engine, over loopback: OpenSSL, curl, GnuTLS.
//!
//! Each of them comes as approved, unapproved and anonymous client, under TLS 1.2 and 1.3, to servers
//! that require clients, take them, or do not ask; with and without a session. What the server
//! decided and what the program reported must both be right.

mod curl;
mod gnutls;
mod openssl;
mod process;
mod scenarios;
mod site;

/// The scenarios, once for each program.
macro_rules! scenarios_of {
    ($peer:expr) => {
        use crate::demo::tests::peers::scenarios;

        #[test]
        fn approved_clients_get_in_and_resume() {
            scenarios::approved_clients_get_in_and_resume(&$peer);
        }

        #[test]
        fn refused_clients_are_told_why() {
            scenarios::refused_clients_are_told_why(&$peer);
        }

        #[test]
        fn where_a_certificate_is_optional_nobody_gets_in_as_nobody() {
            scenarios::where_a_certificate_is_optional_nobody_gets_in_as_nobody(&$peer);
        }

        #[test]
        fn where_nobody_is_asked_a_certificate_means_nothing() {
            scenarios::where_nobody_is_asked_a_certificate_means_nothing(&$peer);
        }

        #[test]
        fn a_client_revoked_between_two_connections_cannot_resume() {
            scenarios::a_client_revoked_between_two_connections_cannot_resume(&$peer);
        }

        #[test]
        fn where_sessions_do_not_resume_every_handshake_is_full() {
            scenarios::where_sessions_do_not_resume_every_handshake_is_full(&$peer);
        }
    };
}
use scenarios_of;

/*
 * countersign for programs that use OpenSSL: csn_openssl_protect() puts a verifier into an SSL_CTX.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * For OpenSSL 1.1.1 and 3, AWS-LC and BoringSSL, C99 and C++11. Include it in ONE source file of a
 * program: what belongs to an SSL is found by an index of the file that protected it. The
 * conventions are those of countersign.h.
 *
 * WHAT HOLDS for an SSL of an SSL_CTX that is protected
 *
 * 1. Without a verdict that allows the client, no handshake ends in a connection that carries data,
 *    unless clients are optional and this one showed no certificate. Refusals are alerts. What
 *    comes past the checks on the way (a pre-shared key, callbacks or a verify mode that somebody
 *    set later, another SSL_CTX) is caught at the end of the handshake: the SSL is shut before it
 *    reads or writes a byte.
 * 2. A session resumes only where the policy in force allows its client, on the leaf and binding
 *    that the session carries; in the SSL_CTX (or those of one name) and for the server name that
 *    it was made for; and not beyond session_age. Any other is declined, and a full handshake
 *    follows.
 *    A client without a certificate has no session to resume.
 * 3. csn_openssl_verdict() says the same of fresh and of resumed sessions, and nothing good before
 *    the client has proved its key.
 * 4. Renegotiation and early data are off, and a certificate that comes after the handshake is
 *    refused.
 *
 * With CSN_OPENSSL_DEFER, 1. is the program's: every client gets through the handshake, and
 * csn_openssl_verdict() says for each what would have become of it. Only those that are allowed
 * resume sessions then, too.
 *
 * SEVERAL SERVER NAMES. SSL_set_SSL_CTX() by itself leaves the verify mode of the SSL_CTX that the
 * SSL began with: use csn_openssl_switch(), and protect every SSL_CTX that an SSL may begin or end
 * with. OpenSSL looks sessions up by the callbacks of the first, before the servername callback. So
 * where that callback switches, only sessions of the first SSL_CTX resume; where the client hello
 * callback does (SSL_CTX_set_client_hello_cb), all of them. A first SSL_CTX without protection
 * wants csn_openssl_guard(): otherwise a session of a protected one that resumes there is shut. No
 * session gets from one to another in any of these ways.
 *
 * WHAT IT TAKES OVER of an SSL_CTX: verification of chains, verify mode, session id context,
 * session cache and ticket callbacks, tickets' application data, info callback. An info callback
 * and a session cache of your own that were set before are still called. Do not use
 * SSL_read_early_data() and SSL_write_early_data() with a protected SSL_CTX.
 */

#ifndef COUNTERSIGN_OPENSSL_H
#define COUNTERSIGN_OPENSSL_H

#include <countersign.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* These two have no hook between a ticket's decryption and its use, so that a session could not be
 * authorised again: sessions do not resume there. */
#if defined(OPENSSL_IS_BORINGSSL) || defined(OPENSSL_IS_AWSLC)
#define CSN_OPENSSL_RESUMES_ 0
#else
#define CSN_OPENSSL_RESUMES_ 1
#endif

/* What becomes of sessions. */
typedef enum {
    /* A session resumes where the policy in force allows its client. */
    CSN_OPENSSL_RECHECK = 0,
    /* Every handshake is a full one. */
    CSN_OPENSSL_NO_RESUMPTION = 1
} csn_openssl_resumption;

/* What becomes of a client that is not allowed. */
typedef enum {
    /* Its handshake fails, by an alert that says why. */
    CSN_OPENSSL_ALERT = 0,
    /* Its handshake succeeds. The program asks for the verdict before anything that matters, and
     * refuses in its own protocol's words. */
    CSN_OPENSSL_DEFER = 1
} csn_openssl_refusal;

/* For cached_sessions: clients without tickets do not resume. */
#define CSN_OPENSSL_NO_CACHE UINT32_MAX

/* What a program is told in the handshake, with the userdata of its options. They must not fail. */
typedef void (*csn_openssl_before_fn)(SSL *ssl, void *userdata);
typedef void (*csn_openssl_after_fn)(SSL *ssl, X509 *leaf, int is_resumed,
                                     const csn_verdict *verdict, void *userdata);

/* How an SSL_CTX is protected. Begin with CSN_OPENSSL_OPTIONS_INIT; 0 is the default of each. */
typedef struct {
    /* sizeof(csn_openssl_options), set by the caller. */
    size_t struct_size;
    /* CSN_CLIENT_AUTH_REQUIRED, which is the default, or CSN_CLIENT_AUTH_OPTIONAL. */
    int32_t client_auth;
    /* A csn_openssl_resumption. */
    int32_t resumption;
    /* Sessions of one SSL_CTX resume in another of the same name and client_auth, also of another
     * process or machine, if it has the ticket keys. Default: NULL, in this SSL_CTX only. */
    const char *name;
    /* How long after a full handshake its sessions may resume, in seconds. Default: a day. */
    uint32_t session_age;
    /* Most sessions that are kept here, for clients without tickets, unless the SSL_CTX has a
     * session cache of its own. Default: 1,024. */
    uint32_t cached_sessions;
    /* A csn_openssl_refusal. */
    int32_t refusal;
    /* Called before a client's chain or session is judged. Default: NULL. */
    csn_openssl_before_fn before;
    /* Called once a chain was judged, or a session that is allowed to resume: before the client has
     * proved that the certificate is its own. Default: NULL. */
    csn_openssl_after_fn after;
    void *userdata;
} csn_openssl_options;

#define CSN_OPENSSL_OPTIONS_INIT CSN_SIZED_(csn_openssl_options)

/* Lets only clients in that the verifier allows. For servers, once for each SSL_CTX, after its
 * own callbacks are set and before its first SSL is made. It keeps a reference to the verifier
 * until the SSL_CTX goes. options may be NULL. Where it fails, the SSL_CTX is not to be used. */
static inline csn_status csn_openssl_protect(SSL_CTX *ctx, const csn_verifier *verifier,
                                             const csn_openssl_options *options, csn_error *err);

/* The verdict on the client of this SSL: the one that let it in, the one that refused it, or the
 * last csn_openssl_review(). CSN_ERR_STATE, and a deny, where there is none: no certificate was
 * shown, or the handshake is not complete. */
static inline csn_status csn_openssl_verdict(const SSL *ssl, csn_verdict *out);

/* Judges the client of a connection again, by the policy in force now. Cheap while nothing has
 * changed. Where out denies, close the connection. CSN_ERR_STATE, and a deny, where
 * csn_openssl_verdict() does not allow the client. now is in seconds since 1970. */
static inline csn_status csn_openssl_review(SSL *ssl, int64_t now, csn_verdict *out);

/* The same by the policy of another verifier, for a program that has several behind one SSL_CTX.
 * Nothing of it is kept with the SSL. Of a session that resumed, only the leaf and the binding are
 * left: where the other policy trusts differently, it is CSN_REASON_SESSION_STALE. */
static inline csn_status csn_openssl_review_by(const SSL *ssl, const csn_verifier *verifier,
                                               int64_t now, csn_verdict *out);

/* Gives an SSL in its handshake another SSL_CTX, with that one's demands on the client. For the
 * client hello callback and the servername callback, which fail the handshake where it returns
 * 0. */
static inline int csn_openssl_switch(SSL *ssl, SSL_CTX *ctx);

/* For an SSL_CTX without protection that an SSL begins with and that a servername callback may switch
 * from, to one that is protected: OpenSSL looks for sessions in the first. From here on, sessions
 * that were made under a protected one do not resume in it, and a full handshake follows; without
 * this they are shut. Once for each SSL_CTX, after its own session callbacks are set. */
static inline csn_status csn_openssl_guard(SSL_CTX *ctx, csn_error *err);

/* ---- What follows is how. ---- */

#include "countersign_openssl_judge.h"
#include "countersign_openssl_sessions.h"
#include "countersign_openssl_handshake.h"
#include "countersign_openssl_protect.h"
#include "countersign_openssl_review.h"

#endif /* COUNTERSIGN_OPENSSL_H */

# What people type. `make` alone lists it.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test bench bench-quick bench-servers fuzz tsan install uninstall \
	packages fmt lint docs structure header ring fuzz-smoke conformance tests

SHELL := /bin/bash
CARGO ?= cargo
# Seconds for each fuzz target in `make fuzz`; `make test` takes 20.
SECONDS := 60

say = @printf '\n==> %s\n' $(1)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## a CA, good and bad clients, a real mTLS server on loopback: a table of verdicts
	$(CARGO) run --locked --package countersign-cli -- demo

test: packages fmt lint docs structure header ring fuzz-smoke conformance tests ## everything CI runs

# The workspace of the libraries that we are measured beside.
PEERS := $(CARGO) build --release --locked --manifest-path benches/peers/Cargo.toml

bench: ## every figure and every peer in one table, and benches/RESULTS.md; an hour, most of it to build
	$(call say,"packages: what the other libraries are built with")
	@.ci/packages bench
	$(call say,"the other libraries: each OpenSSL by itself because a build has one of them only")
	$(PEERS) --package peer-openssl --bin openssl-system
	$(PEERS) --package peer-openssl --bin openssl-vendored --features vendored
	$(PEERS) --package peer-boringssl --package peer-s2n --package peer-aws-lc
	$(call say,"the library as it is shipped and the servers")
	$(servers)
	@benches/run

bench-quick: ## a look at the figures in under two minutes once it is built, peers in Rust only
	@benches/run quick

# The library by itself, so that it is the one that is shipped; then what is put under load, and by what.
define servers
$(CARGO) build --release --locked --package countersign-ffi
$(CARGO) build --release --locked --package countersign-tokio --example hyper
$(CARGO) build --release --locked --package countersign-cli
$(CARGO) build --release --locked --package countersign-bench-servers
endef

# Where they are built.
BUILT = $(or $(CARGO_TARGET_DIR),target)/release

bench-servers: ## nginx with the module beside nginx as it is, and the examples, under load
	@.ci/packages
	$(call say,"the library as it is shipped and the servers")
	$(servers)
	$(call say,"the modules - the examples in C - 28 servers - in turns: three minutes")
	@work=$$(mktemp -d) && trap 'rm -rf "$$work"' EXIT && TMPDIR=$$work $(BUILT)/bench-servers

fuzz: ## every fuzz target in turn, SECONDS=60 each
	@.ci/fuzz $(SECONDS)

tsan: ## C threads that decide while another reloads, under the thread sanitizer; needs nightly
	@.ci/tsan

# Also LIBDIR, INCLUDEDIR, BINDIR, and DESTDIR for packagers; bindings/c/install has them. Without the
# rights to write there: build as yourself, then `sudo make install ARTEFACTS=target/release`.
export PREFIX ?= /usr/local
PROFILE ?= release

install: ## library, header, pkg-config, CMake files and command, under PREFIX=/usr/local
ifndef ARTEFACTS
	$(CARGO) build --locked --profile $(PROFILE) --package countersign-ffi --package countersign-cli
endif
	@bindings/c/install install $(or $(ARTEFACTS),$(or $(CARGO_TARGET_DIR),target)/$(PROFILE:dev=debug))

uninstall: ## takes away what `make install` put under PREFIX
	@bindings/c/install uninstall

# The steps of `make test`. The workspace's tests come last, so that their closing lines are the
# last thing to be seen.

packages:
	$(call say,"packages: compilers of C and C++ - cmake - pkg-config - TLS peers - nginx")
	@.ci/packages

fmt:
	$(call say,"format")
	$(CARGO) fmt --all --check

lint:
	$(call say,"lint: warnings are errors")
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

docs:
	$(call say,"documentation: warnings are errors")
	RUSTDOCFLAGS=-Dwarnings $(CARGO) doc --workspace --no-deps --locked

structure:
	$(call say,"structure: the layers of the core")
	$(CARGO) xtask structure

header:
	$(call say,"header: the C ABI as it is committed")
	$(CARGO) xtask header --check

ring:
	$(call say,"the core on ring alone")
	$(CARGO) test --package countersign --no-default-features --features ring --locked

fuzz-smoke:
	$(call say,"fuzz: 20 s for each target")
	@.ci/fuzz 20 --smoke

conformance:
	$(call say,"conformance: x509-limbo - BetterTLS - PKITS - Wycheproof")
	$(CARGO) xtask conformance

tests:
	$(call say,"tests")
	$(CARGO) test --workspace --locked

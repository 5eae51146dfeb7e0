# What people type. `make` alone lists it.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test bench fuzz install uninstall \
	packages fmt lint docs structure ring fuzz-smoke tests

SHELL := /bin/bash
CARGO ?= cargo
# Seconds for each fuzz target in `make fuzz`; `make test` takes 20.
SECONDS := 60

say = @printf '\n==> %s\n' $(1)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## a CA, good and bad clients, a real mTLS server on loopback: a table of verdicts
	$(CARGO) run --locked --package countersign-cli -- demo

test: packages fmt lint docs structure ring fuzz-smoke conformance tests ## everything CI runs

bench: ## speed and memory, the peers written in Rust beside it in the same run
	$(CARGO) bench --locked --package countersign-benches

fuzz: ## every fuzz target in turn, SECONDS=60 each
	@.ci/fuzz $(SECONDS)

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
	$(call say,"packages: C and C++ compilers - cmake - pkg-config - openssl - curl - gnutls as TLS peers in the tests")
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

ring:
	$(call say,"the core on ring alone")
	$(CARGO) test --package countersign --no-default-features --features ring --locked

fuzz-smoke:
	$(call say,"fuzz: 20 s for each target")
	@.ci/fuzz 20 --if-possible

conformance:
	$(call say,"conformance: x509-limbo - BetterTLS - PKITS - Wycheproof")
	$(CARGO) xtask conformance

tests:
	$(call say,"tests")
	$(CARGO) test --workspace --locked

# SPDX-License-Identifier: MIT OR Apache-2.0
# The verbs of this project. Each sets up what it needs; a second run is quick.

.DEFAULT_GOAL := build
.PHONY: setup libtorch build worker demo test soak bench quality pictures docs goldens fmt lint deny \
	advisories fuzz clean

demo_photo := tests/fixtures/photos/coffee.jpg
demo_video := build/demo.mp4

setup:
	@scripts/setup.sh

## libtorch for the CPU, into build/libtorch; LIBTORCH=... names another one
libtorch:
	@scripts/libtorch.sh

## target/release/libgststillmotion.so and target/release/stillmotion
build: setup
	cargo build --release --locked

## target/release/stillmotion-worker, which runs models: beside the plugin it is found
worker: setup libtorch
	cargo build --release --locked -p stillmotion-models

## A real photo becomes build/demo.mp4
demo: build
	target/release/stillmotion render $(demo_photo) -o $(demo_video) \
		--prompt "slow orbit around the cup" --motion 6 --seed 7
	@echo "The video is $(CURDIR)/$(demo_video)"

## Everything that must hold before a change lands; the tests come last
test: setup libtorch lint deny docs
	cargo test --workspace --doc --locked
	G_DEBUG=fatal-warnings cargo test --workspace --lib --bins --tests --locked

## Ten minutes of hard work, during which memory must stay flat
soak: setup
	scripts/soak.sh

## Speed beside two peers, as in docs/src/benchmarks.md
bench: build worker
	scripts/bench.sh

## What clips look like, as numbers with limits; writes docs/src/quality.md
quality: build
	scripts/quality.sh

## The pictures of the docs
pictures: build
	scripts/pictures.sh

## Builds the API documentation, with warnings as errors
docs: libtorch
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --document-private-items

## Writes what the elements say of themselves into docs/, as the tests compare it
goldens: setup libtorch
	UPDATE_GOLDENS=1 cargo test --locked -p stillmotion-tests --test golden_docs

fmt:
	cargo fmt --all

lint: libtorch
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

## Licences and sources of the dependencies
deny:
	scripts/cargo-deny.sh

## Known weaknesses of the dependencies; fetches the list of RustSec
advisories:
	scripts/cargo-deny.sh advisories

## The property tests with 100 times as many cases
fuzz: setup libtorch
	PROPTEST_CASES=25600 cargo test --workspace --release --locked

clean:
	cargo clean
	rm -rf build

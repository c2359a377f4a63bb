# Every command of the repository. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
# Swift's build takes every core by itself, and the steps share .build.
.NOTPARALLEL:

# How many power cuts `make crash-test` simulates, and how often it kills the daemon.
IMAGES ?= 20000
KILLS ?= 200
# `make crash-test SEED=77` cuts and kills as it did before; without it every run is another one.
SEED ?=
seed = $(if $(SEED),--seed $(SEED))
# So many images are made three times as fast by a release build, which is worth its minutes then.
many = $(shell [[ $(IMAGES) -ge 20000 ]] && echo yes)
# Of so many mistakes in the journal `make mutants` makes one; SEED chooses which.
ONE_IN ?= 1
# How often two lanes race in `make proofs`, and how many histories of the offline bound it tries; of
# the feed's histories one for 5000 of them, of the copied terminals one for 1000, and of the messages on a
# hostile link one for 40.
ROUNDS ?= 100000
HISTORIES ?= 1000000
# How many presentations `make fleet` simulates, with several thousand faults in each million, and for how long at most.
FLEET_SWIPES = $(if $(filter file default,$(origin SWIPES)),20000000,$(SWIPES))
FLEET_MINUTES ?= 10
# The city of `make city`, whose people present their cards so often in its year.
UNITS ?= 120
PEOPLE ?= 20000
CITY_SWIPES = $(if $(filter file default,$(origin SWIPES)),10000000,$(SWIPES))
# How often `make peer-network` changes the network at random, beside its usual steps.
CHANGES ?= 4
# How often `make network-cuts` cuts the network in each direction.
CUTS ?= 48
# How many swipes `make bench` measures with each program, and how large its large ledger is (3 GB).
SWIPES ?= 2000
ACCOUNTS ?= 1000000
RECORDS ?= 10000000
# How long `make fuzz` looks in all, and at which of its targets alone.
SECONDS ?= 600
TARGETS ?=

# What the peers of the benchmarks are compiled with. They are measured, so they are optimised.
CFLAGS := -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror
PEERS := $(patsubst Benchmarks/%/main.c,.build/bench/%,$(wildcard Benchmarks/*/main.c))

.PHONY: help demo test lint crash-test proofs fleet city contract-test fuzz network-cuts peer-network vm-test mutants coverage bench bench-table contract peers build clean

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Serve a lunch on virtual readers and settle it; DEMO_EXIT=1 ends it afterwards.
	@Scripts/demo.sh

test: ## Everything that must pass: units, repository rules, the lunch in small.
	@Scripts/require.sh build
	@Scripts/test.sh
	@Scripts/small-lunch.sh

lint: ## Layout, repository rules, the services' sandbox scores, shell scripts.
	@Scripts/require.sh build lint
	@Scripts/lint.sh

crash-test: ## Cut the power IMAGES times and kill the daemon KILLS times; nothing lit is lost.
	@Scripts/require.sh build
	@Scripts/build.sh crash-test --build-tests
	@.build/debug/canteen-lab power-cut --seeded-bugs --images 400 $(seed)
	@.build/debug/canteen-lab power-cut --lying --images $$(($(IMAGES) / 10 + 100)) $(seed)
	@$(if $(many),Scripts/build.sh crash-test --configuration release --product canteen-lab)
	@.build/$(if $(many),release,debug)/canteen-lab power-cut --images $(IMAGES) $(seed)
	@Scripts/disk-full.sh
	@.build/debug/canteen-lab crash-test --kills $(KILLS) $(seed)

proofs: ## Race for the last meal, put an enemy on the link, copy terminals, check the feed, the offline bound, the readers.
	@Scripts/require.sh build
	@Scripts/build.sh proofs --build-tests
	@.build/debug/canteen-lab two-lanes --rounds $(ROUNDS) $(seed)
	@.build/debug/canteen-lab hostile-link --messages $$(($(HISTORIES) / 40 + 1000)) $(seed)
	@.build/debug/canteen-lab copied-identity --cases $$(($(HISTORIES) / 1000)) $(seed)
	@.build/debug/canteen-lab feed-model --histories $$(($(HISTORIES) / 5000 + 1)) $(seed)
	@.build/debug/canteen-lab ordinary-week --weeks $$(($(HISTORIES) / 200000 + 1)) $(seed)
	@.build/debug/canteen-lab offline-bound --histories $(HISTORIES) $(seed)
	@.build/debug/canteen-lab peer-groups --histories $(HISTORIES) $(seed)
	@.build/debug/canteen-lab reader-trials
	@.build/debug/canteen-lab reader-trials --seeded-bugs
	@.build/debug/canteen-lab reader-storm --minutes $$(($(HISTORIES) / 700 + 12)) $(seed)

fleet: ## Simulate a fleet: SWIPES presentations, everything fails that may, nothing lit is lost; SEED shows it again.
	@Scripts/require.sh build
	@Scripts/build.sh fleet --configuration release --product canteen-lab
	@.build/release/canteen-lab fleet --swipes $(FLEET_SWIPES) --minutes $(FLEET_MINUTES) $(seed)

city: ## A year of a city on both stores: every fen somewhere, every statement reckoned three times, byte-equal.
	@Scripts/require.sh build
	@Scripts/build.sh city --configuration release --product canteen-lab
	@Scripts/city.sh --units $(UNITS) --people $(PEOPLE) --swipes $(CITY_SWIPES) $(seed)

contract-test: ## Play a terminal against our centre, the guide's and faulty ones; pull a terminal from other centres.
	@Scripts/require.sh build contract
	@Scripts/build.sh contract-test --build-tests
	@.build/debug/canteen-lab conformance-trials
	@Scripts/schemathesis.sh
	@Scripts/schemathesis-office.sh

fuzz: ## Look for SECONDS for bytes that a codec or a driver does not bear.
	@Scripts/require.sh build
	@env -u SECONDS Scripts/fuzz.sh $(SECONDS) $(TARGETS)

peer-network: ## Cut and mend the network of three terminals without a centre; the caps hold. Needs root.
	@Scripts/require.sh build network
	@Scripts/build.sh peer-network --build-tests
	@.build/debug/canteen-lab peer-network --rounds $(CHANGES) $(seed)

network-cuts: ## Cut the network in the middle of every step of settling, CUTS times each way. Needs root.
	@Scripts/require.sh build network
	@Scripts/build.sh network-cuts --build-tests
	@.build/debug/canteen-lab network-cuts --cuts $(CUTS) $(seed)

coverage: ## Count what of the terminal's rules and of its journal their tests run; it must be all.
	@Scripts/require.sh build
	@Scripts/build.sh coverage --build-tests
	@.build/debug/canteen-lab coverage
	@.build/debug/canteen-lab coverage --of journal

mutants: ## Make every small mistake in the rules and in the journal; 90 % of them must be noticed.
	@Scripts/require.sh build
	@Scripts/build.sh mutants --build-tests
	@.build/debug/canteen-lab mutants
	@.build/debug/canteen-lab mutants --of journal --one-in $(ONE_IN) $(seed)

bench: peers ## Measure against the same work in C and PostgreSQL, on 10,000,000 records, and the readers.
	@Scripts/build.sh bench --configuration release
	@.build/release/canteen-lab bench --swipes $(SWIPES) --accounts $(ACCOUNTS) --records $(RECORDS)
	@.build/release/canteen-lab bench-centre
	@.build/release/canteen-lab bench-quarter --records $(RECORDS)
	@.build/release/canteen-lab bench-readers
	@.build/release/canteen-lab bench-table

bench-table: ## Write what make bench and make vm-test measured last into docs/benchmarks.md.
	@Scripts/require.sh build
	@Scripts/build.sh bench --product canteen-lab
	@.build/debug/canteen-lab bench-table --write

contract: ## Write the Swift code of the .proto files anew.
	@Scripts/require.sh build
	@Scripts/generate-contract.sh

vm-test: ## Try the release in a Debian guest under QEMU: real usbfs, udev, systemd, drivers and unplugs.
	@Scripts/require.sh build vm
	@Scripts/vm-test.sh

peers: ## Compile the C programs that `make bench` measures against.
	@Scripts/require.sh build
	@$(MAKE) --no-print-directory $(PEERS)

# One program each, of one file.
.build/bench/%-c: Benchmarks/%-c/main.c $(wildcard Benchmarks/*.h Benchmarks/*/*.h)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -I Benchmarks -o $@ $< -lsqlite3

.build/bench/%-postgres: Benchmarks/%-postgres/main.c Benchmarks/measure.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -I Benchmarks $(shell pkg-config --cflags libpq) -o $@ $< -lpq

build: ## Compile the four programs.
	@Scripts/require.sh build
	@Scripts/build.sh build

clean: ## Forget everything that was built; downloaded packages stay.
	@swift package clean
	@rm -rf .build/bench .build/coverage* .build/mutants* .build/*.log .build/tests*.xml

# TsDb: `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export DOTNET_NOLOGO := 1
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
BUILD := dotnet build -c Release --nologo -v minimal -clp:NoSummary
PUBLISH := dotnet publish -c Release --nologo -v minimal -clp:NoSummary
PROGRAMS := tsdb:TsDb.Cli tsdb-edge:TsDb.Edge tsdb-cloud:TsDb.Cloud

.PHONY: help build build-all test tidy sim sim-bites fuzz differential conformance integration bench bench-edge bench-mqtt bench-cluster chaos bench-queries bench-wire bench-drain bench-fleet bench-seal lint fmt demo run stop clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## the three programs: artifacts/bin/tsdb, tsdb-edge, tsdb-cloud
	@echo "building the programs, compiled ahead of time (the first time also restores packages: two minutes)"
	@$(PUBLISH) src/TsDb.Cli && $(PUBLISH) edge/TsDb.Edge && $(PUBLISH) cloud/TsDb.Cloud
	@$(MAKE) --no-print-directory launchers OF=publish

build-all:
	@echo "building everything (the first time restores packages: a minute or two)"
	@$(BUILD) TsDb.sln
	@$(MAKE) --no-print-directory launchers

# Each target's launchers start what it built: OF is publish (compiled ahead of time) or bin. An edge optimises at once
# what was not compiled ahead of time; of a plain build that is every method of its start, twice the processor time.
# Where the size of the processor's cache is not told, as on many virtual machines, the garbage collector would look at
# the young after each 2 MiB: 6 MiB (in hexadecimal, as the runtime reads it) saves a tenth of what questions cost.
.PHONY: launchers
launchers: OF ?= bin
launchers:
	@for p in $(PROGRAMS); do name=$${p%%:*} project=$${p##*:}; \
	  printf '#!/bin/sh\n%sexport DOTNET_GCgen0size="$${DOTNET_GCgen0size:-600000}"\nexec dotnet "$$(dirname "$$(readlink -f "$$0")")/../$(OF)/%s/release/%s.dll" "$$@"\n' \
	    '$(if $(filter bin,$(OF)),export DOTNET_TC_QuickJit=1; )' $$project $$name \
	    > artifacts/bin/$$name.new && chmod +x artifacts/bin/$$name.new && mv artifacts/bin/$$name.new artifacts/bin/$$name; done

test: build-all ## every test; ends with "tests: N passed, N failed"
	@tests/run.sh

tidy: ## the house rules only
	@$(BUILD) tests/TsDb.Tidy && TSDB_TEST_ONLY=Tidy tests/run.sh

sim: ## the deterministic simulation: SEEDS=1000 [FIRST=n], or SEED=n with its trace; COPIES= QUORUM= FORKS=1 force the plan
	@$(BUILD) tests/TsDb.Simulation
	@mkdir -p artifacts/sim && rm -f artifacts/sim/$(SEED).trace
	@TSDB_SIM_COPIES=$(COPIES) TSDB_SIM_QUORUM=$(QUORUM) TSDB_SIM_FORKS=$(FORKS) \
	  TSDB_SIM_SEEDS=$(SEEDS) TSDB_SIM_FIRST=$(FIRST) TSDB_SIM_SEED=$(SEED) TSDB_TEST_ONLY=Simulation \
	  TSDB_SIM_TRACE=$(if $(SEED),$(CURDIR)/artifacts/sim/$(SEED).trace) tests/run.sh; code=$$?; \
	  [ -z "$(SEED)" ] || cat artifacts/sim/$(SEED).trace; exit $$code

fuzz: ## mutated inputs for everything that takes bytes: COUNT=10000000 [SEED=n] [TARGET=name] [AT=n]
	@$(BUILD) tests/TsDb.Tests && TSDB_FUZZ_COUNT=$(or $(COUNT),10000000) TSDB_FUZZ_SEED=$(SEED) TSDB_FUZZ_TARGET=$(TARGET) \
	  TSDB_FUZZ_AT=$(AT) dotnet artifacts/bin/TsDb.Tests/release/TsDb.Tests.dll --no-ansi --filter-class '*.FuzzTests'

sim-bites: ## breaks a copy of the code on purpose, one way after the other: the simulation must see each
	@tests/TsDb.Simulation/bites.sh $(SEEDS)

differential: ## random tables and statements, everybody must answer the same: SEEDS=200 [SEED=first]
	@$(BUILD) tests/TsDb.Conformance && TSDB_DIFFERENTIAL_SEEDS=$(or $(SEEDS),200) TSDB_DIFFERENTIAL_SEED=$(or $(SEED),1) \
	  dotnet artifacts/bin/TsDb.Conformance/release/TsDb.Conformance.dll --no-ansi --progress off --filter-class '*DifferentialTests'

chaos: build-all build ## kills, freezes, cuts, lost disks, nodes added and leaving under load: MINUTES=10 NODES=3 [SEED=n]
	@TSDB_CHAOS_MINUTES=$(or $(MINUTES),10) TSDB_CHAOS_NODES=$(or $(NODES),3) TSDB_CHAOS_SEED=$(SEED) \
	  dotnet artifacts/bin/TsDb.Integration/release/TsDb.Integration.dll --no-ansi --progress off --show-live-output on \
	  --output detailed --filter-class '*ChaosTests'

.PHONY: mixed
mixed: build-all ## an older build's fleet goes over to this one, node by node: OLD=COMMIT [the version before]
	@tests/mixed.sh $(OLD)

conformance: build-all ## query scripts and client protocols
	@TSDB_TEST_ONLY=Conformance tests/run.sh

integration: build-all ## real processes, brokers and kills
	@TSDB_TEST_ONLY=Integration tests/run.sh

bench: build-all build ## micro benchmarks and an end-to-end load, with a table
	@dotnet artifacts/bin/TsDb.Bench/release/TsDb.Bench.dll --short
	@dotnet artifacts/bin/TsDb.Load/release/TsDb.Load.dll
	@dotnet artifacts/bin/TsDb.Load/release/TsDb.Load.dll mqtt
	@dotnet artifacts/bin/TsDb.Load/release/TsDb.Load.dll wire

bench-cluster: build-all build ## a lost node (LOAD_MEBIBYTES=512), a fourth one, many segments in a catalog (LOAD_SEGMENTS=30000)
	@dotnet artifacts/bin/TsDb.Load/release/TsDb.Load.dll cluster
	@dotnet artifacts/bin/TsDb.Load/release/TsDb.Load.dll catalog

.PHONY: bench-scale
bench-scale: build-all build ## the same questions over the same data on 1, 2, 4 and 8 nodes
	@dotnet artifacts/bin/TsDb.Load/release/TsDb.Load.dll scale

bench-edge: build-all build ## what ingest costs an edge that stands alone: rows per CPU second, p99, memory
	@dotnet artifacts/bin/TsDb.Load/release/TsDb.Load.dll edge

bench-mqtt: build-all build ## single points over MQTT from 50 clients, beside mosquitto
	@dotnet artifacts/bin/TsDb.Load/release/TsDb.Load.dll mqtt

bench-queries: build-all build ## the suite's 15 queries beside the rivals', then one node beside three
	@dotnet artifacts/bin/TsDb.Load/release/TsDb.Load.dll queries
	@dotnet artifacts/bin/TsDb.Load/release/TsDb.Load.dll spread

.PHONY: bench-fresh
bench-fresh: build-all build ## fresh questions over 100 edges, of which 10 are dead
	@dotnet artifacts/bin/TsDb.Load/release/TsDb.Load.dll fresh

bench-wire: build-all build ## bytes of an uplink against gzipped line protocol
	@dotnet artifacts/bin/TsDb.Load/release/TsDb.Load.dll wire

bench-drain: build-all build ## an outage of the uplink and what comes after it: LOAD_VALUES=50000000
	@dotnet artifacts/bin/TsDb.Load/release/TsDb.Load.dll drain

bench-fleet: build-all build ## a thousand edges in one process, three cloud nodes: LOAD_EDGES=1000
	@dotnet artifacts/bin/TsDb.Load/release/TsDb.Load.dll fleet

bench-seal: build-all ## sealing and compacting, and small writes beside it
	@dotnet artifacts/bin/TsDb.Load/release/TsDb.Load.dll seal

lint: ## formatting as a check
	@dotnet format TsDb.sln --verify-no-changes --no-restore

fmt: ## formatting
	@dotnet format TsDb.sln --no-restore

demo: build ## half a minute: a fleet of two edges and three cloud nodes, one killed and back
	@artifacts/bin/tsdb demo

.PHONY: kills
kills: build-all ## kill -9 of an edge under load: KILLS=100
	@TSDB_TEST_KILLS=$(or $(KILLS),100) dotnet artifacts/bin/TsDb.Integration/release/TsDb.Integration.dll \
	  --no-ansi --progress off --filter-class '*.KillTests' --output Detailed

run: build ## the same fleet on the default ports, left running; make stop ends it
	@artifacts/bin/tsdb demo --keep --dir artifacts/fleet

stop: ## ends the fleet of make run
	@artifacts/bin/tsdb demo --stop --dir artifacts/fleet

clean: ## build output away
	@rm -rf artifacts

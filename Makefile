# `make help` lists what can be made. Only apt (on Debian, as root, for what is missing) and Go modules use the network.

SHELL    := /bin/bash
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
FUZZTIME ?= 30s
# Golden events are frozen from the release that first stored them.
BASE     ?= $(shell git describe --tags --abbrev=0 2>/dev/null || git rev-parse HEAD)
NEEDS    := postgresql chromium cjk-fonts

.DEFAULT_GOAL := help
.PHONY: help build run test race lint generate verify fuzz bench

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build bin/andu
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-X main.version=$(VERSION)' -o bin/andu ./cmd/andu

run: build ## run a demonstration office on http://127.0.0.1:8080, with a PostgreSQL of its own; data in ./.andu
	@.ci/prepare install postgresql
	bin/andu serve --demo --data-dir ./.andu

test: ## vet and test everything, against a real PostgreSQL and a real browser; the last line names what the machine lacks
	@.ci/prepare install $(NEEDS)
	@status=0; \
	(set -x; go vet ./... && go test -timeout 20m -p 2 ./...) || status=$$?; \
	.ci/prepare report $(NEEDS) || status=1; \
	exit $$status

race: ## test everything with the race detector
	@.ci/prepare install $(NEEDS)
	go test -race -timeout 40m -p 2 ./...

bench: build ## measure the log against the raw limits of PostgreSQL on this machine, into docs/evidence
	@.ci/prepare install postgresql
	bin/andu --data-dir ./.andu-bench bench --evidence docs/evidence

lint: ## check the form of the code; with staticcheck where it is installed
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "gofmt: $$unformatted"; exit 1; }
	go vet ./...
	@if command -v staticcheck >/dev/null; then staticcheck ./...; else echo "staticcheck is not installed: left out"; fi

generate: ## write the generated pages anew: docs/events.md, docs/errors.md, schemas, THIRD_PARTY_NOTICES.md
	go generate ./...

verify: generate ## refuse generated files that are out of date, and golden events that differ from BASE (the last release)
	git diff --exit-code
	@changed=$$(git diff --name-only --diff-filter=a $(BASE) -- ':(glob)domain/*/testdata/**/*.json'); \
	[ -z "$$changed" ] || { echo "stored events may not change; raise the version and add a file instead:"; echo "$$changed"; exit 1; }

fuzz: ## fuzz each target for FUZZTIME
	@grep -roE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | while IFS=: read -r file func; do \
		name=$${func#func }; (set -x; go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "./$$(dirname "$$file")") || exit 1; \
	done

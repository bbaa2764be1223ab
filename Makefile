# Shortcuts. ./.ci/run does all of it, in order, without make.

VERSION ?= dev
COUNT ?= 5
BENCHTIME ?= 0.5s

.PHONY: conformance build static test race lint fuzz ledger bench bench-engine demo serve image ci clean

build: ## the program, ./bin/scimbridge
	go build -trimpath -ldflags "-X main.version=$(VERSION)" -o bin/scimbridge ./cmd/scimbridge

static: ## the same without any shared library, as the image has it
	CGO_ENABLED=1 go build -trimpath -tags sqlite_omit_load_extension,netgo,osusergo \
		-ldflags "-s -w -linkmode external -extldflags -static -X main.version=$(VERSION)" \
		-o bin/scimbridge ./cmd/scimbridge

test:
	go test ./...

race:
	go test -race ./...

lint: ## gofmt, vet, staticcheck, govulncheck
	./.ci/lint

fuzz: ## FUZZTIME=5m make fuzz
	./.ci/fuzz

ledger: ## docs/conformance.md anew: what each requirement is proved by
	go test -count=1 -v -run 'TestLedger$$' ./internal/ledger -update

conformance: ## our judge and those of others, against a fresh server (needs PyPI once)
	./.ci/judges

bench:
	go test -run '^$$' -bench . -benchmem ./...

bench-engine: ## the table of docs/performance.md; COUNT=6 make bench-engine
	go test -run '^$$' -bench '^BenchmarkEngine$$' -benchtime $(BENCHTIME) -count $(COUNT) -timeout 30m ./scim/enginebench | go run ./scim/enginebench/benchtable

demo: ## an Okta and an Entra push, and what each application then sees
	go run ./cmd/scimbridge demo

serve:
	go run ./cmd/scimbridge serve

image:
	docker build --build-arg VERSION=$(VERSION) -t scimbridge:$(VERSION) .

ci:
	./.ci/run

clean:
	rm -rf bin

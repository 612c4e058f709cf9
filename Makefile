# Few targets; each is one line that can be typed without make. Only Go is needed.
GO ?= go

.PHONY: build test check run fuzz generate sample-config

build:
	CGO_ENABLED=0 $(GO) build -trimpath -o haihe ./cmd/haihe

test:
	$(GO) test ./...

# Everything that is checked before a change lands; installs what it needs, see .ci/run.
check:
	.ci/run

run:
	$(GO) run ./cmd/haihe demo

fuzz:
	.ci/run fuzz

generate:
	$(GO) tool templ generate -path web/ui

sample-config:
	$(GO) run ./cmd/haihe config

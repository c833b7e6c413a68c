# Every target is one line of script; without make, run the line.
.PHONY: gen check test fuzz bench demo

gen: ## write the generated code anew from proto/
	cd tools && go run ./gen

check: ## format, vet, staticcheck, import arrows, generated code up to date
	bash scripts/check.sh

test: ## check, then every test, with and without the race detector
	bash scripts/test.sh

fuzz: ## fuzz every target for FUZZTIME (default 30s) each
	bash scripts/fuzz.sh

bench: ## the table of this library beside its peers
	bash scripts/bench.sh

demo: ## an exchange and a bot in one process: a first trade end to end
	@go build -C tools -o ../bin/smk ./smk && bin/smk demo $(ARGS)

# Every target is one line of script; without make, run the line.
.PHONY: build check gen test fuzz count bench bench-report demo prove bugs soak docs-check release-snapshot

build: ## the program, bin/smk
	go build -C tools -o ../bin/smk ./smk

check: ## format, vet, staticcheck, import arrows, generated code up to date
	bash scripts/check.sh

gen: ## write the generated code anew from proto/
	go run -C tools ./gen && go run -C bench/compare ./gen

test: ## check, then every test, with and without the race detector
	bash scripts/test.sh

fuzz: ## every target in turn for TIME (default 30s), and a table; before, the decoders over CASES (default 1000000) messages
	bash scripts/fuzz.sh

count: ## machine instructions of the hot paths against their table; ARGS=-update writes that anew
	@bash scripts/count.sh $(ARGS)

bench: ## the goals and what is measured for them, a few minutes; ARGS=-strict to fail if one is missed
	@bash scripts/bench.sh $(ARGS)

bench-report: ## the same, as a page with pictures in bench/report and tables in docs/performance.md and README.md
	@bash scripts/bench.sh -save ../report/results.json -page ../report/index.html -docs ../../docs/performance.md,../../README.md $(ARGS)

prove: ## small worlds with all that can happen, then days under faults: SEEDS=1000 FROM=0; of 10000 and more each mark has to be reached
	@go build -C tools -tags smkmarks -o ../bin/smk-prove ./smk && bin/smk-prove prove --small --seeds $(or $(SEEDS),1000) --from $(or $(FROM),0) \
		$(shell [ $(or $(SEEDS),1000) -lt 10000 ] || echo --marks) $(ARGS)

bugs: ## plants each bug of prove/bugs in turn and runs days until one fails; ARGS="-only engine/book -seeds 100"
	@bash scripts/bugs.sh $(ARGS)

soak: ## bots and an exchange as processes, whose connections break and which are killed: TIME=2m SEED=1
	@go build -C tools -o ../bin/smk ./smk && bin/smk soak --for $(or $(TIME),2m) $(if $(SEED),--seed $(SEED)) $(ARGS)

docs-check: ## links, snippets, commands and proofs of all pages
	bash scripts/docs.sh

release-snapshot: ## all that a release consists of, into dist/, without publishing; the first time takes minutes
	bash scripts/release.sh $(ARGS)

demo: ## an exchange and a bot: a first trade, and on a terminal a match in the browser; ARGS=-json for machines
	@bash scripts/demo.sh $(ARGS)

package main

// Examples of each command, for its help and its manual page. A test parses every line.

func (commands) Help() string { return exitCodes }

func (demoCommand) Help() string {
	return `The exchange is a process of its own. The bot quotes, its connection is cut, a goal halts the market, the
kill switch cancels what is left; in the end orders, positions and money are compared with the exchange's. With --dash
a browser shows a whole match, and the next one, until an interrupt.

Examples:

    smk demo
    smk demo --orders 1000 --json
    smk demo --journal recorded
    smk demo --dash --open
    smk demo --dash --control
    smk demo --nats
    smk demo --scenario match --speed 100`
}

func (dashCommand) Help() string {
	return `The page is served on this machine alone, unless --listen says otherwise, and reads the journal from a
process of its own: a bot does not notice it. Any moment of the journal can be shown again. With --control the page
has buttons that halt, flatten and resume a bot that takes commands, see plugin/smkcontrol.

Examples:

    smk dash --journal .
    smk dash --journal . --listen 127.0.0.1:8080 --name 200000=Home --open
    smk dash --sim 127.0.0.1:3701
    smk dash --journal . --control --bot http://127.0.0.1:9465 --token 0123456789abcdef`
}

func (watchCommand) Help() string {
	return `Keys: tab goes to the next contract, ? lists the others, q quits. With --json it prints what there is to
see at the journal's end, once.

Examples:

    smk watch --journal .
    smk watch --journal . --json
    smk watch --sim 127.0.0.1:3701 --plain`
}

func (simCommand) Help() string {
	return `It goes on until an interrupt. Accounts, markets, scenarios and faults are described in sim/README.md.

Examples:

    smk sim
    smk sim --tls --trust ca.pem
    smk sim --scenario goal --speed 10
    smk sim --faults drop=1%,delay=5%,delay-max=1s
    smk sim --truth :3702 --state exchange.state
    smk sim --play goal`
}

func (backtestCommand) Help() string {
	return `The bot is started once for each assumption about the queue, and again for each value of --set. It finds
the recorded market in {addr} and in SMK_ADDRESS. docs/backtest.md says what a result means.

Examples:

    smk backtest --journal j -- ./mybot -addr {addr}
    smk backtest --journal j --entry-latency 2ms --out results -- ./mybot -addr {addr}
    smk backtest --journal j --set skew=10,30 --jobs 2 -- ./mybot -addr {addr} -skew {skew}
    smk backtest --compare k -- ./mybot -addr {addr}
    smk backtest --show results/result.json --with before/result.json`
}

func (natsPublishCommand) Help() string {
	return `Streams that are not there yet are made. A publisher that ends goes on where the streams end; of two of
one account one is refused. docs/nats.md has the subjects, rights and formats.

Examples:

    smk nats publish --journal . --environment production --account mm1
    smk nats publish --journal . --url tls://n1:4222,tls://n2:4222 --replicas 3 --no-books`
}

func (natsFollowCommand) Help() string {
	return `Books first as they are, then as they change. A publisher that falls silent is told of within seconds.

Examples:

    smk nats follow
    smk nats follow --environment production --market 100000 --account mm1 --json
    smk nats follow --once`
}

func (natsRestoreCommand) Help() string {
	return `The journal has the same bytes as the one that was published, up to the stream's last message; smk
journal verify checks it.

Examples:

    smk nats restore --environment production --account mm1 --to restored`
}

func (natsAskCommand) Help() string {
	return `Commands but status are signed with the key in SMK_NATS_KEY, which the publisher has, too.

Examples:

    smk nats ask status --environment production --account mm1
    smk nats ask halt --environment production --account mm1 --reason prices`
}

func (doctorCommand) Help() string {
	return `No order is sent. Credentials come from the settings or from SMK_USERNAME and SMK_PASSWORD or SMK_TOKEN.

Examples:

    smk doctor --config bot.conf
    smk doctor --config bot.conf --profile sim
    smk doctor --address 127.0.0.1:3701 --plain
    smk doctor --config bot.conf --no-login --json`
}

func (configShow) Help() string {
	return `A flag wins over the environment (SMK_ADDRESS and so on), this over the profile, this over the rest of
the files, and these over the defaults. Of credentials it says set or unset.

Examples:

    smk config show --config bot.conf --origin
    smk config show --config bot.conf --profile sim --defaults
    smk config show --config bot.conf --set engine.wait=spin --json`
}

func (journalCat) Help() string {
	return `Examples:

    smk journal cat j --type ORDER_CREATE --from 12:00
    smk journal cat j --follow --market 100000
    smk journal cat j --kind log,refusal --json`
}

func (journalVerify) Help() string {
	return `The exit status is 3 if the journal is not complete.

Examples:

    smk journal verify j
    smk journal verify j --json`
}

func (journalStat) Help() string {
	return `Examples:

    smk journal stat j
    smk journal stat j --json`
}

func (journalOrders) Help() string {
	return `Examples:

    smk journal orders j --market 100000
    smk journal orders j --order 968884327 --json`
}

func (journalBook) Help() string {
	return `Examples:

    smk journal book j --contract 200000
    smk journal book j --market 100000 --at 12:00:00.5`
}

func (journalSlow) Help() string {
	return `Examples:

    smk journal slow j
    smk journal slow j --top 3 --json`
}

func (journalExport) Help() string {
	return `Examples:

    smk journal export j --to csv --output day.csv
    smk journal export j --to parquet --output day.parquet
    smk journal export j --to jsonl --output - --type ORDER_EXECUTED`
}

func (journalDiff) Help() string {
	return `The exit status is 1 if the journals differ.

Examples:

    smk journal diff j k
    smk journal diff j j --run-a 1 --run-b 2`
}

func (journalRedact) Help() string {
	return `Examples:

    smk journal redact j --output copy
    smk journal redact j --output copy --amounts`
}

func (journalRepair) Help() string {
	return `Examples:

    smk journal repair j --output copy
    smk journal repair j --output copy --json`
}

func (journalReplay) Help() string {
	return `The exit status is 3 if the bot does not do what it did.

Examples:

    smk journal replay j
    smk journal replay j --run 1 --json`
}

func (proveCommand) Help() string {
	return `A day that fails is shortened and printed. The exit status is 1 if one fails, and 4 if --marks misses a
mark.

Examples:

    smk prove
    smk prove --seeds 100 --random
    smk prove --from 248 --seeds 1 --trace day.txt
    smk prove --small --seeds 10 --json`
}

func (chaosCommand) Help() string {
	return `Examples:

    smk chaos --to 127.0.0.1:3701
    smk chaos --listen 127.0.0.1:0 --plan cut=0.1%,stall=1% --seed 7 --for 10m --json`
}

func (soakCommand) Help() string {
	return `The exit status is 1 if a bot differs from the exchange, and 4 if memory, goroutines or files grow.

Examples:

    smk soak --for 5m
    smk soak --for 1m --plain --seed 7 --json`
}

func (versionCommand) Help() string {
	return `Examples:

    smk version
    smk version --json`
}

func (completionCommand) Help() string {
	return `Bash reads them from a file called smk in ~/.local/share/bash-completion/completions, fish from smk.fish in
~/.config/fish/completions, zsh from _smk in a folder of $fpath.

Examples:

    smk completion bash
    smk completion zsh
    smk completion fish`
}

func (manCommand) Help() string {
	return `Examples:

    smk man
    smk man journal cat
    smk man --output man1`
}

func (importBetfair) Help() string {
	return `Files are read in the order given, plain, bzip2 or gzip. The journal is approximate, and says why.

Examples:

    smk import betfair 1.200000001.bz2 --out day
    smk import betfair 1.200000001.bz2 1.200000002.bz2 --out day --malformed-max 100 --json`
}

func (proxyCommand) Help() string {
	return `Clients of the exchange's protocol connect to it unchanged, programs in other languages by JSON. It goes
on until an interrupt; orders then stay, unless the settings say otherwise. Clients, rights and the JSON are described
in docs/proxy.md.

Examples:

    smk proxy --config bot.conf --clients clients.json --state proxy-state
    smk proxy --clients clients.json --listen 127.0.0.1:3701 --http 127.0.0.1:8701
    smk proxy --clients clients.json --listen 0.0.0.0:3701 --cert cert.pem --key key.pem
    smk proxy --schema`
}

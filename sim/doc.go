// Package sim is a simulated exchange that speaks the real protocol: accounts, markets, matching, and the
// server's half of the session layer. It is deterministic: what it does follows from a seed, the clock
// readings and the bytes of its clients.
//
// [Listen] returns a [Server] that clients reach by TCP, with or without TLS; [Local] one that is reached
// inside of the process. [New] returns a [Sim], the same exchange without sockets and without a clock of
// its own, for tests that drive both.
//
// Package [github.com/smk-go/smk/sim/exchange] is the exchange itself,
// [github.com/smk-go/smk/sim/fault] injects faults into its connections, and
// [github.com/smk-go/smk/sim/script] runs scenarios, reads accounts and markets from files, and has a
// plain client for tests.
//
// Clock readings are nanoseconds since 1970. Prices are in hundredths of a percent of the payoff,
// quantities in 1/10000 of payoff, and [Money] in units of 10^-8 of the currency.
package sim

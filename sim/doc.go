// Package sim is an exchange in a box that speaks the real protocol: accounts,
// markets, matching, and the server's half of a session. It is deterministic
// from a seed and the clock readings it is given.
//
// [Listen] makes a server that clients reach by TCP. [New] is the same without
// sockets or a clock of its own, for tests: a [Sim] is driven by hand.
//
// Package [github.com/smk-go/smk/sim/exchange] is the exchange itself,
// [github.com/smk-go/smk/sim/fault] injects faults into its connections, and
// [github.com/smk-go/smk/sim/script] runs scenarios, reads accounts and markets from files, and has a
// plain client for tests.
package sim

// Package sim is an exchange in a box that speaks the real protocol: accounts,
// markets, matching, and the server's half of a session. It is deterministic
// from a seed and the clock readings it is given.
//
// [Listen] makes a server that clients reach by TCP. [New] is the same without
// sockets or a clock of its own, for tests: a [Sim] is driven by hand.
//
// The parts are [github.com/smk-go/smk/sim/core], the exchange itself,
// [github.com/smk-go/smk/sim/peer], the session,
// [github.com/smk-go/smk/sim/life], participants that make markets move, and
// [github.com/smk-go/smk/sim/fault], connections on which things go wrong.
// [github.com/smk-go/smk/sim/setup] reads accounts and markets from files,
// [github.com/smk-go/smk/sim/scenario] runs what happens from files, and
// [github.com/smk-go/smk/sim/bot] is a plain client to test it all with.
package sim

// Package prove runs whole trading days in one goroutine: bots on the production engine, the simulated exchange with
// other participants, the network between them, under one virtual clock. Everything follows from a seed: what is
// traded, when a connection breaks, how long a handler takes, when a process stops or is killed. After every step the
// bots are compared with the exchange.
//
// [New] draws a [Schedule] from a seed, [Run] carries it out and returns a [Result]. A schedule that fails is shortened
// by [Shrink] to one that still fails. The same schedule gives the same digest in every run.
package prove

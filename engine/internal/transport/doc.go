// Package transport connects the engine's loop to the operating system: it opens
// connections, reads and writes them with TLS or without, sleeps until one of them
// or another goroutine needs the loop, reads the clock, and pins threads to CPUs.
//
// It knows bytes and clock readings, and nothing of the protocol. [Dial] calls a
// dialer, and [Open] or [OpenTLS] make a [Conn] of the result. On Linux the
// connections of package net are driven by their descriptors, through ppoll and
// an eventfd; all others through the deadlines of net.Conn.
//
// Steady reading and writing does not allocate, except that crypto/tls allocates
// 24 bytes for each record that it reads, and package net for a read that ends by
// its deadline.
package transport

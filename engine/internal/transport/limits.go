package transport

import "time"

const (
	// shortestRead is how long a Read that must not sleep may wait on a connection
	// without a descriptor: the shortest deadline with which package net still
	// reads the socket.
	shortestRead = 20 * time.Microsecond

	// retryWrite is how long a Write on such a connection may wait for room before
	// the loop reads again, and how long the loop then reads before it writes
	// again. roomWrite is the same after WaitWritable.
	retryWrite = time.Millisecond
	roomWrite  = 10 * time.Millisecond

	// A TLS record on the wire is a header and at most 16 KiB of plain text with
	// what encryption adds. recordBytesMax holds four.
	recordHeaderBytes = 5
	recordBytesMax    = 4 * (recordHeaderBytes + 16<<10 + 2<<10)

	// tlsWriteMax is how much plain text TLS encrypts at once. outboxBytes holds it
	// encrypted, in records that may start small, and what TLS sends of its own
	// accord.
	tlsWriteMax = 32 << 10
	outboxBytes = 2 * tlsWriteMax
)

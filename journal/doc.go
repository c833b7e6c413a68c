// Package journal keeps what happened on an engine's loop, in order, in files that survive the process: fixed
// records through a ring of one producer to one goroutine that writes them.
package journal

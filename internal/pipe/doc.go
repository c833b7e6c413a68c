// Package pipe is one direction of a connection under a virtual clock: bytes on their way, which arrive at clock
// readings and do not overtake each other.
package pipe

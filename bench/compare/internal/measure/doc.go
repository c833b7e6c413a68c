// Package measure times several ways to do the same work beside each other, in interleaved rounds
// of one process, so that what the machine does meanwhile hits all of them alike.
package measure

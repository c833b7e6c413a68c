// Package roundtrip measures what it takes to get from the wire to a decision and
// back: round trips over loopback against a peer that answers each order with its
// acceptance, and the hand-over of work to a loop that spins.
//
// Every client talks to the same peer, a program in C that does nothing but look
// for the ends of frames and send the next of its prepared replies. The floor is
// a client in C that sends prepared bytes and counts what comes back. Network
// times of one machine drift by more than what is to be shown, so nothing is
// compared across runs: clients take turns, and each is divided by the floor's
// runs right before and right after it.
package roundtrip

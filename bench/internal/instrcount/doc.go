// Package instrcount counts the machine instructions that a piece of code takes, without hardware counters and
// without a clock: the processor traps after every instruction while the trap flag is set, and a signal handler
// counts the traps.
//
// The count does not depend on the speed or the load of the machine. The code runs in a bubble of testing/synctest,
// whose clock stands still, after a warm-up, on one processor, without garbage collection and with all other threads
// stopped: the runtime's monitor is one of them, and it preempts goroutines that run for long. A copy that the
// runtime does with instructions of its own choice for a processor can differ between processors.
package instrcount

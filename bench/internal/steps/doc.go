// Package steps counts the machine instructions that a piece of code takes, without a clock and
// without hardware counters: a process of its own does the work while this one goes through it
// instruction by instruction with ptrace, between two breakpoints.
//
// The count does not depend on how fast or how busy the machine is. The process runs without
// garbage collection and without preemption by signals, after a warm-up; what is left, the
// runtime asking for the processor back, is met by counting several times and taking the least.
// A copy that the runtime does with instructions of its own choice for a processor can differ
// between processors.
package steps

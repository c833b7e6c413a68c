package journal

import "time"

// FullPolicy says what [Recorder.Append] does if the ring is full.
type FullPolicy uint8

// The policies.
const (
	FullCount FullPolicy = iota // the record is lost; a Lost record says how many were
	FullWait                    // it waits for the writer, but not for one whose disk fails
)

// Durability says when the writer makes sure that records survive a power cut. What is written survives the end of
// the process, however it ends, with each of them.
type Durability uint8

// The durabilities.
const (
	SyncInterval Durability = iota // once in Config.Interval
	SyncNone                       // never; the system does it at some time
	SyncGroup                      // after each group of records that the writer found in the ring
	SyncEach                       // after each record
)

// FailurePolicy says what is to follow on a failing disk. With each of them the writer goes on emptying the ring, so
// that the loop never waits for it, and counts what is lost; but with FailStop it tries again from time to time.
type FailurePolicy uint8

// The policies.
const (
	FailHalt     FailurePolicy = iota // the engine halts trading
	FailContinue                      // the engine goes on trading without a journal
	FailStop                          // the engine stops
)

// Config says where and how a journal is written.
type Config struct {
	Dir  string // folder of the journal, made if there is none; it has nothing else
	Name string // written into each segment: alias of the account or name of the bot, no credentials

	RingBytes    int // power of two, 4 KiB..1 GiB; 0 for 4 MiB
	SegmentBytes int // 16 KiB..1 GiB; 0 for 64 MiB
	OnFull       FullPolicy
	Durability   Durability
	Interval     time.Duration // of SyncInterval; 0 for a second
	OnFailure    FailurePolicy

	// KeepBytes and KeepFor are how much is kept: the oldest segments beyond them are removed, never the one being
	// written. 0 keeps all.
	KeepBytes int64
	KeepFor   time.Duration

	// Clock returns the clock whose readings are given to the Recorder, and Wall ns since the Unix epoch. The writer
	// calls them. nil is the system's monotonic and wall clock.
	Clock func() int64
	Wall  func() int64

	// Failed is called on the writer's goroutine with a [*DiskError] when the disk fails, and again if it fails after
	// it worked in between.
	Failed func(error)

	FS FS // nil for the system's; tests have one whose calls fail
}

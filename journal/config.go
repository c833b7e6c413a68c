package journal

import (
	"fmt"
	"time"
)

// FullPolicy says what [Recorder.Append] does if the ring is full.
type FullPolicy uint8

// The policies.
const (
	FullCount FullPolicy = iota // the record is lost; a Lost record says how many were
	FullWait                    // it waits for the writer, but not for one whose disk fails or hangs
)

// Durability says when the writer makes sure that records survive a power cut. What is written survives the end of
// the process, however it ends, with each of them.
type Durability uint8

// The durabilities.
const (
	SyncInterval Durability = iota // once in Config.Interval
	SyncNone                       // at Close alone; a power cut may leave damage anywhere in what was written
	SyncGroup                      // after each group of records that the writer finds, once in Config.Pause
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
	WaitMax      time.Duration // of FullWait: how long for room, then the disk hangs; 10 ms..1 h; 0 for 5 s
	Durability   Durability
	Interval     time.Duration // of SyncInterval; 0 for a second
	OnFailure    FailurePolicy

	// Pause is how long the writer waits before it writes what was appended meanwhile, 100 us..1 s; 0 for 50 ms. It
	// waits for less if the ring is a quarter full, and not at all with SyncEach. This is what is lost if the process
	// is killed. A turn of the writer takes its core for about 100 us, and the disk interrupts for what it synced: on a
	// machine with a core for each of two processes that talk to each other, one of a hundred round trips takes twice
	// as long with 2 ms, a tenth longer with 20 ms, and 7 % with 50 ms.
	Pause time.Duration

	// KeepBytes and KeepFor are how much is kept: the oldest segments beyond them are removed, never the one being
	// written. 0 keeps all.
	KeepBytes int64
	KeepFor   time.Duration

	// Clock returns the clock whose readings are given to the Recorder, and Wall ns since the Unix epoch. The writer
	// calls them. nil is the system's monotonic and wall clock.
	Clock func() int64
	Wall  func() int64

	// Failed is called on a goroutine of the journal's with a [*DiskError] when the disk fails, and again if it fails
	// after it worked in between. One that hangs with FullWait fails with [ErrHangs], and may fail with another error
	// then. Calls come one after the other, and the writer waits for them: they must not call Sync or Close.
	Failed func(error)

	FS FS // nil for the system's; tests have one whose calls fail
}

// withDefaults checks the settings and fills in those that are left out.
func (c Config) withDefaults() (Config, error) {
	c.RingBytes = orUsual(c.RingBytes, ringBytesUsual)
	c.SegmentBytes = orUsual(c.SegmentBytes, segmentUsual)
	c.Interval = orUsual(c.Interval, intervalUsual)
	c.Pause = orUsual(c.Pause, pauseUsual)
	c.WaitMax = orUsual(c.WaitMax, waitMaxUsual)
	if c.Clock == nil {
		c.Clock = monotonic
	}
	if c.Wall == nil {
		c.Wall = wallClock
	}
	if c.FS == nil {
		c.FS = OS{}
	}
	refuse := func(field, format string, args ...any) (Config, error) {
		return c, &ConfigError{field, fmt.Sprintf(format, args...)}
	}
	switch {
	case c.Dir == "":
		return refuse("Dir", "is empty")
	case len(c.Name) > NameBytesMax:
		return refuse("Name", "has %d bytes, at most %d", len(c.Name), NameBytesMax)
	case c.RingBytes < ringBytesMin || c.RingBytes > ringBytesMax || c.RingBytes&(c.RingBytes-1) != 0:
		return refuse("RingBytes", "is %d, not a power of two in %d..%d", c.RingBytes, ringBytesMin, ringBytesMax)
	case c.SegmentBytes < segmentBytesMin || c.SegmentBytes > segmentBytesMax:
		return refuse("SegmentBytes", "is %d, not in %d..%d", c.SegmentBytes, segmentBytesMin, segmentBytesMax)
	case c.OnFull > FullWait:
		return refuse("OnFull", "is %d, which is none", c.OnFull)
	case c.WaitMax < waitMaxLeast || c.WaitMax > waitMaxMost:
		return refuse("WaitMax", "is %v, not in %v..%v", c.WaitMax, waitMaxLeast, waitMaxMost)
	case c.Durability > SyncEach:
		return refuse("Durability", "is %d, which is none", c.Durability)
	case c.OnFailure > FailStop:
		return refuse("OnFailure", "is %d, which is none", c.OnFailure)
	case c.Interval < 0:
		return refuse("Interval", "is negative")
	case c.Pause < pauseMin || c.Pause > pauseMax:
		return refuse("Pause", "is %v, not in %v..%v", c.Pause, pauseMin, pauseMax)
	case c.KeepBytes < 0:
		return refuse("KeepBytes", "is negative")
	case c.KeepFor < 0:
		return refuse("KeepFor", "is negative")
	}
	return c, nil
}

func orUsual[T int | time.Duration](v, usual T) T {
	if v == 0 {
		return usual
	}
	return v
}

// payloadMax returns how much of a payload is kept: four records fit the ring, and four a segment.
func (c *Config) payloadMax() int {
	fixed := fileHeader + segmentSizeMax + sealSize
	return min(PayloadBytesMax, c.RingBytes/4-header, (c.SegmentBytes-fixed)/4-header) &^ 7
}

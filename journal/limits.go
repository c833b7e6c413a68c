package journal

import "time"

// Limits.
const (
	// PayloadBytesMax is the longest payload of a record. Small rings and segments have a smaller limit, see
	// [Recorder.PayloadMax].
	PayloadBytesMax = 1 << 20
	// NameBytesMax is the longest Config.Name.
	NameBytesMax = 64
	// SegmentsMax is the highest number of a segment, and how many a folder has.
	SegmentsMax = 999_999_999_999

	ringBytesMin     = 4 << 10
	ringBytesMax     = 1 << 30
	ringBytesUsual   = 4 << 20
	segmentBytesMin  = 16 << 10
	segmentBytesMax  = 1 << 30
	segmentUsual     = 64 << 20
	intervalUsual    = time.Second
	pollUsual        = 20 * time.Millisecond
	batchBytes       = 256 << 10              // of a write: what was copied into the ring is still in the cache
	readBytes        = 64 << 10               // of a read: what lies behind the end is read for nothing
	peekBytes        = 4 << 10                // of the first read of a place that may be the end
	pauseUsual       = 50 * time.Millisecond  // of the writer; each of its turns disturbs what else runs on its core
	pauseMin         = 100 * time.Microsecond // of the writer
	pauseMax         = time.Second            // of the writer
	waitMaxUsual     = 5 * time.Second        // for room, with FullWait
	waitMaxLeast     = 10 * time.Millisecond  // for room
	waitMaxMost      = time.Hour              // for room
	retryEvery       = time.Second            // after the disk failed
	gcEvery          = 250 * time.Millisecond // between looks at the garbage collector's numbers
	tidyEvery        = time.Minute            // between looks at the age of segments
	gcHistory        = 1024                   // of pauses: more than the runtime keeps
	offsetTries      = 3                      // readings of both clocks until one is not interrupted
	offsetGood       = int64(10 * time.Microsecond)
	searchBytesRatio = 16 // bytes that a search for a later record checks at most, by those of the segment
	openTries        = 8  // listings of a folder whose segments are removed meanwhile
)

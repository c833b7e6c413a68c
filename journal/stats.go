package journal

import "sync/atomic"

// Stats is what a journal did so far.
type Stats struct {
	Records  uint64 // written, but the writer's own
	Bytes    uint64 // written
	Lost     uint64 // records that were lost, as far as Lost records say so or will
	Written  uint64 // number of the last record that is written
	Synced   uint64 // number of the last record that is durable
	Syncs    uint64
	LastSync int64 // reading of Config.Clock when the last sync returned; 0 before the first
	Segment  uint64

	LagBytes   int    // committed and not yet written
	LagRecords uint64 // the same, in records

	Failed error // the *DiskError if the disk fails at the moment, else nil
}

// counters are what the writer counts.
type counters struct {
	records, bytes, lost, written, drained, synced, syncs, segment atomic.Uint64
	lastSync                                                       atomic.Int64
	failed                                                         atomic.Pointer[DiskError]
	hung                                                           *DiskError // what a disk that hangs fails with
}

func (c *counters) stats(r *ring) Stats {
	s := Stats{
		Records: c.records.Load(), Bytes: c.bytes.Load(), Lost: c.lost.Load(), Synced: c.synced.Load(),
		Syncs: c.syncs.Load(), LastSync: c.lastSync.Load(), Segment: c.segment.Load(),
	}
	// Head first: tail may then have run on, never back.
	head := r.head.Load()
	drained := c.drained.Load()
	s.Written = c.written.Load()
	tail := r.tail.Load()
	s.LagBytes = min(int(uint32(tail)-head), len(r.buf))
	s.LagRecords = uint64(uint32(tail>>32) - uint32(drained))
	if s.LagBytes == 0 {
		s.LagRecords = 0
	}
	if err := c.failed.Load(); err != nil {
		s.Failed = err
	} else if r.hangs.Load() {
		s.Failed = c.hung
	}
	return s
}

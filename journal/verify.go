package journal

import "io"

// Report is what Verify found.
type Report struct {
	Segments  int
	Sealed    int    // of the segments
	Records   uint64 // but the writer's own
	Bytes     int64  // of all records
	Gaps      int    // Lost records
	Lost      uint64 // records that they stand in for
	FirstSeq  uint64
	LastSeq   uint64
	FirstWall int64 // of the first and the last record, ns since the Unix epoch
	LastWall  int64
	TornBytes int64 // at the end
	Kinds     [256]uint64
}

// Verify reads a whole journal. The report says what was read before the error, which is one of [Reader.Next].
func Verify(dir string, c ReaderConfig) (Report, error) {
	var v Report
	r, err := OpenDir(dir, c)
	if err != nil {
		return v, err
	}
	defer r.Close()
	segment := uint64(0)
	for {
		rec, err := r.Next()
		if err == io.EOF {
			v.TornBytes = r.Torn()
			return v, nil
		}
		if err != nil {
			return v, err
		}
		if rec.Segment != segment {
			segment = rec.Segment
			v.Segments++
		}
		v.count(rec)
	}
}

func (v *Report) count(rec *Record) {
	if v.FirstWall == 0 {
		v.FirstWall = rec.Wall
	}
	v.LastWall = rec.Wall
	v.Bytes += int64(recordSize(len(rec.Payload)))
	v.Kinds[rec.Kind]++
	if rec.Own {
		if rec.Kind == KindSeal {
			v.Sealed++
		}
		return
	}
	if v.FirstSeq == 0 {
		v.FirstSeq = rec.Seq
	}
	v.Records++
	v.LastSeq = rec.Seq
	if rec.Kind == KindLost {
		info, _ := DecodeLost(rec.Payload) // Next has checked it
		v.Gaps++
		v.Lost += info.Records
		v.LastSeq += info.Records - 1
	}
}

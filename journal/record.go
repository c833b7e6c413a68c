package journal

// Record is a record as a [Reader] returns it.
type Record struct {
	// Seq is the number of the record in its journal, from 1. Each record has the number after the one before it, but
	// for two: a Lost record has the number of the first record that was lost, and the record behind it the number
	// behind the last; a record of the writer's own (Own) repeats the number before it.
	Seq     uint64
	Kind    Kind
	Flags   uint8
	Own     bool   // made by the writer of the journal, not by the Recorder
	Epoch   uint32 // connections opened, from 1; 0 before the first
	At      int64  // the loop's clock reading in ns
	Wall    int64  // ns since the Unix epoch: At and the offset that the writer measured last
	Payload []byte // valid until the next call of the reader
	Segment uint64 // number of the segment that has the record
	Offset  int64  // of the record in the segment
	Raw     []byte // all bytes of the record in the segment, Payload among them; valid as long
}

// SegmentInfo is what the first record of a segment says.
type SegmentInfo struct {
	Version   uint32 // of the format
	Number    uint64 // of the segment
	ClockBase int64  // wall clock less the loop's clock when the segment was begun, in ns
	Name      string // Config.Name
}

// SealInfo is what the last record of a segment says.
type SealInfo struct {
	FirstSeq uint64 // number of its first record that was not the writer's; 0 if it has none
	LastSeq  uint64 // number of the last, records that were lost included
	Records  uint64 // records but the writer's own
	Lost     uint64 // records that Lost records of the segment stand in for
}

// LostCause says why records were lost.
type LostCause uint8

// The causes.
const (
	LostRingFull LostCause = iota + 1 // the ring was full
	LostDisk                          // the disk failed
)

// String returns the cause in words.
func (c LostCause) String() string {
	switch c {
	case LostRingFull:
		return "ring full"
	case LostDisk:
		return "disk failed"
	}
	return "unknown cause"
}

// LostInfo is what a Lost record says.
type LostInfo struct {
	Records uint64
	Cause   LostCause
}

// GCInfo is what a GC record says.
type GCInfo struct {
	Collections uint64 // since the GC record before, or since the journal was opened
	Pause       int64  // all their pauses in ns
	PauseMax    int64  // the longest in ns
}

// DecodeSegment reads the payload of a KindSegment record. It returns [ErrPayload] if it is none.
func DecodeSegment(payload []byte) (SegmentInfo, error) {
	if len(payload) < segmentPayload || len(payload) > segmentPayload+NameBytesMax {
		return SegmentInfo{}, ErrPayload
	}
	return SegmentInfo{
		Version:   le.Uint32(payload),
		Number:    le.Uint64(payload[8:]),
		ClockBase: int64(le.Uint64(payload[16:])),
		Name:      string(payload[segmentPayload:]),
	}, nil
}

func appendSegmentInfo(b []byte, i *SegmentInfo) []byte {
	b = le.AppendUint64(b, uint64(i.Version))
	b = le.AppendUint64(b, i.Number)
	b = le.AppendUint64(b, uint64(i.ClockBase))
	return append(b, i.Name...)
}

// DecodeSeal reads the payload of a KindSeal record. It returns [ErrPayload] if it is none.
func DecodeSeal(payload []byte) (SealInfo, error) {
	if len(payload) != sealPayload {
		return SealInfo{}, ErrPayload
	}
	return SealInfo{
		le.Uint64(payload), le.Uint64(payload[8:]), le.Uint64(payload[16:]), le.Uint64(payload[24:]),
	}, nil
}

func appendSealInfo(b []byte, i *SealInfo) []byte {
	b = le.AppendUint64(b, i.FirstSeq)
	b = le.AppendUint64(b, i.LastSeq)
	b = le.AppendUint64(b, i.Records)
	return le.AppendUint64(b, i.Lost)
}

// add counts a record that is not the writer's, with all numbers from first to last.
func (i *SealInfo) add(kind Kind, first, last uint64) {
	if i.FirstSeq == 0 {
		i.FirstSeq = first
	}
	i.LastSeq = last
	i.Records++
	if kind == KindLost {
		i.Lost += last - first + 1
	}
}

// DecodeLost reads the payload of a KindLost record. It returns [ErrPayload] if it is none.
func DecodeLost(payload []byte) (LostInfo, error) {
	if len(payload) != lostPayload || le.Uint64(payload) == 0 {
		return LostInfo{}, ErrPayload
	}
	return LostInfo{le.Uint64(payload), LostCause(payload[8])}, nil
}

// DecodeGC reads the payload of a KindGC record. It returns [ErrPayload] if it is none.
func DecodeGC(payload []byte) (GCInfo, error) {
	if len(payload) != gcPayload {
		return GCInfo{}, ErrPayload
	}
	return GCInfo{le.Uint64(payload), int64(le.Uint64(payload[8:])), int64(le.Uint64(payload[16:]))}, nil
}

// DecodeWords reads the payload that [Recorder.Append2] writes. It returns [ErrPayload] if it is none.
func DecodeWords(payload []byte) (a, b uint64, err error) {
	if len(payload) != 16 {
		return 0, 0, ErrPayload
	}
	return le.Uint64(payload), le.Uint64(payload[8:]), nil
}

package journal

// Recorder is the end of a journal that belongs to one goroutine, the engine's loop. Its methods do not allocate, lock
// or call the system, but with FullWait while the ring is full, and where a Commit wakes the writer.
//
// Credentials are masked before a payload gets here: what is appended is written as it is.
type Recorder struct{}

// Mark is a position among what was appended and is not yet committed.
type Mark struct {
	pos  uint32
	seq  uint64
	lost uint64
}

// Append appends a record with a copy of the payload. at is the loop's clock reading in ns. A payload that is longer
// than PayloadMax is cut and gets [FlagTruncated]. The writer sees the record after Commit.
func (r *Recorder) Append(kind Kind, flags uint8, epoch uint32, at int64, payload []byte) {}

// Append2 is Append with a payload of two words, which [DecodeWords] reads.
func (r *Recorder) Append2(kind Kind, flags uint8, epoch uint32, at int64, a, b uint64) {}

// Reserve appends a record whose payload of n bytes the caller fills in before the next call. It returns PayloadMax
// bytes and sets [FlagTruncated] if n is more than that, and nil if the record is lost. The bytes are not zero.
func (r *Recorder) Reserve(kind Kind, flags uint8, epoch uint32, at int64, n int) []byte { return nil }

// Mark returns the position behind what was appended.
func (r *Recorder) Mark() Mark { return Mark{} }

// Rewind drops what was appended since the mark was taken. What is committed stays, also what a full ring with
// FullWait had to commit.
func (r *Recorder) Rewind(m Mark) {}

// Commit shows what was appended to the writer.
func (r *Recorder) Commit() {}

// Seq returns the number of the record that was appended last, lost ones included.
func (r *Recorder) Seq() uint64 { return 0 }

// Synced returns the number of the last record that is durable. Any goroutine may ask.
func (r *Recorder) Synced() uint64 { return 0 }

// PayloadMax returns how many bytes of a payload are kept.
func (r *Recorder) PayloadMax() int { return 0 }

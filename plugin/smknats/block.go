package smknats

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/nats-io/nats.go"

	"github.com/smk-go/smk/journal"
)

// Headers of a block. Its data are bytes of the journal as they are.
const (
	headerVersion   = "Smk-Version"   // of this format: 1
	headerSegment   = "Smk-Segment"   // id of the block: the segment, and
	headerOffset    = "Smk-Offset"    // the offset of its first byte there
	headerRecord    = "Smk-Record"    // number of the last record that ends in it or before
	headerPublisher = "Smk-Publisher" // random number of the publisher's run
	headerSealed    = "Smk-Sealed"    // 1 if the segment ends with the block
	headerPart      = "Smk-Part"      // 1 if the block ends within a record, which is longer than a block
	headerCut       = "Smk-Cut"       // 1 if what the log has of the segment behind the block's end is void
	headerWall      = "Smk-Wall"      // ns since the Unix epoch, of the last record that ends in it; 0 if there is none

	version = 1
)

// fileHeader is how many bytes a segment begins with; see package journal.
const fileHeader = 48

// Offsets in a record; see package journal.
const (
	recordNumber = 8
	recordClock  = 16
	recordWall   = 24
)

// segmentBytesMax is the longest segment that a journal has.
const segmentBytesMax = 1 << 30

// blockID is where a block is from.
type blockID struct {
	segment   uint64
	offset    int64
	record    uint64
	publisher string
	sealed    bool
	part      bool
	cut       bool
}

// place is a position between two bytes of a journal. The zero value is its beginning.
type place struct {
	segment uint64
	offset  int64
}

func (id *blockID) place() place { return place{id.segment, id.offset} }

// parseBlock reads a block's headers. The error is a *MessageError.
func parseBlock(subject string, sequence uint64, h nats.Header, size int) (id blockID, err error) {
	bad := func(format string, a ...any) (blockID, error) {
		return blockID{}, &MessageError{subject, sequence, fmt.Sprintf(format, a...)}
	}
	if v := h.Get(headerVersion); v != strconv.Itoa(version) {
		return bad("version %.16q of the format, want %d", v, version)
	}
	if id.segment, err = strconv.ParseUint(h.Get(headerSegment), 10, 64); err != nil || id.segment == 0 ||
		id.segment > journal.SegmentsMax {
		return bad("segment %.24q", h.Get(headerSegment))
	}
	id.offset, err = strconv.ParseInt(h.Get(headerOffset), 10, 64)
	if err != nil || id.offset < 0 || id.offset+int64(size) > segmentBytesMax {
		return bad("offset %.24q", h.Get(headerOffset))
	}
	if id.record, err = strconv.ParseUint(h.Get(headerRecord), 10, 64); err != nil {
		return bad("record %.24q", h.Get(headerRecord))
	}
	if id.publisher = h.Get(headerPublisher); len(id.publisher) != publisherBytes || size == 0 {
		return bad("no publisher, or no bytes")
	}
	id.part = h.Get(headerPart) == "1"
	id.sealed = h.Get(headerSealed) == "1"
	id.cut = h.Get(headerCut) == "1"
	return id, nil
}

// segmentPath returns the file of a segment.
func segmentPath(dir string, number uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%012d.smkj", number))
}

// readSegment returns n bytes of a segment. The error is that of the system.
func readSegment(dir string, number uint64, offset int64, n int) ([]byte, error) {
	f, err := os.Open(segmentPath(dir, number))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	b := make([]byte, n)
	_, err = io.ReadFull(io.NewSectionReader(f, offset, int64(n)), b)
	return b, err
}

// recordID is what tells a record from one of another journal at its place.
type recordID struct {
	number   uint64
	at, wall int64
}

// recordAt returns the record at a place of the journal in a folder, the zero value if there is none.
func recordAt(dir string, at place) recordID {
	b, err := readSegment(dir, at.segment, at.offset, recordWall+8)
	if err != nil {
		return recordID{}
	}
	word := func(offset int) uint64 { return binary.LittleEndian.Uint64(b[offset:]) }
	return recordID{word(recordNumber), int64(word(recordClock)), int64(word(recordWall))}
}

// checkBlock compares the last block of a stream with the journal in a folder. It returns a *MismatchError if they
// differ, and a *GapError if the journal does not have the segment any more.
func checkBlock(stream, dir string, id blockID, data []byte) error {
	local, err := readSegment(dir, id.segment, id.offset, len(data))
	mismatch := func(reason string) error {
		return &MismatchError{stream, dir, id.segment, id.offset, reason}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		first, last, err := segments(dir)
		switch {
		case err != nil:
			return err
		case id.sealed && first == id.segment+1:
			return nil // all of the segment that is gone was published
		case first > id.segment:
			return &GapError{dir, id.segment, id.offset + int64(len(data)), first}
		}
		return mismatch(fmt.Sprintf("the stream goes further than the journal, which ends with segment %d", last))
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return mismatch("the stream goes further than the segment")
	case err != nil:
		return fmt.Errorf("smknats: %w", err)
	case !bytes.Equal(local, data):
		return mismatch("the stream has other bytes there")
	}
	return nil
}

// segments returns the numbers of the first and the last segment in a folder, 0 if there is none.
func segments(dir string) (first, last uint64, err error) {
	names, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("smknats: %w", err)
	}
	for _, e := range names {
		var n uint64
		if _, err := fmt.Sscanf(e.Name(), "%012d.smkj", &n); err != nil || n == 0 ||
			e.Name() != filepath.Base(segmentPath("", n)) {
			continue
		}
		if first == 0 || n < first {
			first = n
		}
		last = max(last, n)
	}
	return first, last, nil
}

package journal

import (
	"hash/crc32"
	"io"
	"iter"
	"testing"
)

// present returns the records that there are at the moment.
func present(t *testing.T, r *Reader) iter.Seq[*Record] {
	return func(yield func(*Record) bool) {
		t.Helper()
		for {
			rec, err := r.Next()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !yield(rec) {
				return
			}
		}
	}
}

// mendHeader makes the checksum of a file's header right.
func mendHeader(b []byte) {
	le.PutUint32(b[atHeaderSum:], crc32.Checksum(b[:atHeaderSum], crcTable))
}

// mendRecords makes the checksums of the records right, as far as their lengths lead.
func mendRecords(b []byte) {
	for at := fileHeader; at+header <= len(b); {
		size, ok := usableHeader(b[at:], int64(len(b)-at))
		if !ok {
			return
		}
		le.PutUint32(b[at:], recordSum(le.Uint32(b[atSalt:]), b[at:at+size]))
		at += size
	}
}

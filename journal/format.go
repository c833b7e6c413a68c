package journal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
)

// The format is drawn in doc.go.
const (
	formatVersion = 1
	fileMagic     = "SMKJRNL\n"

	atVersion   = 8 // in the header of a file
	atSalt      = 12
	atNumber    = 16
	atCreated   = 24
	atHeaderSum = 44
	fileHeader  = 48

	atSum    = 0 // in the header of a record
	atLength = 4
	atSeq    = 8
	atClock  = 16
	atWall   = 24
	atEpoch  = 32
	atKind   = 36
	atFlags  = 37
	atMarks  = 38
	atZero   = 39
	header   = 40

	markOwn    = 1 << 0 // the writer's own
	markSynced = 1 << 1 // all before this record in the segment is durable
	marksKnown = markOwn | markSynced

	padLength = 1<<32 - 1 // in the ring: the rest up to its end is empty

	lostPayload    = 16
	lostSize       = header + lostPayload
	sealPayload    = 32
	sealSize       = header + sealPayload
	segmentPayload = 24 // and the name
	segmentSizeMax = header + segmentPayload + NameBytesMax
	ownSizeMax     = segmentSizeMax // of the writer's own records
	gcPayload      = 24
	gcSize         = header + gcPayload

	blockBytes = 4096 // of a file system: what a power cut keeps from being written reads as zeros in such blocks
)

var (
	le       = binary.LittleEndian
	crcTable = crc32.MakeTable(crc32.Castagnoli)
)

// recordSize returns the bytes of a record with a payload of n bytes.
func recordSize(n int) int { return header + (n+7)&^7 }

// recordSum returns the checksum of a whole record.
func recordSum(salt uint32, b []byte) uint32 { return crc32.Update(salt, crcTable, b[atLength:]) }

// putHeader fills in the header of a record, but for its checksum.
func putHeader(b []byte, n int, seq uint64, at, wall int64, epoch uint32, kind Kind, flags, marks uint8) {
	h := (*[header]byte)(b)
	le.PutUint32(h[atLength:], uint32(n))
	le.PutUint64(h[atSeq:], seq)
	le.PutUint64(h[atClock:], uint64(at))
	le.PutUint64(h[atWall:], uint64(wall))
	le.PutUint32(h[atEpoch:], epoch)
	h[atKind], h[atFlags], h[atMarks], h[atZero] = uint8(kind), flags, marks, 0
}

// usableHeader reports whether b can begin a record of at most room bytes, and returns its size.
func usableHeader(b []byte, room int64) (size int, ok bool) {
	n := le.Uint32(b[atLength:])
	if n > PayloadBytesMax || b[atKind] == 0 || b[atMarks]&^marksKnown != 0 || b[atZero] != 0 {
		return 0, false
	}
	size = recordSize(int(n))
	return size, int64(size) <= room
}

// putFileHeader fills in the header of a file.
func putFileHeader(b []byte, salt uint32, number uint64, created int64) {
	clear(b[:fileHeader])
	copy(b, fileMagic)
	le.PutUint32(b[atVersion:], formatVersion)
	le.PutUint32(b[atSalt:], salt)
	le.PutUint64(b[atNumber:], number)
	le.PutUint64(b[atCreated:], uint64(created))
	le.PutUint32(b[atHeaderSum:], crc32.Checksum(b[:atHeaderSum], crcTable))
}

// fileName is the name of a segment in its folder. Tools may add an ending to those of segments that they compressed.
func fileName(number uint64) string { return fmt.Sprintf("%012d%s", number, fileEnding) }

const (
	fileEnding = ".smkj"
	fileDigits = 12
	lockName   = "lock"
)

// numberOf returns the number of a segment by its name. plain says that it is not compressed.
func numberOf(name string) (number uint64, plain, ok bool) {
	digits, ending, found := strings.Cut(name, fileEnding)
	if !found || len(digits) != fileDigits || ending != "" && ending[0] != '.' {
		return 0, false, false
	}
	for _, d := range []byte(digits) {
		if d < '0' || d > '9' {
			return 0, false, false
		}
		number = number*10 + uint64(d-'0')
	}
	return number, ending == "", number > 0
}

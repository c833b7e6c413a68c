package statefile

import (
	"encoding/binary"
	"hash/crc32"
	"io"

	"github.com/smk-go/smk/internal/marks"
)

// An image. Numbers are little-endian.
//
//	0  magic            8  version of this format    12  version of the payload
//	16 owner            48 clock reading             56  length of the payload
//	64 CRC-32C of all before                         68  zero
//	72 payload
//	.. CRC-32C of the payload, zero to 8 bytes
const (
	magic   = "SMKSTATE"
	version = 1

	// HeaderBytes is what an image has before its payload, and TailBytes what it has behind it.
	HeaderBytes = 72
	TailBytes   = 8

	// ImageBytesMax is the size of the largest image.
	ImageBytesMax = 1 << 30
)

var crcTable = crc32.MakeTable(crc32.Castagnoli)

func sum(b []byte) uint32 { return crc32.Checksum(b, crcTable) }

// Owner says whose a file is: a hash of the account and the exchange.
type Owner [32]byte

// Image is what was read of one.
type Image struct {
	Saved   int64 // clock reading
	Payload []byte
}

// sealImage fills in the header of an image that has its payload behind room for it, and appends the tail.
func sealImage(b []byte, owner *Owner, payloadVersion uint32, saved int64) []byte {
	le := binary.LittleEndian
	copy(b, magic)
	le.PutUint32(b[8:], version)
	le.PutUint32(b[12:], payloadVersion)
	copy(b[16:48], owner[:])
	le.PutUint64(b[48:], uint64(saved))
	le.PutUint64(b[56:], uint64(len(b)-HeaderBytes))
	le.PutUint32(b[64:], sum(b[:64]))
	le.PutUint32(b[68:], 0)
	return le.AppendUint64(b, uint64(sum(b[HeaderBytes:])))
}

// parseImage checks an image. The payload is part of b.
func parseImage(path string, b []byte, owner *Owner, payloadVersion uint32) (Image, error) {
	le := binary.LittleEndian
	refuse := func(offset int, text string, err error) (Image, error) {
		marks.Hit(marks.ImageRefused)
		return Image{}, &Error{path, int64(offset), text, err}
	}
	switch {
	case len(b) < HeaderBytes+TailBytes:
		return refuse(len(b), "ends early", ErrDamaged)
	case string(b[:8]) != magic:
		return refuse(0, "is not a state", ErrDamaged)
	case le.Uint32(b[8:]) != version:
		return refuse(8, "has another format", ErrVersion)
	case le.Uint32(b[64:]) != sum(b[:64]) || le.Uint32(b[68:]) != 0:
		return refuse(64, "checksum of the header", ErrDamaged)
	case le.Uint32(b[12:]) != payloadVersion:
		return refuse(12, "has another payload", ErrVersion)
	case Owner(b[16:48]) != *owner:
		return refuse(16, "owner", ErrForeign)
	}
	body := b[HeaderBytes : len(b)-TailBytes]
	switch n := le.Uint64(b[56:]); {
	case n > uint64(len(body)):
		return refuse(len(b), "ends early", ErrDamaged)
	case n < uint64(len(body)):
		return refuse(HeaderBytes+int(n)+TailBytes, "goes on after its end", ErrDamaged)
	case le.Uint64(b[len(b)-TailBytes:]) != uint64(sum(body)):
		return refuse(len(b)-TailBytes, "checksum of the payload", ErrDamaged)
	}
	return Image{int64(le.Uint64(b[48:])), body}, nil
}

// readAll reads a file that has at most so many bytes.
func readAll(f File, path string, most int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return nil, &Error{path, int64(len(b)), "read", err}
	case int64(len(b)) > most:
		return nil, &Error{path, most, "read", ErrFull}
	}
	return b, nil
}

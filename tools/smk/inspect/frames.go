package inspect

import (
	"encoding/binary"

	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/wire"
)

// payloadMax is the longest payload that a client may take, whatever its limits were.
const payloadMax = 1 << 30

// message is one of a record.
type message struct {
	payload []byte
	frame   int   // bytes of its frame, and of frames without a payload before it
	cut     bool  // there is only the beginning of it
	err     error // it is the header of a frame that was refused
}

// appendMessages appends the messages of a record of received frames.
func appendMessages(all []message, r *journal.Record) []message {
	skipped, limits := 0, wire.Limits{PayloadBytesMax: payloadMax}
	for rest := r.Payload; len(rest) > 0; {
		payload, size, err := wire.Scan(rest, limits)
		m := message{payload: payload, frame: skipped + size, err: err}
		if err != nil || size == 0 { // a header that was refused, or the last frame of a record that was cut
			_, n := binary.Uvarint(rest)
			m.payload, m.frame = rest[max(n, 0):], skipped+len(rest)
			m.cut = r.Flags&journal.FlagTruncated != 0
			size = len(rest)
		}
		rest = rest[size:]
		if skipped += size; len(m.payload) > 0 || m.err != nil || m.cut {
			all, skipped = append(all, m), 0
		}
	}
	if len(all) > 0 {
		all[len(all)-1].frame += skipped
	}
	return all
}

// frameSize returns how long the frame of a payload is that we sent.
func frameSize(payload []byte) int {
	var header [binary.MaxVarintLen64]byte
	return max(binary.PutUvarint(header[:], uint64(len(payload)))+len(payload), wire.FrameBytesMin)
}

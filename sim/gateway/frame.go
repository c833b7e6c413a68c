package gateway

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/varint"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/sim/exchange"
)

// A frame as the exchange encodes it:
//
//	| length | 08 type | 12 len eto_payload | tag len body |
//
// where eto_payload is: 08 seq, 10 eto type (session messages only), 18 is_replay (always, even if
// false), and the body of a session message.

// writeFrame encodes one message into the ring and returns the ring's error, if any. The caller has
// set the envelope's sequence and is_replay. body is nil for a session message.
func writeFrame(out *ring.SendRing, e *msg.EtoPayload, t msg.PayloadType, body exchange.Message,
	rec ring.Record,
) error {
	etoSize, bodySize := e.SizeVT(), 0
	n := 1 + varint.Size(uint64(t)) + 1 + varint.Size(uint64(etoSize)) + etoSize
	if body != nil {
		bodySize = body.SizeVT()
		n += varint.Size(bodyTag(t)) + varint.Size(uint64(bodySize)) + bodySize
	}
	header := varint.Size(uint64(n))
	b, err := out.Reserve(header + n)
	if err != nil {
		return err
	}
	i := len(b)
	if body != nil {
		if _, err := body.MarshalToSizedBufferVT(b[:i]); err != nil {
			panic("BUG: sim: " + err.Error())
		}
		i = varint.PutBefore(b, i-bodySize, uint64(bodySize))
		i = varint.PutBefore(b, i, bodyTag(t))
	}
	if _, err := e.MarshalToSizedBufferVT(b[:i]); err != nil {
		panic("BUG: sim: " + err.Error())
	}
	i = varint.PutBefore(b, i-etoSize, uint64(etoSize))
	b[i-1] = 0x12
	i = varint.PutBefore(b, i-1, uint64(t))
	b[i-1] = 0x08
	if varint.PutBefore(b, i-1, uint64(n)) != 0 {
		panic("BUG: sim: a frame of another size than measured")
	}
	out.Commit(header+n, rec)
	return nil
}

// bodyTag returns the tag of the body's field, whose number is the type's plus one.
func bodyTag(t msg.PayloadType) uint64 { return uint64(t+1)<<3 | 2 }

// replayFlag returns the offset of is_replay's value in a frame that writeFrame encoded.
func replayFlag(frame []byte) int {
	i := 0
	skip := func() { _, i = varint.Read(frame, i) }
	skip() // length
	i++    // 08
	skip() // type
	i++    // 12
	skip() // length
	i++    // 08
	skip() // seq
	if frame[i] == 0x10 {
		i++
		skip()
	}
	if frame[i] != 0x18 {
		panic("BUG: sim: a sent frame without is_replay")
	}
	return i + 1
}

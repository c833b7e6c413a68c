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

// writeMessage encodes an application message into the ring and returns the ring's error, if any.
func writeMessage(out *ring.SendRing, seq uint64, body exchange.Message, replayed bool, rec ring.Record) error {
	t, bodySize := body.PayloadType(), body.SizeVT()
	etoSize := 1 + varint.Size(seq) + 2
	n := 1 + varint.Size(uint64(t)) + 2 + etoSize +
		varint.Size(bodyTag(t)) + varint.Size(uint64(bodySize)) + bodySize
	header := varint.Size(uint64(n))
	b, err := out.Reserve(header + n)
	if err != nil {
		return err
	}
	i := len(b) - bodySize
	if _, err := body.MarshalToSizedBufferVT(b); err != nil {
		panic("BUG: sim: " + err.Error())
	}
	i = varint.PutBefore(b, i, uint64(bodySize))
	i = varint.PutBefore(b, i, bodyTag(t))
	if b[i-1], b[i-2] = 0, 0x18; replayed {
		b[i-1] = 1
	}
	i = varint.PutBefore(b, i-2, seq)
	b[i-1], b[i-2], b[i-3] = 0x08, byte(etoSize), 0x12
	i = varint.PutBefore(b, i-3, uint64(t))
	b[i-1] = 0x08
	if varint.PutBefore(b, i-1, uint64(n)) != 0 {
		panic("BUG: sim: a frame of another size than measured")
	}
	out.Commit(header+n, rec)
	return nil
}

// writeFrame encodes one session message into the ring and returns the ring's error, if any. The caller has set the
// envelope's sequence and is_replay.
func writeFrame(out *ring.SendRing, e *msg.EtoPayload, rec ring.Record) error {
	etoSize := e.SizeVT()
	n := 1 + varint.Size(uint64(msg.PayloadEto)) + 1 + varint.Size(uint64(etoSize)) + etoSize
	header := varint.Size(uint64(n))
	b, err := out.Reserve(header + n)
	if err != nil {
		return err
	}
	if _, err := e.MarshalToSizedBufferVT(b); err != nil {
		panic("BUG: sim: " + err.Error())
	}
	i := varint.PutBefore(b, len(b)-etoSize, uint64(etoSize))
	b[i-1] = 0x12
	i = varint.PutBefore(b, i-1, uint64(msg.PayloadEto))
	b[i-1] = 0x08
	if varint.PutBefore(b, i-1, uint64(n)) != 0 {
		panic("BUG: sim: a frame of another size than measured")
	}
	out.Commit(header+n, rec)
	return nil
}

// bodyTag returns the tag of the body's field, whose number is the type's plus one.
func bodyTag(t msg.PayloadType) uint64 { return uint64(t+1)<<3 | 2 }

// replayFlag returns the offset of is_replay's value in a frame that writeFrame or writeMessage encoded.
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

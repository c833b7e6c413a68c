package session

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/wire"
)

// outbox encodes messages into the send ring, which keeps them for replays, and numbers them.
//
// What is urgent finds room whatever else waits for the socket, because the rest leaves it:
//
//	| application messages | cancels | session messages | order_cancel_all |
//	                       ^         ^                  ^
//	                       |         |                  what session messages leave
//	                       |         what cancels and reductions leave
//	                       what all other application messages leave
type outbox struct {
	frames   *ring.SendRing
	next     uint64        // sequence to use next
	lastSent int64         // clock reading at which something was queued
	leaves   [classes]room // what a message leaves of the ring, by its class
	bytesMax int           // longest frame of an application message
	sent     uint64        // messages, without those sent again
	control  msg.Payload   // for encoding session messages with a body
	tap      tap
	watched  bool      // by the tap or the recorder
	recorder *recorder // nil without Config.Record
}

// room is a part of the send ring.
type room struct{ bytes, records int }

// init divides the ring among the classes.
func (o *outbox) init(frames *ring.SendRing, t func(*TapRecord), r *recorder) {
	o.frames, o.next, o.recorder = frames, 1, r
	o.setTap(t)
	ring := frames.Config()
	o.leaves[classCancel] = room{cancelAllBytes + controlBytes, cancelAllRecords + controlRecords}
	most := room{
		o.leaves[classCancel].bytes + min(ring.Bytes/cancelShare, cancelBytesMax),
		o.leaves[classCancel].records + ring.Records/cancelShare,
	}
	o.leaves[classFree], o.leaves[classCreate] = most, most
	o.bytesMax = ring.Bytes - most.bytes
}

// setTap replaces the tap's function.
func (o *outbox) setTap(f func(*TapRecord)) {
	o.tap.set(f)
	o.watched = f != nil || o.recorder != nil
}

// watch shows a frame that was queued.
func (o *outbox) watch(now int64, frame []byte) {
	if o.recorder != nil {
		o.recorder.queue(now, frame)
	}
	if o.tap.f != nil {
		o.tap.frame(now, frame)
	}
}

// open begins a connection.
func (o *outbox) open(now int64, epoch uint32) { o.lastSent, o.tap.epoch = now, epoch }

// spent reports whether the sequences are used up.
func (o *outbox) spent() bool { return o.next > sequenceMax }

// rebase goes on with another sequence: what the ring keeps is of the session before.
func (o *outbox) rebase(next uint64) {
	o.next = next
	o.frames.Rebase(next)
}

// reserveFast reserves room for an application message that is written in one pass: much more than it
// needs. The error is one of ring where there is not so much.
func (o *outbox) reserveFast(c class) ([]byte, error) {
	leave := &o.leaves[c&(classes-1)]
	return o.frames.ReserveLeaving(envelope.EncodeFrameBytes, leave.bytes, leave.records)
}

// encodeSized encodes any application message, with a reference behind its own fields if that is not 0, also
// into the last bytes of room: it asks for the size before. It returns the size of the frame. The error is
// ErrTooLarge, ErrFull or a *wire.MarshalError.
func (o *outbox) encodeSized(typ msg.PayloadType, m wire.Marshaler, c class, reference uint64) (size int, err error) {
	own := m.SizeVT()
	if uint(own) > wire.OutboundBytesMax {
		return 0, refuseSize(own)
	}
	head := envelope.Header{Type: uint32(typ), Seq: o.next}
	n := own + referenceSize(reference)
	payload := head.SizeWithBody(n)
	if payload > wire.OutboundBytesMax {
		return 0, ErrTooLarge
	}
	size = envelope.FrameSize(payload)
	leave := &o.leaves[c&(classes-1)]
	region, err := o.frames.ReserveLeaving(size, leave.bytes, leave.records)
	if err != nil {
		if size > o.bytesMax {
			return 0, ErrTooLarge
		}
		marks.Hit(marks.RingFull)
		return 0, ErrFull
	}
	body := head.PutWithBody(envelope.PutFrameHeader(region, payload), n)
	if wrote, err := m.MarshalToSizedBufferVT(body[:own:own]); wrote != own || err != nil {
		return 0, &wire.MarshalError{Size: own, Wrote: wrote, Err: err}
	}
	if reference != 0 {
		putReference(body[own:], typ, reference)
	}
	return size, nil
}

// refuseSize is for messages of an impossible size.
func refuseSize(n int) error {
	if n < 0 {
		return &wire.MarshalError{Size: n}
	}
	return ErrTooLarge
}

// reserveControl reserves n bytes for a session message, or for a copy that the exchange requested.
func (o *outbox) reserveControl(n int) ([]byte, error) {
	return o.frames.ReserveLeaving(n, cancelAllBytes, cancelAllRecords)
}

// sendBare queues a session message without a body. The error is ErrFull or ErrSequenceSpent.
func (o *outbox) sendBare(now int64, etoType uint32) error {
	if o.spent() {
		return ErrSequenceSpent
	}
	head := envelope.Header{Type: uint32(msg.PayloadEto), Seq: o.next, EtoType: etoType}
	payload := head.Size()
	size := envelope.FrameSize(payload)
	region, err := o.reserveControl(size) // the ring is larger than any session message
	if err != nil {
		return ErrFull
	}
	head.Put(envelope.PutFrameHeader(region, payload))
	o.commit(now, size, kindSession|etoType, 0)
	return nil
}

// sendControl queues the session message in control, which has a body. The errors are those of sendBare.
func (o *outbox) sendControl(now int64, etoType uint32) error {
	if o.spent() {
		return ErrSequenceSpent
	}
	eto := o.control.MutableEtoPayload()
	eto.SetSeq(o.next)
	eto.SetType(msg.EtoPayloadType(etoType))
	payload, size, err := wire.Measure(&o.control)
	if err != nil {
		return err
	}
	region, err := o.reserveControl(size) // the ring is larger than any session message
	if err != nil {
		return ErrFull
	}
	if err := wire.PutFrame(region, &o.control, payload); err != nil {
		return err
	}
	o.commit(now, size, kindSession|etoType, 0)
	return nil
}

// commit gives the frame that was encoded last its sequence.
func (o *outbox) commit(now int64, size int, kind uint32, reference uint64) {
	o.frames.Commit(size, ring.Record{Seq: o.next, Stamp: now, Reference: reference, Kind: kind})
	o.next++
	o.lastSent = now
	o.sent++
	if o.watched { // last: it may panic
		frame, _, _ := o.frames.Frame(o.next - 1)
		o.watch(now, frame)
	}
}

// commitAgain queues the frame that was written to region: a copy, or a gapfill in its place. It has its
// old sequence, and is not kept.
func (o *outbox) commitAgain(now int64, region []byte) {
	o.frames.Commit(len(region), ring.Record{})
	o.lastSent = now
	if o.watched {
		o.watch(now, region)
	}
}

// Kinds of records in the send ring: the type of an application message, or the session's type with a mark.
const (
	kindSession = 1 << 31
	typeMax     = 1<<16 - 1 // of what may be sent; far beyond the schema
)

// ofKind returns the type of a kept frame and whether it is an application message.
func ofKind(kind uint32) (msg.PayloadType, bool) {
	if kind&kindSession != 0 {
		return msg.PayloadEto, false
	}
	return msg.PayloadType(kind), true
}

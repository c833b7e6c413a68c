package session

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// sentMax is how many sent frames wait to be recorded.
const sentMax = 16

// recorder shows to Config.Record what is sent and received, in order, when there is time: an order is on its way
// before it is recorded, and the frames that were taken out of the receive buffer at one clock reading are one record.
//
// What waits lies where it is: received frames until the receive buffer moves, sent ones in the send ring until the
// transport has taken them.
type recorder struct {
	f       func(*TapRecord)
	buffer  *wire.Buffer
	limits  wire.Limits
	epoch   uint32
	at      int64     // clock reading at which frames are taken out
	from    wire.Mark // of the received frames that wait
	sent    [sentMax]sentFrame
	waiting int // of sent
	record  TapRecord
	scratch []byte // for masked frames
}

// sentFrame is a sent frame that waits.
type sentFrame struct {
	frame  []byte
	at     int64
	behind wire.Mark // what had been received
}

func newRecorder(c *Config, buffer *wire.Buffer) *recorder {
	if c.Record == nil {
		return nil
	}
	return &recorder{
		f: c.Record, buffer: buffer, limits: c.Limits, scratch: make([]byte, wire.HeaderBytesMax+TapMaskBytesMax),
	}
}

// RecordNow shows to Config.Record all that was sent and received and was not shown yet. A driver that keeps other
// records besides calls it before each, so that all are in order.
func (s *Session) RecordNow() {
	if s.recorder != nil && !s.closed {
		s.recorder.flush()
	}
}

// flush shows what waits.
func (r *recorder) flush() {
	r.flushSent()
	r.showReceived(r.buffer.Mark())
}

func (r *recorder) flushSent() {
	for i := range r.waiting {
		f := &r.sent[i]
		r.showReceived(f.behind)
		payload, _, err := wire.Scan(f.frame, wire.Limits{})
		if err != nil {
			panic("BUG: session: the send ring holds no frame: " + err.Error())
		}
		r.record = maskedRecord(Outbound, r.epoch, f.at, payload, r.scratch[:TapMaskBytesMax])
		r.f(&r.record)
		f.frame = nil
	}
	r.waiting = 0
}

// showReceived shows the received frames up to a mark.
func (r *recorder) showReceived(to wire.Mark) {
	if frames := r.buffer.Between(r.from, to); len(frames) > 0 {
		r.from = to
		r.show(frames, false)
	}
}

func (r *recorder) show(frames []byte, truncated bool) {
	r.record = TapRecord{Direction: Inbound, Epoch: r.epoch, At: r.at, Payload: frames, Truncated: truncated}
	r.f(&r.record)
}

// queue notes a frame that was sent.
func (r *recorder) queue(now int64, frame []byte) {
	if r.waiting == sentMax {
		r.flushSent()
	}
	r.sent[r.waiting] = sentFrame{frame, now, r.buffer.Mark()}
	r.waiting++
}

// advance begins with another clock reading.
func (r *recorder) advance(now int64) {
	r.flush()
	r.at = now
}

// open begins a connection, whose receive buffer is empty.
func (r *recorder) open(epoch uint32) { r.epoch, r.from = epoch, r.buffer.Mark() }

// free is Free of the receive buffer, which moves what it holds.
func (r *recorder) free() []byte {
	r.flush()
	free := r.buffer.Free()
	r.from = r.buffer.Mark()
	return free
}

// received records the frame that was taken last by itself if its payload has credentials.
func (r *recorder) received(payload []byte) {
	if hasNoCredentials(payload) || !maskPayload(payload, false) {
		return
	}
	r.flushSent()
	to := r.buffer.Mark()
	frames := r.buffer.Between(r.from, to)
	r.from = to
	start := len(frames)
	for rest := frames; len(rest) > 0; {
		_, size, err := wire.Scan(rest, r.limits)
		if err != nil || size == 0 {
			panic("BUG: session: the receive buffer has taken no frame")
		}
		start, rest = len(frames)-len(rest), rest[size:]
	}
	if start > 0 {
		r.show(frames[:start], false)
	}
	frame := frames[start:]
	header := 1
	for frame[header-1] >= 0x80 {
		header++
	}
	masked := r.scratch[:min(len(frame), header+TapMaskBytesMax)]
	copy(masked, frame)
	maskPayload(masked[header:min(header+len(payload), len(masked))], true)
	r.show(masked, len(masked) < len(frame))
}

// watch shows a received payload to a tap, and sees to it that it is recorded without credentials.
func (s *Session) watch(payload []byte) {
	if s.recorder != nil {
		s.recorder.received(payload)
	}
	if t := &s.outbox.tap; t.f != nil {
		t.payload(Inbound, s.clock.now, payload)
	}
}

// mayHideLogin reports whether an application message that was decoded may have credentials: its envelope has a login
// or an answer to one, or it has fields, or a body, that were skipped. before is how many had been skipped before it.
func (s *Session) mayHideLogin(eto *msg.EtoPayload, before uint64) bool {
	return s.unknown.Fields != before || eto.HasLogin() || eto.HasLoginResponse()
}

package session

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// recorder shows to Config.Record what is received: runs of frames that were taken out of the receive buffer at one
// clock reading. Frames of different readings, connections or buffers are in different runs.
type recorder struct {
	from   wire.Mark // of the run that is not shown yet
	record TapRecord
}

// RecordReceived shows to Config.Record the frames that were taken out of the receive buffer since it was called last.
// A driver that keeps other records besides calls it before each, so that all are in order.
func (s *Session) RecordReceived() {
	if s.outbox.tap.record == nil || s.closed {
		return
	}
	if frames := s.buffer.Since(s.recorder.from); len(frames) > 0 {
		s.recorder.from = s.buffer.Mark()
		s.showFrames(frames, false)
	}
}

// freeRecorded is Free with a recorder: the receive buffer moves what it holds.
func (s *Session) freeRecorded() []byte {
	s.RecordReceived()
	free := s.buffer.Free()
	s.recorder.from = s.buffer.Mark()
	return free
}

func (s *Session) showFrames(frames []byte, truncated bool) {
	r := &s.recorder.record
	*r = TapRecord{Direction: Inbound, Epoch: s.epoch, At: s.clock.now, Payload: frames, Truncated: truncated}
	s.outbox.tap.record(r)
	r.Payload = nil
}

// mayHideLogin reports whether an application message that was decoded may have credentials: its envelope has a login
// or an answer to one, or it has fields, or a body, that were skipped. before is how many had been skipped before it.
func (s *Session) mayHideLogin(eto *msg.EtoPayload, before uint64) bool {
	return s.unknown.Fields != before || eto.HasLogin() || eto.HasLoginResponse()
}

// watch shows a received payload, or sees to it that it is recorded without credentials.
func (s *Session) watch(payload []byte) {
	t := &s.outbox.tap
	if t.record != nil && !hasNoCredentials(payload) && maskPayload(payload, false) {
		s.recordMasked(len(payload))
	}
	if t.f != nil {
		t.payload(Inbound, s.clock.now, payload)
	}
}

// recordMasked records the frame that was taken last, whose payload of n bytes has credentials, by itself.
func (s *Session) recordMasked(n int) {
	frames := s.buffer.Since(s.recorder.from)
	s.recorder.from = s.buffer.Mark()
	start := len(frames)
	for rest := frames; len(rest) > 0; {
		_, size, err := wire.Scan(rest, s.config.Limits)
		if err != nil || size == 0 {
			panic("BUG: session: the receive buffer has taken no frame")
		}
		start, rest = len(frames)-len(rest), rest[size:]
	}
	if start > 0 {
		s.showFrames(frames[:start], false)
	}
	frame := frames[start:]
	header := 1
	for frame[header-1] >= 0x80 {
		header++
	}
	masked := s.outbox.tap.scratch[:min(len(frame), header+TapMaskBytesMax)]
	copy(masked, frame)
	maskPayload(masked[header:min(header+n, len(masked))], true)
	s.showFrames(masked, len(masked) < len(frame))
}

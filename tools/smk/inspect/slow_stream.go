package inspect

import (
	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/journal"
)

// frame is a payload in the stream of a connection.
type frame struct {
	typ   string
	at    int64  // clock reading of its record
	end   uint64 // bytes of the stream up to its end
	size  int
	moved int64 // clock reading when it was read or written, 0 if that is not known
}

// stream is one direction of a connection.
type stream struct {
	end    uint64 // of the last frame
	moved  uint64 // bytes read or written
	frames []*frame
	marks  []mark
	broken bool // frames are missing: nothing can be counted any more
}

// mark is a read or write.
type mark struct {
	end uint64 // bytes read or written by then
	at  int64
}

// queue adds the frame of a payload.
func (q *stream) queue(e *Entry) *frame {
	f := &frame{at: e.At, size: e.Frame}
	if e.Flags&journal.FlagTruncated != 0 {
		q.markBroken()
	}
	if q.broken {
		return f
	}
	q.end += uint64(f.size)
	f.end = q.end
	q.frames = append(q.frames, f)
	q.resolve()
	return f
}

// move adds a read or write.
func (q *stream) move(n int, at int64) {
	if q.broken {
		return
	}
	q.moved += uint64(n)
	q.marks = append(q.marks, mark{q.moved, at})
	q.resolve()
}

// resolve finds out when frames were moved.
func (q *stream) resolve() {
	i, k := 0, 0
	for i < len(q.frames) && k < len(q.marks) {
		if q.frames[i].end > q.marks[k].end {
			k++
			continue
		}
		q.frames[i].moved = q.marks[k].at
		i++
	}
	q.frames = q.frames[:copy(q.frames, q.frames[i:])]
	q.marks = q.marks[:copy(q.marks, q.marks[k:])]
}

// markBroken gives up counting: records were lost, or a payload was cut.
func (q *stream) markBroken() { *q = stream{broken: true} }

// busyMin is the shortest time that is noted as busy, in ns.
const busyMin = 100_000

// tape follows what the loop did in a round, or a part of one.
func (s *tracker) tape(e *Entry) {
	type move struct {
		q *stream
		n int
	}
	var moves []move
	done := func(at int64) {
		for _, m := range moves {
			m.q.move(m.n, at)
		}
		moves = moves[:0]
	}
	last, polled := int64(0), true
	for _, t := range e.Tape {
		switch t.Kind {
		case engine.TapeRound:
			s.lastIn = nil // what follows is in another round
			polled = true
		case engine.TapeClock:
			s.now = max(s.now, t.At)
			done(t.At)
			if !polled && t.At-last >= busyMin {
				s.busy = append(s.busy, span{last, t.At, s.takenBefore(t.At)})
			}
			last, polled = t.At, false
		case engine.TapeRead:
			if polled = true; t.Bytes > 0 {
				moves = append(moves, move{&s.in, t.Bytes})
			}
		case engine.TapeWrite:
			if t.Bytes > 0 {
				moves = append(moves, move{&s.out, t.Bytes})
			}
		case engine.TapeDialed, engine.TapeSubmit, engine.TapeRequests, engine.TapeOther:
		}
	}
	done(max(last, e.At))
}

// takenBefore returns the type of the last message that was taken out before a clock reading.
func (s *tracker) takenBefore(at int64) string {
	for i := len(s.recent) - 1; i >= 0; i-- {
		if s.recent[i].at < at {
			return s.recent[i].typ
		}
	}
	return ""
}

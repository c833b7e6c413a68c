package pipe

import "math"

// Never is the clock reading at which bytes arrive that wait for [Pipe.Release].
const Never = int64(math.MaxInt64)

// Pipe holds bytes on their way, in order. The zero value is empty. It belongs to one goroutine.
type Pipe struct {
	segments []segment
	size     int
	last     int64 // when the newest bytes arrive
}

// segment is bytes that arrive together.
type segment struct {
	at    int64
	bytes []byte
}

// Push puts a copy of bytes on their way, which arrive at a clock reading, or with those before them if that is later.
func (p *Pipe) Push(at int64, b []byte) {
	if len(b) == 0 {
		return
	}
	p.last = max(p.last, at)
	p.size += len(b)
	if n := len(p.segments); n > 0 && p.segments[n-1].at == p.last {
		p.segments[n-1].bytes = append(p.segments[n-1].bytes, b...)
		return
	}
	p.segments = append(p.segments, segment{p.last, append([]byte(nil), b...)})
}

// Take copies bytes that have arrived at a clock reading, and returns how many.
func (p *Pipe) Take(now int64, to []byte) (n int) {
	for n < len(to) && len(p.segments) > 0 && p.segments[0].at <= now {
		s := &p.segments[0]
		m := copy(to[n:], s.bytes)
		n += m
		p.size -= m
		if s.bytes = s.bytes[m:]; len(s.bytes) == 0 {
			*s = segment{}
			p.segments = p.segments[1:]
		}
	}
	return n
}

// Due returns when the next bytes arrive, [Never] if there are none.
func (p *Pipe) Due() int64 {
	if len(p.segments) == 0 {
		return Never
	}
	return p.segments[0].at
}

// Size returns how many bytes are on their way, those that have arrived and are not taken yet included.
func (p *Pipe) Size() int { return p.size }

// Last returns when the newest bytes that were pushed arrive.
func (p *Pipe) Last() int64 { return p.last }

// Hold puts a copy of bytes on their way, a piece of its own that waits for [Pipe.Release].
func (p *Pipe) Hold(b []byte) {
	p.segments = append(p.segments, segment{Never, append([]byte(nil), b...)})
	p.size += len(b)
}

// Holds reports whether a piece waits.
func (p *Pipe) Holds() bool { return p.held() < len(p.segments) }

// Release has the oldest piece that waits arrive at a clock reading. There must be one.
func (p *Pipe) Release(now int64) { p.segments[p.held()].at = now }

// held returns the index of the oldest piece that waits.
func (p *Pipe) held() int {
	n := 0
	for n < len(p.segments) && p.segments[n].at != Never {
		n++
	}
	return n
}

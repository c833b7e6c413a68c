package backtest

import (
	"io"
	"math"
	"net"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/pipe"
	"github.com/smk-go/smk/sim/fault"
)

// link is a connection between a bot's engine and the exchange. The engine's end is a net.Conn whose methods do not
// wait. Without latencies bytes are where they are sent to at once.
type link struct {
	net.Conn // nil: only the methods below are called

	world    *world
	exchange *fault.Conn
	delayed  bool
	in, out  pipe.Pipe // to the engine, to the exchange
	endAt    int64     // when the engine notices the end, MaxInt64 while there is none
	closed   bool      // by the engine
	left     bool      // the exchange was told
	blocked  bool      // a write was not taken completely
	idle     bool      // there was nothing to read, and nothing has changed at the exchange's end
	ready    []byte    // what the exchange sends next, if that was asked for since
	frame    int       // bytes that are left of the frame that was cut
	frameAt  int64     // when they arrive
}

// Read implements net.Conn.
func (l *link) Read(b []byte) (int, error) {
	if l.delayed {
		if n := l.in.Take(l.world.now, b); n > 0 {
			return n, nil
		}
	} else if p := l.pending(); len(p) > 0 {
		n := copy(b, p)
		l.exchange.Written(n)
		l.ready = nil
		return n, nil
	} else if l.exchange.Closing() {
		l.endAt = l.world.now
	}
	if l.world.now >= l.endAt {
		return 0, io.EOF
	}
	return 0, nil
}

// pending returns what the exchange sends next.
func (l *link) pending() []byte {
	if len(l.ready) == 0 {
		l.ready = l.exchange.Pending()
	}
	return l.ready
}

// Write implements net.Conn.
func (l *link) Write(b []byte) (int, error) {
	w := l.world
	w.touched = true
	if l.delayed {
		n := min(len(b), windowBytes-l.out.Size())
		if n < len(b) {
			l.blocked = true
		}
		l.out.Push(w.now+w.latency.Entry.draw(w.random), b[:n])
		return n, nil
	}
	written := 0
	for written < len(b) && !l.left {
		free := l.exchange.Free()
		if free == nil {
			return len(b), nil // the exchange reads no more
		}
		if len(free) == 0 {
			l.blocked = true
			break
		}
		n := copy(free, b[written:])
		l.exchange.Filled(w.now, n)
		written += n
	}
	return written, nil
}

// Close implements net.Conn.
func (l *link) Close() error {
	l.closed = true
	return nil
}

// readableAt returns when a Read would return something.
func (l *link) readableAt() int64 {
	switch {
	case l.closed:
		return math.MaxInt64
	case l.delayed:
		return min(l.in.Due(), l.endAt)
	case l.exchange.Changed():
		l.idle, l.ready = false, nil
	}
	if l.blocked || !l.idle && (len(l.pending()) > 0 || l.exchange.Closing()) {
		return math.MinInt64
	}
	l.idle = true
	return l.endAt
}

// due returns when move has something to do.
func (l *link) due() int64 {
	if l.left || !l.delayed {
		return math.MaxInt64
	}
	return l.out.Due()
}

// move moves what has arrived at the exchange's end, and what the exchange sends.
func (l *link) move() {
	w := l.world
	for l.delayed && !l.left {
		moved := false
		if l.out.Due() <= w.now {
			free := l.exchange.Free()
			if free == nil {
				l.out = pipe.Pipe{}
			} else if n := l.out.Take(w.now, free); n > 0 {
				l.exchange.Filled(w.now, n)
				w.touched, moved = true, true
				l.blocked = false
			}
		}
		if b := l.exchange.Pending(); len(b) > 0 && l.in.Size() < windowBytes {
			if !l.closed {
				l.receive(b)
			}
			l.exchange.Written(len(b))
			moved = true
		}
		if moved {
			continue
		}
		if l.exchange.Closing() {
			l.endAt = min(l.endAt, max(l.in.Last(), w.now))
			l.leave()
		}
		break
	}
	if l.closed && (l.out.Size() == 0 || l.exchange.Closing()) {
		l.leave()
	}
}

// leave tells the exchange that the connection is over.
func (l *link) leave() {
	if !l.left {
		l.left = true
		l.exchange.Disconnected(l.world.now)
	}
}

// receive puts bytes of the exchange on their way to the engine: market data with one latency, what concerns orders
// with another. As on one connection nothing overtakes what was sent before.
func (l *link) receive(b []byte) {
	w := l.world
	for len(b) > 0 {
		if l.frame == 0 {
			n, feed := frameOf(b)
			latency := &w.latency.Response
			if feed {
				latency = &w.latency.Feed
			}
			l.frame, l.frameAt = n, w.now+latency.draw(w.random)
		}
		n := min(l.frame, len(b))
		l.in.Push(l.frameAt, b[:n])
		l.frame -= n
		b = b[n:]
	}
}

// frameOf returns the length of the frame at the beginning of b, and reports whether it has market data. Of a frame
// whose head is not whole it returns what there is.
func frameOf(b []byte) (n int, feed bool) {
	header, length, ok := headerOf(b)
	if !ok || header+2 > len(b) {
		return len(b), true
	}
	return max(4, header+length), isFeed(msg.PayloadType(b[header+1]))
}

func isFeed(t msg.PayloadType) bool {
	switch t {
	case msg.PayloadContractQuotes, msg.PayloadMarketQuotes, msg.PayloadMarketState, msg.PayloadMarketManagedState,
		msg.PayloadRunningballNotification:
		return true
	}
	return false
}

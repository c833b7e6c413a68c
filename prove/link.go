package prove

import (
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"net"

	"github.com/smk-go/smk/internal/pipe"
	"github.com/smk-go/smk/sim/fault"
)

// errReset is the error of a connection that broke.
var errReset = errors.New("prove: connection reset")

// Limits of a connection.
const (
	windowBytes  = 64 << 10 // on the way in one direction
	windowSmall  = 300      // likewise, of a connection that is slow
	segmentBytes = 4 << 10
)

// link is a connection between a bot and the exchange. The bot's end is a net.Conn whose methods do not wait.
type link struct {
	net.Conn // nil: only the methods below are called

	world    *World
	bot      *bot // nil if nobody follows what is written
	random   *rand.Rand
	exchange *fault.Conn
	latency  int64
	jitter   int64
	window   int  // bytes on the way to the exchange at most
	manual   bool // messages wait for [pipe.release]
	partial  bool // reads and writes return less than they could

	in, out   pipe.Pipe // to the bot, to the exchange
	endAt     int64     // when the bot notices the end, MaxInt64 while there is none
	reset     bool      // the end is a reset: what has not arrived is lost
	closed    bool      // by the bot
	abandoned bool      // the exchange has been told
	blocked   bool      // the exchange did not take what has arrived: a tick changes that
	clogged   bool      // nothing of the bot's is taken
	full      bool      // the bot could not write, for want of room
	late      int64     // how long after a cut the exchange reads what was on its way; 0: never
	cutUntil  int64     // when it does, MaxInt64 without such a cut
}

func (l *link) delay() int64 {
	d := l.latency
	if l.jitter > 0 {
		d += l.random.Int64N(l.jitter)
	}
	return d
}

// some returns how many of n bytes a call moves.
func (l *link) some(n int) int {
	if l.partial && n > 1 {
		return 1 + l.random.IntN(n)
	}
	return n
}

// Read implements net.Conn.
func (l *link) Read(b []byte) (int, error) {
	now := l.world.now
	if len(b) == 0 {
		return 0, nil
	}
	if n := l.in.Take(now, b[:l.some(len(b))]); n > 0 {
		return n, nil
	}
	if now >= l.endAt {
		if l.reset {
			return 0, errReset
		}
		return 0, io.EOF
	}
	return 0, nil
}

// Write implements net.Conn.
func (l *link) Write(b []byte) (int, error) {
	now := l.world.now
	if now >= l.endAt && l.reset {
		return 0, errReset
	}
	n := min(l.some(len(b)), l.window-l.out.Size())
	if n <= 0 || l.clogged {
		l.full = !l.clogged
		return 0, nil
	}
	if l.bot != nil {
		l.bot.wrote(b[:n])
	}
	if l.abandoned {
		return n, nil // into a socket whose peer is gone
	}
	if l.manual {
		holdFrames(&l.out, b[:n])
		return n, nil
	}
	l.out.Push(now+l.delay(), b[:n])
	return n, nil
}

// Close implements net.Conn.
func (l *link) Close() error {
	l.closed = true
	return nil
}

// due returns when pump has something to do.
func (l *link) due() int64 {
	if l.abandoned || l.blocked {
		return math.MaxInt64
	}
	if l.cutUntil != math.MaxInt64 {
		return max(l.cutUntil, l.out.Due())
	}
	return l.out.Due()
}

// readableAt returns when a Read would return something.
func (l *link) readableAt() int64 {
	if l.closed {
		return math.MaxInt64
	}
	return min(l.in.Due(), l.endAt)
}

// cut breaks the connection: what is on its way to the bot is lost. What is on its way to the exchange is lost, too, or
// the exchange serves it after a while, perhaps when the bot has logged in again.
func (l *link) cut(now int64) {
	if l.endAt != math.MaxInt64 {
		return
	}
	l.endAt, l.reset = now, true
	l.in = pipe.Pipe{}
	if l.late != 0 && l.out.Size() > 0 && !l.manual {
		l.cutUntil = now + l.late
		return
	}
	l.out = pipe.Pipe{}
	l.abandon(now)
}

// abandon tells the exchange that the connection is over.
func (l *link) abandon(now int64) {
	if !l.abandoned {
		l.abandoned = true
		l.exchange.Disconnected(now)
	}
}

// drained wakes a bot that could not write.
func (l *link) drained() {
	if l.full && l.bot != nil {
		l.full, l.bot.writable = false, true
	}
}

// pump moves bytes between the connection and the exchange.
func (l *link) pump(now int64) {
	l.blocked = false
	wasCut := l.cutUntil != math.MaxInt64
	if wasCut && now < l.cutUntil {
		return
	}
	for !l.abandoned {
		moved := 0
		if l.out.Due() <= now {
			if free := l.exchange.Free(); len(free) > 0 {
				if n := l.out.Take(now, free[:min(len(free), segmentBytes)]); n > 0 {
					l.exchange.Filled(now, n)
					l.drained()
					moved += n
				}
			} else if free == nil {
				l.out = pipe.Pipe{} // it reads no more
			} else {
				l.blocked = true
			}
		}
		if b := l.exchange.Pending(); len(b) > 0 && l.in.Size() < windowBytes {
			n := min(len(b), segmentBytes)
			if l.manual && !l.closed {
				holdFrames(&l.in, b[:n])
			} else if !l.closed && !wasCut {
				l.in.Push(now+l.delay(), b[:n])
			}
			l.exchange.Written(n)
			moved += n
		}
		if moved > 0 {
			continue
		}
		switch {
		case l.exchange.Closing():
			l.endAt = min(l.endAt, max(l.in.Last(), now+l.delay()))
			l.abandon(now)
		case (l.closed || wasCut) && l.out.Size() == 0:
			l.abandon(now)
		}
		return
	}
}

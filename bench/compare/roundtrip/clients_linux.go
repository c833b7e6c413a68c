package roundtrip

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"runtime"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/convert"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// turn is one turn of a client of this process: so many round trips that count, after a warm-up.
type turn struct {
	warm, total int
	interval    time.Duration // between two orders; 0 sends each as soon as the last one is answered

	done   int
	start  time.Time
	last   int64 // clock reading that the next time counts from
	before runtime.MemStats

	times  []uint32 // nanoseconds
	allocs float64  // of the whole process, per round trip; -1 for a process in C
}

func newTurn(warm, counted int, interval time.Duration) *turn {
	return &turn{
		warm: warm, total: warm + counted, interval: interval,
		start: time.Now(), times: make([]uint32, 0, counted), allocs: -1,
	}
}

func (t *turn) now() int64 { return int64(time.Since(t.start)) }

// note ends a round trip and reports whether that was the last one. The first order
// is sent without a reply before it, so its time is not noted. With an interval the next time counts from
// when the next order is due, not from now.
func (t *turn) note() (last bool) {
	now, due := t.now(), t.last
	if t.done > t.warm {
		t.times = append(t.times, uint32(min(now-t.last, 1<<32-1)))
	}
	if t.last = now; t.interval > 0 {
		t.last = due
	}
	switch t.done++; t.done {
	case t.warm + 1:
		runtime.ReadMemStats(&t.before)
		t.last = t.now()
	case t.total + 1:
		var after runtime.MemStats
		runtime.ReadMemStats(&after)
		t.allocs = float64(after.Mallocs-t.before.Mallocs) / float64(t.total-t.warm)
		return true
	}
	return false
}

// isDue reports whether it is time for the next order, and then counts from that time.
func (t *turn) isDue() bool {
	if t.now() < t.last+int64(t.interval) {
		return false
	}
	t.last += int64(t.interval)
	return true
}

// inC is a turn of the client in C, which waits busy or in its reads.
func (m *measurement) inC(wait string) func(*turn, *server) error {
	return func(t *turn, s *server) error {
		var out, said bytes.Buffer
		cmd := exec.Command(m.program, "client", wait, strconv.Itoa(m.cores[0]), m.scriptFile,
			s.port, strconv.Itoa(t.warm), strconv.FormatInt(int64(t.interval), 10))
		cmd.Stdout, cmd.Stderr = &out, &said
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("the client in C: %w: %s", err, said.String())
		}
		for b := out.Bytes(); len(b) >= 4; b = b[4:] {
			t.times = append(t.times, binary.NativeEndian.Uint32(b))
		}
		return nil
	}
}

// bot is an engine that sends an order for each acceptance.
type bot struct {
	*turn
	engine *engine.Engine
	order  msg.OrderCreate
	sent   int
	ready  bool // the exchange said how fast orders may come
	waits  bool // for an acceptance
	over   bool // the last one came
	failed error
}

// engine is a turn of a bot.
func (m *measurement) engine(wait engine.Wait) func(*turn, *server) error {
	return func(t *turn, s *server) error {
		b, err := m.newBot(t, s, wait)
		if err != nil {
			return err
		}
		return b.run(m.cores[0])
	}
}

// newBot makes a bot. Without an interval its engine waits so on the client's core.
func (m *measurement) newBot(t *turn, s *server, wait engine.Wait) (*bot, error) {
	config := engine.Config{
		Session: session.Config{Username: username, Password: password},
		Address: s.address(),
		Plain:   s.trust == nil,
		TLS:     s.trust,
		Pauses:  []time.Duration{time.Hour}, // one connection is all there is
	}
	if t.interval == 0 {
		config.Wait, config.LockThread, config.Pin, config.Core = wait, true, true, m.cores[0]
	}
	e, err := engine.New(config)
	return &bot{turn: t, engine: e}, err
}

// send sends the next order.
func (b *bot) send() {
	b.sent++
	b.waits = true
	fill(&b.order, b.sent)
	if _, err := b.engine.OrderCreate(&b.order); err != nil {
		b.failed = err
		_ = b.engine.Close()
	}
}

// run is one turn. Without an interval the loop is the engine's own, and each acceptance is answered by
// the next order. With one the loop is the bot's, on a core, and calls Poll while it waits.
func (b *bot) run(core int) error {
	b.engine.OnThrottleLimitsChanged(func(*engine.Event, *msg.ThrottleLimitsChanged) {
		if b.ready = true; b.interval == 0 {
			b.send()
		}
	})
	b.engine.OnOrderAccepted(func(*engine.Event, *msg.OrderAccepted) {
		b.waits = false
		switch b.over = b.note(); {
		case b.over:
			_ = b.engine.Close()
		case b.interval == 0:
			b.send()
		}
	})
	ended := make(chan error)
	if b.interval == 0 {
		go func() { ended <- b.engine.Run(context.Background()) }()
	} else {
		go func() { ended <- onCore(core, b.poll) }()
	}
	err := <-ended
	switch {
	case b.failed != nil:
		return b.failed
	case !errors.Is(err, engine.ErrClosed) || !b.over:
		return fmt.Errorf("the engine ended after %d of %d round trips: %w", b.done, b.total, err)
	}
	return nil
}

// poll is the loop of a bot with an interval.
func (b *bot) poll() (err error) {
	for err == nil {
		if b.ready && !b.waits && !b.over && (b.sent == 0 || b.isDue()) {
			if b.sent == 0 {
				b.last = b.now()
			}
			b.send()
		}
		err = b.engine.Poll()
	}
	return err
}

// naiveTurn is a turn of the client that one writes first: a connection, a buffered reader, the
// standard protobuf types, reads that sleep. It keeps no session: it counts what
// it sends and believes what it gets.
func naiveTurn(t *turn, s *server) error {
	conn, err := net.Dial("tcp", s.address())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	n := naive{conn: conn, reader: bufio.NewReader(conn)}
	var login, order msg.Payload
	order.MutableEtoPayload()
	login.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
	login.MutableLogin().SetUsernameString(username)
	login.MutableLogin().SetPasswordString(password)
	err = n.roundTrip(convert.PayloadToProto(&login), seto.PayloadType_PAYLOAD_THROTTLE_LIMITS_CHANGED)
	t.last = t.now()
	for last, orders := false, 1; err == nil && !last; orders++ {
		fill(order.MutableOrderCreate(), orders)
		m := convert.PayloadToProto(&order)
		if t.interval > 0 && t.done > 0 {
			for !t.isDue() {
			}
		}
		if err = n.roundTrip(m, seto.PayloadType_PAYLOAD_ORDER_ACCEPTED); err == nil {
			last = t.note()
		}
	}
	return err
}

type naive struct {
	conn    net.Conn
	reader  *bufio.Reader
	in, out []byte
	seq     uint64
}

// roundTrip gives a message the next sequence, sends it, and reads up to a message of a type.
func (n *naive) roundTrip(m *seto.Payload, want seto.PayloadType) error {
	n.seq++
	m.EtoPayload.Seq = proto.Uint64(n.seq)
	payload, err := proto.Marshal(m)
	if err != nil {
		return err
	}
	n.out = append(binary.AppendUvarint(n.out[:0], uint64(len(payload))), payload...)
	if _, err := n.conn.Write(n.out); err != nil {
		return err
	}
	for {
		length, err := binary.ReadUvarint(n.reader)
		if err != nil {
			return err
		}
		if length > 1<<20 {
			return fmt.Errorf("a message of %d bytes", length)
		}
		if cap(n.in) < int(length) {
			n.in = make([]byte, length)
		}
		n.in = n.in[:length]
		if _, err := io.ReadFull(n.reader, n.in); err != nil {
			return err
		}
		var m seto.Payload
		if err := proto.Unmarshal(n.in, &m); err != nil {
			return err
		}
		if m.GetType() == want {
			return nil
		}
	}
}

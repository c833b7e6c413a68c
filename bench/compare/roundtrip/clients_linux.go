package roundtrip

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protodelim"

	"github.com/smk-go/smk/bench/internal/settings"
	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/convert"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/journal"
)

// turn is one turn of a client: its measured round trips after a warm-up.
type turn struct {
	warm, total int

	done   int
	start  time.Time
	last   int64 // clock reading that the next time counts from
	before runtime.MemStats

	times  []uint32 // nanoseconds
	allocs float64  // of the whole process, per round trip; -1 for a process in C
}

func newTurn(warm, counted int) *turn {
	return &turn{warm: warm, total: warm + counted, start: time.Now(), times: make([]uint32, 0, counted), allocs: -1}
}

// record ends a round trip and reports whether that was the last one. The first order is sent without a reply before
// it, so its time is not recorded.
func (t *turn) record() (last bool) {
	now := int64(time.Since(t.start))
	if t.done > t.warm {
		t.times = append(t.times, uint32(min(now-t.last, 1<<32-1)))
	}
	t.last = now
	switch t.done++; t.done {
	case t.warm + 1:
		runtime.ReadMemStats(&t.before)
		t.last = int64(time.Since(t.start))
	case t.total + 1:
		var after runtime.MemStats
		runtime.ReadMemStats(&after)
		t.allocs = float64(after.Mallocs-t.before.Mallocs) / float64(t.total-t.warm)
		return true
	}
	return false
}

// runC returns a turn of the client in C, which polls or sleeps in its reads.
func (m *measurement) runC(wait string) func(*turn, *server) error {
	return func(t *turn, s *server) error {
		var stdout, stderr bytes.Buffer
		cmd := exec.Command(m.program, "client", wait, strconv.Itoa(m.cores[0]), m.scriptFile,
			s.port, strconv.Itoa(t.warm))
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("the client in C: %w: %s", err, stderr.String())
		}
		for b := stdout.Bytes(); len(b) >= 4; b = b[4:] {
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
	failed error
}

// withState turns all of the trading state on.
func withState(c *engine.Config) {
	settings.EnableState(c)
	c.State.DisableFollow = true // what the engine sent by itself would take sequences that the script's answers name
	settings.Limit(c, scriptMarket, scriptContracts/contractsInMarket)
	b := &c.State.Books
	b.Orders, b.Contracts, b.Markets = 1<<14, scriptContracts, scriptContracts/contractsInMarket
}

// withJournal turns a journal on that is made durable group by group.
func (m *measurement) withJournal(c *engine.Config) {
	c.Journal = journal.Config{
		Dir: filepath.Join(m.dir, "journal"), Durability: journal.SyncGroup,
		KeepBytes: 256 << 20,
	}
}

// engine returns a turn of a bot with this kind of wait.
func (m *measurement) engine(wait engine.Wait, sets ...func(*engine.Config)) func(*turn, *server) error {
	return func(t *turn, s *server) error {
		b, err := m.newBot(t, s, wait, sets...)
		if err != nil {
			return err
		}
		return b.run()
	}
}

// newBot returns a bot. Its engine runs on the client's core.
func (m *measurement) newBot(t *turn, s *server, wait engine.Wait, sets ...func(*engine.Config)) (*bot, error) {
	c := settings.Plain()
	c.Session = session.Config{Username: username, Password: password}
	c.Address, c.DisableTLS, c.TLS = s.address(), s.tls == nil, s.tls
	c.ReconnectBackoff = []time.Duration{time.Hour} // one connection is all there is
	c.Wait, c.LockThread, c.Pin, c.Core = wait, true, true, m.cores[0]
	for _, set := range sets {
		set(&c)
	}
	e, err := engine.New(c)
	return &bot{turn: t, engine: e}, err
}

// send sends the next order.
func (b *bot) send() {
	b.sent++
	fill(&b.order, b.sent)
	if _, err := b.engine.SendOrderCreate(&b.order); err != nil {
		b.failed = err
		_ = b.engine.Close()
	}
}

// run runs one turn: each acceptance is answered by the next order.
func (b *bot) run() error {
	b.engine.OnThrottleLimitsChanged(func(*engine.Event, *msg.ThrottleLimitsChanged) { b.send() })
	b.engine.OnOrderAccepted(func(*engine.Event, *msg.OrderAccepted) {
		if b.record() {
			_ = b.engine.Close()
			return
		}
		b.send()
	})
	ended := make(chan error)
	go func() { ended <- b.engine.Run(context.Background()) }()
	err := <-ended
	switch {
	case b.failed != nil:
		return b.failed
	case !errors.Is(err, engine.ErrClosed) || b.done <= b.total:
		return fmt.Errorf("the engine ended after %d of %d round trips: %w", b.done, b.total, err)
	}
	return nil
}

// naiveTurn is a turn of a simple client: a connection, buffers, the standard protobuf library, reads that sleep. It
// has no session: it counts what it sends and checks nothing.
func naiveTurn(t *turn, s *server) error {
	conn, err := net.Dial("tcp", s.address())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	in, out, seq := bufio.NewReader(conn), bufio.NewWriter(conn), uint64(0)
	// roundTrip sends a message with the next sequence and reads up to a message of a type.
	roundTrip := func(request *msg.Payload, want seto.PayloadType) error {
		seq++
		request.MutableEtoPayload().SetSeq(seq)
		_, err := protodelim.MarshalTo(out, convert.PayloadToProto(request))
		if err := errors.Join(err, out.Flush()); err != nil {
			return err
		}
		for {
			var m seto.Payload
			if err := protodelim.UnmarshalFrom(in, &m); err != nil || m.GetType() == want {
				return err
			}
		}
	}
	var login, order msg.Payload
	login.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
	login.MutableLogin().SetUsernameString(username)
	login.MutableLogin().SetPasswordString(password)
	err = roundTrip(&login, seto.PayloadType_PAYLOAD_THROTTLE_LIMITS_CHANGED)
	for last, orders := false, 1; err == nil && !last; orders++ {
		fill(order.MutableOrderCreate(), orders)
		if err = roundTrip(&order, seto.PayloadType_PAYLOAD_ORDER_ACCEPTED); err == nil {
			last = t.record()
		}
	}
	return err
}

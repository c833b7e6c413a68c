package smkcontrol_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/plugin/smkcontrol"
	"github.com/smk-go/smk/sim"
)

// shortly is how long requests wait for a loop that does not answer.
const shortly = 300 * time.Millisecond

// hang has a handler not return until release is called.
func (b *bot) hang() (release func()) {
	b.t.Helper()
	in, out := make(chan struct{}), make(chan struct{})
	if err := b.engine.Submitter().Do(func() {
		close(in)
		<-out
	}, nil); err != nil {
		b.t.Fatal(err)
	}
	<-in
	release = sync.OnceFunc(func() { close(out) })
	b.t.Cleanup(release)
	return release
}

// TestHaltHung halts a bot whose loop hangs, while as many others wait for it as may: the halt is in force at once, and
// the answer says so, and that orders may be left.
func TestHaltHung(t *testing.T) {
	b := newBot(t)
	b.place(odds.Buy, 4000, 20_000)
	b.until(1, 0, "active")
	b.control.SetTimeout(shortly)
	release := b.hang()
	var wait sync.WaitGroup
	for range smkcontrol.RequestsMax {
		wait.Go(func() { b.ask(http.MethodGet, "/mode", "", nil) })
	}
	for b.control.Waiting() < smkcontrol.RequestsMax {
		time.Sleep(time.Millisecond)
	}
	status, a := b.ask(http.MethodPost, "/halt", "", nil)
	if status != http.StatusServiceUnavailable || a.Mode != "halted" || !strings.Contains(a.Error, "no order leaves") {
		t.Errorf("halt: %d %+v", status, a)
	}
	release()
	wait.Wait()
	b.until(0, 0, "halted")
}

// TestResumeLate asks a bot whose loop hangs to resume: what was answered not to be done is not done when the loop goes
// on.
func TestResumeLate(t *testing.T) {
	b := newBot(t)
	b.ask(http.MethodPost, "/halt", "", nil)
	b.until(0, 0, "halted")
	b.control.SetTimeout(shortly)
	release := b.hang()
	for _, path := range []string{"/resume", "/flatten"} {
		status, a := b.ask(http.MethodPost, path, "", nil)
		if status != http.StatusServiceUnavailable || !strings.Contains(a.Error, "nothing was done") {
			t.Errorf("%s: %d %+v", path, status, a)
		}
	}
	release()
	b.control.SetTimeout(patience) // nothing else is being asked
	if _, a := b.ask(http.MethodGet, "/mode", "", nil); a.Mode != "halted" {
		t.Errorf("the bot trades again although the request had failed: %+v", a)
	}
}

// TestResumeThenHang resumes a bot whose loop hangs as soon as it has: the answer does not say that nothing was done.
func TestResumeThenHang(t *testing.T) {
	b := newBot(t)
	b.ask(http.MethodPost, "/halt", "", nil)
	b.until(0, 0, "halted")
	out, registered := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(out) })
	t.Cleanup(release)
	if err := b.engine.Submitter().Do(func() {
		b.engine.OnRisk(func(ev risk.Event) {
			if ev.Mode == risk.Active {
				<-out
			}
		})
		close(registered)
	}, nil); err != nil {
		t.Fatal(err)
	}
	<-registered
	if status, a := b.ask(http.MethodPost, "/resume", "", nil); status != http.StatusOK || a.Mode != "active" {
		t.Errorf("%d %+v", status, a)
	}
	release()
}

// TestHaltFull halts a bot whose loop hangs and whose queue of submissions is full: the answer says that the halt is in
// force.
func TestHaltFull(t *testing.T) {
	b := newBot(t)
	release := b.hang()
	for b.engine.Submitter().Do(func() {}, nil) == nil {
	}
	status, a := b.ask(http.MethodPost, "/halt", "", nil)
	if status != http.StatusServiceUnavailable || a.Mode != "halted" || !strings.Contains(a.Error, "no order leaves") {
		t.Errorf("%d %+v", status, a)
	}
	release()
	b.until(0, 0, "halted")
}

// TestFlattenHangs has the loop of a bot hang while positions are being closed: the answer says that it is not known
// what became of them, and not that nothing was done.
func TestFlattenHangs(t *testing.T) {
	b := newBot(t)
	b.place(odds.Buy, 5000, 100_000) // from the rival
	b.until(0, 100_000, "active")
	out := make(chan struct{})
	release := sync.OnceFunc(func() { close(out) })
	t.Cleanup(release)
	b.offer(msg.SideBuy, 4400, 100_000)
	b.untilBid(4400)
	registered := make(chan struct{})
	if err := b.engine.Submitter().Do(func() {
		b.engine.OnOrder(func(*order.Order, *order.Event) { <-out })
		close(registered)
	}, nil); err != nil {
		t.Fatal(err)
	}
	<-registered
	b.control.SetTimeout(2 * time.Second) // for the loop to begin
	status, a := b.ask(http.MethodPost, "/flatten", "", nil)
	if status != http.StatusServiceUnavailable || !a.Unknown || strings.Contains(a.Error, "nothing was done") {
		t.Errorf("%d %+v", status, a)
	}
	release()
	b.until(0, 0, "halted")
}

// TestFlattenShort flattens a bot whose position the book takes only in part: the answer has what stays.
func TestFlattenShort(t *testing.T) {
	b := newBot(t)
	b.place(odds.Buy, 5000, 100_000) // from the rival
	b.until(0, 100_000, "active")
	b.offer(msg.SideBuy, 4400, 30_000)
	b.untilBid(4400)
	status, a := b.ask(http.MethodPost, "/flatten", "", nil)
	if status != http.StatusConflict || a.Left != 1 || a.Closing != 1 || a.Mode != "halted" {
		t.Fatalf("flatten: %d %+v", status, a)
	}
	b.until(0, 70_000, "halted")
}

// TestFlattenProvisional flattens a bot whose position may still be voided: it stays, and the answer says so.
func TestFlattenProvisional(t *testing.T) {
	b := newBot(t)
	b.server.Do(func(s *sim.Sim) {
		if err := s.Exchange.SetManaged(sim.DemoMarket, true, int64(10*time.Minute)); err != nil {
			t.Error(err)
		}
	})
	b.place(odds.Buy, 5000, 100_000) // from the rival
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		held := engine.Snapshot{}
		if err := b.engine.Submitter().Snapshot(t.Context(), &held); err != nil {
			t.Fatal(err)
		}
		if len(held.Positions) == 1 && held.Positions[0].Provisional == 100_000 && held.Positions[0].Final == 0 {
			break
		}
		if time.Since(began) > patience {
			t.Fatalf("%+v", held.Positions)
		}
	}
	status, a := b.ask(http.MethodPost, "/flatten", "", nil)
	if status != http.StatusConflict || a.Left != 1 {
		t.Fatalf("flatten: %d %+v", status, a)
	}
}

// lossy is a connection that loses what is written once broken is set.
type lossy struct {
	net.Conn
	broken *atomic.Bool
}

func (c lossy) Write(b []byte) (int, error) {
	if c.broken.Load() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

// TestFlattenInDoubt flattens a bot without a connection, which does not know whether its last order arrived: the order
// is left, and the answer says so.
func TestFlattenInDoubt(t *testing.T) {
	var broken atomic.Bool
	var socket atomic.Pointer[net.Conn]
	b := newBotBy(t, func(ctx context.Context, network, address string) (net.Conn, error) {
		if broken.Load() {
			return nil, errors.New("no network")
		}
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err == nil {
			socket.Store(&conn)
		}
		return lossy{conn, &broken}, err
	})
	b.until(0, 0, "active")
	broken.Store(true)
	b.place(odds.Buy, 3000, 20_000)
	_ = (*socket.Load()).Close()
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		var state session.State
		done := make(chan struct{})
		if err := b.engine.Submitter().Do(func() { state = b.engine.State(); close(done) }, nil); err != nil {
			t.Fatal(err)
		}
		if <-done; state != session.Established {
			break
		}
		if time.Since(began) > patience {
			t.Fatal(state)
		}
	}
	b.control.SetTimeout(2 * time.Second) // nobody cancels its orders
	status, a := b.ask(http.MethodPost, "/flatten", "", nil)
	if status != http.StatusConflict || a.Open != 1 || !strings.Contains(a.Error, "orders are left") {
		t.Errorf("flatten: %d %+v", status, a)
	}
	broken.Store(false)
	b.control.SetTimeout(patience) // nothing else is being asked
	b.until(0, 0, "halted")
}

// TestFlattenEarly flattens a bot that is not caught up with its account: it does not say that there is no position.
func TestFlattenEarly(t *testing.T) {
	e, err := engine.New(engine.Config{
		Address: "127.0.0.1:1", DisableTLS: true, StopTimeout: time.Millisecond,
		Session: session.Config{
			Username: sim.DemoUsername, Password: sim.DemoPassword, LogoutTimeout: time.Millisecond,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- e.Run(t.Context()) }()
	c, err := smkcontrol.Listen(e, smkcontrol.Config{Address: "127.0.0.1:0", Token: token})
	if err != nil {
		t.Fatal(err)
	}
	b := &bot{t: t, engine: e, control: c}
	c.SetTimeout(shortly) // nobody cancels its orders
	defer func() {
		e.Stop()
		<-ran // not logged in, it cannot log out
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	status, a := b.ask(http.MethodPost, "/flatten", "", nil)
	if status != http.StatusConflict || !strings.Contains(a.Error, "not caught up") {
		t.Fatalf("flatten: %d %+v", status, a)
	}
}

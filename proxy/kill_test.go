package proxy

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
)

var kills = flag.Int("kills", 3, "how often TestKill kills the proxy")

// TestMain is the proxy of TestKill in the child's process.
func TestMain(m *testing.M) {
	flag.Parse()
	if folder := os.Getenv("SMK_TEST_PROXY"); folder != "" {
		if err := child(folder, os.Getenv("SMK_TEST_EXCHANGE"), os.Getenv("SMK_TEST_LISTEN")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child runs a proxy until it is killed.
func child(folder, exchange, listen string) error {
	e, err := engine.New(engine.Config{
		Address: exchange, DisableTLS: true,
		Session: session.Config{
			Username: sim.DemoUsername, Password: sim.DemoPassword, AccountFromStart: true, RequireCaughtUp: true,
		},
		State: engine.StateConfig{File: filepath.Join(folder, "engine"), DurableIntents: true},
	})
	if err != nil {
		return err
	}
	config := three()
	config.Clients[0].Rate, config.Clients[0].Burst, config.Clients[0].OrdersMax = 100_000, 100_000, 100_000
	config.History, config.OutFrames, config.OutBytes = 1<<12, 1<<13, 1<<21
	config.State, config.DurableIntents, config.Seed = filepath.Join(folder, "clients"), true, 0
	p, err := New(e, config)
	if err != nil {
		return err
	}
	addr, err := p.Listen(listen)
	if err != nil {
		return err
	}
	e.OnCaughtUp(func(ev *engine.Event) {
		if ev.Epoch == 1 {
			fmt.Println(addr)
		}
	})
	return e.Run(context.Background())
}

// spawn starts a child and waits until clients can log in.
func spawn(t *testing.T, folder, exchange, listen string) (*exec.Cmd, string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), "SMK_TEST_PROXY="+folder, "SMK_TEST_EXCHANGE="+exchange, "SMK_TEST_LISTEN="+listen)
	c.Stderr = t.Output()
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill() // it may have ended
		_ = c.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal("the proxy did not start: ", err)
	}
	return c, strings.TrimSpace(line)
}

// A proxy that is killed with SIGKILL while orders are on their way goes on: no order is lost or doubled, and each
// client has all messages, once.
func TestKill(t *testing.T) {
	exchange := simConfig()
	exchange.Throttle = sim.Throttle{Rate: 100_000, Burst: 100_000}
	exchange.Limits.History, exchange.Limits.OutFrames, exchange.Limits.OutBytes = 1<<13, 1<<14, 1<<22
	x, err := sim.Listen("127.0.0.1:0", exchange)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- x.Serve(context.Background()) }()
	defer func() {
		if err := errors.Join(x.Close(), <-served); err != nil {
			t.Error(err)
		}
	}()
	folder := t.TempDir()
	c, addr := spawn(t, folder, x.Addr().String(), "127.0.0.1:0")
	sequence, next := uint64(0), uint64(0)
	accepted := map[uint64]int{} // by reference
	refused := map[uint64]bool{}
	sent := map[uint64]bool{}
	connect := func() *python {
		p := &python{t: t, out: 1, name: "anna"}
		if p.conn, err = net.Dial("tcp", addr); err != nil {
			t.Fatal(err)
		}
		if err := p.send(func(m *msg.Payload) {
			m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
			m.MutableLogin().SetUsernameString("anna")
			m.MutableLogin().SetPasswordString("anna")
			m.MutableLogin().SetAccountSequence(0)
			m.MutableLogin().SetAccountSequence_64(sequence + 1)
		}); err != nil {
			t.Fatal(err)
		}
		return p
	}
	// take notes a message, and reports whether it accepts an order.
	take := func(m *msg.Payload) bool {
		r, ok := reportOf(m)
		if !ok {
			return false
		}
		n := r.body.(interface{ GetAccountSequence_64() uint64 }).GetAccountSequence_64()
		if n != sequence+1 && sequence != 0 {
			t.Errorf("message %d follows %d", n, sequence)
		}
		sequence = n
		reference, _ := r.reference()
		switch r.typ {
		case orderAccepted:
			accepted[reference]++
		case rejected:
			refused[reference] = true
			return false
		default:
			return false
		}
		return true
	}
	for round := range *kills {
		p := connect()
		sending := make(chan uint64, 1)
		go func(n uint64) { // without a pause, until the connection breaks
			for range 900 {
				n++
				if p.send(func(m *msg.Payload) {
					create(buy, 1000, 3000, n)(m)
					m.MutableOrderCreate().SetTif(msg.ImmediateOrCancel) // so that none is left on the book
				}) != nil {
					break
				}
			}
			sending <- n
		}(next)
		answers := 0
		for answers < 1+37*round {
			m, err := p.next()
			if err != nil {
				t.Fatal(err)
			}
			if take(m) {
				answers++
			}
		}
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait()
		for { // what had arrived before the end
			m, err := p.next()
			if err != nil {
				break
			}
			take(m)
		}
		_ = p.conn.Close()
		for last := <-sending; next < last; next++ {
			sent[next+1] = true
		}
		c, addr = spawn(t, folder, x.Addr().String(), "127.0.0.1:0")
	}
	p := connect()
	ping := func() {
		if err := p.send(func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadPing) }); err != nil {
			t.Fatal(err)
		}
		for {
			m, err := p.next()
			if err != nil {
				t.Fatal(err)
			}
			take(m)
			if m.GetType() == sessionMessage && m.GetEtoPayload().GetType() == msg.EtoPayloadPong {
				return
			}
		}
	}
	// The exchange may still be reading what the last one sent.
	for last := time.Now().Add(20 * time.Second); len(x.Orders(sim.DemoUsername)) != len(accepted); ping() {
		if time.Now().After(last) {
			break
		}
	}
	ping()
	labels := 0
	for _, o := range x.Orders(sim.DemoUsername) {
		if o.Label != "anna" {
			t.Errorf("order %+v", o)
		}
		labels++
	}
	for reference, n := range accepted {
		if n != 1 || !sent[reference] || refused[reference] {
			t.Errorf("order %d was accepted %d times, sent %v, rejected %v",
				reference, n, sent[reference], refused[reference])
		}
	}
	if labels != len(accepted) || labels == 0 {
		t.Errorf("the exchange has %d orders, the client %d of %d that it sent", labels, len(accepted), len(sent))
	}
	t.Logf("%d sent, %d accepted, %d rejected, of the others nothing was read",
		len(sent), len(accepted), len(refused))
}

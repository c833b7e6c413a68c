package chaos

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/smk-go/smk/sim/fault"
	"github.com/smk-go/smk/wire"
)

// echo is a server that sends back what it receives.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(c, c)
				_ = c.Close()
			}()
		}
	}()
	return l.Addr().String()
}

func start(t *testing.T, seed uint64, plan fault.Plan) *Proxy {
	t.Helper()
	p, err := Listen(Config{Listen: "127.0.0.1:0", To: echo(t), Seed: seed, Plan: plan})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- p.Serve() }()
	t.Cleanup(func() {
		if err := errors.Join(p.Close(), <-served); err != nil || p.Conns() != 0 {
			t.Errorf("%v, %d connections", err, p.Conns())
		}
	})
	return p
}

// frame is a message of its own content.
func frame(n int) []byte { return wire.AppendFrame(nil, fmt.Appendf(nil, "message %04d", n)) }

// record is the same as a record of TLS.
func record(n int) []byte {
	b := fmt.Appendf([]byte{tlsHandshake, 3, 3, 0, 0}, "message %04d", n)
	b[4] = byte(len(b) - recordHeader)
	return b
}

// exchange sends messages and returns what comes back.
func exchange(t *testing.T, p *Proxy, message func(int) []byte, count int) (sent, got []byte, err error) {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr().String())
	if err != nil {
		return message(0), nil, err
	}
	defer c.Close()
	for n := range count {
		sent = append(sent, message(n)...)
	}
	if _, err := c.Write(sent); err != nil {
		return sent, nil, err
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		return sent, nil, err
	}
	got, err = io.ReadAll(c)
	return sent, got, err
}

const certain = fault.Million

// Each kind does to a stream what it says.
func TestKinds(t *testing.T) {
	quick := fault.Plan{
		DelayMax: 5 * time.Millisecond, StallMax: time.Millisecond, CoalesceFor: time.Millisecond,
		DripEvery: time.Microsecond, HalfOpenFor: 20 * time.Millisecond,
	}
	same := func(sent, got []byte, err error) bool { return err == nil && bytes.Equal(sent, got) }
	other := func(sent, got []byte, err error) bool {
		return err == nil && len(got) == len(sent) && !bytes.Equal(sent, got)
	}
	broken := func(sent, got []byte, err error) bool { return len(got) < len(sent) }
	double := func(sent, got []byte, err error) bool { return err == nil && len(got) == 2*len(sent) }
	for _, c := range []struct {
		kinds    []fault.Kind
		frames   func(sent, got []byte, err error) bool
		records  func(sent, got []byte, err error) bool
		chance   uint32
		expected bool // to be counted on records too
	}{
		{nil, same, same, 0, false},
		{[]fault.Kind{fault.Split}, same, same, certain, true},
		{[]fault.Kind{fault.Drip}, same, same, certain, true},
		{[]fault.Kind{fault.Coalesce}, same, same, certain, true},
		{[]fault.Kind{fault.Stall}, same, same, certain / 10, true},
		{[]fault.Kind{fault.Cut}, broken, broken, certain / 10, true},
		{[]fault.Kind{fault.HalfOpen}, broken, broken, certain / 10, true},
		{[]fault.Kind{fault.Refuse}, broken, broken, certain, true},
		{[]fault.Kind{fault.Drop}, broken, same, certain / 2, false},
		{[]fault.Kind{fault.DropIn}, broken, same, certain / 2, false},
		{[]fault.Kind{fault.Duplicate}, double, same, certain, false},
		{[]fault.Kind{fault.DuplicateIn}, double, same, certain, false},
		{[]fault.Kind{fault.Reorder}, other, same, certain / 2, false},
		{[]fault.Kind{fault.ReorderIn}, other, same, certain / 2, false},
		{[]fault.Kind{fault.Delay}, other, same, certain / 2, false},
		{[]fault.Kind{fault.DelayIn}, other, same, certain / 2, false},
		{[]fault.Kind{fault.CorruptIn}, nil, nil, certain, true},
		{[]fault.Kind{fault.Corrupt}, other, other, certain, true},
	} {
		t.Run(fmt.Sprint(c.kinds), func(t *testing.T) {
			for _, s := range []struct {
				name    string
				message func(int) []byte
				want    func(sent, got []byte, err error) bool
				counted bool
			}{{"frames", frame, c.frames, len(c.kinds) > 0}, {"records", record, c.records, c.expected}} {
				p := start(t, 3, quick.With(c.chance, c.kinds...))
				sent, got, err := exchange(t, p, s.message, 40)
				if s.want != nil && !s.want(sent, got, err) {
					t.Errorf("%s: sent %q, got %q, %v", s.name, sent, got, err)
				}
				for k, n := range p.Counts() {
					if k := fault.Kind(k); len(c.kinds) > 0 && k == c.kinds[0] {
						if (n > 0) != s.counted {
							t.Errorf("%s: %v happened %d times", s.name, k, n)
						}
					} else if n > 0 {
						t.Errorf("%s: %v happened %d times", s.name, k, n)
					}
				}
			}
		})
	}
}

// A seed decides what happens to which message.
func TestSeedDecides(t *testing.T) {
	plan := fault.Plan{}.With(certain/20, fault.DropIn, fault.Drop)
	outcomes := make(map[string]bool)
	for seed := range uint64(8) {
		var first []byte
		for try := range 2 {
			p := start(t, seed, plan)
			_, got, err := exchange(t, p, frame, 40)
			if err != nil {
				t.Fatal(err)
			}
			if try == 0 {
				first = got
			} else if !bytes.Equal(got, first) {
				t.Errorf("seed %d gives %q and %q", seed, first, got)
			}
		}
		outcomes[string(first)] = true
	}
	if len(outcomes) < 6 {
		t.Errorf("%d outcomes of 8 seeds", len(outcomes))
	}
}

// A connection breaks with a reset and with an end, inside a message, in front of one and behind one.
func TestCuts(t *testing.T) {
	resets, ends := 0, 0
	for seed := range uint64(60) {
		p := start(t, seed, fault.Plan{}.With(certain, fault.Cut))
		c, err := net.Dial("tcp", p.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err = c.Write(frame(1)); err == nil {
			_, err = c.Read(make([]byte, 1))
		}
		if err == io.EOF {
			ends++
		} else {
			resets++
		}
		c.Close()
	}
	if resets == 0 || ends == 0 {
		t.Errorf("%d resets, %d ends", resets, ends)
	}
}

// A message that is longer than the buffer, and bytes that are no messages, pass.
func TestLongAndStrange(t *testing.T) {
	p := start(t, 1, fault.Plan{}.With(certain/4, fault.Split))
	long := wire.AppendFrame(nil, bytes.Repeat([]byte("x"), 3*bufBytes))
	strange := bytes.Repeat([]byte{0xff}, 1000)
	badRecord := append([]byte{tlsHandshake, 3, 3, 0xff, 0xff}, strange...)
	for _, b := range [][]byte{long, strange, badRecord, {1}, {}} {
		sent, got, err := exchange(t, p, func(int) []byte { return b }, 1)
		if err != nil || !bytes.Equal(sent, got) {
			t.Errorf("sent %d bytes, got %d, %v", len(sent), len(got), err)
		}
	}
}

// What only an exchange can do is refused, by name; an exchange that is not there resets the client; a plan can be
// changed, and connections broken.
func TestProxy(t *testing.T) {
	var plan *PlanError
	_, err := Listen(Config{Plan: fault.Plan{}.With(1, fault.Unheard)})
	if !errors.As(err, &plan) || plan.Kind != fault.Unheard {
		t.Errorf("got %v", err)
	}
	if _, err := Listen(Config{Listen: "nowhere"}); err == nil {
		t.Error("listens nowhere")
	}
	p := start(t, 1, fault.Plan{}.With(certain, fault.Refuse))
	if _, got, _ := exchange(t, p, frame, 1); len(got) > 0 {
		t.Error("not refused")
	}
	if err := p.SetPlan(fault.Plan{}); err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", p.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	b := frame(1)
	if _, err := c.Write(b); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, b); err != nil {
		t.Fatal(err)
	}
	p.Reset()
	if _, err := io.ReadFull(c, b); err == nil {
		t.Error("not reset")
	}
	p, err = Listen(Config{Listen: "127.0.0.1:0", To: "127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	go p.Serve()
	defer p.Close()
	if _, got, err := exchange(t, p, frame, 1); err == nil && len(got) > 0 {
		t.Error("an answer of nobody")
	}
}

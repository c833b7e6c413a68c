package session

import (
	"errors"
	"io"
	"math"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// FuzzSession plays arbitrary bytes of a server and arbitrary acts of a client, in any
// order, and checks what must hold whatever happens.
//
// The input is a program: an act's byte, and for some what follows it.
func FuzzSession(f *testing.F) {
	for _, s := range readScripts(f) {
		program := []byte{0, 0} // options, open
		for _, line := range s.lines {
			switch verb := line.verb; {
			case verb == "login":
				program = append(program, 1, 16)
				program = append(program, frameOf(f, "1", "LOGIN_RESPONSE session=A reset=2")...)
			case verb[0] == 'S':
				b := frameOf(f, verb[1:], line.rest)
				program = append(append(program, 1, byte(len(b))), b...)
			case verb == "do":
				program = append(program, byte(len(line.rest)%12))
			case verb == "wait":
				program = append(program, 9, 40)
			}
		}
		f.Add(program)
	}
	f.Fuzz(func(t *testing.T, program []byte) {
		if len(program) > 0 {
			fuzz(t, program[0], program[1:])
		}
	})
}

func fuzz(t *testing.T, options byte, program []byte) {
	config := Config{
		Token: "t", ReceiveBytes: 1024, Resume: ResumeMode(options & 3 % 3),
		ReferenceBase: uint64(options >> 2 & 1), DisableThrottle: options>>3&1 == 1,
		CancelAllOnFailure: options>>4&1 == 1,
		UnansweredMax:      8,
	}
	config.Send.Bytes, config.Send.Records = ringBytesMin, 16
	if options>>5&1 == 1 && config.Resume == ResumeSession {
		config.ResumeFrom = Resumption{ID: "A", In: math.MaxUint64 - 5, Out: math.MaxUint64 - 9}
	}
	s, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w := &watcher{t: t, s: s, waiting: make(map[uint64]bool), numbers: make(map[uint64]bool)}
	_ = s.Open(0)
	next := func() byte {
		if len(program) == 0 {
			return 0
		}
		b := program[0]
		program = program[1:]
		return b
	}
	for len(program) > 0 {
		switch act := next(); act % 12 {
		case 0:
			_ = s.Open(w.now)
		case 1, 2:
			n := min(int(next()), len(program))
			for b := program[:n]; len(b) > 0; {
				m := copy(s.Free(), b)
				if m == 0 {
					break // a driver would close
				}
				s.Filled(m)
				b = b[m:]
				w.drain()
			}
			program = program[n:]
		case 3:
			w.send(msg.PayloadOrderCreate, next())
		case 4:
			w.send(msg.PayloadOrderCancel, next())
		case 5:
			w.send(msg.PayloadMarketSubscribe, next())
		case 6:
			_, _ = s.Ping(w.now)
		case 7:
			_ = s.Logout(w.now)
		case 8:
			s.Lost(w.now, io.EOF)
		case 9:
			w.now += int64(next()) * second / 8
			_ = s.Tick(w.now)
		case 10:
			b := s.Pending()
			s.Written(min(len(b), int(next())))
		case 11:
			s.Written(len(s.Pending()))
		}
		w.check()
		if len(program)&1 == 0 {
			w.drain()
		}
	}
	w.drain()
	s.Lost(w.now, io.EOF)
	_ = s.Forget()
	w.drain()
	if s.requests.open.n > 0 {
		t.Errorf("the fate of %d was never reported", s.requests.open.n)
	}
}

// watcher checks a session from outside.
type watcher struct {
	t       *testing.T
	s       *Session
	now     int64
	epoch   uint32
	seq     uint64          // last delivered in this epoch
	numbers map[uint64]bool // account sequences that were returned, of the numbering that holds
	waiting map[uint64]bool // sequences of orders that were sent and whose fate was not reported
}

func (w *watcher) send(typ msg.PayloadType, arg byte) {
	var seq uint64
	var err error
	switch typ {
	case msg.PayloadOrderCreate:
		m := orderCreate()
		m.SetReference(uint64(arg & 3))
		seq, err = send(w.s, w.now, typ, m)
	case msg.PayloadOrderCancel:
		m := new(msg.OrderCancel)
		m.SetOrderId(uint64(arg & 3))
		seq, err = send(w.s, w.now, typ, m)
	default:
		_, err = send(w.s, w.now, typ, &rawMessage{make([]byte, int(arg)*20)})
		typ = 0
	}
	if err != nil && !SafeToResend(err) {
		w.t.Fatalf("refused with %v", err)
	}
	if err == nil && typ != 0 {
		w.waiting[seq] = true
	}
}

// drain takes all events.
func (w *watcher) drain() {
	for range 100000 {
		e, err := w.s.Next(w.now)
		if err != nil && e != nil {
			w.t.Fatal("an event and an error")
		}
		if err != nil {
			if !typed(err) && !errors.Is(err, ErrLoginTimeout) && !errors.Is(err, ErrLogoutTimeout) &&
				!errors.Is(err, ErrPeerSilent) && !errors.Is(err, ErrReplayTimeout) {
				w.t.Fatalf("not a typed error: %v", err)
			}
			w.s.Lost(w.now, err)
			continue
		}
		if e == nil {
			return
		}
		w.event(e)
		w.check()
	}
	w.t.Fatal("events without end")
}

func (w *watcher) event(e *Event) {
	if e.Epoch != w.epoch {
		if e.Epoch < w.epoch {
			w.t.Fatalf("epoch %d after %d", e.Epoch, w.epoch)
		}
		w.epoch, w.seq = e.Epoch, 0
	}
	switch e.Kind {
	case Message:
		if e.Seq <= w.seq {
			w.t.Fatalf("message %d after %d", e.Seq, w.seq)
		}
		w.seq = e.Seq
		if e.AccountSequence != 0 && w.numbers[e.AccountSequence] {
			w.t.Fatalf("account sequence %d again", e.AccountSequence)
		}
		w.numbers[e.AccountSequence] = true
		if e.Payload == nil || len(e.Raw) == 0 || cap(e.Raw) != len(e.Raw) ||
			e.Payload.GetEtoPayload().GetSeq() != e.Seq {
			w.t.Fatalf("%+v", e)
		}
	case AccountReset:
		clear(w.numbers)
	case SendResolved:
		if orders := classOf(e.Type).orderEntry(); orders && !w.waiting[e.Seq] {
			w.t.Fatalf("the fate of %d is reported and was not awaited", e.Seq)
		}
		delete(w.waiting, e.Seq)
	case Gap, Recovered, AccountGap:
		if e.From > e.To {
			w.t.Fatalf("%+v", e)
		}
	}
}

// check holds at any time.
func (w *watcher) check() {
	s := w.s
	in, out := s.Counters()
	if in == 0 || out == 0 {
		w.t.Fatalf("counters in %d, out %d", in, out)
	}
	if s.outbox.frames.PendingBytes() > ringBytesMin || s.liveness.pongs > pongsMax ||
		s.requests.open.n > 8+cancelsKept+cancelAllsKept || s.requests.suppressed > s.requests.open.n {
		w.t.Fatal("a bound is broken")
	}
	if s.sequence.gap.open && s.sequence.next > s.sequence.gap.high {
		w.t.Fatal("the gap is filled and open")
	}
	if s.state == Recovering && !s.sequence.gap.open {
		w.t.Fatal("recovering from nothing")
	}
	suppressed := 0
	for e := s.requests.open.first(); e != nil; e = s.requests.open.after(e) {
		if e.is(flagSuppressed) {
			suppressed++
		}
		if !w.waiting[e.seq] {
			w.t.Fatalf("%d waits and was not sent", e.seq)
		}
	}
	if suppressed != s.requests.suppressed {
		w.t.Fatalf("%d suppressed, counted %d", suppressed, s.requests.suppressed)
	}
	if s.err == nil && s.queue.n == 0 && s.Deadline() < w.now {
		_ = s.Tick(w.now)
		if s.err == nil && s.requests.suppressed == 0 && s.Deadline() <= w.now && s.requests.open.first() == nil {
			w.t.Fatalf("deadline %d at %d", s.Deadline(), w.now)
		}
	}
}

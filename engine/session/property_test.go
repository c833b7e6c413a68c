package session

import (
	"fmt"
	"io"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"

	"github.com/smk-go/smk/gen/msg"
)

// TestProperties plays random schedules of messages, losses, duplicates, replays and
// broken connections between a session and the model of a server, and holds what the
// session reports against what the server knows:
//
//   - in each epoch messages are delivered in their sequence, and of the server's
//     messages none is left out
//   - each account sequence is applied at most once, in order
//   - each order is resolved exactly once: by its answer or by an event
//   - what is reported as not sent or not delivered was not executed, and is not later
//   - nothing is executed twice
func TestProperties(t *testing.T) {
	for name, mode := range map[string]ResumeMode{"account": ResumeAccount, "session": ResumeSession} {
		t.Run(name, func(t *testing.T) {
			parameters := gopter.DefaultTestParameters()
			parameters.MinSuccessfulTests = schedules
			parameters.MaxSize = 300
			count := make(map[string]int)
			properties := gopter.NewProperties(parameters)
			properties.Property("holds", prop.ForAll(func(acts []uint8) string {
				return schedule(t, mode, acts, count)
			}, gen.SliceOf(gen.UInt8())))
			properties.TestingRun(t)
			for _, what := range []string{
				"answered", "not sent", "not delivered", "in doubt", "gaps", "duplicates", "account duplicates",
				"replays asked", "replays served", "messages again", "gapfills", "logins",
			} {
				if count[what] == 0 {
					t.Errorf("no schedule brought about: %s", what)
				}
			}
		})
	}
}

// world is one run of a schedule.
type world struct {
	*model
	delivered uint64            // highest sequence delivered in this epoch
	applied   uint64            // highest account sequence delivered
	orders    map[uint64]string // by reference, how it was resolved: "" if not yet
	sent      map[uint64]uint64 // reference by sequence, in this session
	fault     string
}

func (w *world) failf(format string, args ...any) {
	if w.fault == "" {
		w.fault = fmt.Sprintf(format, args...)
	}
}

// schedule runs the acts and then lets everything come to rest. It returns what is
// wrong, or nothing.
func schedule(t testing.TB, mode ResumeMode, acts []uint8, count map[string]int) string {
	config := Config{Resume: mode, ReferenceBase: 1, DisableThrottle: true, ReceiveBytes: 16 << 10}
	config.Send.Bytes, config.Send.Records = ringBytesMin, 64
	s, err := New(Config{
		Username: "u", Password: "p", Resume: config.Resume, ReferenceBase: config.ReferenceBase,
		DisableThrottle: true, ReceiveBytes: config.ReceiveBytes, Send: config.Send,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	k := &kit{t: t, s: s, now: second, server: 1}
	w := &world{model: newModel(k), orders: make(map[uint64]string), sent: make(map[uint64]uint64)}
	w.connect()
	for i, act := range acts {
		w.act(act)
		if w.fault != "" {
			return fmt.Sprintf("act %d (%d): %s", i, act, w.fault)
		}
	}
	// Rest: nothing is lost any more, and whatever is open is closed.
	w.lost, w.deaf = 0, false
	for range 8 {
		w.pass(int64(ReplayTimeout))
		w.flush()
	}
	if s.State() == Established && w.delivered < w.lastMessage() {
		w.failf("at rest, %d was delivered, %d was sent", w.delivered, w.lastMessage())
	}
	if s.State() != Established {
		w.failf("at rest in state %v", s.State())
	}
	w.disconnect(io.EOF)
	if err := s.Forget(); err != nil {
		w.failf("%v", err)
	}
	w.events()
	for reference, how := range w.orders {
		switch how {
		case "":
			w.failf("order %d was never resolved", reference)
		case NotSent.String(), NotDelivered.String():
			if w.executed[reference] > 0 {
				w.failf("order %d was %s and has been executed", reference, how)
			}
		}
		count[how]++
	}
	stats := s.Stats()
	count["gaps"] += int(stats.Gaps)
	count["duplicates"] += int(stats.Duplicates)
	count["account duplicates"] += int(stats.AccountDuplicates)
	count["replays asked"] += int(stats.ReplaysAsked)
	count["replays served"] += int(stats.ReplaysServed)
	count["messages again"] += int(stats.MessagesAgain)
	count["gapfills"] += int(stats.GapfillsOut)
	count["messages"] += int(stats.MessagesIn)
	count["logins"] += int(stats.Logins)
	return w.fault
}

// lastMessage is the highest sequence of the server that has to be delivered.
func (w *world) lastMessage() uint64 {
	for seq := uint64(len(w.messages)); seq > 0; seq-- {
		if s := w.messages[seq-1]; s.payload != nil && (s.account == 0 || s.account > w.applied) {
			return seq
		}
	}
	return 0
}

func (w *world) act(act uint8) {
	switch arg := int(act >> 4); act & 15 {
	case 0, 1:
		w.quote()
	case 2:
		w.sendEto(msg.EtoPayloadHeartbeat, nil)
	case 3:
		w.lost = 1 + arg%4
	case 4:
		if n := len(w.messages); n > 0 {
			w.repeat(uint64(1 + arg%n))
		}
	case 5, 6, 7:
		w.order()
	case 8:
		_, _ = w.k.s.Ping(w.k.now)
	case 9:
		w.deaf = !w.deaf && arg%2 == 0
	case 10:
		w.pass(int64(arg) * second / 2)
	case 11:
		w.disconnect(io.ErrUnexpectedEOF)
		w.connect()
	case 12:
		w.forget()
	case 13: // the socket takes a part
		b := w.k.s.Pending()
		b = b[:min(len(b), arg*7)]
		w.toServer = append(w.toServer, b...)
		w.k.s.Written(len(b))
		return
	case 14:
		w.toServer = append(w.toServer, w.k.sent()...)
	}
	w.events()
	if act&1 == 0 {
		w.flush()
	}
}

// flush lets both sides talk until they have nothing to say.
func (w *world) flush() {
	for range 100 {
		b := w.k.sent()
		if len(b) == 0 && len(w.toServer) == 0 {
			return
		}
		w.toServer = append(w.toServer, b...)
		w.receive()
		w.events()
	}
	w.failf("they never stop talking")
}

// pass lets time go by.
func (w *world) pass(d int64) {
	for end := w.k.now + d; w.k.now < end && w.fault == ""; {
		deadline := w.k.s.Deadline()
		if deadline < w.k.now && w.k.s.err == nil {
			w.failf("deadline %d has passed at %d", deadline, w.k.now)
		}
		w.k.now = min(max(deadline, w.k.now+1), end)
		_ = w.k.s.Tick(w.k.now)
		w.events()
		w.flush()
	}
}

func (w *world) connect() {
	if err := w.k.s.Open(w.k.now); err != nil {
		w.failf("open: %v", err)
	}
	w.toServer, w.lost, w.deaf = nil, 0, false
	w.epoch = w.k.s.Epoch()
	if !w.k.s.login.resuming {
		clear(w.sent)
	}
	w.events()
	w.flush()
	if w.k.s.State() == LoginSent {
		w.failf("not logged in")
	}
}

func (w *world) disconnect(cause error) {
	w.k.s.Lost(w.k.now, cause)
	w.events()
}

func (w *world) order() {
	m := orderCreate()
	seq, err := send(w.k.s, w.k.now, msg.PayloadOrderCreate, m)
	if err != nil {
		return
	}
	reference, ok := w.k.s.Reference(seq)
	if _, twice := w.orders[reference]; !ok || twice {
		w.failf("reference %d, %t, twice: %t", reference, ok, twice)
	}
	w.orders[reference] = ""
	w.sent[seq] = reference
}

// events takes all events and checks each.
func (w *world) events() {
	for w.fault == "" {
		e, err := w.k.s.Next(w.k.now)
		if err != nil {
			w.k.s.Lost(w.k.now, err)
			w.events()
			if w.fault == "" {
				w.connect()
			}
			return
		}
		if e == nil {
			return
		}
		w.event(e)
	}
}

func (w *world) event(e *Event) {
	switch e.Kind {
	case LoggedIn:
		if !e.Resumed {
			w.delivered = 0
		}
	case Message:
		w.message(e)
	case SendResolved:
		w.resolved(e)
	}
}

func (w *world) message(e *Event) {
	if e.Epoch != w.epoch {
		w.failf("message of epoch %d in %d", e.Epoch, w.epoch)
	}
	if e.Seq <= w.delivered {
		w.failf("%d after %d", e.Seq, w.delivered)
	}
	for seq := w.delivered + 1; seq < e.Seq; seq++ {
		if s := w.messages[seq-1]; s.payload != nil && (s.account == 0 || s.account > w.applied) {
			w.failf("%d was left out before %d", seq, e.Seq)
		}
	}
	w.delivered = e.Seq
	if e.AccountSequence != 0 {
		if e.AccountSequence <= w.applied {
			w.failf("account sequence %d after %d", e.AccountSequence, w.applied)
		}
		w.applied = e.AccountSequence
		reference := e.Payload.GetOrderAccepted().GetReference()
		switch w.orders[reference] {
		case "":
			w.orders[reference] = "answered"
		case "answered":
			w.failf("order %d was answered twice", reference)
		case NotSent.String(), NotDelivered.String():
			w.failf("order %d was %s and is answered", reference, w.orders[reference])
		}
	}
}

func (w *world) resolved(e *Event) {
	if e.Type != msg.PayloadOrderCreate || w.sent[e.Seq] != e.Reference {
		w.failf("resolved %v %d with reference %d, want %d", e.Type, e.Seq, e.Reference, w.sent[e.Seq])
	}
	if how := w.orders[e.Reference]; how != "" {
		w.failf("order %d was %s and is resolved", e.Reference, how)
	}
	w.orders[e.Reference] = e.Fate.String()
	if e.Fate != InDoubt && w.executed[e.Reference] > 0 {
		w.failf("order %d is %v and was executed", e.Reference, e.Fate)
	}
	if SafeToResend(e.Err()) != (e.Fate != InDoubt) {
		w.failf("order %d: %v", e.Reference, e.Err())
	}
	for reference, n := range w.executed {
		if n > 1 {
			w.failf("order %d was executed %d times", reference, n)
		}
	}
}

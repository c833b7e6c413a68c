package risk

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// The world of the kill switch: a bot, a connection that holds messages back and loses them, and an exchange whose back
// end takes up some orders late, even behind an order_cancel_all that was sent after them.

type knowledge uint8 // of the bot about an order

const (
	pending knowledge = iota
	live
	inDoubt
	terminal
)

type truth uint8 // of the exchange about it

const (
	unseen truth = iota
	late         // in the back end
	resting
	gone
)

type worldOrder struct {
	known knowledge
	truth truth
}

type packet struct {
	kind  msg.PayloadType
	order int
	id    uint64
}

type world struct {
	t        *testing.T
	random   *rand.Rand
	gate     *Gate
	now      int64
	loggedIn bool
	complete bool // the bot knows its history
	fair     bool // nothing is lost or rejected any more
	orders   []worldOrder
	up, down []packet
	seq      uint64
	halted   bool // by the test's own account
	created  int  // orders that left
	finished int
	resumed  int
}

// TestNoOrderAfterHalt plays random interleavings. After a halt no order is admitted until Resume; when the switch says
// that it is done every order that rests at the exchange is named as in doubt; and in a world that turns fair it gets
// done.
func TestNoOrderAfterHalt(t *testing.T) {
	var created, finished, resumed int
	for seed := range uint64(killSeeds) {
		w := play(t, seed)
		created, finished, resumed = created+w.created, finished+w.finished, resumed+w.resumed
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d seeds: %d orders left, the switch was done %d times, resumed %d times", killSeeds, created, finished,
		resumed)
	if created < killSeeds || finished < killSeeds || resumed < killSeeds/2 {
		t.Errorf("the interleavings are too tame: %d orders, %d done, %d resumed", created, finished, resumed)
	}
}

func play(t *testing.T, seed uint64) *world {
	random := rand.New(rand.NewPCG(seed, 7))
	config := Config{
		Rate: 5, Burst: 20, LossMax: 100, OnLoss: RespondHalt, DriftMax: 100, Watchdog: 30 * time.Second,
		DuplicateWindow: time.Millisecond, OrdersMax: 50,
	}
	w := &world{t: t, random: random, gate: newGate(t, config), complete: seed%2 == 0}
	w.tell()
	for range 400 {
		w.step()
		w.check()
		if t.Failed() {
			return w
		}
	}
	w.calm()
	return w
}

// step does one thing at random.
func (w *world) step() {
	w.now += w.random.Int64N(int64(200 * time.Millisecond))
	switch w.random.IntN(24) {
	case 0, 1, 2, 3, 4:
		w.send(msg.PayloadOrderCreate)
	case 5:
		w.send(msg.PayloadOrderCancelReplace)
	case 6, 7, 8, 9, 10:
		w.deliverUp()
	case 11, 12, 13, 14, 15:
		w.deliverDown()
	case 16:
		w.takeUpLate()
	case 17:
		w.disconnect()
	case 18, 19:
		w.login()
	case 20:
		w.trigger()
	case 21:
		if w.random.IntN(3) == 0 {
			w.cancelAll() // the bot's own
		}
	case 22:
		w.gate.Beat(w.now)
	case 23:
		w.resume()
	}
	w.tick()
}

// trigger halts by one of the triggers.
func (w *world) trigger() {
	switch w.random.IntN(8) {
	case 0:
		w.gate.Halt(w.now, Cause{Trigger: TriggerSignal})
	case 1:
		w.gate.Profit(w.now, -100)
	case 2:
		w.gate.Drift(w.now, -101)
	case 3:
		w.now += int64(31 * time.Second)
		w.gate.Tick(w.now)
	case 4:
		w.gate.Reduce(w.now, Cause{})
		return
	default:
		w.gate.Profit(w.now, 0)
		return
	}
	w.halted = w.halted || w.gate.Mode() == Halted
}

func (w *world) resume() {
	if w.gate.Resume(w.now, Cause{}) != nil {
		if !w.halted {
			w.t.Error("Resume refused without a halt")
		}
		return
	}
	if w.halted {
		w.resumed++
	}
	w.halted = false
}

// tick does what the switch asks for. The ring has no room now and then.
func (w *world) tick() {
	cancelAll := w.gate.Tick(w.now)
	w.noteWatchdog()
	if !cancelAll {
		return
	}
	if !w.loggedIn || !w.halted {
		w.t.Error("asked for an order_cancel_all in vain")
	}
	if st := w.gate.Status(); st.Tries >= CancelAllTries {
		w.t.Errorf("asked for another one after %d", st.Tries)
	}
	if w.fair || w.random.IntN(4) > 0 {
		w.cancelAll()
	}
}

// noteWatchdog halts the test's own account when the watchdog did.
func (w *world) noteWatchdog() {
	for _, e := range w.gate.Events() {
		w.halted = w.halted || e.Kind == WatchdogExpired
		if e.Kind == KillChanged && e.Kill.Done() && e.Kill != KillGaveUp {
			w.finished++
		}
	}
}

func (w *world) send(typ msg.PayloadType) {
	keys := create(odds.Buy, odds.Price(1+w.random.IntN(9999)), 7)
	keys.Type = typ
	s := quiet()
	s.Market = Exposure{Before: 9, After: 9, Filled: 8}
	s.Orders = len(w.orders)
	err := w.gate.Admit(w.now, &keys, &s)
	w.noteWatchdog()
	if err != nil {
		return
	}
	if w.halted {
		w.t.Errorf("%v admitted after the halt", typ)
	}
	if !w.loggedIn || typ != msg.PayloadOrderCreate {
		return // the session refuses it
	}
	w.gate.Sent(w.now, &keys)
	w.orders = append(w.orders, worldOrder{})
	w.up = append(w.up, packet{kind: typ, order: len(w.orders) - 1})
	w.created++
	w.tell()
}

func (w *world) cancelAll() {
	if !w.loggedIn {
		return
	}
	w.seq++
	w.up = append(w.up, packet{kind: msg.PayloadOrderCancelAll, id: w.seq})
	w.gate.Sent(w.now, &msg.Keys{Type: msg.PayloadOrderCancelAll})
	w.gate.CancelAllSent(w.now, w.seq)
}

// deliverUp lets the exchange handle a message.
func (w *world) deliverUp() {
	if len(w.up) == 0 {
		return
	}
	p := w.up[0]
	w.up = w.up[1:]
	if p.kind == msg.PayloadOrderCreate {
		w.orders[p.order].truth = late
		if w.random.IntN(4) > 0 {
			w.accept(p.order)
		}
		return
	}
	if !w.fair && w.random.IntN(8) == 0 {
		w.answer(packet{kind: msg.PayloadOrderCancelAllRejected, id: p.id})
		return
	}
	w.answer(packet{kind: msg.PayloadOrderCancelAllAccepted, id: p.id})
	for i := range w.orders {
		if w.orders[i].truth == resting {
			w.orders[i].truth = gone
			w.answer(packet{kind: msg.PayloadOrderCancelled, order: i})
		}
	}
}

func (w *world) accept(order int) {
	w.orders[order].truth = resting
	w.answer(packet{kind: msg.PayloadOrderAccepted, order: order})
}

// takeUpLate lets the back end take up an order that it held back.
func (w *world) takeUpLate() {
	i := slices.IndexFunc(w.orders, func(o worldOrder) bool { return o.truth == late })
	if i >= 0 {
		w.accept(i)
	}
}

func (w *world) answer(p packet) {
	if w.loggedIn {
		w.down = append(w.down, p)
	}
}

// deliverDown lets the bot handle a message.
func (w *world) deliverDown() {
	if len(w.down) == 0 {
		return
	}
	p := w.down[0]
	w.down = w.down[1:]
	switch p.kind {
	case msg.PayloadOrderAccepted:
		if o := &w.orders[p.order]; o.known != terminal {
			o.known = live
		}
	case msg.PayloadOrderCancelled:
		w.orders[p.order].known = terminal
	default:
		w.gate.CancelAllAnswered(w.now, p.id, p.kind == msg.PayloadOrderCancelAllAccepted)
	}
	w.tell()
}

// disconnect loses what is under way, of which the exchange may have seen the beginning.
func (w *world) disconnect() {
	if !w.loggedIn {
		return
	}
	for w.random.IntN(3) > 0 && len(w.up) > 0 {
		w.deliverUp()
	}
	w.loggedIn, w.up, w.down = false, nil, nil
	for i := range w.orders {
		if w.orders[i].known == pending {
			w.orders[i].known = inDoubt
		}
	}
	if w.random.IntN(2) == 0 { // in either order
		w.gate.LoggedOut(w.now)
		w.tell()
	} else {
		w.tell()
		w.gate.LoggedOut(w.now)
	}
}

// login replays what became of the orders as far as the exchange knows.
func (w *world) login() {
	if w.loggedIn {
		return
	}
	w.loggedIn = true
	if w.random.IntN(2) == 0 {
		w.seq = 0
	}
	w.gate.LoggedIn(w.now)
	for i := range w.orders {
		switch w.orders[i].truth {
		case resting:
			w.down = append(w.down, packet{kind: msg.PayloadOrderAccepted, order: i})
		case gone:
			w.down = append(w.down, packet{kind: msg.PayloadOrderCancelled, order: i})
		}
	}
}

// tell counts the orders for the gate.
func (w *world) tell() {
	o := OpenOrders{Complete: w.complete}
	for _, order := range w.orders {
		switch order.known {
		case pending, live:
			o.Open++
		case inDoubt:
			o.InDoubt++
		}
	}
	w.gate.Orders(w.now, o)
}

// check holds the switch to what it says.
func (w *world) check() {
	w.noteWatchdog()
	st := w.gate.Status()
	if (st.Mode == Halted) != w.halted {
		w.t.Errorf("mode %v, halted %t", st.Mode, w.halted)
	}
	if st.Kill != KillFlat && st.Kill != KillInDoubt {
		return
	}
	named := 0
	for i, o := range w.orders {
		if o.known == inDoubt {
			named++
		}
		if o.truth == resting && o.known != inDoubt || o.known == pending || o.known == live {
			w.t.Errorf("done as %v, but order %d is %d for the bot and %d for the exchange", st.Kill, i, o.known,
				o.truth)
		}
	}
	if st.Open != 0 || st.InDoubt != named || st.Kill == KillFlat && named > 0 {
		w.t.Errorf("done with %d in doubt: %+v", named, st)
	}
}

// calm makes the world fair and halts in it.
func (w *world) calm() {
	w.fair = true
	w.gate.Halt(w.now, Cause{Trigger: TriggerFile})
	w.halted = true
	w.disconnect()
	w.login()
	for range 2000 {
		w.now += int64(50 * time.Millisecond)
		w.tick()
		w.deliverUp()
		w.deliverDown()
		w.takeUpLate()
		w.send(msg.PayloadOrderCreate)
		if w.check(); w.t.Failed() {
			return
		}
		quiet := len(w.up) == 0 && len(w.down) == 0 &&
			!slices.ContainsFunc(w.orders, func(o worldOrder) bool { return o.truth == late })
		if st := w.gate.Status(); quiet && st.Kill.Done() {
			for i, o := range w.orders {
				if o.truth == resting {
					w.t.Errorf("in the end order %d rests at the exchange: %+v", i, st)
				}
				if o.known == inDoubt && o.truth != unseen {
					w.t.Errorf("in the end order %d is in doubt although the exchange knows it", i)
				}
			}
			if st.Kill == KillGaveUp {
				w.t.Errorf("gave up in a fair world: %+v", st)
			}
			return
		}
	}
	w.t.Errorf("never done: %+v", w.gate.Status())
}

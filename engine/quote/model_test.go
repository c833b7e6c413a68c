package quote

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/smk-go/smk/odds"
)

// ticket is an own order as the bot's order state has it, with what is in flight, and as the exchange has it.
type ticket struct {
	key      uint64
	contract Contract
	side     odds.Side
	price    odds.Price
	foreign  bool

	// At the client.
	isNew, cancelling, reducing, replacing, doubt, rejected, closed bool
	open, executed, target                                          odds.Quantity
	parent                                                          uint64 // of a replace
	silent                                                          bool   // in doubt and not in the order state

	// At the exchange.
	live           bool
	rests, matched odds.Quantity
}

// order returns the client's view as the engine would pass it to Apply.
func (k *ticket) order() Order {
	o := Order{
		Contract: k.contract, Key: k.key, Open: k.open, Executed: k.executed, Reduced: k.target, Price: k.price,
		Side:  k.side,
		State: Live,
	}
	for _, f := range []struct {
		set bool
		s   State
	}{
		{k.isNew, PendingNew},
		{k.reducing, PendingReduce},
		{k.cancelling, PendingCancel},
		{k.replacing, PendingReplace},
		{k.doubt, InDoubt},
		{k.rejected, Rejected},
		{k.closed, Closed},
	} {
		if f.set {
			o.State = f.s
		}
	}
	if o.State >= Rejected {
		o.Open = 0
	}
	return o
}

// request is a message on its way to the exchange.
type request struct {
	kind     ActionKind
	key, new uint64
	quantity odds.Quantity
}

// answer is a message on its way to the client: a change of one order.
type answer struct {
	key   uint64
	apply func(k *ticket)
	both  func(k, n *ticket) // of a replace
	new   uint64
}

// world is a quoter, its caller, and an exchange.
type world struct {
	t       testing.TB
	r       *rand.Rand
	q       *Quoter
	config  Config
	now     int64
	nextKey uint64

	contracts []Contract
	wishes    map[Contract]*modelWish
	holds     map[Contract]Reasons
	all       Reasons
	tickets   map[uint64]*ticket
	requests  []request
	answers   []answer
	calm      bool // nothing goes wrong any more
	sent      int
	log       []string
}

type modelWish struct {
	sides  [2][]Level
	tol    Tolerance
	pulled bool
}

func newWorld(t testing.TB, seed uint64, c Config) *world {
	q, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, r: rand.New(rand.NewPCG(seed, 1)), q: q, config: q.config, now: 1000, nextKey: 1,
		wishes: map[Contract]*modelWish{}, holds: map[Contract]Reasons{}, tickets: map[uint64]*ticket{},
	}
	return w
}

func (w *world) note(format string, args ...any) { w.log = append(w.log, fmt.Sprintf(format, args...)) }

func (w *world) fail(format string, args ...any) {
	w.t.Helper()
	for _, l := range w.log[max(0, len(w.log)-60):] {
		w.t.Log(l)
	}
	w.t.Fatalf(format, args...)
}

// keys returns the keys of the orders in their order, so that a seed is a run.
func (w *world) keys(f func(*ticket) bool) []uint64 {
	var keys []uint64
	for k, v := range w.tickets {
		if f(v) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

func (w *world) pick(f func(*ticket) bool) *ticket {
	keys := w.keys(f)
	if len(keys) == 0 {
		return nil
	}
	return w.tickets[keys[w.r.IntN(len(keys))]]
}

func (w *world) apply(k *ticket) {
	o := k.order()
	if err := w.q.Apply(&o); err != nil {
		w.fail("apply %+v: %v", o, err)
	}
}

// mayRest says that an order may be on the book, as far as the client knows.
func mayRest(k *ticket) bool { return !k.closed && !k.rejected }

func crossing(side odds.Side, p, other odds.Price) bool {
	if side == odds.Buy {
		return p >= other
	}
	return p <= other
}

// held says that a contract is not to be quoted.
func (w *world) held(c Contract) bool {
	m := w.wishes[c]
	return m == nil || m.pulled || w.all|w.holds[c] != 0
}

// step makes the quoter step, checks what it asks for, and sends it.
func (w *world) step(b Budget) {
	actions := w.q.Step(w.now, b)
	adds := 0
	for i, a := range actions {
		if a.Kind >= Replace {
			adds++
		} else if adds > 0 {
			w.fail("%v after an add", a.Kind)
		}
		_ = i
	}
	if len(actions) > b.Messages || adds > b.Adds {
		w.fail("%d actions, %d adds with a budget of %+v", len(actions), adds, b)
	}
	refused := false
	for i := range actions {
		a := &actions[i]
		w.check(a)
		if !w.calm && w.r.IntN(8) == 0 {
			refused = true
			w.note("%d refuse %+v", w.now, *a)
			w.q.Refused(a, Refusal(1+w.r.IntN(2)), w.now+w.r.Int64N(5))
			continue
		}
		w.send(a)
	}
	if !refused && len(actions) < b.Messages && adds < b.Adds {
		if again := w.q.Step(w.now, Budget{1000, 1000}); len(again) > 0 {
			w.fail("second step without a change: %+v", again)
		}
	}
}

// check holds an action to the rules.
func (w *world) check(a *Action) {
	k := w.tickets[a.Key]
	if a.Kind != Create {
		if k == nil || k.foreign || !mayRest(k) || k.doubt || k.isNew || k.cancelling || k.replacing ||
			k.side != a.Side {
			w.fail("%+v about order %+v", a, k)
		}
		if k.reducing && a.Kind != Cancel {
			w.fail("%+v while reducing", a)
		}
	}
	if a.Kind == Reduce && (a.Quantity >= k.open || a.Quantity == 0) {
		w.fail("reduce from %d to %d", k.open, a.Quantity)
	}
	if a.Kind == Replace && a.Total != a.Quantity+k.executed {
		w.fail("replace to a total of %d with %d executed, %d open", a.Total, k.executed, a.Quantity)
	}
	if a.Kind < Replace {
		return
	}
	if w.held(a.Contract) {
		w.fail("%+v while held", a)
	}
	side := w.wishes[a.Contract].sides[a.Side-odds.Buy]
	if !slices.Contains(side, Level{a.Price, a.Quantity}) {
		w.fail("%+v is not in the wish %v", a, side)
	}
	count := 0
	for _, o := range w.tickets {
		if o.contract != a.Contract || !mayRest(o) {
			continue
		}
		switch {
		case o.side != a.Side && crossing(a.Side, a.Price, o.price):
			w.fail("%+v crosses %+v", a, o)
		case o.side == a.Side && !o.foreign:
			if o.doubt && !o.silent {
				w.fail("%+v beside %+v in doubt", a, o)
			}
			if p := w.tickets[o.parent]; p == nil || !mayRest(p) {
				count++
			}
		}
	}
	if a.Kind == Create && count >= len(side) {
		w.fail("%+v is order %d on a side with %d levels", a, count+1, len(side))
	}
}

func (w *world) send(a *Action) {
	w.sent++
	w.note("%d send %+v", w.now, *a)
	r := request{kind: a.Kind, key: a.Key, quantity: a.Quantity}
	k := w.tickets[a.Key]
	early := w.r.IntN(2) == 0 // whether the engine's order state says so before Sent or not at all
	switch a.Kind {
	case Cancel:
		k.cancelling = true
	case Reduce:
		k.reducing, k.target = true, a.Quantity
	case Replace, Create:
		r.new = w.nextKey
		w.nextKey++
		n := &ticket{key: r.new, contract: a.Contract, side: a.Side, price: a.Price, isNew: true, open: a.Quantity}
		if a.Kind == Replace {
			r.quantity = a.Total
			k.replacing = true
			n.parent = k.key
		}
		w.tickets[r.new] = n
		if early {
			w.apply(n)
		}
	}
	if k != nil && early {
		w.apply(k)
	}
	w.requests = append(w.requests, r)
	w.q.Sent(a, r.new)
}

func (w *world) answer(key uint64, apply func(k *ticket)) {
	w.answers = append(w.answers, answer{key: key, apply: apply})
}

// answerBoth answers a replace, which changes two orders at once.
func (w *world) answerBoth(r request, both func(k, n *ticket)) {
	w.answers = append(w.answers, answer{key: r.key, both: both, new: r.new})
}

// serve makes the exchange handle the oldest request.
func (w *world) serve() {
	r := w.requests[0]
	w.requests = w.requests[1:]
	k := w.tickets[r.key]
	reject := !w.calm && w.r.IntN(6) == 0
	if n := w.tickets[r.new]; n != nil {
		for _, o := range w.tickets {
			if o.live && o.contract == n.contract && o.side != n.side && crossing(n.side, n.price, o.price) {
				w.fail("%+v matches own order %+v", n, o)
			}
		}
	}
	switch r.kind {
	case Create:
		n := w.tickets[r.new]
		if reject {
			w.answer(r.new, func(k *ticket) { k.rejected = true })
			return
		}
		n.live, n.rests = true, r.quantity
		w.answer(r.new, func(k *ticket) { k.isNew, k.doubt = false, false })
	case Cancel:
		if !k.live || reject {
			w.answer(r.key, func(k *ticket) { k.cancelling = false })
			return
		}
		k.live = false
		w.answer(r.key, func(k *ticket) { k.closed = true })
	case Reduce:
		if !k.live || reject || r.quantity >= k.rests {
			w.answer(r.key, func(k *ticket) { k.reducing = false })
			return
		}
		k.rests = r.quantity
		w.answer(r.key, func(k *ticket) { k.reducing, k.open = false, r.quantity })
	case Replace:
		if !k.live || reject || r.quantity <= k.matched {
			w.answerBoth(r, func(k, n *ticket) { k.replacing, n.rejected = false, true })
			return
		}
		k.live = false
		n := w.tickets[r.new]
		n.live, n.rests = true, r.quantity-k.matched
		rests := n.rests
		w.answerBoth(r, func(k, n *ticket) {
			k.closed = true
			n.isNew, n.open = false, rests
		})
	}
}

// deliver gives the client an answer. Answers about different orders may overtake each other.
func (w *world) deliver() {
	i := w.r.IntN(len(w.answers))
	for j := 0; j < i; j++ {
		if a, b := w.answers[j], w.answers[i]; a.key == b.key || a.new == b.key || a.key == b.new {
			i, j = j, -1
		}
	}
	a := w.answers[i]
	w.answers = slices.Delete(w.answers, i, i+1)
	k := w.tickets[a.key]
	if a.both != nil {
		n := w.tickets[a.new]
		a.both(k, n)
		w.note("%d deliver %+v and %+v", w.now, k.order(), n.order())
		if w.r.IntN(2) == 0 {
			w.apply(n)
			w.apply(k)
			return
		}
		w.apply(k)
		if k.closed || w.r.IntN(2) == 0 { // in the first stage there is no other order yet
			w.apply(n)
		}
		return
	}
	a.apply(k)
	w.note("%d deliver %+v", w.now, k.order())
	w.apply(k)
}

// fill matches some of a live order.
func (w *world) fill(k *ticket) {
	n := 1 + odds.Quantity(w.r.Int64N(int64(k.rests)))
	k.rests -= n
	k.matched += n
	full := k.rests == 0
	k.live = !full
	w.answer(k.key, func(k *ticket) {
		k.open -= n
		k.executed += n
		k.closed = full
	})
}

// disconnect loses some of what is in flight; the client calls the orders concerned in doubt.
func (w *world) disconnect() {
	w.note("%d disconnect", w.now)
	for len(w.requests) > 0 && w.r.IntN(2) == 0 {
		w.serve()
	}
	w.requests, w.answers = nil, nil // resolve says what they would have said
	for _, key := range w.keys(mayRest) {
		k := w.tickets[key]
		if k.isNew || k.cancelling || k.reducing || k.replacing || k.open != k.rests || !k.live {
			k.doubt = true
			if k.silent = k.isNew && k.parent != 0 && w.r.IntN(2) == 0; !k.silent {
				w.apply(k)
			}
		}
	}
}

// resolve says how an order in doubt stands.
func (w *world) resolve(k *ticket) {
	k.doubt, k.cancelling, k.reducing, k.replacing = false, false, false, false
	k.executed, k.open = k.matched, k.rests
	w.answers = slices.DeleteFunc(w.answers, func(a answer) bool { return a.key == k.key }) // it knows
	switch {
	case k.live:
		k.isNew = false
	case k.isNew && k.matched == 0:
		k.rejected = true
	default:
		k.closed = true
	}
	w.note("%d resolve %+v", w.now, k.order())
	if k.rejected && k.silent {
		w.q.NotPlaced(k.key)
		return
	}
	w.apply(k)
	for _, key := range w.keys(func(n *ticket) bool { return n.silent && n.doubt && n.parent == k.key }) {
		w.resolve(w.tickets[key])
	}
}

func (w *world) randomLevels(n int, from, to int) []Level {
	var levels []Level
	for range n {
		p := odds.Price(from + w.r.IntN(to-from))
		if !slices.ContainsFunc(levels, func(l Level) bool { return l.Price == p }) {
			levels = append(levels, Level{p, odds.Quantity(1 + w.r.IntN(6))})
		}
	}
	return levels
}

func (w *world) randomWish(c Contract) {
	mid := 104 + w.r.IntN(12)
	m := &modelWish{tol: Tolerance{odds.Price(w.r.IntN(4)), odds.Quantity(w.r.IntN(3))}}
	m.sides[0] = w.randomLevels(w.r.IntN(w.config.Levels+1), mid-4, mid)
	m.sides[1] = w.randomLevels(w.r.IntN(w.config.Levels+1), mid, mid+4)
	w.wishes[c] = m
	w.note("%d wish %v %v", w.now, c, *m)
	if len(m.sides[0]) == 1 && len(m.sides[1]) == 1 && m.sides[0][0].Size == m.sides[1][0].Size {
		two := Two{m.sides[0][0].Price, m.sides[1][0].Price, m.sides[0][0].Size, m.tol.Price, m.tol.Size}
		if err := w.q.Set(c, two); err != nil {
			w.fail("set %+v: %v", two, err)
		}
		return
	}
	if err := w.q.SetLevels(c, m.sides[0], m.sides[1], m.tol); err != nil {
		w.fail("set %+v: %v", m, err)
	}
}

// place is an order of the bot's own.
func (w *world) place(c Contract) {
	k := &ticket{key: w.nextKey, contract: c, foreign: true}
	k.side, k.price = odds.Side(1+w.r.IntN(2)), odds.Price(100+w.r.IntN(20))
	w.nextKey++
	for _, o := range w.tickets {
		if o.contract == c && mayRest(o) && o.side != k.side && crossing(k.side, k.price, o.price) {
			return
		}
	}
	k.open = 3
	k.rests, k.live = 3, true
	w.tickets[k.key] = k
	w.note("%d place %+v", w.now, k.order())
	w.apply(k)
}

// fits is the test's own idea of an order that is where it is wanted.
func fits(m *modelWish, side int, l Level, price odds.Price, open odds.Quantity) bool {
	for _, o := range m.sides[1-side] {
		if crossing(odds.Side(side+1), price, o.Price) {
			return false
		}
	}
	dp, dq := int(price)-int(l.Price), int64(open)-int64(l.Size)
	return max(dp, -dp) <= int(m.tol.Price) && max(dq, -dq) <= int64(m.tol.Size)
}

// perfect reports whether orders can be paired with levels that they fit, none left over.
func perfect(m *modelWish, side int, levels []Level, orders []*ticket) bool {
	if len(levels) != len(orders) {
		return false
	}
	if len(levels) == 0 {
		return true
	}
	for i, o := range orders {
		if fits(m, side, levels[0], o.price, o.rests) {
			if perfect(m, side, levels[1:], append(slices.Clone(orders[:i]), orders[i+1:]...)) {
				return true
			}
		}
	}
	return false
}

// random does one thing.
func (w *world) random() {
	w.now += w.r.Int64N(20)
	c := w.contracts[w.r.IntN(len(w.contracts))]
	switch n := w.r.IntN(100); {
	case n < 15:
		w.randomWish(c)
	case n < 17:
		if m := w.wishes[c]; m != nil {
			m.pulled = true
		}
		w.note("%d pull %v", w.now, c)
		w.q.Pull(c)
	case n < 45:
		b := Budget{w.r.IntN(6), w.r.IntN(5)}
		if w.r.IntN(2) == 0 {
			b = Budget{1000, 1000}
		}
		w.step(b)
	case n < 60:
		if len(w.requests) > 0 {
			w.serve()
		}
	case n < 80:
		if len(w.answers) > 0 {
			w.deliver()
		}
	case n < 85:
		if k := w.pick(func(k *ticket) bool { return k.live }); k != nil {
			w.fill(k)
		}
	case n < 86:
		if k := w.pick(func(k *ticket) bool { return k.live }); k != nil { // the exchange cancels
			k.live = false
			w.answer(k.key, func(k *ticket) { k.closed = true })
		}
	case n < 88:
		w.disconnect()
	case n < 93:
		if k := w.pick(func(k *ticket) bool { return k.doubt && mayRest(k) }); k != nil {
			w.resolve(k)
		}
	case n < 95:
		on := w.r.IntN(2) == 0
		w.note("%d hold contract %v %v", w.now, c, on)
		w.holds[c] = 0
		if on {
			w.holds[c] = SuspectBook
		}
		if err := w.q.HoldContract(c, SuspectBook, on); err != nil {
			w.fail("hold: %v", err)
		}
	case n < 96:
		on := w.r.IntN(2) == 0
		w.note("%d hold %v", w.now, on)
		w.all = 0
		if on {
			w.all = Gap
		}
		w.q.Hold(Gap, on)
	case n < 97:
		w.place(c)
	case n < 98:
		if k := w.pick(func(k *ticket) bool { return k.foreign && k.live && !k.doubt }); k != nil {
			k.live = false
			w.answer(k.key, func(k *ticket) { k.closed = true })
		}
	case n < 99:
		w.q.Retry(c)
	}
}

// quiesce lets everything be answered, and expects what is live to be what is wanted.
func (w *world) quiesce() {
	w.calm = true
	w.note("calm")
	w.q.Hold(Gap, false)
	w.all = 0
	for _, c := range w.contracts {
		w.holds[c] = 0
		if err := w.q.HoldContract(c, SuspectBook, false); err != nil {
			w.fail("hold: %v", err)
		}
	}
	for _, key := range w.keys(func(k *ticket) bool { return k.foreign && k.live }) {
		w.tickets[key].live = false
		w.answer(key, func(k *ticket) { k.closed = true })
	}
	for round := 0; ; round++ {
		if round == 200 {
			w.fail("does not converge")
		}
		for len(w.requests) > 0 {
			w.serve()
		}
		for len(w.answers) > 0 {
			w.deliver()
		}
		for _, key := range w.keys(func(k *ticket) bool { return k.doubt && mayRest(k) }) {
			w.resolve(w.tickets[key])
		}
		before := w.sent
		w.step(Budget{3, 2})
		if w.sent != before || w.q.Pending() {
			continue
		}
		if at, ok := w.q.NextWake(); ok {
			if at <= w.now {
				w.fail("wakes in the past: %d at %d", at, w.now)
			}
			w.now = at
			continue
		}
		if !w.gaveUp() {
			break
		}
	}
	if again := w.q.Step(w.now+1e12, Budget{1000, 1000}); len(again) > 0 {
		w.fail("step after the end: %+v", again)
	}
	for _, c := range w.contracts {
		m := w.wishes[c]
		if m == nil || m.pulled {
			m = &modelWish{}
		}
		for s := range m.sides {
			var live []*ticket
			for _, key := range w.keys(func(k *ticket) bool {
				return k.live && k.contract == c &&
					int(k.side) == s+1
			}) {
				live = append(live, w.tickets[key])
			}
			if !perfect(m, s, m.sides[s], live) {
				for _, k := range live {
					w.note("live %+v", *k)
				}
				w.fail("%v: side %d wants %v within %v", c, s, m.sides[s], m.tol)
			}
		}
		if st := w.q.Status(c); !st.Bid.Done || !st.Ask.Done {
			w.fail("%v: %+v", c, st)
		}
	}
	if s := w.q.Stats(); s.Orders != len(w.keys(mayRest)) {
		w.fail("%d orders known, %d are", s.Orders, len(w.keys(mayRest)))
	}
}

// gaveUp makes sides that gave up try again, and reports whether there were any.
func (w *world) gaveUp() (any bool) {
	for _, c := range w.contracts {
		if st := w.q.Status(c); st.Bid.GaveUp || st.Ask.GaveUp {
			any = true
			w.q.Retry(c)
		}
	}
	return any
}

// TestConverges plays random histories, with every rule checked at every request.
func TestConverges(t *testing.T) {
	sent := 0
	for seed := range uint64(worlds) {
		w := newWorld(t, seed, Config{
			Contracts: 3, Levels: 1 + int(seed%3), Orders: 200, RetryMin: 10, RetryMax: 80, AttemptsMax: 3,
			DisableReplace: seed%5 == 0, ResumeAfter: int64(seed%2) * 30,
		})
		w.contracts = []Contract{{1, 1}, {1, 2}, {2, 3}}[:1+seed%3]
		for range 300 {
			w.random()
		}
		w.quiesce()
		w.q.verify(t)
		sent += w.sent
	}
	t.Logf("%d histories, %d requests", worlds, sent)
}

// verify checks the links of everything.
func (q *Quoter) verify(t testing.TB) {
	seen := 0
	for slot := range q.contracts {
		if q.byContract.find(q.contracts[slot].id.tableKey()) != int32(slot) {
			continue
		}
		for s := range q.contracts[slot].sides {
			previous := none
			for i := q.contracts[slot].sides[s].first; i != none; i = q.orders[i].next {
				e := &q.orders[i]
				if e.prev != previous || e.contract != int32(slot) || int(e.side) != s || q.byKey.find(e.key) != i {
					t.Fatalf("order %d is not linked: %+v", i, e)
				}
				previous = i
				seen++
			}
		}
	}
	free := 0
	for i := q.freeOrder; i != none; i = q.orders[i].next {
		free++
	}
	if seen != q.orderCount || free+seen != len(q.orders) {
		t.Fatalf("%d orders seen, %d counted, %d free of %d", seen, q.orderCount, free, len(q.orders))
	}
}

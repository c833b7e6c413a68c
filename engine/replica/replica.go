package replica

import (
	"slices"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/internal/ownbook"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
)

// Config says how much a Replica holds, and who is told what it finds.
type Config struct {
	Books  book.Config
	Orders order.Config

	// Observer is told what is found; nil for nobody.
	Observer Observer
}

// Observer is told what a Replica finds in the record that it applies, in that order. What is passed is valid until the
// method returns. The Replica must not be changed meanwhile. Embed [Ignore] for what is not wanted.
type Observer interface {
	// Began says that a run of an engine began. If again is true there was one before: orders and books are new ones.
	Began(r *journal.Record, again bool)
	// Payload says that there is a payload from or to the exchange, whether or not it can be decoded.
	Payload(r *journal.Record)
	// Garbled says what of a payload is not understood.
	Garbled(r *journal.Record, text string)
	// LoginSent and LoggedIn say that a login was sent, and answered.
	LoginSent(r *journal.Record)
	LoggedIn(r *journal.Record)
	// Sent says that a request left for the first time; it is applied afterwards.
	Sent(r *journal.Record, k *msg.Keys)
	// Received says that a message is the next of its session; it is applied afterwards.
	Received(r *journal.Record, p *msg.Payload)
	// Applied says that it was applied. err says why not, for messages about books.
	Applied(r *journal.Record, p *msg.Payload, err error)
	// OrderEvent is about orders and money. The books do not show it yet.
	OrderEvent(ev *order.Event)
	// Log is a line of the engine's log that was applied.
	Log(r *journal.Record, line map[string]string)
}

// Ignore is an [Observer] that ignores everything.
type Ignore struct{}

// Began ignores that a run began.
func (Ignore) Began(*journal.Record, bool) {}

// Payload ignores a payload.
func (Ignore) Payload(*journal.Record) {}

// Garbled ignores what is not understood.
func (Ignore) Garbled(*journal.Record, string) {}

// LoginSent ignores a login.
func (Ignore) LoginSent(*journal.Record) {}

// LoggedIn ignores the answer of a login.
func (Ignore) LoggedIn(*journal.Record) {}

// Sent ignores a request.
func (Ignore) Sent(*journal.Record, *msg.Keys) {}

// Received ignores a message.
func (Ignore) Received(*journal.Record, *msg.Payload) {}

// Applied ignores a message.
func (Ignore) Applied(*journal.Record, *msg.Payload, error) {}

// OrderEvent ignores an event.
func (Ignore) OrderEvent(*order.Event) {}

// Log ignores a line.
func (Ignore) Log(*journal.Record, map[string]string) {}

// Replica is an account as a journal says, up to a record.
type Replica struct {
	c        Config
	orders   *order.Manager
	books    *book.Books
	session  sequences
	held     held
	raw      []byte // the message that is applied
	last     bool   // of its record
	complete bool   // no order, market or book found no room
	known    bool   // what the run began with
	begin    []byte // of the start of a run that is not whole
	payload  msg.Payload
	copied   int      // bytes of the orders in the last copy
	keys     msg.Keys // of the request that is applied; here because the observer is passed its address
}

// New returns a Replica without records. The error is a *book.ConfigError or an *order.ConfigError.
func New(c Config) (*Replica, error) {
	if c.Observer == nil {
		c.Observer = Ignore{}
	}
	r := &Replica{c: c}
	return r, r.reset()
}

// reset forgets orders and books: an engine begins that knows nothing.
func (m *Replica) reset() (err error) {
	if m.orders, err = order.New(m.c.Orders); err != nil {
		return err
	}
	m.books, err = book.New(m.c.Books)
	return err
}

// Orders returns the orders and the money. It is another Manager after a run has begun again. It must not be changed.
func (m *Replica) Orders() *order.Manager { return m.orders }

// Books returns the books. It is another one after a run has begun again. It must not be changed.
func (m *Replica) Books() *book.Books { return m.books }

// Complete reports whether there was room for every order, market and book.
func (m *Replica) Complete() bool { return m.complete }

// Known reports whether the journal has the orders and positions that the run began with. A redacted copy does not have
// them, nor a journal of which the beginning of the run was removed.
func (m *Replica) Known() bool { return m.known }

// Apply applies the next record of a journal.
func (m *Replica) Apply(r *journal.Record) {
	if r.Own { // such records have no number of their own, so that nothing may depend on them
		return
	}
	if m.release(r) {
		m.tick(r.At)
		return
	}
	if !m.session.begun && r.Kind != journal.KindStart { // the run's beginning was removed, with its subscriptions
		m.session.begun = true
		m.books.PriceFeed(true, r.At)
	}
	switch r.Kind {
	case journal.KindStart:
		m.start(r)
	case journal.KindLost:
		m.lost(r)
	case journal.KindInbound:
		m.received(r)
	case journal.KindOutbound:
		m.message(r, r.Payload)
	case journal.KindLog:
		m.log(r)
	}
	m.tick(r.At)
}

// startBytesMax is how much of the start of a run is kept, some thousand times what a bot with a hundred orders has.
const startBytesMax = 256 << 20

// start begins a run, with the orders that the engine had read from its file.
func (m *Replica) start(r *journal.Record) {
	if r.Flags&engine.StartContinues == 0 {
		again := m.session.begun
		m.session = sequences{begun: true, next: 1}
		m.begin = nil
		if again {
			if err := m.reset(); err != nil {
				panic("BUG: replica: " + err.Error())
			}
		}
		m.complete, m.known = true, false
		m.c.Observer.Began(r, again)
	}
	if m.begin == nil && r.Flags&engine.StartContinues != 0 {
		return // the rest of one whose begin was not read
	}
	if len(m.begin)+len(r.Payload) <= startBytesMax {
		m.begin = append(m.begin, r.Payload...)
	}
	if r.Flags&engine.StartGoesOn == 0 {
		m.restore(r)
		m.begin = nil
	}
}

// restore makes orders and books those that the run began with.
func (m *Replica) restore(r *journal.Record) {
	found, err := engine.RestoreStart(m.begin, m.orders, r.At)
	if m.known = err == nil; !m.known {
		m.c.Observer.Garbled(r, "orders and positions of earlier runs are not known: "+err.Error())
	}
	if !found {
		return
	}
	for _, u := range slices.Collect(m.orders.Unanswered) {
		m.orderEvents(m.orders.ApplyFate(u.Keys.Type, u.Keys.Reference, u.Seq, order.FateInDoubt, r.At))
	}
	m.orderEvents(m.orders.Disconnected(r.At))
	for o := range m.orders.Live {
		replaces := uint64(0)
		if original := m.orders.ByID(o.Original); original != nil {
			replaces = ownbook.Key(original)
		}
		_ = m.books.OwnAdded(ownbook.Own(o, replaces))
	}
}

// lost follows that the journal lacks records.
func (m *Replica) lost(r *journal.Record) {
	if _, err := journal.DecodeLost(r.Payload); err != nil {
		return
	}
	m.session.next, m.session.gap = 0, false // whatever comes next
	m.begin = nil
	m.books.Gap(r.At)
	m.books.Recovered(false, r.At)
}

// tick does what is due by the loop's clock.
func (m *Replica) tick(now int64) {
	if now >= m.orders.Due() && !m.session.gap { // what is missing may say why
		m.orderEvents(m.orders.Tick(now))
	}
	if now >= m.books.Due() {
		m.books.Advance(now)
	}
}

// Copy is a copy of a Replica as of one moment, to go on from.
type Copy struct {
	session  sequences
	held     held
	complete bool
	known    bool
	begin    []byte
	orders   []byte
	books    *book.Copy
}

// Copy returns a copy.
func (m *Replica) Copy() *Copy {
	orders := slices.Clip(m.orders.AppendState(make([]byte, 0, m.copied+m.copied/8)))
	m.copied = len(orders)
	h := m.held
	h.payload = slices.Clone(h.payload)
	return &Copy{m.session, h, m.complete, m.known, slices.Clip(m.begin), orders, m.books.Copy()}
}

// Restore makes m what it was, or another Replica with an equal Config was, when the copy was made.
func (m *Replica) Restore(c *Copy) {
	m.session, m.complete, m.known, m.begin = c.session, c.complete, c.known, c.begin
	m.held = c.held
	m.held.payload = slices.Grow(slices.Clone(c.held.payload), heldSlack)
	m.books.Restore(c.books)
	if err := m.orders.LoadState(c.orders); err != nil {
		panic("BUG: replica: a copy: " + err.Error())
	}
}

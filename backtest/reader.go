package backtest

import (
	"errors"
	"io"
	"math"
	"strings"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/wire"
)

// Reader reads the events of a recording in order. It belongs to one goroutine.
type Reader struct {
	journal *journal.Reader
	message msg.Payload
	limits  wire.Limits
	own     own
	books   map[bookID]*twoSides
	found   [foundBooks]foundBook // of books, those that were looked for lately

	contracts map[uint32][]uint32     // by market of which complete books were received
	taken     map[bookID][]takenLevel // until the others change the book
	pending   pendingBooks            // wait for the reports behind them
	ready     []Event
	next      int
	count     Counts

	base        int64 // wall clock less the loop's, of this run
	based       bool
	first       int64 // of the first record
	last        int64 // of the newest event
	end         int64 // of the newest record
	approximate bool  // the journal was imported
	epoch       uint32
	expect      uint64 // sequence of the next payload of the connection; 0 before the first
	ended       bool
	watch       recordWatch
}

// recordWatch is called with what a reader decodes, before it becomes an event. It may be nil.
type recordWatch interface {
	inbound(at int64, m *msg.Payload)
	outbound(at int64, m *msg.Payload)
	disconnected() // what follows is of another connection
}

// Counts is what a reader has read so far.
type Counts struct {
	Records   uint64 // of the journal
	Messages  uint64 // from the exchange, in sequence
	Books     uint64 // of them about books
	Unpaired  uint64 // levels that had less than the recording account's own orders there
	Malformed uint64 // payloads that are no messages
	Lost      uint64 // records that the journal does not have
}

// bookID names a contract.
type bookID struct{ market, contract uint32 }

// foundBook is a book that was looked for.
type foundBook struct {
	id    bookID
	sides *twoSides
}

// openReader opens the journal in a folder.
func openReader(dir string) (*Reader, error) {
	j, err := journal.OpenDir(dir, journal.ReaderConfig{})
	if err != nil {
		return nil, err
	}
	return &Reader{
		journal: j, limits: wire.Limits{PayloadBytesMax: payloadMax}, own: newOwn(),
		books: make(map[bookID]*twoSides), contracts: make(map[uint32][]uint32),
		taken: make(map[bookID][]takenLevel),
	}, nil
}

// Close closes the journal.
func (r *Reader) Close() error { return r.journal.Close() }

// Counts returns what was read so far.
func (r *Reader) Counts() Counts { return r.count }

// Next returns the next event, which is valid until the next call, and [io.EOF] after the last. Other errors are those
// of the journal.
func (r *Reader) Next() (*Event, error) {
	for {
		if r.next < len(r.ready) {
			e := &r.ready[r.next]
			r.next++
			return e, nil
		}
		r.ready, r.next = r.ready[:0], 0
		if err := r.read(); err != nil {
			return nil, err
		}
	}
}

// read reads a record of the journal. It returns [io.EOF] if there was none before either.
func (r *Reader) read() error {
	if r.ended {
		return io.EOF
	}
	rec, err := r.journal.Next()
	if err == nil {
		r.record(rec)
		return nil
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	r.ended = true
	r.flush()
	return nil
}

// piece returns the next events, n of them or more, up to where the time changes, and the time of the event after them,
// MaxInt64 if there is none. At most of them are of one moment: of more, the rest is a piece of its own. They are valid
// until the next call; the error is that of Next, after the last piece. It must not be mixed with Next.
func (r *Reader) piece(n, most int) (events []Event, nextAt int64, err error) {
	kept := len(r.ready) - r.next
	for i := range kept { // swapped, because each has memory
		r.ready[i], r.ready[r.next+i] = r.ready[r.next+i], r.ready[i]
	}
	r.ready, r.next = r.ready[:kept], 0
	for {
		if end := len(r.ready); end >= n {
			last := r.ready[end-1].At
			if r.next = end - 1; r.ready[0].At < last {
				for r.ready[r.next-1].At == last {
					r.next--
				}
			}
			if r.ready[0].At < last || end >= most {
				return r.ready[:r.next], last, nil
			}
		}
		if err := r.read(); err != nil {
			if errors.Is(err, io.EOF) && len(r.ready) > 0 {
				r.next = len(r.ready)
				return r.ready, math.MaxInt64, nil
			}
			return nil, 0, err
		}
	}
}

// event returns a new event to be filled in.
func (r *Reader) event(kind EventKind, at int64) *Event {
	if len(r.ready) < cap(r.ready) {
		r.ready = r.ready[:len(r.ready)+1]
	} else {
		r.ready = append(r.ready, Event{})
	}
	e := &r.ready[len(r.ready)-1]
	r.last = max(r.last, at)
	e.reset(kind, r.last)
	return e
}

// record takes a record of the journal.
func (r *Reader) record(rec *journal.Record) {
	if rec.Own {
		if s, err := journal.DecodeSegment(rec.Payload); rec.Kind == journal.KindSegment && err == nil {
			r.approximate = r.approximate || strings.HasPrefix(s.Name, Approximate)
		}
		return
	}
	if r.count.Records++; !r.based {
		r.base, r.based = rec.Wall-rec.At, true
		r.first, r.last = rec.Wall, rec.Wall
	}
	at := rec.At + r.base
	if rec.Kind != journal.KindStart {
		r.end = max(r.end, at)
	}
	switch rec.Kind {
	case journal.KindStart:
		if rec.Flags&engine.StartContinues != 0 {
			return
		}
		r.end = max(rec.Wall, r.end) // the system's clock may have been set back: time goes on
		r.base = r.end - rec.At
		r.gap(r.end)
	case journal.KindLost:
		if lost, err := journal.DecodeLost(rec.Payload); err == nil {
			r.count.Lost += lost.Records
		}
		r.gap(at)
		for _, w := range r.books { // the exchange sends no complete ones because of it
			w.lost()
		}
	case journal.KindInbound:
		r.frames(at, rec)
	case journal.KindOutbound:
		if err := r.message.Decode(rec.Payload, nil); err != nil {
			r.count.Malformed++
			return
		}
		r.own.sent(&r.message)
		if r.watch != nil {
			r.watch.outbound(at, &r.message)
		}
	}
}

// gap notes that nothing is known of what follows until a complete book.
func (r *Reader) gap(at int64) {
	r.flush()
	if r.expect = 0; r.watch != nil {
		r.watch.disconnected()
	}
	if len(r.books) > 0 {
		r.event(EventGap, at)
	}
}

// frames takes the frames of a record.
func (r *Reader) frames(at int64, rec *journal.Record) {
	if rec.Epoch != r.epoch {
		expect := r.expect
		r.epoch = rec.Epoch
		if r.gap(at); r.own.resuming {
			r.expect = expect // what is missing before the login's answer is sent again
		}
	}
	for rest := rec.Payload; len(rest) > 0; {
		payload, size, err := wire.Scan(rest, r.limits)
		if err != nil || size == 0 { // refused, or cut
			r.count.Malformed++
			return
		}
		if rest = rest[size:]; len(payload) > 0 {
			r.received(at, payload)
		}
	}
}

// received takes a payload of the exchange.
func (r *Reader) received(at int64, payload []byte) {
	m := &r.message
	if err := m.Decode(payload, nil); err != nil {
		r.count.Malformed++
		return
	}
	if !r.inSequence(m) {
		return
	}
	r.count.Messages++
	if r.watch != nil {
		r.watch.inbound(at, m)
	}
	switch m.GetType() {
	case msg.PayloadContractQuotes:
		r.count.Books++
		r.update(at, m.GetContractQuotes())
	case msg.PayloadMarketQuotes:
		r.count.Books++
		r.flush()
		r.snapshot(at, m.GetMarketQuotes())
	default:
		if r.own.apply(m, at) {
			if r.pending.n == 0 {
				r.applyOwn(at)
			} else {
				r.pending.reported = true
			}
			return
		}
		r.flush()
		r.other(at, m)
	}
}

// inSequence reports whether a payload is the next of its connection. Others were discarded by the session, which asked
// for what was missing.
func (r *Reader) inSequence(m *msg.Payload) bool {
	seq := m.GetEtoPayload().GetSeq()
	if r.expect != 0 && seq != r.expect && seq != 0 {
		return false
	}
	r.expect = seq + 1
	return true
}

// other takes a message that is neither about a book nor about an order.
func (r *Reader) other(at int64, m *msg.Payload) {
	switch m.GetType() {
	case msg.PayloadMarketState:
		b := m.GetMarketState()
		e := r.event(EventState, at)
		e.Market, e.State, e.Reason = b.GetMarketId(), b.GetState(), string(b.GetReason())
		e.Contracts = append(e.Contracts, b.GetContracts()...)
	case msg.PayloadMarketManagedState:
		b := m.GetMarketManagedState()
		e := r.event(EventManaged, at)
		e.Market, e.Managed = b.GetMarketId(), b.GetManagedState() == msg.MarketManaged
	case msg.PayloadThrottleLimitsChanged:
		b := m.GetThrottleLimitsChanged()
		e := r.event(EventThrottle, at)
		e.Throttle = Throttle{b.GetAverageRatePs(), b.GetBurstSize(), b.GetTickMs()}
	case msg.PayloadRunningballNotification:
		b := m.GetRunningballNotification()
		e := r.event(EventMatch, at)
		e.EventID = b.GetEventId()
		e.Match = exchange.Notification{
			State: b.GetState(), Details: string(b.GetDetails()), Period: b.GetPeriod(), Playtime: b.GetPlaytime(),
			ScoreHome: b.GetScoreHome(), ScoreAway: b.GetScoreAway(),
		}
	}
}

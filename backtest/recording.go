package backtest

import (
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// Recording is a journal that was read once, so that it is known which markets it has. It may be used by several
// goroutines, each of which reads the journal by itself.
type Recording struct {
	Dir        string
	Begin, End int64 // ns since 1970, of the first and the last record
	Markets    []RecordedMarket
	Events     []uint32 // sports events
	Depth      int      // visible levels of a side
	Throttle   Throttle // the first one; zeros if there is none
	Balance    exchange.Money
	Counts     Counts
	Latency    Measured
	Orders     int  // accepted orders of the recording account
	Fills      int  // of them
	Approx     bool // imported, see [Approximate]
}

// RecordedMarket is a market of a recording.
type RecordedMarket struct {
	ID             uint32
	Contracts      []uint32
	State          msg.MarketStateType // the first one
	End            msg.MarketStateType // the last one
	Managed        bool                // it was at some time
	NonRunners     bool                // a contract was removed
	PendingTimeout uint32              // seconds, of provisional fills of the recording account; 0 if there were none
	Winners        []uint32            // of an imported market that was settled
	Places         int                 // likewise, how many win; of more winners some have tied; 0 if that is not known
	Voided         []uint32            // contracts that were voided while the market went on
	Settled        []uint32            // contracts that were settled while the market went on
	Reductions     []Reduction         // by runners that were removed
	Delay          string              // of orders in an imported market, in words; "" if there was none
	Last           []uint32            // by contract, the last price: of the middle, or traded; 0 if there is none

	last []int64 // twice that, exactly: bid plus offer of others, or twice what was traded after there were both
}

// Approximate is the name that imported journals have in their segments, followed by why they are approximate.
const Approximate = "approximate"

// Open reads a journal to find out what markets it has. The error is one of the journal, or [ErrNoMarkets].
func Open(dir string) (*Recording, error) {
	r, err := openReader(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	s := scanner{recording: &Recording{Dir: dir, Depth: depthLeast}, markets: make(map[uint32]*RecordedMarket)}
	s.measure.sent, s.books = make(map[uint64]int64), r.books
	r.watch = &s
	r.own.watch = s.report
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		s.event(e)
	}
	s.finish(r)
	if len(s.recording.Markets) == 0 {
		return nil, ErrNoMarkets
	}
	return s.recording, nil
}

// Reader returns a reader of the events, at the first one.
func (r *Recording) Reader() (*Reader, error) { return openReader(r.Dir) }

// Market returns a market, nil if the recording does not have it.
func (r *Recording) Market(id uint32) *RecordedMarket {
	for i := range r.Markets {
		if r.Markets[i].ID == id {
			return &r.Markets[i]
		}
	}
	return nil
}

// lastOf returns twice the last price of a contract.
func (m *RecordedMarket) lastOf(contract uint32) int64 {
	if i := slices.Index(m.Contracts, contract); i >= 0 && i < len(m.last) {
		return m.last[i]
	}
	return 0
}

// scanner finds out what a recording has.
type scanner struct {
	recording *Recording
	markets   map[uint32]*RecordedMarket
	order     []uint32
	measure   measure
	balance   bool
	books     map[bookID]*twoSides // the reader's
}

// market returns the market of an id.
func (s *scanner) market(id uint32) *RecordedMarket {
	m := s.markets[id]
	if m == nil {
		m = &RecordedMarket{ID: id}
		if len(s.order) < marketsMax {
			s.markets[id] = m
			s.order = append(s.order, id)
		}
	}
	return m
}

func (m *RecordedMarket) contract(id uint32) {
	if !slices.Contains(m.Contracts, id) && len(m.Contracts) < contractsMax {
		m.Contracts = append(m.Contracts, id)
		m.Last, m.last = append(m.Last, 0), append(m.last, 0)
	}
}

func (s *scanner) event(e *Event) {
	switch e.Kind {
	case EventBook:
		m := s.market(e.Market)
		m.contract(e.Contract)
		i := slices.Index(m.Contracts, e.Contract)
		if n := len(e.Change.Trades); n > 0 && i >= 0 { // there may be too many contracts
			m.last[i] = 2 * int64(e.Change.Trades[n-1].Price)
		}
		if bid, offer := s.books[bookID{e.Market, e.Contract}].best(); i >= 0 && bid != 0 && offer != 0 {
			m.last[i] = int64(bid + offer)
		}
	case EventState:
		m := s.market(e.Market)
		if m.State == 0 {
			m.State = e.State
		}
		m.endedContracts(e)
		if m.End < msg.MarketStateSettled { // what was said of it later has no effect
			m.End = e.State
		}
		s.reason(m, e)
		for i := range e.Contracts {
			c := &e.Contracts[i]
			m.contract(c.GetContractId())
			m.NonRunners = m.NonRunners || c.GetState() == msg.ContractStateReduced
		}
	case EventManaged:
		m := s.market(e.Market)
		m.Managed = m.Managed || e.Managed
	case EventMatch:
		if !slices.Contains(s.recording.Events, e.EventID) && len(s.recording.Events) < marketsMax {
			s.recording.Events = append(s.recording.Events, e.EventID)
		}
	case EventThrottle:
		if s.recording.Throttle == (Throttle{}) {
			s.recording.Throttle = e.Throttle
		}
	}
}

// reason reads what only imported journals say in the reason of a state.
func (s *scanner) reason(m *RecordedMarket, e *Event) {
	if list, ok := strings.CutPrefix(e.Reason, "won by "); ok && e.State == msg.MarketStateSettled {
		list, places, _ := strings.Cut(list, "; places: ")
		if n, err := strconv.ParseUint(places, 10, 10); err == nil {
			m.Places = int(n)
		}
		for text := range strings.SplitSeq(list, ",") {
			if n, err := strconv.ParseUint(text, 10, 32); err == nil && slices.Contains(m.Contracts, uint32(n)) {
				m.Winners = append(m.Winners, uint32(n))
			}
		}
	}
	if strings.HasPrefix(e.Reason, "orders are delayed by ") {
		m.Delay = e.Reason
	}
}

// report counts what the recording account did.
func (s *scanner) report(r Report) {
	switch {
	case r.Earlier:
	case r.Kind == ReportAccepted:
		s.recording.Orders++
	case r.Kind == ReportFilled:
		s.recording.Fills++
	}
}

// inbound implements recordWatch.
func (s *scanner) inbound(at int64, m *msg.Payload) {
	s.measure.inbound(at, m)
	again := m.GetEtoPayload().GetIsReplay()
	switch m.GetType() {
	case msg.PayloadOrderAccepted:
		b := m.GetOrderAccepted()
		s.firstBalance(b.HasAvailableBalance(), b.GetAvailableBalance(), b.GetExposure(), again)
	case msg.PayloadOrderExecuted:
		b := m.GetOrderExecuted()
		s.firstBalance(b.HasAvailableBalance(), b.GetAvailableBalance(), b.GetExposure(), again)
		if t := b.GetPendingTimeout(); t > 0 && t < 1000 {
			mk := s.market(b.GetMarketId())
			mk.PendingTimeout = max(mk.PendingTimeout, t)
		}
	}
}

// disconnected implements recordWatch.
func (s *scanner) disconnected() { s.measure.disconnected() }

// outbound implements recordWatch.
func (s *scanner) outbound(at int64, m *msg.Payload) { s.measure.outbound(at, m) }

// firstBalance notes what the account had when it began. Of what is sent again to the first login the last one says
// it.
func (s *scanner) firstBalance(known bool, available, exposure float64, again bool) {
	if !known || s.balance {
		return
	}
	const most = 1e9 // currency
	if total := available - min(exposure, 0); total > 0 && total < most {
		s.recording.Balance, s.balance = exchange.Money(math.Round(total*float64(exchange.Currency))), !again
	}
}

func (s *scanner) finish(r *Reader) {
	rec := s.recording
	rec.Counts = r.count
	rec.Begin, rec.End = r.first, r.end
	rec.Latency = s.measure.result()
	for _, w := range r.books {
		for side := range w.sides {
			rec.Depth = max(rec.Depth, w.sides[side].depth)
		}
	}
	for _, id := range s.order {
		m := s.markets[id]
		if len(m.Contracts) == 0 {
			continue
		}
		for i, last := range m.last {
			m.Last[i] = uint32(last / 2)
		}
		rec.Markets = append(rec.Markets, *m)
	}
	rec.Approx = r.approximate
}

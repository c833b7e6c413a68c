package backtest

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/wire"
)

// made is a journal that a test makes, message by message.
type made struct {
	t   *testing.T
	dir string
	j   *journal.Journal
	rec *journal.Recorder
	seq uint64
}

// newMade returns an empty journal, in its first run.
func newMade(t *testing.T) *made {
	m := &made{t: t, dir: filepath.Join(t.TempDir(), "journal")}
	m.run(sim.Beginning)
	return m
}

// run begins a run at a reading of the system's clock, at which its loop's is 0.
func (m *made) run(wall int64) {
	m.t.Helper()
	m.close()
	var err error
	m.j, err = journal.Open(journal.Config{
		Dir: m.dir, OnFull: journal.FullWait, Durability: journal.SyncNone, Clock: func() int64 { return 0 },
		Wall: func() int64 { return wall },
	})
	if err != nil {
		m.t.Fatal(err)
	}
	m.rec, m.seq = m.j.Recorder(), 0
	m.rec.Append(journal.KindStart, 0, 0, 0, nil)
	m.rec.Commit()
}

func (m *made) close() {
	if m.j == nil {
		return
	}
	if err := m.j.Close(); err != nil {
		m.t.Fatal(err)
	}
	m.j = nil
}

// say adds a message of the exchange.
func (m *made) say(at time.Duration, fill func(*msg.Payload)) {
	m.t.Helper()
	m.rec.Append(journal.KindInbound, 0, 1, int64(at), m.frame(fill))
	m.rec.Commit()
}

// frame returns the next message of the exchange.
func (m *made) frame(fill func(*msg.Payload)) []byte {
	m.t.Helper()
	m.seq++
	return wire.AppendFrame(nil, payloadOf(m.t, m.seq, fill))
}

// payloadOf returns an encoded message with a sequence.
func payloadOf(t testing.TB, seq uint64, fill func(*msg.Payload)) []byte {
	t.Helper()
	var p msg.Payload
	fill(&p)
	p.MutableEtoPayload().SetSeq(seq)
	b, err := p.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// state adds a state of a market, with states of contracts.
func (m *made) state(at time.Duration, s msg.MarketStateType, contracts func(*msg.MarketState)) {
	m.t.Helper()
	m.say(at, func(p *msg.Payload) {
		p.MutableMarketState().SetMarketId(winMarket)
		p.MutableMarketState().SetState(s)
		if contracts != nil {
			contracts(p.MutableMarketState())
		}
	})
}

// ended says how a contract ended.
func ended(s *msg.MarketState, contract uint32, how msg.ContractStateType) *msg.ContractState {
	c := s.AddContracts()
	c.SetContractId(contract)
	c.SetState(how)
	return c
}

// books adds the complete books of the market, with middle prices by contract: 10,000 units at 1 % below and above.
func (m *made) books(at time.Duration, middle map[uint32]uint32) {
	m.t.Helper()
	m.say(at, func(p *msg.Payload) {
		p.MutableMarketQuotes().SetMarketId(winMarket)
		for _, c := range contracts[winMarket] {
			q := p.MutableMarketQuotes().AddContractQuotes()
			q.SetMarketId(winMarket)
			q.SetContractId(c)
			if middle[c] == 0 {
				continue
			}
			bid, offer := q.AddBids(), q.AddOffers()
			bid.SetPrice(middle[c] - 100)
			bid.SetQuantity(100_000_000)
			offer.SetPrice(middle[c] + 100)
			offer.SetQuantity(100_000_000)
		}
	})
}

// taker buys of each contract once, at the offer: 100.00, 200.00 and so on of payoff.
func taker(e *engine.Engine) error {
	if err := e.Subscribe(winMarket); err != nil {
		return err
	}
	_, err := e.After(time.Second, func() {
		for i, id := range contracts[winMarket] {
			c, ok := e.Book(winMarket, id)
			if !ok {
				continue
			}
			if best, ok := c.Best(odds.Sell); ok {
				_, _ = e.Place(order.Limit{
					Market: winMarket, Contract: id, Side: odds.Buy, Price: best.Price,
					Quantity: odds.Quantity(1_000_000 * (i + 1)),
				})
			}
		}
	})
	return err
}

// runTaker runs the taker against a made journal.
func (m *made) runTaker(c Config) *Result {
	m.t.Helper()
	m.close()
	c.Dir, c.Balance = m.dir, 10_000*exchange.Currency
	r, err := Run(c, botConfig(1), taker)
	if err != nil {
		m.t.Fatal(err)
	}
	return r
}

// checkMoney expects the contracts' profits to be that of the run, and it to be what it is before commission.
func checkMoney(t *testing.T, r *Result, gross, paid exchange.Money) {
	t.Helper()
	for i := range r.Models {
		m := &r.Models[i]
		var sum exchange.Money
		for _, c := range m.Contracts {
			sum += c.Profit
		}
		if m.Gross != gross || sum != gross || m.Paid != paid || m.Profit != gross-paid {
			t.Errorf("%s: before commission %v, %v by contract, want %v; commission %v, want %v; profit %v", m.Queue,
				m.Gross, sum, gross, m.Paid, paid, m.Profit)
		}
		if last := m.Path[len(m.Path)-1].Equity; last != gross {
			t.Errorf("%s: the path ends at %v, want %v", m.Queue, last, gross)
		}
		if m.Figures.RefusedEvents != 0 {
			t.Errorf("%s: %d events were refused", m.Queue, m.Figures.RefusedEvents)
		}
	}
}

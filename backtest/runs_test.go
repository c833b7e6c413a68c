package backtest

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/sim"
)

// sent adds a message to the exchange.
func (m *made) sent(at time.Duration, fill func(*msg.Payload)) {
	m.t.Helper()
	m.rec.Append(journal.KindOutbound, 0, 1, int64(at), payloadOf(m.t, 1, fill))
	m.rec.Commit()
}

// login adds a login that resumes from an account sequence.
func (m *made) login(at time.Duration, from uint64) {
	m.sent(at, func(p *msg.Payload) {
		p.SetType(msg.PayloadLogin)
		p.MutableLogin().SetUsername([]byte("xxxx"))
		if from > 0 {
			p.MutableLogin().SetAccountSequence_64(from)
		}
	})
}

// loggedIn is the answer to a login.
func (m *made) loggedIn(at time.Duration, account uint64) {
	m.say(at, func(p *msg.Payload) {
		p.SetType(msg.PayloadEto)
		p.MutableEtoPayload().SetType(msg.EtoPayloadLoginResponse)
		r := p.MutableEtoPayload().MutableLoginResponse()
		r.SetSession([]byte("s"))
		r.SetReset(2)
		r.SetId(account)
	})
}

// filled says that an order of the recording account was filled by 100.00, at the best bid of contract 1000.
func (m *made) filled(at time.Duration, sequence, id uint64, again bool) {
	m.say(at, func(p *msg.Payload) {
		p.MutableEtoPayload().SetIsReplay(again)
		x := p.MutableOrderExecuted()
		x.SetAccountSequence_64(sequence)
		x.SetOrderId(id)
		x.SetMarketId(winMarket)
		x.SetContractId(1000)
		x.SetSide(msg.SideBuy)
		x.SetPrice(2900)
		x.SetQuantity(1_000_000)
	})
}

// accepted says that an order of the recording account is on the book, at the best bid of contract 1000.
func (m *made) accepted(at time.Duration, sequence, id, quantity uint64, again bool) {
	m.acceptedAt(at, sequence, id, 2900, quantity, again)
}

// acceptedAt is accepted with a price.
func (m *made) acceptedAt(at time.Duration, sequence, id uint64, price uint32, quantity uint64, again bool) {
	m.say(at, func(p *msg.Payload) {
		p.MutableEtoPayload().SetIsReplay(again)
		a := p.MutableOrderAccepted()
		a.SetSeq(1)
		a.SetAccountSequence_64(sequence)
		a.SetOrderId(id)
		a.SetMarketId(winMarket)
		a.SetContractId(1000)
		a.SetSide(msg.SideBuy)
		a.SetPrice(price)
		a.SetQuantity(quantity)
	})
}

// events reads a made journal.
func (m *made) events() (list []Event) {
	m.t.Helper()
	m.close()
	r, err := openReader(m.dir)
	if err != nil {
		m.t.Fatal(err)
	}
	defer r.Close()
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			m.t.Fatal(err)
		}
		own := *e
		own.Change.Levels = append(own.Change.Levels[:0:0], own.Change.Levels...)
		list = append(list, own)
	}
}

// TestClockSetBack records a second run after the clock was set back by an hour: its time goes on behind the first, as
// it passed.
func TestClockSetBack(t *testing.T) {
	m := newMade(t)
	m.books(time.Second, middles)
	m.run(sim.Beginning - int64(time.Hour))
	for n := range 4 {
		m.books(time.Duration(n)*time.Second, middles)
	}
	var at []time.Duration
	for _, e := range m.events() {
		if now := time.Duration(e.At - sim.Beginning); len(at) == 0 || now != at[len(at)-1] {
			at = append(at, now)
		}
	}
	if len(at) != 4 || at[0] != time.Second || at[3] != 4*time.Second {
		t.Errorf("events at %v", at)
	}
}

// TestAccountNumbersAnew records a second run of another account, or at an exchange that numbers anew: its orders are
// taken out of the books all the same, and those of the first are not any more. What is sent again counts once.
func TestAccountNumbersAnew(t *testing.T) {
	for _, c := range []struct {
		name     string
		account  uint64
		sequence uint64
		id       uint64
		again    bool
		quantity uint64
		others   uint64 // of 100,000,000
	}{
		{"another account", 2, 1, 7, false, 20_000_000, 80_000_000},
		{"another account, whose order is there", 2, 1, 7, true, 20_000_000, 80_000_000},
		{"numbers anew", 1, 1, 7, false, 20_000_000, 80_000_000},
		{"goes on", 1, 31, 7, false, 20_000_000, 70_000_000},
		{"sent again", 1, 30, 1, true, 10_000_000, 90_000_000},
		{"missed", 1, 31, 7, true, 20_000_000, 70_000_000},
	} {
		m := newMade(t)
		m.login(0, 1)
		m.loggedIn(0, 1)
		m.books(0, middles)
		m.accepted(time.Second, 30, 1, 10_000_000, false)
		m.run(sim.Beginning + int64(time.Minute))
		m.login(0, 1)
		m.loggedIn(0, c.account)
		m.accepted(0, c.sequence, c.id, c.quantity, c.again)
		m.books(0, middles)
		list := m.events()
		var others uint64
		for _, l := range list[len(list)-3].Change.Levels {
			if l.Side == msg.SideBuy && l.Price == 2900 {
				others = l.Quantity
			}
		}
		if others != c.others {
			t.Errorf("%s: others have %d, want %d", c.name, others, c.others)
		}
	}
}

// TestEarlierReports has the exchange send again, to the first login, what happened before the recording: it is not of
// the live day. What a later login missed is.
func TestEarlierReports(t *testing.T) {
	m := newMade(t)
	m.login(0, 1)
	m.loggedIn(0, 1)
	m.accepted(0, 1, 1, 10_000_000, true)
	m.filled(0, 2, 1, true)
	m.books(0, middles)
	m.accepted(time.Second, 3, 2, 10_000_000, false)
	m.filled(time.Second, 4, 1, false)
	m.run(sim.Beginning + int64(time.Minute))
	m.login(0, 1)
	m.loggedIn(0, 1)
	m.filled(0, 2, 1, true)
	m.filled(0, 5, 1, true)
	m.books(0, middles)
	m.close()
	rec, err := Open(m.dir)
	if err != nil {
		t.Fatal(err)
	}
	d, orders, err := liveDay(rec)
	if err != nil {
		t.Fatal(err)
	}
	if d.Orders != 1 || d.Filled != 2_000_000 || rec.Orders != 1 || rec.Fills != 2 || len(orders) != 2 {
		t.Errorf("the live day has %d orders, %d filled, %d of which are known; the recording %d and %d fills",
			d.Orders, d.Filled, len(orders), rec.Orders, rec.Fills)
	}
}

// TestManyRejections follows orders behind more rejected ones than are remembered, and more that were never answered.
func TestManyRejections(t *testing.T) {
	for _, answered := range []bool{true, false} {
		o := newOwn()
		var create, answer msg.Payload
		for n := uint64(1); n <= createsMax+1; n++ {
			c := create.MutableOrderCreate()
			c.SetReference(n)
			c.SetMarketId(winMarket)
			c.SetContractId(1000)
			c.SetSide(msg.SideBuy)
			c.SetPrice(2900)
			c.SetQuantity(1000)
			create.SetType(msg.PayloadOrderCreate)
			o.sent(&create)
			if answered && n <= createsMax {
				answer.SetType(msg.PayloadOrderRejected)
				answer.MutableOrderRejected().SetReference(n)
				o.apply(&answer, 0)
			}
		}
		var accepted msg.Payload
		accepted.SetType(msg.PayloadOrderAccepted)
		accepted.MutableOrderAccepted().SetReference(createsMax + 1)
		accepted.MutableOrderAccepted().SetOrderId(1)
		if o.apply(&accepted, 0); len(o.orders) != 1 {
			t.Errorf("an order behind many is not followed, answered %t", answered)
		}
	}
}

// TestTooManyContracts reads a journal with more contracts than a market may have.
func TestTooManyContracts(t *testing.T) {
	m := newMade(t)
	m.state(0, msg.MarketStateLive, func(s *msg.MarketState) {
		for n := range uint32(contractsMax) {
			ended(s, 5000+n, msg.ContractStateOpen)
		}
	})
	m.books(0, middles)
	m.say(time.Second, func(p *msg.Payload) {
		q := p.MutableContractQuotes()
		q.SetMarketId(winMarket)
		q.SetContractId(1000)
		x := q.AddExecutions()
		x.SetPrice(3100)
		x.SetMicroseconds(1)
		x.SetQuantity(1000)
		x.SetLiquidity(msg.SideSell)
	})
	m.close()
	r, err := Open(m.dir)
	if err != nil || len(r.Markets[0].Contracts) != contractsMax {
		t.Errorf("%v", err)
	}
}

// TestLostRecords loses the end of an offer: the bid that comes there shows that it is gone, and nothing is crossed.
func TestLostRecords(t *testing.T) {
	m := newMade(t)
	m.books(0, middles)
	m.close()
	r, err := openReader(m.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for err == nil {
		_, err = r.Next()
	}
	r.record(&journal.Record{Kind: journal.KindLost, Epoch: 1})
	r.record(&journal.Record{Kind: journal.KindInbound, Epoch: 1, Payload: m.frame(func(p *msg.Payload) {
		q := p.MutableContractQuotes()
		q.SetMarketId(winMarket)
		q.SetContractId(1000)
		bid, offer := q.AddBids(), q.AddOffers()
		bid.SetPrice(3200)
		bid.SetQuantity(5000)
		offer.SetPrice(3300)
		offer.SetQuantity(6000)
	})})
	r.flush()
	change := r.ready[len(r.ready)-1].Change
	levels := make(map[[2]uint32]uint64)
	for _, l := range change.Levels {
		levels[[2]uint32{uint32(l.Side), l.Price}] = l.Quantity
	}
	gone, named := levels[[2]uint32{uint32(msg.SideSell), 3100}]
	if !named || gone != 0 || levels[[2]uint32{uint32(msg.SideBuy), 3200}] != 5000 || len(levels) != 3 {
		t.Errorf("the change is %+v", change)
	}
}

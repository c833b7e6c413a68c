package exchange

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"

	"github.com/smk-go/smk/gen/msg"
)

// ledger is a sink that checks every report.
type ledger struct {
	bad  string
	next uint64            // the account sequence expected
	done map[uint64]uint64 // executed by order
}

func (l *ledger) Publish(Message) {}

func (l *ledger) Report(r *Report, _ bool) {
	if l.bad != "" {
		return
	}
	if r.Type == msg.PayloadOrderInvalid || r.Type == msg.PayloadBalanceChanged {
		if r.AvailableBalance < 0 {
			l.bad = "a negative balance was reported"
		}
		return
	}
	l.next++
	if r.AccountSequence != l.next {
		l.bad = fmt.Sprintf("account sequence %d, want %d", r.AccountSequence, l.next)
	}
	switch r.Type {
	case msg.PayloadOrderExecuted:
		l.done[r.OrderID] += r.Quantity
		if r.Side == msg.SideBuy && r.Price > r.OrigPrice || r.Side == msg.SideSell && r.Price < r.OrigPrice {
			l.bad = fmt.Sprintf("an order at %d is filled at %d", r.OrigPrice, r.Price)
		}
		if r.ExecutedQuantity != l.done[r.OrderID] {
			l.bad = fmt.Sprintf("order %d has executed %d, reported %d", r.OrderID, r.ExecutedQuantity,
				l.done[r.OrderID])
		}
	case msg.PayloadOrderExecuteVoided:
		l.done[r.OrderID] -= r.Quantity
	case msg.PayloadOrderVoided:
		if l.done[r.OrderID] != r.SourceQuantity {
			l.bad = fmt.Sprintf("order %d is voided from %d, executed %d", r.OrderID, r.SourceQuantity,
				l.done[r.OrderID])
		}
		l.done[r.OrderID] = 0
	}
}

// day carries out n random commands, all but reductions of runners, and returns the first violation, or "".
func day(t testing.TB, seed uint64, n int) string {
	r := rand.New(rand.NewPCG(seed, 3))
	var c Config
	for _, name := range names {
		// so little that funds run out now and then
		c.Accounts = append(c.Accounts, Account{Username: name, Balance: Money(1+r.Int64N(100)) * Currency / 10})
	}
	c.Events = []Event{{ID: 1}}
	for id := uint32(1); id <= 3; id++ {
		m := Market{ID: id, EventID: 1, State: msg.MarketStateLive, WinnerTakesAll: id < 3}
		if id == 2 {
			m.PendingTimeout = 8 * second
		}
		for ct := uint32(1); ct <= 3; ct++ {
			m.Contracts = append(m.Contracts, Contract{ID: ct})
		}
		c.Markets = append(c.Markets, m)
	}
	x, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	if r.IntN(2) == 0 {
		x.SetReplaceDelay(second)
	}
	var ledgers []*ledger
	var sessions []*Login
	for _, name := range names {
		l := &ledger{done: map[uint64]uint64{}}
		ledgers = append(ledgers, l)
		sessions = append(sessions, x.Login(name, l))
	}
	var ids []uint64
	for i := range n {
		command := play(x, r, sessions, &ids)
		if d := x.Audit(); d != "" {
			return fmt.Sprintf("after %d commands, the last %s: %s", i+1, command, d)
		}
		for j, l := range ledgers {
			if l.bad != "" {
				return fmt.Sprintf("after %d commands, the last %s: %s received: %s", i+1, command, names[j], l.bad)
			}
		}
	}
	return ""
}

// play carries out one random command and returns its name.
func play(x *Exchange, r *rand.Rand, sessions []*Login, ids *[]uint64) string {
	l := sessions[r.IntN(len(sessions))]
	market, ct := 1+r.Uint32N(3), 1+r.Uint32N(3)
	target := func() uint64 {
		if len(*ids) == 0 {
			return 0
		}
		return (*ids)[r.IntN(len(*ids))]
	}
	price, quantity := 4900+r.Uint32N(200), 1000+r.Uint64N(20000)
	switch k := r.IntN(200); {
	case k < 120:
		c := Create{
			Market: market, Contract: ct, Side: sideOf(r.IntN(2)), Price: price, Quantity: quantity,
			TIF: msg.TimeInForceType(1 + r.IntN(4)),
		}
		id, refusal := l.Create(&c)
		if refusal.OK() {
			*ids = append(*ids, id)
		}
		return fmt.Sprintf("create %+v %v", c, refusal)
	case k < 140:
		l.Cancel(&Cancel{OrderID: target()})
		return "cancel"
	case k < 150:
		l.Reduce(&Reduce{OrderID: target(), NewQuantity: quantity / 2})
		return "reduce"
	case k < 170:
		id, refusal := l.Replace(&Replace{OrigOrderID: target(), Price: price, Quantity: quantity})
		if refusal.OK() {
			*ids = append(*ids, id)
		}
		return fmt.Sprintf("replace %v", refusal)
	case k < 180:
		x.Advance(x.Now() + r.Int64N(3*second))
		return "advance"
	}
	return operate(x, r, l, market, ct)
}

// operate is play for operator commands. It ignores their errors.
func operate(x *Exchange, r *rand.Rand, l *Login, market, ct uint32) string {
	switch r.IntN(40) {
	case 0, 1, 2:
		l.CancelAll(&CancelAll{Market: market})
		return "cancel all"
	case 3, 4, 5, 6:
		_ = x.Goal(market, "goal")
		return "goal"
	case 7:
		_ = x.Settle(market, "over", ct)
		return "settle"
	case 8:
		_ = x.VoidMarket(market, "abandoned")
		return "void market"
	case 9, 10:
		_ = x.VoidContract(market, ct, "out")
		return "void contract"
	case 11, 12:
		_ = x.SettleContract(market, ct, r.IntN(2) == 0, "out")
		return "settle contract"
	case 13:
		x.SuspendTrading(true)
		x.SuspendTrading(false)
		return "suspend and resume"
	case 14, 15, 16:
		_ = x.Runningball(1, Notification{State: msg.RunningballStateSafe + msg.RunningballState(r.IntN(4))})
		return "runningball"
	case 17, 18:
		_ = x.SetManaged(market, r.IntN(2) == 0, 1+r.Int64N(10*second))
		return "managed"
	}
	_ = x.SetState(market, msg.MarketStateLive, "")
	return "live"
}

func TestMoneyIsConserved(t *testing.T) {
	p := gopter.DefaultTestParametersWithSeed(1)
	p.MinSuccessfulTests = 400
	props := gopter.NewProperties(p)
	props.Property("nothing is lost, nobody is below zero, every report is true",
		prop.ForAll(func(seed uint64, n int) string {
			return day(t, seed, n)
		}, gen.UInt64(), gen.IntRange(1, 500)))
	props.TestingRun(t)
}

// After every market is settled or voided, nothing is reserved.
func TestNothingStaysReserved(t *testing.T) {
	x := referenceExchange(t)
	r := rand.New(rand.NewPCG(7, 7))
	for range 2000 {
		x.Submit(names[r.IntN(3)], Create{
			Market: 1, Contract: 1 + r.Uint32N(2), Side: sideOf(r.IntN(2)),
			Price: 4900 + r.Uint32N(200), Quantity: 1000,
		})
	}
	if err := x.Settle(1, "over", 2); err != nil {
		t.Fatal(err)
	}
	if d := x.Audit(); d != "" {
		t.Error(d)
	}
	for _, a := range x.accounts {
		if a.reserved() != 0 || a.live != 0 {
			t.Errorf("%s: %v reserved, %d live", a.config.Username, a.reserved(), a.live)
		}
	}
}

// Reductions move the same amount from one party to the other, and leave nobody with a larger loss than what
// was reserved, but for a unit per fill.
func TestReductionsConserve(t *testing.T) {
	p := gopter.DefaultTestParametersWithSeed(1)
	p.MinSuccessfulTests = 150
	props := gopter.NewProperties(p)
	props.Property("positions add up", prop.ForAll(func(seed uint64, byPrice bool, factor uint32) string {
		x, err := New(Config{
			Accounts: []Account{{Username: "a", Balance: 1e12}, {Username: "b", Balance: 1e12}, {
				Username: "c",
				Balance:  1e12,
			}},
			Markets: []Market{{
				ID: 1, Contracts: []Contract{{ID: 1}, {ID: 2}, {ID: 3}}, WinnerTakesAll: true,
				NonRunners: true,
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(seed, 4))
		for range 100 {
			x.Submit(names[r.IntN(3)], Create{
				Market: 1, Contract: 1 + r.Uint32N(3), Side: sideOf(r.IntN(2)),
				Price: 1 + r.Uint32N(9999), Quantity: 1000 + r.Uint64N(100_000),
			})
		}
		before := make([]Money, len(x.accounts))
		for i, a := range x.accounts {
			before[i] = a.matched
		}
		how := msg.ReduceTypeQuantity
		if byPrice {
			how = msg.ReduceTypePrice
		}
		if err := x.RemoveRunner(1, 3, how, factor, "lame"); err != nil {
			return err.Error()
		}
		for i, a := range x.accounts {
			if a.matched > before[i]+100*PriceSum {
				return fmt.Sprintf("%s had %v reserved and now %v", a.config.Username, before[i], a.matched)
			}
		}
		if d := x.Audit(); d != "" {
			return d
		}
		if err := x.Settle(1, "over", 1); err != nil {
			return err.Error()
		}
		return x.Audit()
	}, gen.UInt64(), gen.Bool(), gen.UInt32Range(1, 9999)))
	props.TestingRun(t)
}

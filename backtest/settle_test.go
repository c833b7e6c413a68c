package backtest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// Middle prices of the made days: the offers are 31, 41 and 21 %.
var middles = map[uint32]uint32{1000: 3000, 1001: 4000, 1002: 2000}

// What the taker pays for each contract, and gets if it wins.
const (
	paid0 = 31 * exchange.Currency
	paid1 = 82 * exchange.Currency
	paid2 = 63 * exchange.Currency
	won0  = 100 * exchange.Currency
	won1  = 200 * exchange.Currency
)

// madeDay is a day on which everything is bought, up to its end.
func madeDay(t *testing.T) *made {
	m := newMade(t)
	m.state(0, msg.MarketStateLive, nil)
	m.books(0, middles)
	m.books(2*time.Second, middles)
	return m
}

// removed says that runners were removed, and that what was won on the others is a tenth less.
func removed(m *made, at time.Duration, out ...uint32) { removedBy(m, at, 1000, out...) }

func removedBy(m *made, at time.Duration, factor uint32, out ...uint32) {
	m.state(at, msg.MarketStateLive, func(s *msg.MarketState) {
		for _, id := range contracts[winMarket] {
			if slices.Contains(out, id) {
				ended(s, id, msg.ContractStateVoided)
				continue
			}
			c := ended(s, id, msg.ContractStateReduced)
			c.SetReduceType(msg.ReduceTypeQuantity)
			c.SetReduceFactor(factor)
		}
	})
}

// TestMoneyOfEnds holds the money of days that end in different ways to what they have to come to.
func TestMoneyOfEnds(t *testing.T) {
	for _, c := range []struct {
		name        string
		end         func(*made)
		config      Config
		gross, paid exchange.Money
	}{
		{
			"settled", func(m *made) { m.state(3*time.Second, msg.MarketStateSettled, nil) },
			Config{},
			won1 - paid0 - paid1 - paid2, (won1 - paid0 - paid1 - paid2) / 50,
		},
		{
			"voided", func(m *made) { m.state(3*time.Second, msg.MarketStateVoided, nil) }, Config{}, 0, 0,
		},
		{
			"settled, then voided, which has no effect", func(m *made) {
				m.state(3*time.Second, msg.MarketStateSettled, nil)
				m.state(4*time.Second, msg.MarketStateVoided, nil)
			}, Config{}, won1 - paid0 - paid1 - paid2, (won1 - paid0 - paid1 - paid2) / 50,
		},
		{
			"a contract voided, then settled", func(m *made) {
				m.state(3*time.Second, msg.MarketStateLive, func(s *msg.MarketState) {
					ended(s, 1000, msg.ContractStateVoided)
				})
				m.state(4*time.Second, msg.MarketStateSettled, nil)
			}, Config{}, won1 - paid1 - paid2, (won1 - paid1 - paid2) / 50,
		},
		{
			"the favourite voided, then settled", func(m *made) {
				m.state(3*time.Second, msg.MarketStateLive, func(s *msg.MarketState) {
					ended(s, 1001, msg.ContractStateVoided)
				})
				m.state(4*time.Second, msg.MarketStateSettled, nil)
			}, Config{}, won0 - paid0 - paid2, (won0 - paid0 - paid2) / 50,
		},
		{
			"the favourite lost before the end", func(m *made) {
				m.state(3*time.Second, msg.MarketStateLive, func(s *msg.MarketState) {
					ended(s, 1001, msg.ContractStateSettled)
				})
				m.state(4*time.Second, msg.MarketStateSettled, nil)
			}, Config{}, won0 - paid0 - paid1 - paid2, 0,
		},
		{
			"the winner settled before the end", func(m *made) {
				m.state(3*time.Second, msg.MarketStateLive, func(s *msg.MarketState) {
					ended(s, 1001, msg.ContractStateSettled)
				})
				m.state(4*time.Second, msg.MarketStateSettled, nil)
			},
			Config{Winners: map[uint32][]uint32{winMarket: {1001}}},
			won1 - paid0 - paid1 - paid2, (won1 - paid0 - paid1 - paid2) / 50,
		},
		{
			"two winners", func(m *made) { m.state(3*time.Second, msg.MarketStateSettled, nil) },
			Config{Winners: map[uint32][]uint32{winMarket: {1000, 1001}}},
			won0 + won1 - paid0 - paid1 - paid2, (won0 + won1 - paid0 - paid1 - paid2) / 50,
		},
		{
			"a runner removed, then settled", func(m *made) {
				removed(m, 3*time.Second, 1002)
				m.state(4*time.Second, msg.MarketStateSettled, nil)
			}, Config{}, (won1 - paid0 - paid1) / 10 * 9, (won1 - paid0 - paid1) / 10 * 9 / 50,
		},
		{
			"two runners removed, one after the other", func(m *made) {
				removed(m, 3*time.Second, 1002)
				removed(m, 4*time.Second, 1002, 1000)
				m.state(5*time.Second, msg.MarketStateSettled, nil)
			}, Config{}, (won1 - paid1) / 100 * 81, (won1 - paid1) / 100 * 81 / 50,
		},
		{
			"two runners removed together", func(m *made) {
				removed(m, 3*time.Second, 1002, 1000)
				m.state(5*time.Second, msg.MarketStateSettled, nil)
			}, Config{}, (won1 - paid1) / 10 * 9, (won1 - paid1) / 10 * 9 / 50,
		},
		{
			"a runner removed by more than all", func(m *made) {
				removedBy(m, 3*time.Second, 20_000, 1002)
				m.state(4*time.Second, msg.MarketStateSettled, nil)
			}, Config{}, won1 - paid0 - paid1, (won1 - paid0 - paid1) / 50,
		},
		{
			"each by itself", func(m *made) { m.state(3*time.Second, msg.MarketStateSettled, nil) },
			Config{EachWins: []uint32{winMarket}},
			-paid0 - paid1 - paid2, 0,
		},
		{
			"nobody wins", func(m *made) { m.state(3*time.Second, msg.MarketStateSettled, nil) },
			Config{Winners: map[uint32][]uint32{winMarket: {}}},
			-paid0 - paid1 - paid2, 0,
		},
		{
			"open", func(*made) {}, Config{}, -6 * exchange.Currency, 0, // one percent of all
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := madeDay(t)
			c.end(m)
			r := m.runTaker(c.config)
			checkMoney(t, r, c.gross, c.paid)
			// The same fills in the recording's own account come to the same.
			rec, err := Open(m.dir)
			if err != nil {
				t.Fatal(err)
			}
			if live := valued(rec, r, r.Models[0].Fills); live != c.gross-c.paid {
				t.Errorf("live: %v, want %v", live, c.gross-c.paid)
			}
		})
	}
}

// TestDeadHeat divides the payoff of the places of an imported market among its winners, if there are more.
func TestDeadHeat(t *testing.T) {
	const paid, won2 = paid0 + paid1 + paid2, 300 * exchange.Currency
	share := func(m exchange.Money) exchange.Money { return exchange.Share(m, 2, 3) }
	for _, c := range []struct {
		winners  []uint32
		places   int
		gross    exchange.Money
		warnings int
	}{
		{[]uint32{1000, 1001}, 1, (won0+won1)/2 - paid, 0},
		// It is not known which of them tied.
		{[]uint32{1000, 1001, 1002}, 2, share(won0) + share(won1) + share(won2) - paid, 1},
		{[]uint32{1000, 1001}, 2, won0 + won1 - paid, 0},
		{[]uint32{1000, 1001}, 3, won0 + won1 - paid, 0},
		{[]uint32{1000, 1001}, 0, won0 + won1 - paid, 1}, // it is not known how many win
	} {
		m := madeDay(t)
		m.state(3*time.Second, msg.MarketStateSettled, nil)
		m.close()
		rec, err := Open(m.dir)
		if err != nil {
			t.Fatal(err)
		}
		rec.Approx = true
		rec.Markets[0].Winners, rec.Markets[0].Places = c.winners, c.places
		r := m.runTaker(Config{Recording: rec})
		checkMoney(t, r, c.gross, max(c.gross, 0)/exchange.PriceSum*200)
		if live := valued(rec, r, r.Models[0].Fills); live != r.Models[0].Profit {
			t.Errorf("%d winners in %d places: live %v, want %v", len(c.winners), c.places, live, r.Models[0].Profit)
		}
		if n := len(r.Warnings); n != 1+c.warnings { // that it was imported is one
			t.Errorf("%d winners in %d places: %q", len(c.winners), c.places, r.Warnings)
		}
	}
}

// TestWinnerSettledBefore values a winner that was settled in a market that does not end as the models do: it is
// settled with its market, unless each contract wins or loses by itself.
func TestWinnerSettledBefore(t *testing.T) {
	for _, each := range []bool{false, true} {
		m := madeDay(t)
		m.state(3*time.Second, msg.MarketStateLive, func(s *msg.MarketState) {
			ended(s, 1001, msg.ContractStateSettled)
		})
		c := Config{Winners: map[uint32][]uint32{winMarket: {1001}}}
		if each {
			c.EachWins = []uint32{winMarket}
		}
		r := m.runTaker(c)
		rec, err := Open(m.dir)
		if err != nil {
			t.Fatal(err)
		}
		if live := valued(rec, r, r.Models[0].Fills); live != r.Models[0].Profit {
			t.Errorf("each %t: live %v, the model %v", each, live, r.Models[0].Profit)
		}
	}
}

// TestLastPrice values what is open at the newest price that there is, for the models and the live day alike: a middle
// price while there are both sides, also one of half a unit, and what is traded after that.
func TestLastPrice(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(*msg.ContractQuotes)
		last int64 // twice the price
	}{
		{"both sides", func(q *msg.ContractQuotes) {
			bid := q.AddBids()
			bid.SetPrice(2901)
			bid.SetQuantity(1000)
		}, 2901 + 3100},
		{"one side", func(q *msg.ContractQuotes) {
			bid := q.AddBids()
			bid.SetPrice(2900)
			bid.SetQuantity(0)
		}, 2900 + 3100},
		{"one side, and a trade", func(q *msg.ContractQuotes) {
			bid := q.AddBids()
			bid.SetPrice(2900)
			bid.SetQuantity(0)
			x := q.AddExecutions()
			x.SetPrice(2900)
			x.SetQuantity(100_000_000)
			x.SetLiquidity(msg.SideBuy)
			x.SetMicroseconds(1)
		}, 2 * 2900},
	} {
		m := madeDay(t)
		m.say(3*time.Second, func(p *msg.Payload) {
			q := p.MutableContractQuotes()
			q.SetMarketId(winMarket)
			q.SetContractId(1000)
			c.end(q)
		})
		r := m.runTaker(Config{})
		rec, err := Open(m.dir)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(r.Models[0].Fills, func(f FillResult) bool { return f.Contract == 1000 })
		want := -paid0 + exchange.Money(r.Models[0].Fills[i].Quantity)*exchange.Money(c.last)/2
		if got := r.Models[0].Contracts[0].Profit; got != want {
			t.Errorf("%s: the model has %v, want %v", c.name, got, want)
		}
		if live := valued(rec, r, r.Models[0].Fills); live != r.Models[0].Profit {
			t.Errorf("%s: live %v, the model %v", c.name, live, r.Models[0].Profit)
		}
		if last := r.Models[0].Path[len(r.Models[0].Path)-1].Equity; last != r.Models[0].Gross {
			t.Errorf("%s: the path ends at %v, want %v", c.name, last, r.Models[0].Gross)
		}
	}
}

// TestEachWinsUnknown refuses a market that the recording does not have: the wrong one would be settled wrongly.
func TestEachWinsUnknown(t *testing.T) {
	m := madeDay(t)
	m.close()
	var config *ConfigError
	if _, err := Run(Config{Dir: m.dir, EachWins: []uint32{7}}, botConfig(1), taker); !errors.As(err, &config) {
		t.Errorf("a market that is not there: %v", err)
	}
}

// TestLeavesEarly has the bot log out before the market is settled: what it holds is settled all the same.
func TestLeavesEarly(t *testing.T) {
	m := madeDay(t)
	m.state(4*time.Second, msg.MarketStateSettled, nil)
	m.close()
	r, err := Run(Config{Dir: m.dir, Balance: 10_000 * exchange.Currency}, botConfig(1), func(e *engine.Engine) error {
		if _, err := e.After(1500*time.Millisecond, e.Stop); err != nil {
			return err
		}
		return taker(e)
	})
	if err != nil {
		t.Fatal(err)
	}
	checkMoney(t, r, won1-paid0-paid1-paid2, (won1-paid0-paid1-paid2)/50)
}

// TestVoidedWithoutHalt voids a fill of the recording account in a market that goes on: it goes on for the bot, too.
func TestVoidedWithoutHalt(t *testing.T) {
	m := newMade(t)
	m.login(0, 1)
	m.state(0, msg.MarketStateLive, nil)
	m.books(0, middles)
	m.accepted(100*time.Millisecond, 1, 1, 10_000_000, false)
	m.filled(200*time.Millisecond, 2, 1, false)
	m.say(300*time.Millisecond, func(p *msg.Payload) {
		v := p.MutableOrderExecuteVoided()
		v.SetAccountSequence_64(3)
		v.SetOrderId(1)
		v.SetMarketId(winMarket)
		v.SetContractId(1000)
		v.SetSide(msg.SideBuy)
		v.SetPrice(2900)
		v.SetQuantity(1_000_000)
	})
	m.books(2*time.Second, middles)
	m.state(3*time.Second, msg.MarketStateSettled, nil)
	checkMoney(t, m.runTaker(Config{}), won1-paid0-paid1-paid2, (won1-paid0-paid1-paid2)/50)
}

// TestReducedBefore reduces fills by a runner that was removed after them, and by no other.
func TestReducedBefore(t *testing.T) {
	m := &RecordedMarket{Reductions: []Reduction{{At: 10, Type: msg.ReduceTypeQuantity, Factor: 1000}}}
	for at, want := range map[int64]exchange.Money{9: 90 * 6000, 11: 100 * 6000} {
		fills := []FillResult{{At: at, Side: sideText(msg.SideBuy), Price: 4000, Quantity: 100}}
		if got := m.value(fills, 1, &MarketEnd{Winners: []uint32{1}, Ended: true}); got != want {
			t.Errorf("filled at %d: %v, want %v", at, got, want)
		}
	}
}

// TestAssumedVoided assumes of no contract that was voided that it won.
func TestAssumedVoided(t *testing.T) {
	m := &RecordedMarket{Contracts: []uint32{1, 2, 3}, Last: []uint32{9000, 8000, 1000}, Voided: []uint32{1}}
	for _, each := range []bool{true, false} {
		if got := m.assumed(each); !slices.Equal(got, []uint32{2}) {
			t.Errorf("each by itself %t: %d", each, got)
		}
	}
}

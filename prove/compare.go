package prove

import (
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

// compareMoney compares positions and money. At rest nothing is under way.
func (b *bot) compareMoney(rest bool) {
	w := b.world
	account, _ := w.sim.Exchange.Truth(b.account)
	positions := make(map[quoteKey]exchange.PositionTruth)
	for _, p := range account.Positions {
		positions[quoteKey{p.Market, p.Contract}] = p
	}
	for _, market := range markets {
		for _, contract := range contracts[market] {
			want, got := positions[quoteKey{market, contract}], b.engine.Position(market, contract)
			if got.Settled {
				continue
			}
			if int64(got.Final) != want.Net || int64(got.FinalFlow) != int64(want.Flow) ||
				int64(got.Provisional) != want.PendingNet || int64(got.ProvisionalFlow) != int64(want.PendingFlow) {
				w.fail("positions", b, "%d %d: %+v, the exchange has %+v", market, contract, got, want)
			}
		}
	}
	a := b.engine.Account()
	if int64(a.Open) != int64(account.Resting) || int64(a.Final) != int64(account.Matched) || rest && a.Asked != 0 ||
		int64(a.Provision+a.Replacing) != int64(account.Pending) ||
		a.CashKnown && int64(a.Available) != int64(account.Available) {
		w.fail("money", b, "%+v, the exchange has %+v", a, account)
	}
}

// windowMax is how many levels of a side the exchange shows.
const windowMax = 5

func (b *bot) compareBooks() {
	w := b.world
	if w.schedule.Settings.has(ShallowBooks) && !b.knowsWindow() {
		return // levels that were cut may be back without a message: the window is deeper than theirs
	}
	for _, market := range markets {
		for _, contract := range contracts[market] {
			c, ok := b.engine.Book(market, contract)
			if !ok || !c.Live() {
				continue // settled, or void
			}
			bids, offers := w.sim.Exchange.Book(market, contract)
			for side, want := range map[odds.Side][]exchange.Level{odds.Buy: bids, odds.Sell: offers} {
				want = want[:min(len(want), windowMax)]
				got := c.Levels(nil, side)
				same := len(got) == len(want)
				for i := 0; same && i < len(got); i++ {
					same = uint32(got[i].Price) == want[i].Price && uint64(got[i].Quantity) == want[i].Quantity
				}
				if !same {
					w.fail("books", b, "%d %d %v: %v, the exchange has %v", market, contract, side, got, want)
				}
			}
		}
	}
}

// knowsWindow reports whether a book has as many levels as the exchange shows: books were not cut at fewer since.
func (b *bot) knowsWindow() bool {
	for _, market := range markets {
		for _, contract := range contracts[market] {
			if c, ok := b.engine.Book(market, contract); ok &&
				max(len(c.Levels(nil, odds.Buy)), len(c.Levels(nil, odds.Sell))) >= windowMax {
				return true
			}
		}
	}
	return false
}

// compareThrottle compares the limits in force with the exchange's usual ones, which hold at rest.
func (b *bot) compareThrottle() {
	usual := sim.Throttle{Rate: 500, Burst: 1000}
	if s := b.engine.Stats().Session; s.ThrottleRate != uint64(usual.Rate) || s.ThrottleBurst != uint64(usual.Burst) {
		b.world.fail("throttle", b, "limits of %d a second and %d are in force, the exchange's are %d and %d",
			s.ThrottleRate, s.ThrottleBurst, usual.Rate, usual.Burst)
	}
}

package risk

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// twin is the gate as one would write it to be read: maps, lists and big numbers, and every limit looked at.
type twin struct {
	c       Config
	markets map[uint32]bool
	sent    []twinOrder
	tokens  *big.Rat
	filled  int64
	begun   bool
	mode    Mode
	lost    bool // the response to a loss was made
}

type twinOrder struct {
	at                      int64
	market, contract, price uint32
	side                    odds.Side
	quantity, asked         uint64 // asked includes what the original of a replace has executed
}

func newTwin(c Config) *twin {
	w := &twin{c: c, markets: make(map[uint32]bool)}
	if w.c.Burst == 0 {
		w.c.Burst = w.c.Rate
	}
	if w.c.DuplicateOrders == 0 {
		w.c.DuplicateOrders = DuplicateOrders
	}
	w.tokens = big.NewRat(int64(w.c.Burst), 1)
	for _, m := range c.Markets {
		w.markets[m] = true
	}
	return w
}

func bigOf(n int64) *big.Int { return big.NewInt(n) }

// rest is what the side loses of each unit of payoff.
func rest(side odds.Side, price uint32) int64 {
	if side == odds.Buy {
		return int64(price)
	}
	return 10_000 - int64(price)
}

// fits returns the largest quantity that costs at most room.
func fits(room *big.Int, share int64) int64 {
	if room.Sign() <= 0 {
		return 0
	}
	q := new(big.Int).Quo(room, bigOf(share))
	if q.Cmp(bigOf(int64(odds.QuantityMax))) > 0 {
		return int64(odds.QuantityMax)
	}
	return q.Int64()
}

// order is the request with what a replace takes from its original.
func (w *twin) order(keys *msg.Keys, s *Snapshot) twinOrder {
	o := twinOrder{
		market: keys.Market, contract: keys.Contract, price: keys.Price, side: odds.Side(keys.Side),
		quantity: keys.Quantity, asked: keys.Quantity,
	}
	if keys.Type == msg.PayloadOrderCancelReplace {
		o.market, o.contract, o.side = s.Original.Market, s.Original.Contract, s.Original.Side
		o.quantity -= min(uint64(s.Original.Executed), o.quantity)
	}
	return o
}

func (o *twinOrder) valid() bool {
	return o.price >= 1 && o.price <= 9999 && o.asked >= 1 && o.asked <= uint64(odds.QuantityMax) &&
		(o.side == odds.Buy || o.side == odds.Sell)
}

func (w *twin) fill(now int64) {
	if w.begun && now > w.filled {
		elapsed := new(big.Int).Sub(bigOf(now), bigOf(w.filled))
		w.tokens.Add(w.tokens, new(big.Rat).SetFrac(elapsed.Mul(elapsed, bigOf(int64(w.c.Rate))),
			bigOf(int64(time.Second))))
		if full := big.NewRat(int64(w.c.Burst), 1); w.tokens.Cmp(full) > 0 {
			w.tokens = full
		}
	}
	w.begun, w.filled = true, now
}

// admit returns the first of all refusals that there are, the zero value if there is none.
func (w *twin) admit(now int64, keys *msg.Keys, s *Snapshot, needs Parts) Refusal {
	refused := make(map[Limit]Refusal)
	refuse := func(l Limit, limitMax, value, allowed int64) {
		refused[l] = Refusal{Limit: l, Max: limitMax, Value: value, Allowed: allowed}
	}
	first := func() Refusal {
		for l := range Limits {
			if r, ok := refused[l]; ok {
				return r
			}
		}
		return Refusal{}
	}
	replaces := keys.Type == msg.PayloadOrderCancelReplace
	if w.mode == Halted {
		refuse(LimitHalted, 0, 0, 0)
		return first()
	}
	if len(w.markets) > 0 {
		if !replaces || keys.Market != 0 {
			if !w.markets[keys.Market] {
				refuse(LimitMarket, 0, int64(keys.Market), 0)
			}
		}
		if replaces && s.Known&PartOriginal != 0 && !w.markets[s.Original.Market] &&
			refused[LimitMarket] == (Refusal{}) {
			refuse(LimitMarket, 0, int64(s.Original.Market), 0)
		}
	}
	if missing := needs &^ s.Known; missing != 0 {
		refuse(LimitUnknown, int64(needs), int64(missing), 0)
	}
	if len(refused) > 0 {
		return first()
	}
	o := w.order(keys, s)
	c := &w.c
	judges := c.OrderQuantityMax > 0 || c.OrderStakeMax > 0 || c.OrderLiabilityMax > 0 || c.Collar.Ticks > 0 ||
		c.Collar.Fraction > 0 || c.RefuseSelfCross || c.ContractExposureMax > 0 || c.MarketExposureMax > 0 ||
		c.AccountExposureMax > 0 || c.DuplicateWindow > 0
	if judges && !o.valid() {
		value := int64(o.price)
		if o.price >= 1 && o.price <= 9999 {
			value = int64(min(o.asked, math.MaxInt64))
		}
		refuse(LimitRequest, 0, value, 0)
		return first()
	}
	reduces := s.Market.After <= s.Market.Before && s.Market.Filled < s.Market.Before
	if w.c.LossMax > 0 {
		loss := new(big.Int).Neg(bigOf(int64(s.Profit)))
		if loss.Cmp(bigOf(math.MaxInt64)) > 0 {
			loss = bigOf(math.MaxInt64)
		}
		exceeded := loss.Cmp(bigOf(int64(w.c.LossMax))) >= 0
		if exceeded && !w.lost {
			switch w.c.OnLoss {
			case RespondHalt:
				w.mode = Halted
			case RespondReduce:
				w.mode = max(w.mode, Reducing)
			}
		}
		w.lost = exceeded
		if exceeded && !reduces {
			refuse(LimitLoss, int64(w.c.LossMax), loss.Int64(), 0)
			return first()
		}
		if w.mode == Halted {
			refuse(LimitHalted, 0, 0, 0)
			return first()
		}
	}
	if w.mode == Reducing && !reduces {
		refuse(LimitReducing, int64(s.Market.Before), int64(max(s.Market.After, s.Market.Filled)), 0)
	}
	if o.valid() {
		w.orderLimits(&o, s, refuse)
		w.exposureLimits(&o, s, refuse)
		w.duplicateLimits(now, &o, refuse)
	}
	if !replaces {
		if n := s.ContractOrders + 1; w.c.ContractOrdersMax > 0 && n > w.c.ContractOrdersMax {
			refuse(LimitContractOrders, int64(w.c.ContractOrdersMax), int64(n), 0)
		}
		if n := s.Orders + 1; w.c.OrdersMax > 0 && n > w.c.OrdersMax {
			refuse(LimitOrders, int64(w.c.OrdersMax), int64(n), 0)
		}
	}
	if w.c.Rate > 0 && len(refused) == 0 {
		w.fill(now)
		if missing := new(big.Rat).Sub(big.NewRat(1, 1), w.tokens); missing.Sign() > 0 {
			missing.Mul(missing, big.NewRat(int64(time.Second), int64(w.c.Rate)))
			q, r := new(big.Int).QuoRem(missing.Num(), missing.Denom(), new(big.Int))
			if r.Sign() > 0 {
				q.Add(q, bigOf(1))
			}
			refuse(LimitRate, int64(w.c.Rate), 0, q.Int64())
		}
	}
	return first()
}

func (w *twin) orderLimits(o *twinOrder, s *Snapshot, refuse func(l Limit, limitMax, value, allowed int64)) {
	if q := uint64(w.c.OrderQuantityMax); q > 0 && o.quantity > q {
		refuse(LimitQuantity, int64(q), int64(o.quantity), int64(q))
	}
	for _, m := range []struct {
		limit Limit
		most  odds.Money
		share int64
	}{
		{LimitStake, w.c.OrderStakeMax, rest(odds.Buy, o.price)},
		{LimitLiability, w.c.OrderLiabilityMax, rest(o.side, o.price)},
	} {
		n := new(big.Int).Mul(new(big.Int).SetUint64(o.quantity), bigOf(m.share))
		if m.most > 0 && n.Cmp(bigOf(int64(m.most))) > 0 {
			refuse(m.limit, int64(m.most), n.Int64(), fits(bigOf(int64(m.most)), m.share))
		}
	}
	if w.c.Collar.Ticks > 0 || w.c.Collar.Fraction > 0 {
		w.collarLimit(o, &s.Book, refuse)
	}
	if w.c.RefuseSelfCross {
		price := odds.Price(o.price)
		if other := s.Own.Offer; o.side == odds.Buy && other != 0 && price >= other {
			refuse(LimitSelfCross, int64(other), int64(price), int64(other)-1)
		}
		if other := s.Own.Bid; o.side == odds.Sell && other != 0 && price <= other {
			refuse(LimitSelfCross, int64(other), int64(price), (int64(other)+1)%10_000)
		}
	}
}

func (w *twin) collarLimit(o *twinOrder, b *Book, refuse func(l Limit, limitMax, value, allowed int64)) {
	c := &w.c.Collar
	state := b.State
	if state == BookLive && c.MaxAge > 0 && b.Age > c.MaxAge {
		state = BookSuspect
	}
	prices := []odds.Price{b.Offer, b.Bid}
	if o.side == odds.Sell {
		slices.Reverse(prices)
	}
	if c.Micro {
		prices = []odds.Price{b.Micro}
	}
	reference := odds.Price(0)
	for _, p := range prices {
		if p != 0 && reference == 0 {
			reference = p
		}
	}
	policy := map[BookState]BookPolicy{BookAbsent: c.OnAbsent, BookSuspect: c.OnSuspect, BookLive: UseBook}[state]
	if policy == UseBook && reference == 0 {
		policy = c.OnEmpty
	}
	switch policy {
	case RefuseOrder:
		refuse(LimitNoPrice, 0, int64(b.State), 0)
		return
	case SkipCollar:
		return
	}
	// The last tick that is allowed, if the ladder has as many.
	ticks, last, n := odds.TicksAbove(reference), odds.Price(0), 0
	if o.side == odds.Sell {
		ticks = odds.TicksBelow(reference)
	}
	for tick := range ticks {
		if n++; n == c.Ticks {
			last = tick
		}
	}
	// The prices that are allowed, one by one.
	allowed := func(p odds.Price) bool {
		beyond := int64(p) - int64(reference)
		if o.side == odds.Sell {
			beyond = -beyond
		}
		if beyond <= 0 {
			return true
		}
		if c.Fraction > 0 && beyond*FractionMax > int64(reference)*int64(c.Fraction) {
			return false
		}
		return last == 0 || o.side == odds.Buy && p <= last || o.side == odds.Sell && p >= last
	}
	if allowed(odds.Price(o.price)) {
		return
	}
	furthest := reference
	for p := odds.PriceMin; p <= odds.PriceMax; p++ {
		if allowed(p) && (o.side == odds.Buy && p > furthest || o.side == odds.Sell && p < furthest) {
			furthest = p
		}
	}
	refuse(LimitCollar, int64(reference), int64(o.price), int64(furthest))
}

func (w *twin) exposureLimits(o *twinOrder, s *Snapshot, refuse func(l Limit, limitMax, value, allowed int64)) {
	for _, e := range []struct {
		limit Limit
		most  odds.Money
		e     Exposure
	}{
		{LimitContractExposure, w.c.ContractExposureMax, s.Contract},
		{LimitMarketExposure, w.c.MarketExposureMax, s.Market},
		{LimitAccountExposure, w.c.AccountExposureMax, s.Account},
	} {
		before := new(big.Int).Sub(bigOf(int64(e.e.Before)), bigOf(int64(e.e.BeforeSpare)))
		after := new(big.Int).Sub(bigOf(int64(e.e.After)), bigOf(int64(e.e.AfterSpare)))
		if e.most > 0 && e.e.After > e.most && after.Cmp(bigOf(int64(e.most))) > 0 && after.Cmp(before) > 0 {
			room := new(big.Int).Sub(bigOf(int64(e.most)), bigOf(int64(e.e.Before)))
			refuse(e.limit, int64(e.most), int64(e.e.After), fits(room, rest(o.side, o.price)))
		}
	}
}

func (w *twin) duplicateLimits(now int64, o *twinOrder, refuse func(l Limit, limitMax, value, allowed int64)) {
	window := int64(w.c.DuplicateWindow)
	if window == 0 {
		return
	}
	w.sent = slices.DeleteFunc(w.sent, func(s twinOrder) bool { return now-s.at >= window })
	for _, s := range w.sent {
		ago := now - s.at
		if s.at, s.asked = 0, o.asked; s == *o { // what is left to fill counts
			refuse(LimitDuplicate, window, ago, window-ago)
		}
	}
	if len(w.sent) >= w.c.DuplicateOrders {
		refuse(LimitDuplicateOrders, int64(w.c.DuplicateOrders), int64(w.c.DuplicateOrders)+1, w.sent[0].at+window-now)
	}
}

// note notes that a message was sent.
func (w *twin) note(now int64, keys *msg.Keys, s *Snapshot) {
	if w.c.Rate > 0 {
		w.fill(now)
		if w.tokens.Sub(w.tokens, big.NewRat(1, 1)); w.tokens.Sign() < 0 {
			w.tokens = new(big.Rat)
		}
	}
	if o := w.order(keys, s); w.c.DuplicateWindow > 0 && o.valid() && keys.Type != msg.PayloadOrderCancel {
		o.at = now
		w.sent = append(w.sent, o)
	}
}

// TestTwin holds the gate against the twin over random requests, among them the extremes of every type.
func TestTwin(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	var admitted int
	var refused [Limits]int
	for range twinConfigs {
		c := randomConfig(random)
		g, w := newGate(t, c), newTwin(c)
		if random.IntN(4) == 0 {
			g.Reduce(0, Cause{})
			w.mode = Reducing
		}
		now := int64(0)
		var keys msg.Keys
		for i := range 60 {
			now += random.Int64N(1 << random.IntN(34))
			if i == 0 || random.IntN(3) > 0 {
				keys = randomRequest(random)
			}
			s := randomSnapshot(random)
			want := w.admit(now, &keys, &s, g.Needs(keys.Type))
			got := refusalOf(t, g.Admit(now, &keys, &s))
			if got != want {
				t.Fatalf("request %d %+v\nsnapshot %+v\nconfig %+v\ngot  %+v\nwant %+v", i, keys, s, c, got, want)
			}
			refused[got.Limit]++
			if got.Limit != LimitNone {
				continue
			}
			admitted++
			if random.IntN(4) > 0 {
				g.Sent(now, &keys)
				w.note(now, &keys, &s)
			}
			if random.IntN(4) == 0 {
				cancel := msg.Keys{Type: msg.PayloadOrderCancel, OrderID: 1}
				g.Sent(now, &cancel)
				w.note(now, &cancel, &s)
			}
		}
	}
	t.Logf("%d admitted, refused by limit: %v", admitted, refused)
	for l, n := range refused {
		if n < twinConfigs/20 {
			t.Errorf("%v: only %d requests", Limit(l), n)
		}
	}
}

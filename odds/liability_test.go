package odds

import (
	"math/big"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
)

// anyQuantity draws valid quantities of every length.
func anyQuantity() gopter.Gen {
	return gopter.CombineGens(gen.Int64Range(0, int64(QuantityMax)), gen.IntRange(0, 49)).Map(func(v []any) Quantity {
		return Quantity(v[0].(int64) >> v[1].(int))
	})
}

func anyPrice() gopter.Gen {
	return gen.UInt16Range(1, 9999).Map(func(n uint16) Price { return Price(n) })
}

func times(p Price, q Quantity) *big.Int {
	return new(big.Int).Mul(big.NewInt(int64(p)), big.NewInt(int64(q)))
}

// exact reports whether m, err is n without an error.
func exact(m Money, err error, n *big.Int) bool {
	return err == nil && big.NewInt(int64(m)).Cmp(n) == 0
}

func TestLiability(t *testing.T) {
	for _, q := range quantities {
		payout, err := q.Payout()
		if err != nil {
			t.Fatal(err)
		}
		eachPrice(func(p Price) {
			buyer, err := Buy.Liability(p, q)
			if !exact(buyer, err, times(p, q)) {
				t.Fatalf("buyer of %v at %v: %v, %v", q, p, buyer, err)
			}
			seller, err := Sell.Liability(p, q)
			if !exact(seller, err, times(10000-p, q)) {
				t.Fatalf("seller of %v at %v: %v, %v", q, p, seller, err)
			}
			if sum, err := buyer.Add(seller); err != nil || sum != payout {
				t.Fatalf("%v at %v: %v and %v are %v, %v, want %v", q, p, buyer, seller, sum, err, payout)
			}
			if stake, err := Stake(p, q); err != nil || stake != buyer {
				t.Fatalf("stake of %v at %v: %v, %v", q, p, stake, err)
			}
		})
	}
}

func TestMoneyOfBetProperties(t *testing.T) {
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 1000
	properties := gopter.NewProperties(parameters)
	properties.Property("what one side risks the other wins, and both make the payout", prop.ForAll(
		func(p Price, q Quantity) bool {
			buyer, err1 := Buy.Liability(p, q)
			seller, err2 := Sell.Liability(p, q)
			buyerWins, err3 := Buy.Profit(p, q)
			sellerWins, err4 := Sell.Profit(p, q)
			payout, err5 := q.Payout()
			return err1 == nil && err2 == nil && err3 == nil && err4 == nil && err5 == nil &&
				buyer == sellerWins && seller == buyerWins && payout-buyer == seller
		}, anyPrice(), anyQuantity()))
	properties.Property("a result is nobody's loss but the other's", prop.ForAll(
		func(p Price, q Quantity, won bool) bool {
			buyer, err1 := Buy.Result(p, q, won)
			seller, err2 := Sell.Result(p, q, won)
			winner, loser := buyer, seller
			if !won {
				winner, loser = seller, buyer
			}
			return err1 == nil && err2 == nil && buyer == -seller && winner >= 0 && loser <= 0
		}, anyPrice(), anyQuantity(), gen.Bool()))
	properties.Property("a bet against itself is worth nothing more than the difference in price", prop.ForAll(
		func(p, sold Price, q Quantity, won bool) bool {
			bought, err1 := Buy.Result(p, q, won)
			soldResult, err2 := Sell.Result(sold, q, won)
			return err1 == nil && err2 == nil &&
				exact(bought+soldResult, nil, new(big.Int).Sub(times(sold, q), times(p, q)))
		}, anyPrice(), anyPrice(), anyQuantity(), gen.Bool()))
	properties.TestingRun(t)
}

func TestLiabilityRefuses(t *testing.T) {
	refused := func(what string, m Money, err, want error) {
		t.Helper()
		if m != 0 || err != want {
			t.Errorf("%s: %v, %v, want %v", what, m, err, want)
		}
	}
	each := func(what string, s Side, p Price, q Quantity, want error) {
		t.Helper()
		m, err := s.Liability(p, q)
		refused(what+" liability", m, err, want)
		m, err = s.Profit(p, q)
		refused(what+" profit", m, err, want)
		for _, won := range []bool{false, true} {
			m, err = s.Result(p, q, won)
			refused(what+" result", m, err, want)
		}
	}
	for _, side := range []Side{Buy, Sell} {
		for _, q := range invalidQuantities {
			each("quantity", side, 5000, q, ErrQuantity)
		}
		for _, p := range invalidPrices {
			each("price", side, p, 10000, ErrPrice)
		}
	}
	for _, side := range []Side{0, 3, 255} {
		each("side", side, 5000, 10000, ErrSide)
	}
	m, err := Stake(0, 1)
	refused("stake", m, err, ErrPrice)
	m, err = Stake(1, -1)
	refused("stake", m, err, ErrQuantity)
}

// The worked table: what a buyer and a seller risk.
func TestWorkedTable(t *testing.T) {
	for _, row := range []struct {
		quantity              Quantity
		price                 Price
		payoff, buyer, seller string
	}{
		{400000, 2500, "40.00", "10.00", "30.00"},
		{100000, 2500, "10.00", "2.50", "7.50"},
		{500000, 50, "50.00", "0.25", "49.75"},
		{25000, 2000, "2.50", "0.50", "2.00"},
		{25000, 2500, "2.50", "0.625", "1.875"},
		{150000, 2500, "15.00", "3.75", "11.25"},
		{1000, 5000, "0.10", "0.05", "0.05"},
	} {
		payoff, err1 := row.quantity.Payout()
		buyer, err2 := Buy.Liability(row.price, row.quantity)
		seller, err3 := Sell.Liability(row.price, row.quantity)
		if err1 != nil || err2 != nil || err3 != nil ||
			payoff.String() != row.payoff || buyer.String() != row.buyer || seller.String() != row.seller {
			t.Errorf("%d at %d: %v, %v, %v", int64(row.quantity), uint16(row.price), payoff, buyer, seller)
		}
		if row.quantity.String() != row.payoff {
			t.Errorf("%d is written %v", int64(row.quantity), row.quantity)
		}
	}
	// 15.00 at 33.33 % is 4.9995, which people call 5.00.
	buyer, err := Buy.Liability(3333, 150000)
	if err != nil || buyer.String() != "4.9995" {
		t.Errorf("%v, %v", buyer, err)
	}
	if cents, err := buyer.Round(Cent, HalfEven); err != nil || cents.String() != "5.00" {
		t.Errorf("%v, %v", cents, err)
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

// simTruth is what the exchange knows, at one moment. sim/README.md describes the JSON.
type simTruth struct {
	Time     time.Time      `json:"time"` // of the exchange's clock
	Accounts []accountTruth `json:"accounts"`
}

type accountTruth struct {
	Username        string          `json:"username"`
	ID              uint64          `json:"id"`
	Balance         amount          `json:"balance"`
	Available       amount          `json:"available"`
	Reserved        reserved        `json:"reserved"`
	AccountSequence uint64          `json:"account_sequence"`
	Positions       []positionTruth `json:"positions"`
	Live            int             `json:"live"`
	Orders          []orderTruth    `json:"orders"`
}

// reserved is the balance that is not available, by what it is reserved for.
type reserved struct {
	Orders           amount `json:"orders"`
	Fills            amount `json:"fills"`
	ProvisionalFills amount `json:"provisional_fills"`
}

type positionTruth struct {
	Market      uint32            `json:"market"`
	Contract    uint32            `json:"contract"`
	Net         int64             `json:"net"`
	Cash        amount            `json:"cash"`
	Provisional *provisionalTruth `json:"provisional,omitempty"`
}

// provisionalTruth is what of a position may still be voided. Nothing of it is in the rest.
type provisionalTruth struct {
	Fills int    `json:"fills"`
	Net   int64  `json:"net"`
	Cash  amount `json:"cash"`
}

type orderTruth struct {
	ID           uint64  `json:"id"`
	Reference    *uint64 `json:"reference,omitempty"`
	Label        string  `json:"label,omitempty"`
	Market       uint32  `json:"market"`
	Contract     uint32  `json:"contract"`
	Side         string  `json:"side"`
	TIF          string  `json:"tif"`
	Price        uint32  `json:"price"`
	Quantity     uint64  `json:"quantity"`
	Executed     uint64  `json:"executed"`
	Available    uint64  `json:"available"`
	AveragePrice uint32  `json:"average_price"`
	State        string  `json:"state"`
}

// amount is money as text: exact, in currency units.
type amount exchange.Money

// MarshalText implements encoding.TextMarshaler.
func (a amount) MarshalText() ([]byte, error) { return []byte(exchange.Money(a).String()), nil }

// simTruthOf copies what the exchange knows, of one account or of all if username is "". ok is false
// if there is no such account.
func simTruthOf(s *sim.Sim, username string) (t simTruth, ok bool) {
	t = simTruth{Time: time.Unix(0, s.Exchange.Now()).UTC(), Accounts: []accountTruth{}}
	if username != "" {
		truth, ok := s.Exchange.Truth(username)
		if !ok {
			return t, false
		}
		a := accountOf(truth)
		for _, o := range s.Exchange.Orders(username) {
			a.Orders = append(a.Orders, orderOf(o))
		}
		t.Accounts = append(t.Accounts, a)
		return t, true
	}
	place := make(map[string]int)
	for _, truth := range s.Exchange.Truths() {
		place[truth.Username] = len(t.Accounts)
		t.Accounts = append(t.Accounts, accountOf(truth))
	}
	s.Exchange.EachOrder(func(username string, o exchange.OrderTruth) {
		a := &t.Accounts[place[username]]
		a.Orders = append(a.Orders, orderOf(o))
	})
	return t, true
}

func accountOf(t exchange.AccountTruth) accountTruth {
	a := accountTruth{
		Username: t.Username, ID: t.ID, Balance: amount(t.Cash), Available: amount(t.Available),
		Reserved: reserved{
			Orders: amount(t.Resting), Fills: amount(t.Matched), ProvisionalFills: amount(t.Pending),
		},
		AccountSequence: t.AccountSequence, Live: t.Live,
		Positions: []positionTruth{}, Orders: []orderTruth{},
	}
	for _, p := range t.Positions {
		position := positionTruth{Market: p.Market, Contract: p.Contract, Net: p.Net, Cash: amount(p.Flow)}
		if p.PendingFills > 0 {
			position.Provisional = &provisionalTruth{p.PendingFills, p.PendingNet, amount(p.PendingFlow)}
		}
		a.Positions = append(a.Positions, position)
	}
	return a
}

func orderOf(o exchange.OrderTruth) orderTruth {
	t := orderTruth{
		ID: o.ID, Label: o.Label, Market: o.Market, Contract: o.Contract,
		Side: strings.ToLower(strings.TrimPrefix(o.Side.String(), "SIDE_")), TIF: o.TIF.String(),
		Price: o.Price, Quantity: o.Quantity, Executed: o.Executed, Available: o.Available,
		AveragePrice: o.AveragePrice, State: o.State.String(),
	}
	if o.HasReference {
		t.Reference = &o.Reference
	}
	return t
}

// writeJSON prints the truth for machines, in one line.
func (t *simTruth) writeJSON(out io.Writer) error { return json.NewEncoder(out).Encode(t) }

// writeText prints the truth for people, some lines an account.
func (t *simTruth) writeText(out io.Writer) error {
	var b strings.Builder
	for i, a := range t.Accounts {
		if i == someMax {
			fmt.Fprintf(&b, "%-11s %d accounts more (--json or --truth for all)\n", "", len(t.Accounts)-i)
			break
		}
		fmt.Fprintf(&b, "%-11s %s: balance %v, available %v, %d orders live, %d ended\n", "truth",
			a.Username, exchange.Money(a.Balance), exchange.Money(a.Available), a.Live, len(a.Orders)-a.Live)
		for j, p := range a.Positions {
			if j == someMax {
				fmt.Fprintf(&b, "%-11s %d positions more\n", "", len(a.Positions)-j)
				break
			}
			fmt.Fprintf(&b, "%-11s market %d, contract %d: %s of payoff for %v", "",
				p.Market, p.Contract, signed(odds.Quantity(p.Net)), exchange.Money(p.Cash))
			if v := p.Provisional; v != nil {
				fmt.Fprintf(&b, ", and provisional %s for %v in %d fills",
					signed(odds.Quantity(v.Net)), exchange.Money(v.Cash), v.Fills)
			}
			b.WriteByte('\n')
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

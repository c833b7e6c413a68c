package risk

import (
	"errors"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

func newGate(t testing.TB, c Config) *Gate {
	t.Helper()
	g, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// create returns the keys of an order of market 1, contract 2.
func create(side odds.Side, price odds.Price, quantity odds.Quantity) msg.Keys {
	return msg.Keys{
		Type: msg.PayloadOrderCreate, Market: 1, Contract: 2,
		Side: msg.Side(side), Price: uint32(price), Quantity: uint64(quantity),
	}
}

// replace returns the keys of a replace of order 9.
func replace(price odds.Price, quantity odds.Quantity) msg.Keys {
	return msg.Keys{
		Type: msg.PayloadOrderCancelReplace, Market: 1, OrderID: 9, Price: uint32(price), Quantity: uint64(quantity),
	}
}

// quiet is a snapshot that knows everything: a live book at 49.00 and 51.00 %, no own orders, nothing at stake. The
// original of a replace is a buy.
func quiet() Snapshot {
	return Snapshot{
		Known:    partsAll,
		Book:     Book{State: BookLive, Bid: 4902, Offer: 5102, Micro: 5000},
		Original: Original{Market: 1, Contract: 2, Side: odds.Buy},
	}
}

// refusalOf returns the refusal in an error, the zero value if there is none.
func refusalOf(t testing.TB, err error) Refusal {
	t.Helper()
	if err == nil {
		return Refusal{}
	}
	var r *Refusal
	if !errors.As(err, &r) {
		t.Fatalf("error %v is no refusal", err)
	}
	if !errors.Is(err, ErrRefused) || !errors.Is(err, r.Limit) || errors.Is(err, r.Limit+1) {
		t.Fatalf("%v: errors.Is does not know it", err)
	}
	return *r
}

// raising is an exposure that a request raises from before to after.
func raising(before, after odds.Money) Exposure {
	return Exposure{Before: before, After: after, Filled: after}
}

// passive are the messages that no limit and no mode refuses.
var passive = []msg.PayloadType{
	msg.PayloadOrderCancel, msg.PayloadOrderCancelAll, msg.PayloadOrderQuantityReduce, msg.PayloadMarketSubscribe,
	msg.PayloadMarketUnsubscribe, msg.PayloadSettings, msg.PayloadPriceFeedSubscribe, 0, 999,
}

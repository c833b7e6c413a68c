package engine

import (
	"testing"

	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/odds"
)

// TestIsCalm: a quote's order that waits for an answer needs whole ticks, in which it is asked about when it is
// overdue; so does a quoter with something to do. One that is live needs none.
func TestIsCalm(t *testing.T) {
	config := Config{Address: "exchange.test:3801", State: StateConfig{}}
	config.Session.Username, config.Session.Password = "user", "secret"
	e, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	q := e.trading.quotes
	step := func() { q.Step(e.now, quote.Budget{Messages: 9, Adds: 9}) }
	o := quote.Order{
		Contract: quote.Contract{Market: 1, ID: 2}, Key: 5, Side: odds.Buy, Price: 5000, Open: 10_000,
		State: quote.PendingNew,
	}
	if !e.trading.isCalm() {
		t.Error("not calm at first")
	}
	bid := []quote.Level{{Price: o.Price, Size: o.Open}}
	if err := q.SetLevels(o.Contract, bid, nil, quote.Tolerance{}); err != nil || e.trading.isCalm() {
		t.Errorf("calm with something to do, %v", err)
	}
	if err := q.Adopt(&o); err != nil {
		t.Fatal(err)
	}
	if step(); q.Pending() || e.trading.isCalm() {
		t.Errorf("pending %t, calm %t while an order waits for its answer", q.Pending(), e.trading.isCalm())
	}
	o.State = quote.Live
	if err := q.Adopt(&o); err != nil {
		t.Fatal(err)
	}
	if step(); !e.trading.isCalm() {
		t.Error("not calm with a live order")
	}
}

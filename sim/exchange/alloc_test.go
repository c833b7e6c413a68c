//go:build !race

package exchange

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// count is a sink that counts.
type count struct{ reports, messages int }

func (c *count) Report(*Report, bool) { c.reports++ }
func (c *count) Publish(Message)      { c.messages++ }

// In the steady state no order allocates, whatever happens to it.
func TestOrdersAllocateNothing(t *testing.T) {
	x := referenceExchange(t)
	var sink count
	a, b := x.Login("a", &sink), x.Login("b", &sink)
	a.Subscribe(1)
	label := []byte("strategy 1")
	create := func(l *Login, side msg.Side, price uint32, tif msg.TimeInForceType) uint64 {
		id, r := l.Create(&Create{
			Market: 1, Contract: 1, Side: side, Price: price, Quantity: 1000, TIF: tif, Label: label,
			Reference: 1, HasReference: true,
		})
		if !r.OK() {
			t.Fatal(r)
		}
		return id
	}
	for name, f := range map[string]func(){
		"rest and cancel": func() { a.Cancel(&Cancel{OrderID: create(a, msg.SideBuy, 5000, 0)}) },
		"rest and fill":   func() { create(a, msg.SideBuy, 5000, 0); create(b, msg.SideSell, 4000, 0) },
		"kill":            func() { create(a, msg.SideBuy, 5000, msg.ImmediateOrCancel) },
		"invalid":         func() { a.Create(&Create{}) },
		"reject":          func() { a.Create(&Create{Market: 9, Price: 1, Quantity: 1, Label: label}) },
		"cancel nothing":  func() { a.Cancel(&Cancel{OrderID: 1}) },
		"cancel all": func() {
			create(a, msg.SideBuy, 5000, 0)
			create(a, msg.SideBuy, 4999, 0)
			a.CancelAll(&CancelAll{})
		},
		"snapshot": func() { a.Subscribe(1) },
	} {
		// Fill the history, the slots of orders and the buffers first.
		for range ordersDefault + orderChunk {
			f()
		}
		if n := testing.AllocsPerRun(1000, f); n != 0 {
			t.Errorf("%s allocates %v", name, n)
		}
	}
	if sink.reports == 0 || sink.messages == 0 {
		t.Error("nothing was received")
	}
}

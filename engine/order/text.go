package order

import (
	"strconv"

	"github.com/smk-go/smk/odds"
)

// String returns what an event says, for people: its kind, the order, and what belongs to the kind.
func (ev Event) String() string {
	b := append(make([]byte, 0, 128), ev.Kind.String()...)
	switch {
	case ev.OrderID != 0:
		b = strconv.AppendUint(append(b, ", order "...), ev.OrderID, 10)
	case ev.Reference != 0:
		b = strconv.AppendUint(append(b, ", reference "...), ev.Reference, 10)
	}
	if ev.Market != 0 {
		b = strconv.AppendUint(append(b, ", market "...), uint64(ev.Market), 10)
	}
	if ev.Contract != 0 {
		b = strconv.AppendUint(append(b, ", contract "...), uint64(ev.Contract), 10)
	}
	text := func(of, s string) { b = append(append(append(b, ", "...), of...), s...) }
	if ev.Side != 0 {
		text("", ev.Side.String())
	}
	if ev.State != 0 {
		text("", ev.State.String())
	}
	if ev.Fill.Quantity != 0 {
		text("", ev.Fill.Quantity.String())
		if ev.Fill.Price != 0 {
			b = append(append(b, " at "...), ev.Fill.Price.String()...)
		}
		if ev.Fill.Provisional {
			b = append(b, " provisional"...)
		}
	}
	if ev.Request != 0 {
		text("of ", ev.Request.String())
	}
	if ev.Reason != (Reason{}) {
		text("", ev.Reason.String())
	}
	if ev.Anomaly != 0 {
		text("", ev.Anomaly.String())
	}
	if ev.Amount != 0 {
		text("", ev.Amount.String())
	}
	if ev.Expected != 0 || ev.Reported != 0 {
		text("expected ", ev.amount(ev.Expected))
		text("reported ", ev.amount(ev.Reported))
	}
	if ev.Replayed {
		text("", "replayed")
	}
	return string(b)
}

// amount returns one of the two figures of an event in whole units.
func (ev *Event) amount(n int64) string {
	if ev.Amount != 0 || ev.Kind == MarketSettled {
		return odds.Money(n).String()
	}
	return odds.Quantity(n).String()
}

// String returns "complete", or why not.
func (c Completeness) String() string {
	if c.Complete {
		return "complete"
	}
	text := "not complete: " + c.Why.String()
	count := func(n uint64, of string) {
		if n != 0 {
			text += ", " + strconv.FormatUint(n, 10) + of
		}
	}
	count(c.Lost, " messages lost")
	count(uint64(max(c.Missed, 0)), " orders with missed fills")
	count(uint64(max(c.Inexact, 0)), " orders with inexact reductions")
	if c.Market != 0 {
		text += ", market " + strconv.FormatUint(uint64(c.Market), 10)
	}
	if c.Cause != nil {
		text += ": " + c.Cause.Error()
	}
	return text
}

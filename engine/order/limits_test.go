package order_test

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
)

// TestNoPointers: the collector does not look into what grows with the orders.
func TestNoPointers(t *testing.T) {
	var walk func(path string, typ reflect.Type)
	walk = func(path string, typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Struct:
			for i := range typ.NumField() {
				walk(path+"."+typ.Field(i).Name, typ.Field(i).Type)
			}
		case reflect.Array:
			walk(path+"[]", typ.Elem())
		case reflect.Pointer, reflect.Slice, reflect.String, reflect.Map, reflect.Interface, reflect.Func, reflect.Chan,
			reflect.UnsafePointer:
			t.Errorf("%s is a %v", path, typ)
		}
	}
	for _, typ := range order.Lists() {
		walk(typ.Name(), typ)
	}
}

// TestWindow compares a window of account sequences with a set.
func TestWindow(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 40 {
		var w order.Window
		seen := make(map[uint64]bool)
		high := uint64(0)
		for range 2000 {
			s := high + 1
			switch r.IntN(10) {
			case 0:
				s = high + 1 + r.Uint64N(300)
			case 1:
				s = high + 1 + r.Uint64N(3*order.WindowBits)
			case 2, 3:
				s = high - min(high-min(high, 1), r.Uint64N(200))
			case 4:
				s = high - min(high-min(high, 1), order.WindowBits-3+r.Uint64N(6))
			}
			if s == 0 {
				continue
			}
			want := 0
			switch {
			case s > high:
			case high-s >= order.WindowBits:
				want = 2
			case seen[s]:
				want = 1
			}
			if got := w.Add(s); got != want {
				t.Fatalf("%d after %d: %d, want %d", s, high, got, want)
			}
			high = max(high, s)
			seen[s] = true
		}
	}
}

// TestNames: every value has a name of its own.
func TestNames(t *testing.T) {
	check := func(kind string, n int, name func(i int) string) {
		seen := make(map[string]bool)
		for i := range n {
			s := name(i)
			if s == "" || s == "unknown "+kind || seen[s] {
				t.Errorf("%s %d is %q", kind, i, s)
			}
			seen[s] = true
		}
		if s := name(n); s != "unknown "+kind {
			t.Errorf("%s %d is %q: the table is too long, or this test too short", kind, n, s)
		}
	}
	check("state", int(order.NotPlaced)+1, func(i int) string { return order.State(i).String() })
	check("kind", int(order.Overflow)+1, func(i int) string { return order.EventKind(i).String() })
	check("anomaly", int(order.UnknownOrder)+1, func(i int) string { return order.AnomalyKind(i).String() })
	check("amount", int(order.Cash)+1, func(i int) string { return order.AmountKind(i).String() })
	check("fate", int(order.FateInDoubt)+1, func(i int) string { return order.Fate(i).String() })
	for _, c := range []struct{ got, want string }{
		{order.Overlay(0).String(), "none"},
		{
			(order.PendingCancel | order.PendingReduce | order.PendingReplace | order.InDoubt).String(),
			"pending cancel, pending reduce, pending replace, in doubt",
		},
		{order.Why(0).String(), "complete"},
		{(order.NotCaughtUp | order.FillsForgotten).String(), "not caught up, fills of a forgotten order changed"},
		{order.Reason{}.String(), "none"},
		{order.Reason{Type: msg.PayloadOrderCancelled, Code: 2}.String(), msg.OrderCancelledMarketHalted.String()},
		{order.Reason{Type: msg.PayloadOrderRejected, Code: 1}.String(), msg.OrderRejectedInsufficientFunds.String()},
		{order.Reason{Type: msg.PayloadOrderInvalid, Code: 1}.String(), msg.OrderInvalidReason(1).String()},
		{order.Reason{Type: msg.PayloadOrderCancelRejected, Code: 2}.String(), msg.OrderCancelRejectedNotLive.String()},
		{
			order.Reason{Type: msg.PayloadOrderCancelReplaceRejected, Code: 1}.String(),
			msg.OrderCancelReplaceRejectedTooLate.String(),
		},
		{order.Reason{Code: 99}.String(), "PayloadType(0) 99"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// TestConfig: every field out of range is refused by name.
func TestConfig(t *testing.T) {
	for _, c := range []struct {
		field  string
		config order.Config
	}{
		{"Orders", order.Config{Orders: -1}},
		{"Orders", order.Config{Orders: 1<<21 + 1}},
		{"Retained", order.Config{Retained: -1}},
		{"Requests", order.Config{Requests: -1}},
		{"Contracts", order.Config{Contracts: -1}},
		{"Fills", order.Config{Fills: -1}},
		{"RetainFor", order.Config{RetainFor: -1}},
		{"Commission", order.Config{Commission: 10001}},
		{"Tolerance", order.Config{Tolerance: -1}},
		{"DriftAfter", order.Config{DriftAfter: -1}},
		{"DriftAfter", order.Config{DriftAfter: 3601 * second}},
	} {
		_, err := order.New(c.config)
		bad, ok := err.(*order.ConfigError)
		if !ok || bad.Field != c.field || !strings.Contains(bad.Error(), c.field) {
			t.Errorf("%+v: %v", c.config, err)
		}
	}
}

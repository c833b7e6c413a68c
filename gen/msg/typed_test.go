package msg_test

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// sample is a raw value of a field and what its typed getter makes of it.
type sample struct {
	raw   any
	typed any
	err   error
}

var (
	priceSamples = []sample{
		{uint32(0), odds.Price(0), odds.ErrPrice},
		{uint32(1), odds.Price(1), nil},
		{uint32(2500), odds.Price(2500), nil},
		{uint32(9999), odds.Price(9999), nil},
		{uint32(10000), odds.Price(0), odds.ErrPrice},
		{uint32(1<<16 + 2500), odds.Price(0), odds.ErrPrice},
		{uint32(math.MaxUint32), odds.Price(0), odds.ErrPrice},
	}
	quantitySamples = []sample{
		{uint64(0), odds.Quantity(0), nil},
		{uint64(400000), odds.Quantity(400000), nil},
		{uint64(odds.QuantityMax), odds.QuantityMax, nil},
		{uint64(odds.QuantityMax) + 1, odds.Quantity(0), odds.ErrQuantity},
		{uint64(math.MaxUint64), odds.Quantity(0), odds.ErrQuantity},
	}
	sideSamples = []sample{
		{msg.SideBuy, odds.Buy, nil},
		{msg.SideSell, odds.Sell, nil},
		{msg.Side(0), odds.Side(0), odds.ErrSide},
		{msg.Side(3), odds.Side(0), odds.ErrSide},
		{msg.Side(-1), odds.Side(0), odds.ErrSide},
		{msg.Side(257), odds.Side(0), odds.ErrSide},
	}
	moneySamples = []sample{
		{0.0, odds.Money(0), nil},
		{10.25, 10*odds.Whole + 25*odds.Cent, nil},
		{-0.1, -odds.Whole / 10, nil},
		{100000000.01, 100000000*odds.Whole + odds.Cent, nil},
		{math.Inf(-1), odds.Money(0), odds.ErrNotFinite},
		{math.MaxFloat64, odds.Money(0), odds.ErrMoney},
	}
)

// samplesOf are the samples of a field that has typed accessors, nil if it has none.
func samplesOf(f protoreflect.FieldDescriptor) []sample {
	name := string(f.Name())
	switch {
	case f.Kind() == protoreflect.Uint32Kind && strings.HasSuffix(name, "price"):
		return priceSamples
	case f.Kind() == protoreflect.Uint64Kind && (strings.Contains(name, "quantity") || strings.HasSuffix(name,
		"volume")):
		return quantitySamples
	case name == "side":
		return sideSamples
	case f.Kind() == protoreflect.DoubleKind:
		return moneySamples
	}
	return nil
}

// errOf is the error that a call returned last.
func errOf(out []reflect.Value) error {
	if len(out) == 0 {
		return nil
	}
	err, _ := out[len(out)-1].Interface().(error)
	return err
}

// Every price, quantity, side and amount of money has typed accessors, and nothing else has.
func TestTyped(t *testing.T) {
	typed := 0
	eachField(t, func(t *testing.T, k kind, f protoreflect.FieldDescriptor, name string) {
		samples := samplesOf(f)
		_, getter := reflect.PointerTo(k.flat).MethodByName("Typed" + name)
		_, setter := reflect.PointerTo(k.flat).MethodByName("SetTyped" + name)
		if getter != (samples != nil) || setter != getter {
			t.Fatalf("has a typed getter: %v, setter: %v", getter, setter)
		}
		if samples == nil {
			return
		}
		typed++
		m := k.new()
		call(m, "Set"+name, reflect.ValueOf(samples[1].raw))
		call(m, "Clear"+name)
		out := call(m, "Typed"+name)
		if !errors.Is(errOf(out), msg.ErrAbsent) || !out[0].IsZero() {
			t.Errorf("absent reads as %v, %v", out[0], errOf(out))
		}
		for _, s := range samples {
			call(m, "Set"+name, reflect.ValueOf(s.raw))
			out := call(m, "Typed"+name)
			if got := out[0].Interface(); got != s.typed || errOf(out) != s.err {
				t.Errorf("%v reads as %v, %v, want %v, %v", s.raw, got, errOf(out), s.typed, s.err)
			}
			if s.err != nil {
				continue
			}
			call(m, "Clear"+name)
			if err := errOf(call(m, "SetTyped"+name, reflect.ValueOf(s.typed))); err != nil {
				t.Errorf("setting %v: %v", s.typed, err)
			}
			if got := call(m, "Get"+name)[0].Interface(); !has(m, name) || got != s.raw {
				t.Errorf("set to %v, is %v, want %v", s.typed, got, s.raw)
			}
		}
	})
	if typed < 60 {
		t.Errorf("only %d fields have typed accessors", typed)
	}
}

// A value out of range is not set, and the one that the message had before is gone: an order must not
// go out with it.
func TestTypedOutOfRange(t *testing.T) {
	eachField(t, func(t *testing.T, k kind, f protoreflect.FieldDescriptor, name string) {
		var invalid []any
		var want error
		zero := false
		switch samples := samplesOf(f); {
		case samples == nil || f.Kind() == protoreflect.DoubleKind: // every amount can be set
			return
		case &samples[0] == &priceSamples[0]:
			invalid, want = []any{odds.Price(0), odds.Price(10000), odds.Price(math.MaxUint16)}, odds.ErrPrice
			zero = f.Cardinality() != protoreflect.Required
		case &samples[0] == &quantitySamples[0]:
			invalid, want = []any{odds.Quantity(-1), odds.QuantityMax + 1, odds.Quantity(math.MinInt64)},
				odds.ErrQuantity
		default:
			invalid, want = []any{odds.Side(0), odds.Side(3), odds.Side(255)}, odds.ErrSide
		}
		for _, v := range invalid {
			m := k.new()
			call(m, "Set"+name, reflect.ValueOf(samplesOf(f)[1].raw))
			if err := errOf(call(m, "SetTyped"+name, reflect.ValueOf(v))); err != want {
				t.Errorf("setting %v: %v, want %v", v, err, want)
			}
			if got := call(m, "Get"+name)[0]; has(m, name) != zero || zero && !got.IsZero() {
				t.Errorf("set to %v, it is %v, present: %v", v, got, has(m, name))
			}
		}
	})
	var order msg.OrderCreate
	order.SetQuantity(1000)
	order.SetSide(msg.SideBuy)
	order.SetMarketId(1)
	order.SetContractId(2)
	if order.SetTypedQuantity(-1) == nil {
		t.Error("a negative quantity was set")
	}
	if _, err := order.MarshalVT(); !errors.Is(err, msg.ErrRequired) {
		t.Errorf("an order without a quantity: %v", err)
	}
}

func TestTypedAllocatesNothing(t *testing.T) {
	var order msg.OrderCreate
	var balance msg.BalanceChanged
	balance.SetAvailableBalance(1234.56)
	balance.SetExposure(math.NaN())
	checkNoAllocs(t, []allocates{
		{"set and get", func() {
			if errors.Join(order.SetTypedPrice(2500), order.SetTypedQuantity(400000),
				order.SetTypedSide(odds.Sell)) != nil {
				t.Fatal("not set")
			}
			p, err1 := order.TypedPrice()
			q, err2 := order.TypedQuantity()
			s, err3 := order.TypedSide()
			if p != 2500 || q != 400000 || s != odds.Sell || err1 != nil || err2 != nil || err3 != nil {
				t.Fatal(p, q, s)
			}
		}},
		{"refused", func() {
			if order.SetTypedPrice(0) != odds.ErrPrice || order.SetTypedQuantity(-1) != odds.ErrQuantity ||
				order.SetTypedSide(0) != odds.ErrSide {
				t.Fatal("set")
			}
			if _, err := order.TypedSide(); err != msg.ErrAbsent {
				t.Fatal(err)
			}
		}},
		{"money", func() {
			m, err := balance.TypedAvailableBalance()
			if m != 1234*odds.Whole+56*odds.Cent || err != nil {
				t.Fatal(m, err)
			}
			if _, err := balance.TypedExposure(); err != odds.ErrNotFinite {
				t.Fatal(err)
			}
		}},
	})
}

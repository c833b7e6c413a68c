package risk

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// TestConfigEdges asks for each setting at both sides of its bounds.
func TestConfigEdges(t *testing.T) {
	collar := func(change func(*Collar)) Config {
		c := Collar{Ticks: 1}
		change(&c)
		return Config{Collar: c}
	}
	many := func(n int) []uint32 {
		ids := make([]uint32, n)
		for i := range ids {
			ids[i] = uint32(i) + 1
		}
		return ids
	}
	for _, c := range []struct {
		field string // that the error names, empty if there is none
		c     Config
	}{
		{"", Config{}},
		{"", strict()},
		{"OrderQuantityMax", Config{OrderQuantityMax: -1}},
		{"", Config{OrderQuantityMax: odds.QuantityMax}},
		{"OrderQuantityMax", Config{OrderQuantityMax: odds.QuantityMax + 1}},
		{"OrderStakeMax", Config{OrderStakeMax: -1}},
		{"", Config{OrderStakeMax: odds.MoneyMax}},
		{"OrderLiabilityMax", Config{OrderLiabilityMax: -1}},
		{"", Config{OrderLiabilityMax: odds.MoneyMax}},
		{"Collar.Ticks", collar(func(c *Collar) { c.Ticks = -1 })},
		{"", collar(func(c *Collar) { c.Ticks = odds.TickCount })},
		{"Collar.Ticks", collar(func(c *Collar) { c.Ticks = odds.TickCount + 1 })},
		{"Collar.Fraction", collar(func(c *Collar) { c.Fraction = -1 })},
		{"", collar(func(c *Collar) { c.Fraction = FractionMax })},
		{"Collar.Fraction", collar(func(c *Collar) { c.Fraction = FractionMax + 1 })},
		{"Collar.MaxAge", collar(func(c *Collar) { c.MaxAge = -1 })},
		{"", collar(func(c *Collar) { c.MaxAge = TimeMax })},
		{"Collar.MaxAge", collar(func(c *Collar) { c.MaxAge = TimeMax + 1 })},
		{"", collar(func(c *Collar) { c.OnAbsent = SkipCollar })},
		{"Collar.OnAbsent", collar(func(c *Collar) { c.OnAbsent = UseBook })},
		{"", collar(func(c *Collar) { c.OnSuspect = UseBook })},
		{"Collar.OnSuspect", collar(func(c *Collar) { c.OnSuspect = UseBook + 1 })},
		{"", collar(func(c *Collar) { c.OnEmpty = SkipCollar })},
		{"Collar.OnEmpty", collar(func(c *Collar) { c.OnEmpty = UseBook })},
		{"", Config{Collar: Collar{Fraction: 1, Micro: true}}},
		{"Collar", Config{Collar: Collar{Micro: true}}},
		{"Collar", Config{Collar: Collar{MaxAge: 1}}},
		{"Collar", Config{Collar: Collar{OnEmpty: SkipCollar}}},
		{"ContractOrdersMax", Config{ContractOrdersMax: -1}},
		{"", Config{ContractOrdersMax: OrdersMax}},
		{"ContractOrdersMax", Config{ContractOrdersMax: OrdersMax + 1}},
		{"OrdersMax", Config{OrdersMax: -1}},
		{"", Config{OrdersMax: OrdersMax}},
		{"OrdersMax", Config{OrdersMax: OrdersMax + 1}},
		{"ContractExposureMax", Config{ContractExposureMax: -1}},
		{"MarketExposureMax", Config{MarketExposureMax: -1}},
		{"AccountExposureMax", Config{AccountExposureMax: -1}},
		{"LossMax", Config{LossMax: -1}},
		{"OnLoss", Config{OnLoss: RespondReport}},
		{"", Config{LossMax: 1, OnLoss: RespondReport}},
		{"OnLoss", Config{LossMax: 1, OnLoss: RespondReport + 1}},
		{"DriftMax", Config{DriftMax: -1}},
		{"OnDrift", Config{OnDrift: RespondReduce}},
		{"", Config{DriftMax: 1, OnDrift: RespondReport}},
		{"OnDrift", Config{DriftMax: 1, OnDrift: RespondReport + 1}},
		{"Rate", Config{Rate: -1}},
		{"", Config{Rate: RateMax, Burst: RateMax}},
		{"Rate", Config{Rate: RateMax + 1}},
		{"Burst", Config{Rate: 1, Burst: -1}},
		{"Burst", Config{Rate: 1, Burst: RateMax + 1}},
		{"Burst", Config{Burst: 1}},
		{"DuplicateWindow", Config{DuplicateWindow: -1}},
		{"DuplicateWindow", Config{DuplicateWindow: TimeMax + 1}},
		{"DuplicateOrders", Config{DuplicateOrders: 1}},
		{"DuplicateOrders", Config{DuplicateWindow: TimeMax, DuplicateOrders: -1}},
		{"", Config{DuplicateWindow: TimeMax, DuplicateOrders: 1}},
		{"DuplicateOrders", Config{DuplicateWindow: 1, DuplicateOrders: OrdersMax + 1}},
		{"Markets", Config{Markets: []uint32{1, 0}}},
		{"", Config{Markets: many(MarketsMax)}},
		{"Markets", Config{Markets: many(MarketsMax + 1)}},
		{"MarketsMax", Config{MarketsMax: 1}},
		{"MarketsMax", Config{Markets: many(2), MarketsMax: 1}},
		{"", Config{Markets: many(2), MarketsMax: 2}},
		{"", Config{Markets: many(2), MarketsMax: MarketsMax}},
		{"MarketsMax", Config{Markets: many(2), MarketsMax: MarketsMax + 1}},
		{"MarketsMax", Config{Markets: many(2), MarketsMax: -1}},
		{"Watchdog", Config{Watchdog: -1}},
		{"Watchdog", Config{Watchdog: TimeMax + 1}},
		{"CancelAllRetry", Config{CancelAllRetry: -1}},
		{"CancelAllRetry", Config{CancelAllRetry: CancelAllRetryMin - 1}},
		{"", Config{CancelAllRetry: CancelAllRetryMin}},
		{"", Config{CancelAllRetry: TimeMax}},
		{"CancelAllRetry", Config{CancelAllRetry: TimeMax + 1}},
		{"CancelAllTries", Config{CancelAllTries: -1}},
		{"", Config{CancelAllTries: CancelAllTriesMax}},
		{"CancelAllTries", Config{CancelAllTries: CancelAllTriesMax + 1}},
		{"Refusals", Config{Refusals: -1}},
		{"", Config{Refusals: 1}},
		{"Refusals", Config{Refusals: RefusalsMax + 1}},
	} {
		err := c.c.Check()
		g, newErr := New(c.c)
		if (err == nil) != (newErr == nil) || (newErr == nil) != (g != nil) {
			t.Errorf("%s: Check says %v, New %v", c.field, err, newErr)
		}
		var bad *ConfigError
		if field := ""; errors.As(err, &bad) || err != nil {
			if field = bad.Field; field != c.field || !strings.HasPrefix(err.Error(), "risk: Config."+c.field+" ") {
				t.Errorf("%s: %v", c.field, err)
			}
		} else if c.field != "" {
			t.Errorf("%s: no error for %+v", c.field, c.c)
		}
	}
}

// TestConfigNumbersAreChecked gives every number of the configuration a value below and one above its range.
func TestConfigNumbersAreChecked(t *testing.T) {
	var c Config
	checked := 0
	var visit func(v reflect.Value, name string)
	visit = func(v reflect.Value, name string) {
		for i := range v.NumField() {
			f, field := v.Field(i), name+v.Type().Field(i).Name
			if f.Kind() == reflect.Struct {
				visit(f, field+".")
				continue
			}
			if !f.CanInt() {
				continue
			}
			checked++
			for _, n := range []int64{-1, math.MinInt64, math.MaxInt64} {
				before := f.Int()
				f.SetInt(n)
				err := c.Check()
				var bad *ConfigError
				isMoney := f.Type() == reflect.TypeFor[odds.Money]()
				if isMoney && n == math.MaxInt64 {
					if err != nil {
						t.Errorf("%s = %d: %v", field, n, err)
					}
				} else if !errors.As(err, &bad) || bad.Field != field {
					t.Errorf("%s = %d: %v", field, n, err)
				}
				f.SetInt(before)
			}
		}
	}
	visit(reflect.ValueOf(&c).Elem(), "")
	if checked < 15 {
		t.Errorf("only %d numbers found", checked)
	}
}

// TestZeroConfigIsOff expects the zero configuration to admit everything, and each limit of a random one to be in force
// alone if its setting is not zero.
func TestZeroConfigIsOff(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 9))
	g := newGate(t, Config{})
	for range 2000 {
		keys, s := randomRequest(random), randomSnapshot(random)
		if err := g.Admit(random.Int64(), &keys, &s); err != nil {
			t.Fatalf("%+v: %v", keys, err)
		}
		g.Sent(random.Int64(), &keys)
	}
	if g.Mode() != Active || len(g.Events()) != 0 {
		t.Errorf("%+v", g.Status())
	}
}

// TestDefaults expects zeros to become the defaults that are documented.
func TestDefaults(t *testing.T) {
	c, err := Config{Rate: 7, Markets: []uint32{4, 5}, DuplicateWindow: time.Second}.resolve()
	if err != nil {
		t.Fatal(err)
	}
	if c.Burst != 7 || c.MarketsMax != 4 || c.DuplicateOrders != DuplicateOrders ||
		c.CancelAllRetry != CancelAllRetry ||
		c.CancelAllTries != CancelAllTries || c.Refusals != Refusals {
		t.Errorf("%+v", c)
	}
}

// FuzzAdmit expects no configuration, request or snapshot to panic, and a gate that admits to keep its limits.
func FuzzAdmit(f *testing.F) {
	f.Add(uint64(1), uint64(2), uint32(5000), uint64(1000), int32(1), int64(1))
	f.Add(uint64(3), uint64(4), uint32(math.MaxUint32), uint64(math.MaxUint64), int32(-1), int64(math.MinInt64))
	f.Fuzz(func(t *testing.T, seed, more uint64, price uint32, quantity uint64, side int32, amount int64) {
		random := rand.New(rand.NewPCG(seed, more))
		c := randomConfig(random)
		if random.IntN(2) == 0 {
			c.LossMax, c.AccountExposureMax, c.Rate = odds.Money(amount), odds.Money(amount), int(amount)
		}
		g, err := New(c)
		if err != nil {
			var bad *ConfigError
			if !errors.As(err, &bad) {
				t.Fatal(err)
			}
			return
		}
		for range 20 {
			keys, s := randomRequest(random), randomSnapshot(random)
			keys.Price, keys.Quantity, keys.Side = price, quantity, msg.Side(side)
			s.Profit, s.Account.After, s.Book.Age = odds.Money(amount), odds.Money(amount), time.Duration(amount)
			s.Own.Bid, s.Book.Offer = odds.Price(price), odds.Price(price)
			err := g.Admit(random.Int64(), &keys, &s)
			if err != nil {
				if r := refusalOf(t, err); r.Limit == LimitNone || r.Limit >= Limits || r.Error() == "" {
					t.Fatalf("%+v", r)
				}
				continue
			}
			left := keys.Quantity
			if keys.Type == msg.PayloadOrderCancelReplace { // what the original has executed is no new order
				left -= min(left, uint64(max(s.Original.Executed, 0)))
			}
			if c.OrderQuantityMax > 0 && left > uint64(c.OrderQuantityMax) ||
				c.AccountExposureMax > 0 && s.Account.After > max(c.AccountExposureMax, s.Account.Before) {
				t.Fatalf("%+v admitted %+v with %+v", c, keys, s)
			}
			g.Sent(random.Int64(), &keys)
		}
	})
}

package risk

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/odds"
)

// TestRefusalsStay keeps more refusals than there is memory for and expects none to change, and the amounts to be there
// again after Renew.
func TestRefusalsStay(t *testing.T) {
	const kept = 8
	g := newGate(t, Config{OrderQuantityMax: 10, OrdersMax: 1, Refusals: kept})
	s := quiet()
	var errs []error
	var want []Refusal
	refuse := func(quantity odds.Quantity) {
		keys := create(odds.Buy, 2500, quantity)
		errs = append(errs, g.Admit(1, &keys, &s))
		want = append(want, Refusal{Limit: LimitQuantity, Max: 10, Value: int64(quantity), Allowed: 10})
		if got := g.LastRefusal(); got != want[len(want)-1] {
			t.Errorf("the last is %+v", got)
		}
	}
	for i := range kept {
		refuse(odds.Quantity(11 + i))
	}
	if errs[0] == errs[1] {
		t.Fatal("two refusals are one")
	}
	refuse(11 + kept - 1) // the one before once more
	if errs[kept] != errs[kept-1] {
		t.Error("the same refusal twice running takes two places")
	}
	for i := range 3 {
		refuse(odds.Quantity(100 + i))
		want[len(want)-1] = Refusal{Limit: LimitQuantity, Shared: true, Max: 10}
	}
	refuse(11 + kept - 1)
	if !g.Renew() || g.Renew() {
		t.Error("Renew does not claim once")
	}
	for i := range kept {
		refuse(odds.Quantity(200 + i))
	}
	for i, err := range errs {
		if got := refusalOf(t, err); got != want[i] {
			t.Errorf("refusal %d is %+v, want %+v", i, got, want[i])
		}
	}
	if n := g.Stats().Shared; n != 3 {
		t.Errorf("counted %d shared", n)
	}
}

// TestRenewClaimsWhenHalf expects Renew to keep a block that is at least half unused.
func TestRenewClaimsWhenHalf(t *testing.T) {
	for _, size := range []int{1, 2, 3, 8} {
		var p refusals
		p.init(size, [Limits]int64{})
		for used := range size + 1 {
			q := p
			for i := range used {
				_ = q.refuse(LimitRate, 1, 0, int64(i))
			}
			left := size - used
			if got := q.renew(); got != (left*2 < size) {
				t.Errorf("%d of %d left: renewed %t", left, size, got)
			}
		}
	}
}

// TestRefusalTexts expects every limit to say its amounts in their units.
func TestRefusalTexts(t *testing.T) {
	for _, c := range []struct {
		r    Refusal
		want string
	}{
		{Refusal{Limit: LimitHalted}, "risk: refused by halted"},
		{Refusal{Limit: LimitMarket, Value: 7}, "risk: refused by market, request 7"},
		{
			Refusal{Limit: LimitUnknown, Max: int64(PartBook | PartMarket), Value: int64(PartMarket)},
			"risk: refused by unknown state: limit book+market, request market",
		},
		{Refusal{Limit: LimitLoss, Max: 5e8, Value: 6e8}, "risk: refused by loss: limit 5.00, request 6.00"},
		{
			Refusal{Limit: LimitQuantity, Max: 400_000, Value: 500_000, Allowed: 400_000},
			"risk: refused by order quantity: limit 40.00, request 50.00, allowed 40.00",
		},
		{
			Refusal{Limit: LimitStake, Max: 10e8, Value: 12e8, Allowed: 400_000},
			"risk: refused by order stake: limit 10.00, request 12.00, allowed 40.00",
		},
		{Refusal{Limit: LimitNoPrice, Value: int64(BookSuspect)}, "risk: refused by no price, request suspect"},
		{
			Refusal{Limit: LimitCollar, Max: 5000, Value: 5300, Allowed: 5200},
			"risk: refused by collar: limit 50%, request 53%, allowed 52%",
		},
		{
			Refusal{Limit: LimitSelfCross, Max: 9999, Value: 9999},
			"risk: refused by self-cross: limit 99.99%, request 99.99%, allowed none",
		},
		{Refusal{Limit: LimitOrders, Max: 5, Value: 6}, "risk: refused by orders: limit 5, request 6"},
		{
			Refusal{Limit: LimitDuplicate, Max: 1e9, Value: 3e8, Allowed: 7e8},
			"risk: refused by duplicate: limit 1s, request 300ms, allowed 700ms",
		},
		{Refusal{Limit: LimitRate, Max: 10, Allowed: 1e8}, "risk: refused by message rate: limit 10, allowed 100ms"},
		{Refusal{Limit: LimitRate, Shared: true, Max: 9}, "risk: refused by message rate: limit 9"},
		{Refusal{Limit: LimitReducing, Shared: true}, "risk: refused by reducing"},
		{Refusal{Limit: 200}, "risk: refused by unknown limit"},
	} {
		if got := c.r.Error(); got != c.want {
			t.Errorf("%+v says %q, want %q", c.r, got, c.want)
		}
	}
	if (&Refusal{Limit: LimitQuantity, Allowed: 7}).Wait() != 0 || (&Refusal{Limit: 200, Allowed: 7}).Wait() != 0 {
		t.Error("a limit that time does not lift has a wait")
	}
	if w := (&Refusal{Limit: LimitDuplicateOrders, Allowed: 7}).Wait(); w != 7*time.Nanosecond {
		t.Errorf("waits %v", w)
	}
	if !errors.Is(LimitRate, LimitRate) || LimitRate.Error() != "message rate" {
		t.Error("a limit is no error of its own")
	}
}

// TestNames expects every value of an enum to have a name of its own, and those that do not exist to say so.
func TestNames(t *testing.T) {
	for _, enum := range []struct {
		of    func(int) fmt.Stringer
		count int
	}{
		{func(i int) fmt.Stringer { return Limit(i) }, int(Limits)},
		{func(i int) fmt.Stringer { return Mode(i) }, int(Halted) + 1},
		{func(i int) fmt.Stringer { return Trigger(i) }, int(TriggerLoss) + 1},
		{func(i int) fmt.Stringer { return KillState(i) }, int(KillGaveUp) + 1},
		{func(i int) fmt.Stringer { return EventKind(i) }, int(WatchdogExpired) + 1},
		{func(i int) fmt.Stringer { return BookState(i) }, int(BookLive) + 1},
		{func(i int) fmt.Stringer { return BookPolicy(i) }, int(UseBook) + 1},
		{func(i int) fmt.Stringer { return Response(i) }, int(RespondReport) + 1},
	} {
		seen := make(map[string]bool)
		for i := range enum.count {
			name := enum.of(i).String()
			if name == "" || strings.HasPrefix(name, "unknown ") && name != LimitUnknown.String() || seen[name] {
				t.Errorf("%T %d is %q", enum.of(i), i, name)
			}
			seen[name] = true
		}
		if name := enum.of(enum.count).String(); !strings.HasPrefix(name, "unknown ") {
			t.Errorf("%T %d is %q", enum.of(0), enum.count, name)
		}
	}
	if got := partsAll.String(); got != "book+own+orders+contract+market+account+profit+original" {
		t.Errorf("all parts are %q", got)
	}
	if got := Parts(0).String() + " " + (PartBook | 1<<12).String(); got != "none book+unknown part" {
		t.Errorf("parts are %q", got)
	}
}

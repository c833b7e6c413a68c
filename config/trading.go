package config

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/odds"
)

// trading are the settings of the trading state. A limit is a positive amount: 0 would switch it off, which nobody who
// writes it down means.
var trading = []setting{
	{"risk", "order_quantity_max", "State.Risk.OrderQuantityMax", false, payoff(func(t *target) *odds.Quantity {
		return &t.State.Risk.OrderQuantityMax
	})},
	{"risk", "order_stake_max", "State.Risk.OrderStakeMax", false, amount(func(t *target) *odds.Money {
		return &t.State.Risk.OrderStakeMax
	})},
	{"risk", "order_liability_max", "State.Risk.OrderLiabilityMax", false, amount(func(t *target) *odds.Money {
		return &t.State.Risk.OrderLiabilityMax
	})},
	{"risk", "collar_ticks", "State.Risk.Collar.Ticks", false, count(func(t *target) *int {
		return &t.State.Risk.Collar.Ticks
	})},
	{"risk", "collar_fraction", "State.Risk.Collar.Fraction", false, percent(func(t *target) *int {
		return &t.State.Risk.Collar.Fraction
	})},
	{"risk", "collar_micro", "State.Risk.Collar.Micro", false, truth(func(t *target) *bool {
		return &t.State.Risk.Collar.Micro
	})},
	{"risk", "collar_max_age", "State.Risk.Collar.MaxAge", false, period(func(t *target) *time.Duration {
		return &t.State.Risk.Collar.MaxAge
	})},
	{"risk", "collar_on_absent", "State.Risk.Collar.OnAbsent", false, choice(func(t *target) *risk.BookPolicy {
		return &t.State.Risk.Collar.OnAbsent
	}, bookPolicies...)},
	{"risk", "collar_on_suspect", "State.Risk.Collar.OnSuspect", false, choice(func(t *target) *risk.BookPolicy {
		return &t.State.Risk.Collar.OnSuspect
	}, bookPolicies...)},
	{"risk", "collar_on_empty", "State.Risk.Collar.OnEmpty", false, choice(func(t *target) *risk.BookPolicy {
		return &t.State.Risk.Collar.OnEmpty
	}, bookPolicies...)},
	{"risk", "refuse_self_cross", "State.Risk.RefuseSelfCross", false, truth(func(t *target) *bool {
		return &t.State.Risk.RefuseSelfCross
	})},
	{"risk", "contract_orders_max", "State.Risk.ContractOrdersMax", false, count(func(t *target) *int {
		return &t.State.Risk.ContractOrdersMax
	})},
	{"risk", "orders_max", "State.Risk.OrdersMax", false, count(func(t *target) *int {
		return &t.State.Risk.OrdersMax
	})},
	{"risk", "contract_exposure_max", "State.Risk.ContractExposureMax", false, amount(func(t *target) *odds.Money {
		return &t.State.Risk.ContractExposureMax
	})},
	{"risk", "market_exposure_max", "State.Risk.MarketExposureMax", false, amount(func(t *target) *odds.Money {
		return &t.State.Risk.MarketExposureMax
	})},
	{"risk", "account_exposure_max", "State.Risk.AccountExposureMax", false, amount(func(t *target) *odds.Money {
		return &t.State.Risk.AccountExposureMax
	})},
	{"risk", "loss_max", "State.Risk.LossMax", false, amount(func(t *target) *odds.Money {
		return &t.State.Risk.LossMax
	})},
	{"risk", "on_loss", "State.Risk.OnLoss", false, choice(func(t *target) *risk.Response {
		return &t.State.Risk.OnLoss
	}, responses...)},
	{"risk", "drift_max", "State.Risk.DriftMax", false, amount(func(t *target) *odds.Money {
		return &t.State.Risk.DriftMax
	})},
	{"risk", "on_drift", "State.Risk.OnDrift", false, choice(func(t *target) *risk.Response {
		return &t.State.Risk.OnDrift
	}, responses...)},
	{"risk", "rate", "State.Risk.Rate", false, count(func(t *target) *int { return &t.State.Risk.Rate })},
	{"risk", "burst", "State.Risk.Burst", false, count(func(t *target) *int { return &t.State.Risk.Burst })},
	{"risk", "duplicate_window", "State.Risk.DuplicateWindow", false, period(func(t *target) *time.Duration {
		return &t.State.Risk.DuplicateWindow
	})},
	{"risk", "duplicate_orders", "State.Risk.DuplicateOrders", false, count(func(t *target) *int {
		return &t.State.Risk.DuplicateOrders
	})},
	{"risk", "markets", "State.Risk.Markets", false, numbers(func(t *target) *[]uint32 {
		return &t.State.Risk.Markets
	})},
	{"risk", "markets_max", "State.Risk.MarketsMax", false, count(func(t *target) *int {
		return &t.State.Risk.MarketsMax
	})},
	{"risk", "watchdog", "State.Risk.Watchdog", false, period(func(t *target) *time.Duration {
		return &t.State.Risk.Watchdog
	})},
	{"risk", "cancel_all_retry", "State.Risk.CancelAllRetry", false, period(func(t *target) *time.Duration {
		return &t.State.Risk.CancelAllRetry
	})},
	{"risk", "cancel_all_tries", "State.Risk.CancelAllTries", false, count(func(t *target) *int {
		return &t.State.Risk.CancelAllTries
	})},
	{"risk", "refusals", "State.Risk.Refusals", false, count(func(t *target) *int { return &t.State.Risk.Refusals })},
	{"risk", "halt_file", "State.HaltFile", false, text(func(t *target) *string { return &t.State.HaltFile })},
	{"risk", "halt_file_period", "State.HaltFilePeriod", false, period(func(t *target) *time.Duration {
		return &t.State.HaltFilePeriod
	})},
	{"risk", "halt_incomplete", "State.HaltIncomplete", false, names(func(t *target) *order.Why {
		return &t.State.HaltIncomplete
	}, order.Why.String)},
	{"risk", "on_unresolved", "State.OnUnresolved", false, choice(func(t *target) *engine.UnresolvedPolicy {
		return &t.State.OnUnresolved
	}, "report", "cancel_market", "halt")},
	{"risk", "doubt_timeout", "State.DoubtTimeout", false, duration(func(t *target) *time.Duration {
		return &t.State.DoubtTimeout
	})},

	{"orders", "orders", "State.Orders.Orders", false, count(func(t *target) *int { return &t.State.Orders.Orders })},
	{"orders", "retained", "State.Orders.Retained", false, count(func(t *target) *int {
		return &t.State.Orders.Retained
	})},
	{"orders", "requests", "State.Orders.Requests", false, count(func(t *target) *int {
		return &t.State.Orders.Requests
	})},
	{"orders", "contracts", "State.Orders.Contracts", false, count(func(t *target) *int {
		return &t.State.Orders.Contracts
	})},
	{"orders", "fills", "State.Orders.Fills", false, count(func(t *target) *int { return &t.State.Orders.Fills })},
	{"orders", "retain_for", "State.Orders.RetainFor", false, period(func(t *target) *int64 {
		return &t.State.Orders.RetainFor
	})},
	{"orders", "independent_contracts", "State.Orders.IndependentContracts", false, truth(func(t *target) *bool {
		return &t.State.Orders.IndependentContracts
	})},
	{"orders", "commission", "State.Orders.Commission", false, percent(func(t *target) *odds.Rate {
		return &t.State.Orders.Commission
	})},
	{"orders", "tolerance", "State.Orders.Tolerance", false, amount(func(t *target) *odds.Money {
		return &t.State.Orders.Tolerance
	})},
	{"orders", "drift_after", "State.Orders.DriftAfter", false, period(func(t *target) *int64 {
		return &t.State.Orders.DriftAfter
	})},
	{"orders", "handle_replayed", "State.HandleReplayed", false, truth(func(t *target) *bool {
		return &t.State.HandleReplayed
	})},

	{"books", "markets", "State.Books.Markets", false, count(func(t *target) *int { return &t.State.Books.Markets })},
	{"books", "contracts", "State.Books.Contracts", false, count(func(t *target) *int {
		return &t.State.Books.Contracts
	})},
	{"books", "orders", "State.Books.Orders", false, count(func(t *target) *int { return &t.State.Books.Orders })},
	{"books", "depth", "State.Books.Depth", false, count(func(t *target) *int { return &t.State.Books.Depth })},
	{"books", "depth_max", "State.Books.DepthMax", false, count(func(t *target) *int {
		return &t.State.Books.DepthMax
	})},
	{"books", "snapshot_timeout", "State.Books.SnapshotTimeout", false, period(func(t *target) *int64 {
		return &t.State.Books.SnapshotTimeout
	})},
	{"books", "crossed_timeout", "State.Books.CrossedTimeout", false, period(func(t *target) *int64 {
		return &t.State.Books.CrossedTimeout
	})},
	{"books", "max_age", "State.Books.MaxAge", false, period(func(t *target) *int64 { return &t.State.Books.MaxAge })},
	{"books", "resubscriptions", "State.Books.Resubscriptions", false, count(func(t *target) *int {
		return &t.State.Books.Resubscriptions
	})},
	{"books", "in_place_replaces", "State.Books.InPlaceReplaces", false, truth(func(t *target) *bool {
		return &t.State.Books.InPlaceReplaces
	})},

	{"quotes", "contracts", "State.Quotes.Contracts", false, count(func(t *target) *int {
		return &t.State.Quotes.Contracts
	})},
	{"quotes", "levels", "State.Quotes.Levels", false, count(func(t *target) *int { return &t.State.Quotes.Levels })},
	{"quotes", "orders", "State.Quotes.Orders", false, count(func(t *target) *int { return &t.State.Quotes.Orders })},
	{"quotes", "actions", "State.Quotes.Actions", false, count(func(t *target) *int {
		return &t.State.Quotes.Actions
	})},
	{"quotes", "ignore", "State.Quotes.Ignore", false, names(func(t *target) *quote.Reasons {
		return &t.State.Quotes.Ignore
	}, quote.Reasons.String)},
	{"quotes", "replace_off", "State.Quotes.DisableReplace", false, truth(func(t *target) *bool {
		return &t.State.Quotes.DisableReplace
	})},
	{"quotes", "retry_min", "State.Quotes.RetryMin", false, period(func(t *target) *int64 {
		return &t.State.Quotes.RetryMin
	})},
	{"quotes", "retry_max", "State.Quotes.RetryMax", false, period(func(t *target) *int64 {
		return &t.State.Quotes.RetryMax
	})},
	{"quotes", "attempts_max", "State.Quotes.AttemptsMax", false, count(func(t *target) *int {
		return &t.State.Quotes.AttemptsMax
	})},
	{"quotes", "give_up_for", "State.Quotes.GiveUpFor", false, period(func(t *target) *int64 {
		return &t.State.Quotes.GiveUpFor
	})},
	{"quotes", "overdue_after", "State.Quotes.OverdueAfter", false, period(func(t *target) *int64 {
		return &t.State.Quotes.OverdueAfter
	})},
	{"quotes", "resume_after", "State.Quotes.ResumeAfter", false, period(func(t *target) *int64 {
		return &t.State.Quotes.ResumeAfter
	})},
	{"quotes", "cancel_all_off", "State.DisableQuoteCancelAll", false, truth(func(t *target) *bool {
		return &t.State.DisableQuoteCancelAll
	})},
}

var (
	bookPolicies = []string{"refuse_order", "skip_collar", "use_book"}
	responses    = []string{"halt", "reduce", "report"}
)

const wantAmount = "an amount of money greater than 0, such as 12.50, without a currency; leave it out for no limit"

func amount(field func(*target) *odds.Money) func(*target, string) (string, bool) {
	return func(t *target, s string) (string, bool) {
		m, err := odds.ParseMoney(s)
		*field(t) = m
		return wantAmount, err == nil && m > 0
	}
}

// payoff takes a quantity in whole units of the currency.
func payoff(field func(*target) *odds.Quantity) func(*target, string) (string, bool) {
	return func(t *target, s string) (string, bool) {
		q, err := odds.ParseQuantity(s)
		*field(t) = q
		return wantAmount, err == nil && q > 0
	}
}

// percent takes a percentage into a field in hundredths of a percent. A percent sign is not needed: files write it %%.
func percent[T ~int | ~uint16](field func(*target) *T) func(*target, string) (string, bool) {
	const unit = odds.Money(1_000_000) // 0.01
	return func(t *target, s string) (string, bool) {
		m, err := odds.ParseMoney(strings.TrimRight(strings.TrimSuffix(s, "%"), " "))
		ok := err == nil && m > 0 && m%unit == 0 && m/unit <= 10_000
		if ok {
			*field(t) = T(m / unit)
		}
		return "a percentage greater than 0 and up to 100%, with at most two decimals, such as 2.5", ok
	}
}

// count takes a number that is not 0.
func count(field func(*target) *int) func(*target, string) (string, bool) {
	return func(t *target, s string) (string, bool) {
		n, err := strconv.ParseInt(s, 10, 32)
		*field(t) = int(n)
		return "a number from 1 to 2147483647", err == nil && n > 0 && s[0] != '+'
	}
}

// period takes a time that is not 0.
func period[T ~int64](field func(*target) *T) func(*target, string) (string, bool) {
	return func(t *target, s string) (string, bool) {
		d, err := time.ParseDuration(s)
		*field(t) = T(d)
		return wantDuration + ", greater than 0", err == nil && d > 0
	}
}

func numbers(field func(*target) *[]uint32) func(*target, string) (string, bool) {
	return func(t *target, s string) (string, bool) {
		var list []uint32
		for part := range strings.SplitSeq(s, ",") {
			n, err := strconv.ParseUint(strings.TrimSpace(part), 10, 32)
			if err != nil || n == 0 {
				return "numbers from 1 on with commas between them, such as 100000, 100001", false
			}
			list = append(list, uint32(n))
		}
		*field(t) = list
		return "", true
	}
}

// names takes names of bits with commas between them: what text returns for one bit, with underscores for blanks.
func names[T ~uint16](field func(*target) *T, text func(T) string) func(*target, string) (string, bool) {
	var all []string
	unknown := text(1 << 15)
	for i := range 15 {
		if name := text(1 << i); name != unknown {
			all = append(all, strings.ReplaceAll(name, " ", "_"))
		}
	}
	return func(t *target, s string) (string, bool) {
		var bits T
		for part := range strings.SplitSeq(s, ",") {
			i := slices.Index(all, strings.ToLower(strings.TrimSpace(part)))
			if i < 0 {
				return "some of " + strings.Join(all, ", "), false
			}
			bits |= 1 << i
		}
		*field(t) = bits
		return "", true
	}
}

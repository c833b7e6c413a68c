package script

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

var timesInForce = map[string]msg.TimeInForceType{"keep": msg.KeepInPlay, "ioc": msg.ImmediateOrCancel}

// botActions are the bot statements without arguments.
var botActions = map[string]func(*Bot){
	"login":             func(b *Bot) { b.Login(0) },
	"resume":            func(b *Bot) { b.Resume() },
	"reconnect":         func(b *Bot) { b.Login(b.NextAccountSequence()) },
	"drop":              func(b *Bot) { b.Disconnect() },
	"logout":            func(b *Bot) { b.Logout() },
	"ping":              func(b *Bot) { b.Ping() },
	"mute":              func(b *Bot) { b.IgnoreHeartbeats = true },
	"cancel-all":        func(b *Bot) { b.CancelAll(0) },
	"cancel-on-failure": func(b *Bot) { b.SetCancelAllOnFailure(true) },
}

// bot parses what follows "bot".
func (p *parser) bot() func(*Runner) error {
	user, verb := p.user(), p.word("what the bot does")
	if f := botActions[verb]; f != nil {
		return func(r *Runner) error { f(r.bot(user)); return nil }
	}
	switch verb {
	case "subscribe":
		m := p.id("market")
		return func(r *Runner) error { r.bot(user).Subscribe(m); return nil }
	case "event":
		e := p.id("event")
		return func(r *Runner) error { r.bot(user).SubscribeEvent(e); return nil }
	case "create":
		name, o := p.word("a name"), p.order()
		if len(p.words) > 0 {
			o.TIF = choice(p, "a kind of order", timesInForce)
		}
		return func(r *Runner) error { r.create(user, name, o); return nil }
	case "many":
		n, o := int(p.number("how many", burstMax)), p.order()
		return func(r *Runner) error {
			for range n {
				r.create(user, "", o)
			}
			return nil
		}
	case "cancel":
		name := p.word("an order's name")
		return func(r *Runner) error {
			o, err := r.findOrder(name)
			if err == nil {
				r.bot(user).Cancel(o.ID)
			}
			return err
		}
	}
	p.fail("unknown bot statement %q", verb)
	return nil
}

// expect parses what follows "expect".
func (p *parser) expect() func(*Runner) error {
	switch what := p.word("what to expect"); what {
	case "market":
		m, want := p.id("market"), choice(p, "a state", states)
		return func(r *Runner) error {
			if got := r.exchange.State(m); got != want {
				return fmt.Errorf("market %d is %v", m, got)
			}
			return nil
		}
	case "order":
		name := p.word("an order's name")
		fields := p.fields(orderFields)
		return func(r *Runner) error {
			o, err := r.findOrder(name)
			if err != nil {
				return err
			}
			return mismatch(fields, "order "+name, func(f string) string { return orderFields[f](o) })
		}
	case "account":
		user := p.user()
		fields := p.fields(accountFields)
		return func(r *Runner) error {
			t, _ := r.exchange.Truth(user)
			return mismatch(fields, user, func(f string) string { return accountFields[f](t) })
		}
	case "bot":
		return p.expectBot()
	default:
		p.fail("unknown expectation %q", what)
		return nil
	}
}

func (p *parser) expectBot() func(*Runner) error {
	user, what := p.user(), p.word("a count, agrees or lacks")
	switch what {
	case "agrees":
		return func(r *Runner) error {
			b := r.bot(user)
			if t, _ := r.exchange.Truth(user); b.NextAccountSequence() != t.AccountSequence+1 {
				return fmt.Errorf("bot %s lacks report %d of %d", user, b.NextAccountSequence(), t.AccountSequence)
			}
			if d := b.Compare(); d != "" {
				return fmt.Errorf("bot %s", d)
			}
			return nil
		}
	case "lacks":
		return func(r *Runner) error {
			if t, _ := r.exchange.Truth(user); r.bot(user).NextAccountSequence() == t.AccountSequence+1 {
				return fmt.Errorf("bot %s has every report", user)
			}
			return nil
		}
	}
	w := p.word("a number")
	text, least := strings.CutPrefix(w, ">=")
	want, err := strconv.Atoi(text)
	if p.err == nil && (err != nil || want < 0) {
		p.fail("%q is neither a number nor >= and a number", w)
	}
	return func(r *Runner) error {
		if got := r.bot(user).Count(what); got != want && !(least && got > want) {
			return fmt.Errorf("bot %s has %s %d times, want %s", user, what, got, w)
		}
		return nil
	}
}

var orderFields = map[string]func(exchange.OrderTruth) string{
	"executed":  func(o exchange.OrderTruth) string { return strconv.FormatUint(o.Executed, 10) },
	"available": func(o exchange.OrderTruth) string { return strconv.FormatUint(o.Available, 10) },
}

var accountFields = map[string]func(exchange.AccountTruth) string{
	"cash":      func(t exchange.AccountTruth) string { return t.Cash.String() },
	"available": func(t exchange.AccountTruth) string { return t.Available.String() },
	"matched":   func(t exchange.AccountTruth) string { return t.Matched.String() },
	"pending":   func(t exchange.AccountTruth) string { return t.Pending.String() },
	"resting":   func(t exchange.AccountTruth) string { return t.Resting.String() },
	"live":      func(t exchange.AccountTruth) string { return strconv.Itoa(t.Live) },
}

// fields parses pairs of a field and its value.
func (p *parser) fields(known any) [][2]string {
	var names []string
	money := false
	switch known := known.(type) {
	case map[string]func(exchange.OrderTruth) string:
		names = sortedKeys(known)
	case map[string]func(exchange.AccountTruth) string:
		names, money = sortedKeys(known), true
	}
	var list [][2]string
	for len(list) == 0 || len(p.words) > 0 && p.err == nil {
		name := p.word("a field")
		value := p.word("a value")
		found := false
		for _, n := range names {
			found = found || n == name
		}
		if p.err == nil && !found {
			p.fail("%q is not one of %s", name, strings.Join(names, ", "))
		}
		if amount, ok := ParseMoney(value); ok && money && name != "live" {
			value = amount.String()
		} else if _, err := strconv.ParseUint(value, 10, 64); p.err == nil && err != nil {
			p.fail("%s: %q is not a number", name, value)
		}
		list = append(list, [2]string{name, value})
	}
	return list
}

// mismatch returns an error that names the first field with another value.
func mismatch(fields [][2]string, subject string, get func(string) string) error {
	for _, f := range fields {
		if got := get(f[0]); got != f[1] {
			return fmt.Errorf("%s has %s %s, want %s", subject, f[0], got, f[1])
		}
	}
	return nil
}

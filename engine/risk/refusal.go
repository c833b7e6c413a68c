package risk

import (
	"errors"
	"strconv"
	"time"

	"github.com/smk-go/smk/odds"
)

// ErrRefused is what every refusal is by errors.Is. Nothing of a refused message was sent.
var ErrRefused = errors.New("risk: refused")

// Refusal says why a request may not be sent. Nothing changes it later, so it may be kept. By errors.Is it is
// [ErrRefused] and its Limit.
type Refusal struct {
	Limit Limit

	// Shared says that Value and Allowed are not known and 0, and so is Max if no setting is it: [Config.Refusals]
	// others were made since the last [Gate.Renew], and this one stands for any number. [Gate.LastRefusal] has the
	// amounts until the next refusal.
	Shared bool

	Max     int64 // the limit in force; for its unit and that of the others see the Limit
	Value   int64 // what the request has
	Allowed int64 // what it could have
}

// Wait returns how long after the refused Admit the same request has no chance if only the limit asked, for the
// limits that time lifts, and 0 for the others.
func (r *Refusal) Wait() time.Duration {
	if r.Limit < Limits && limitTexts[r.Limit].allowed == unitTime {
		return time.Duration(r.Allowed)
	}
	return 0
}

// Is reports whether target is ErrRefused or the limit.
func (r *Refusal) Is(target error) bool {
	if target == ErrRefused {
		return true
	}
	limit, ok := target.(Limit)
	return ok && limit == r.Limit
}

// Error names the limit and the amounts that it has.
func (r *Refusal) Error() string {
	b := append(make([]byte, 0, 96), "risk: refused by "...)
	b = append(b, r.Limit.String()...)
	if r.Limit >= Limits {
		return string(b)
	}
	text := &limitTexts[r.Limit]
	if r.Shared {
		if r.Max != 0 {
			b = appendAmount(b, ": limit ", text.max, r.Max)
		}
		return string(b)
	}
	b = appendAmount(b, ": limit ", text.max, r.Max)
	b = appendAmount(b, ", request ", text.value, r.Value)
	b = appendAmount(b, ", allowed ", text.allowed, r.Allowed)
	return string(b)
}

// SafeToResend reports, to session.SafeToResend, that nothing was sent.
func (r *Refusal) SafeToResend() bool { return true }

// appendAmount appends an amount in its unit, nothing if there is none.
func appendAmount(b []byte, label string, u unit, n int64) []byte {
	if u == unitNone {
		return b
	}
	b = append(b, label...)
	switch u {
	case unitQuantity:
		return odds.Quantity(n).Append(b)
	case unitMoney:
		return odds.Money(n).Append(b)
	case unitPrice:
		if n == 0 {
			return append(b, "none"...)
		}
		return odds.Price(n).Append(b)
	case unitTime:
		return append(b, time.Duration(n).String()...)
	case unitBook:
		return append(b, BookState(n).String()...)
	case unitParts:
		return append(b, Parts(n).String()...)
	}
	return strconv.AppendInt(b, n, 10)
}

// refusals hands refusals out. Each has a place of its own in a block that is never written again, so that one
// that was kept does not change; the same refusal twice running is one. Without a place left those of a limit
// share one without amounts.
type refusals struct {
	block  []Refusal // those not handed out yet
	size   int       // of a block
	last   Refusal
	latest [Limits]*Refusal // handed out last
	shared [Limits]Refusal
	counts [Limits]uint64
	total  uint64 // refusals that were shared
}

// init takes the limits in force, 0 for those that no setting is.
func (p *refusals) init(size int, settings [Limits]int64) {
	p.size = size
	p.block = make([]Refusal, size)
	for l := range p.shared {
		p.shared[l] = Refusal{Limit: Limit(l), Shared: true, Max: settings[l]}
	}
}

// refuse returns the refusal with these amounts. Those of unit none have to be 0.
func (p *refusals) refuse(limit Limit, limitMax, value, allowed int64) error {
	p.counts[limit]++
	p.last = Refusal{Limit: limit, Max: limitMax, Value: value, Allowed: allowed}
	if r := p.latest[limit]; r != nil && *r == p.last {
		return r
	}
	if len(p.block) == 0 {
		p.total++
		return &p.shared[limit]
	}
	r := &p.block[0]
	p.block = p.block[1:]
	*r = p.last
	p.latest[limit] = r
	return r
}

// renew claims a new block if less than half of one is left.
func (p *refusals) renew() bool {
	if len(p.block) >= (p.size+1)/2 {
		return false
	}
	p.block = make([]Refusal, p.size)
	return true
}

package inspect

import (
	"slices"
	"strings"
	"time"

	"github.com/smk-go/smk/journal"
)

// Filter says which entries are wanted. Zero values want all; an entry has to fit all others.
type Filter struct {
	From, To        time.Time // wall clock, To exclusive
	Types           []string  // of messages, as in the schema, without PAYLOAD_; case does not matter
	Kinds           []string  // of records
	Market          uint32
	Contract        uint32
	Order           uint64 // of the order or of the one that is replaced
	Reference       uint64
	AccountSequence uint64
}

// Match reports whether an entry is wanted.
func (f *Filter) Match(e *Entry) bool {
	if !f.From.IsZero() && e.Wall < f.From.UnixNano() || !f.To.IsZero() && e.Wall >= f.To.UnixNano() {
		return false
	}
	if len(f.Kinds) > 0 && !containsFold(f.Kinds, e.Kind.String()) {
		return false
	}
	if !f.ofMessages() {
		return true
	}
	m := e.Message
	if m == nil {
		return false
	}
	return (len(f.Types) == 0 || containsFold(f.Types, m.Type)) && f.matchMessage(m)
}

// ofMessages reports whether only messages fit.
func (f *Filter) ofMessages() bool {
	return len(f.Types) > 0 || f.Market != 0 || f.Contract != 0 || f.Order != 0 || f.Reference != 0 ||
		f.AccountSequence != 0
}

func (f *Filter) matchMessage(m *Message) bool {
	switch {
	case f.Market != 0 && m.Market != f.Market,
		f.Contract != 0 && m.Contract != f.Contract && !m.quotes(f.Contract),
		f.Order != 0 && m.Order != f.Order && m.Original != f.Order,
		f.Reference != 0 && m.Reference != f.Reference,
		f.AccountSequence != 0 && m.AccountSequence != f.AccountSequence:
		return false
	}
	return true
}

// quotes reports whether the message is of a market and has a contract's book.
func (m *Message) quotes(contract uint32) bool {
	for _, q := range m.Payload.GetMarketQuotes().GetContractQuotes() {
		if q.GetContractId() == contract {
			return true
		}
	}
	return false
}

func containsFold(all []string, s string) bool {
	return slices.ContainsFunc(all, func(one string) bool {
		return strings.EqualFold(strings.TrimPrefix(strings.ToUpper(one), typePrefix), s)
	})
}

// KindNames returns the names of the kinds of records.
func KindNames() (names []string) {
	for k := journal.KindSegment; k <= journal.KindEnd; k++ {
		names = append(names, k.String())
	}
	return names
}

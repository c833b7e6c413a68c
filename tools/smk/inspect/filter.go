package inspect

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
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
	if !f.InTime(e) {
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

// InTime reports whether an entry is from when entries are wanted.
func (f *Filter) InTime(e *Entry) bool {
	return (f.From.IsZero() || e.Wall >= f.From.UnixNano()) && (f.To.IsZero() || e.Wall < f.To.UnixNano())
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

// Check refuses kinds and types that no record has, so that a slip of the pen does not look like an empty journal.
func (f *Filter) Check() error {
	kinds, types := kindNames(), typeNames()
	for _, k := range f.Kinds {
		// A later version may have written kinds that have no name here.
		if !containsFold(kinds, strings.ToUpper(k)) && !strings.HasPrefix(strings.ToLower(k), "kind ") {
			return fmt.Errorf("--kind: no record is of kind %q: there are %s", k, strings.Join(kinds, ", "))
		}
	}
	for _, typ := range f.Types {
		plain := strings.TrimPrefix(strings.ToUpper(typ), typePrefix)
		if containsFold(types, plain) {
			continue
		}
		alike := slices.DeleteFunc(types, func(name string) bool { return !strings.Contains(name, plain) })
		if len(alike) == 0 || plain == "" {
			return fmt.Errorf("--type: no message is of type %q, as ORDER_CREATE is one", typ)
		}
		return fmt.Errorf("--type: no message is of type %q; there is %s", typ, strings.Join(alike, ", "))
	}
	return nil
}

// kindNames returns the names of the kinds of records.
func kindNames() (names []string) {
	for k := journal.KindSegment; k <= journal.KindEnd; k++ {
		names = append(names, k.String())
	}
	return names
}

// typeNames returns the types of messages, those of the session among them, as Message.Type has them.
func typeNames() []string {
	names := []string{typeUnknown}
	for _, all := range []map[string]int32{seto.PayloadType_value, eto.PayloadType_value} {
		for name := range all {
			names = append(names, strings.TrimPrefix(name, typePrefix))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

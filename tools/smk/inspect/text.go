package inspect

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
)

// Limits of a line.
const (
	levelsShown = 3   // of each side of a book, and elements of other lists
	textShown   = 200 // bytes of a text
)

// timeLayout is how times are printed, in UTC.
const timeLayout = "2006-01-02 15:04:05.000000"

// Text returns the entry as one line for people.
func (e *Entry) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %8s %-8s", e.Time().Format(timeLayout), e.Place().Number(), e.Kind)
	if e.Epoch > 0 {
		fmt.Fprintf(&b, " %d", e.Epoch)
	} else {
		b.WriteString(" -")
	}
	switch e.Kind {
	case journal.KindInbound:
		b.WriteString(" < ")
	case journal.KindOutbound:
		b.WriteString(" > ")
	default:
		b.WriteString("   ")
	}
	b.WriteString(e.Detail())
	return b.String()
}

// Detail returns what the entry says, without the columns that all have.
func (e *Entry) Detail() string {
	p := e.Payload
	switch e.Kind {
	case journal.KindInbound, journal.KindOutbound:
		text := e.Message.Text()
		if e.Flags&journal.FlagTruncated != 0 {
			text += " (cut)"
		}
		if e.Err != nil {
			text += " not decoded: " + printable(e.Err.Error())
		}
		return text
	case journal.KindRefusal, journal.KindLog:
		return printable(string(p))
	case journal.KindTape:
		return e.tapeText()
	case journal.KindDigest, journal.KindEnd:
		if digest, events, err := journal.DecodeWords(p); err == nil {
			return fmt.Sprintf("digest=%016x events=%d", digest, events)
		}
	case journal.KindStart:
		return fmt.Sprintf("run %d begins", e.Run)
	case journal.KindGC:
		if i, err := journal.DecodeGC(p); err == nil {
			return fmt.Sprintf("collections=%d pause=%s longest=%s", i.Collections, micros(i.Pause), micros(i.PauseMax))
		}
	case journal.KindLost:
		if i, err := journal.DecodeLost(p); err == nil {
			return fmt.Sprintf("%d records lost: %s", i.Records, i.Cause)
		}
	case journal.KindSegment:
		if i, err := journal.DecodeSegment(p); err == nil {
			return fmt.Sprintf("segment %d of %q", i.Number, i.Name)
		}
	case journal.KindSeal:
		if i, err := journal.DecodeSeal(p); err == nil {
			return fmt.Sprintf("records %d to %d, %d lost", i.FirstSeq, i.LastSeq, i.Lost)
		}
	}
	return fmt.Sprintf("%d bytes: %s", len(p), hex.EncodeToString(p[:min(len(p), textShown/4)]))
}

func (e *Entry) tapeText() string {
	var b strings.Builder
	for i, t := range e.Tape {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(t.Kind.String())
		switch t.Kind {
		case engine.TapeRead:
			fmt.Fprintf(&b, " %d", t.Bytes)
		case engine.TapeWrite:
			fmt.Fprintf(&b, " %d of %d", t.Bytes, t.Offered)
		case engine.TapeClock:
			fmt.Fprintf(&b, " %d", t.At)
		case engine.TapeRound, engine.TapeSubmit, engine.TapeRequests, engine.TapeOther:
			if t.Text != "" {
				b.WriteString(" " + printable(t.Text))
			}
		case engine.TapeDialed:
		}
		if t.Err != nil {
			b.WriteString(": " + printable(t.Err.Error()))
		}
	}
	if e.Err != nil {
		b.WriteString(" not decoded: " + printable(e.Err.Error()))
	}
	return b.String()
}

// Text returns the message as one line for people: type, session sequence, and fields as name=value, credentials left
// out. Amounts are in the account's currency, prices in percent of the payoff with decimal odds in parentheses.
func (m *Message) Text() string {
	b := []byte(m.Type)
	b = append(b, " #"...)
	b = strconv.AppendUint(b, m.Seq, 10)
	if m.Replay {
		b = append(b, " replayed"...)
	}
	if m.body != nil {
		b = appendFields(b, m.body, 0)
	}
	return string(b)
}

// appendFields appends the fields of a message that are present, in the order of the schema.
func appendFields(b []byte, m protoreflect.Message, depth int) []byte {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		switch f.Name() {
		case "account_sequence":
			if m.Has(fields.ByName("account_sequence_64")) {
				continue
			}
		case "price_type", "quantity_type": // there is one of each
			continue
		}
		if !m.Has(f) {
			continue
		}
		if depth > 0 && b[len(b)-1] == '{' {
			b = append(b, shortName(f)...)
		} else {
			b = append(append(b, ' '), shortName(f)...)
		}
		b = append(b, '=')
		v := m.Get(f)
		if !f.IsList() {
			b = appendValue(b, f, v, depth)
			continue
		}
		list := v.List()
		b = append(b, '[')
		for k := range min(list.Len(), levelsShown) {
			if k > 0 {
				b = append(b, ' ')
			}
			b = appendValue(b, f, list.Get(k), depth)
		}
		if more := list.Len() - levelsShown; more > 0 {
			b = append(b, " +"...)
			b = strconv.AppendInt(b, int64(more), 10)
		}
		b = append(b, ']')
	}
	return b
}

// shortName returns a field's name without what every reader adds by himself.
func shortName(f protoreflect.FieldDescriptor) string {
	switch name := string(f.Name()); name {
	case "market_id", "contract_id", "order_id", "orig_order_id", "event_id":
		return strings.TrimSuffix(name, "_id")
	case "account_sequence_64":
		return "account_sequence"
	default:
		return name
	}
}

func appendValue(b []byte, f protoreflect.FieldDescriptor, v protoreflect.Value, depth int) []byte {
	if secret(f) {
		return append(b, "masked"...)
	}
	switch name := string(f.Name()); f.Kind() {
	case protoreflect.MessageKind:
		if n := v.Message().Descriptor().Name(); n == "Quote" || n == "Execution" {
			return appendLevel(b, v.Message())
		}
		b = append(b, '{')
		b = appendFields(b, v.Message(), depth+1)
		return append(b, '}')
	case protoreflect.EnumKind:
		return append(b, strings.ToLower(enumName(f, v.Enum()))...)
	case protoreflect.StringKind:
		return strconv.AppendQuote(b, cut(v.String()))
	case protoreflect.BytesKind:
		return strconv.AppendQuote(b, cut(string(v.Bytes())))
	case protoreflect.Uint32Kind, protoreflect.Uint64Kind:
		switch {
		case strings.HasSuffix(name, "price"):
			return appendPrice(b, v.Uint())
		case strings.HasSuffix(name, "quantity"), name == "quantity_left", name == "executed_volume":
			return append(b, quantityText(v.Uint())...)
		}
		return strconv.AppendUint(b, v.Uint(), 10)
	case protoreflect.DoubleKind:
		return strconv.AppendFloat(b, v.Float(), 'f', -1, 64)
	}
	return append(b, v.String()...)
}

// appendLevel appends a price level or an execution.
func appendLevel(b []byte, m protoreflect.Message) []byte {
	fields := m.Descriptor().Fields()
	b = append(b, quantityText(m.Get(fields.ByName("quantity")).Uint())...)
	b = append(b, '@')
	return append(b, percent(uint32(m.Get(fields.ByName("price")).Uint()))...)
}

// appendPrice appends a price in percent with its decimal odds.
func appendPrice(b []byte, n uint64) []byte {
	b = append(b, percent(uint32(min(n, 1<<32-1)))...)
	if p, err := odds.NewPrice(uint32(min(n, 1<<32-1))); err == nil {
		b = append(b, '(')
		b = p.Decimal().Append(b)
		b = append(b, ')')
	}
	return b
}

// percent returns a price in percent, or the number that is none.
func percent(n uint32) string {
	if p, err := odds.NewPrice(n); err == nil {
		return p.String()
	}
	return strconv.FormatUint(uint64(n), 10)
}

// quantityText returns a quantity in the currency, or the number that is none.
func quantityText(n uint64) string {
	if q, err := odds.NewQuantity(n); err == nil {
		return q.String()
	}
	return strconv.FormatUint(n, 10) + "/10000"
}

// printable returns a text that no terminal obeys.
func printable(s string) string {
	s = strconv.Quote(cut(s))
	return strings.ReplaceAll(strings.ReplaceAll(s[1:len(s)-1], `\"`, `"`), `\\`, `\`)
}

func cut(s string) string {
	if len(s) > 4*textShown {
		return s[:4*textShown] + "..."
	}
	return s
}

// micros returns ns as a time for people, to the tenth of a microsecond.
func micros(ns int64) string {
	switch {
	case ns < 0:
		return "-" + micros(-ns)
	case ns < 1e6:
		return strconv.FormatFloat(float64(ns)/1e3, 'f', 1, 64) + "us"
	case ns < 1e9:
		return strconv.FormatFloat(float64(ns)/1e6, 'f', 2, 64) + "ms"
	}
	return strconv.FormatFloat(float64(ns)/1e9, 'f', 3, 64) + "s"
}

package msg_test

import (
	"fmt"
	"log/slog"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/smk-go/smk/gen/convert"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

func TestText(t *testing.T) {
	var quotes msg.ContractQuotes
	decode(t, &quotes, []byte{0x1a, 5, 0x08, 10, 0x10, 0xe8, 7, 0x1a, 0, 0x32, 2, 0x18, 3, 0x48, 1})
	var balance msg.BalanceChanged
	balance.SetReasonString("rule 4\n")
	balance.SetAvailableBalance(-12.5)
	balance.SetExposure(1e300)
	var invalid msg.OrderInvalid
	invalid.AddReasons(msg.OrderInvalidReason(1))
	invalid.AddReasons(99)
	var settings msg.Settings
	settings.SetCancelAllOnFailure(false)
	for _, test := range []struct {
		m    fmt.Stringer
		want string
	}{
		{new(msg.Payload), "payload{}"},
		{new(msg.PriceFeedSubscribe), "price_feed_subscribe{}"},
		{
			&quotes,
			"contract_quotes{bids=[quote{price=10 quantity=1000} quote{}] " +
				"last_execution=execution{liquidity=Side(3)} market_id=1}",
		},
		{&balance, `balance_changed{reason="rule 4\n" available_balance=-12.5 exposure=1e+300}`},
		{&invalid, "order_invalid{reasons=[" + msg.OrderInvalidReason(1).String() + " OrderInvalidReason(99)]}"},
		{&settings, "settings{cancel_all_on_failure=false}"},
	} {
		if got := test.m.String(); got != test.want {
			t.Errorf("text is\n%s, want\n%s", got, test.want)
		}
	}
}

// Every field that is present is named, with its value; every one that is absent is not.
func TestTextNamesWhatIsPresent(t *testing.T) {
	check := func(k kind, m message, p proto.Message) {
		setProto(m, p)
		if got, want := m.String(), textOf(p.ProtoReflect()); got != want {
			t.Errorf("%s: text is\n%s, want\n%s", k.name, got, want)
		}
	}
	for _, k := range kinds {
		m := k.new()
		if k.isUnion() {
			for _, typ := range payloadTypes() {
				check(k, m, k.full(typ))
			}
			continue
		}
		check(k, m, k.full(0))
		for _, b := range partials(t, k) {
			p := k.newProto()
			if err := (proto.UnmarshalOptions{AllowPartial: true}).Unmarshal(b, p); err != nil {
				t.Fatal(err)
			}
			check(k, m, p)
		}
	}
}

// textOf is what String has to return for a message of short texts and ordinary numbers.
func textOf(m protoreflect.Message) string {
	name := regexp.MustCompile("[A-Z]").ReplaceAllStringFunc(string(m.Descriptor().Name()), func(s string) string {
		return "_" + strings.ToLower(s)
	})
	var says []string
	for i := range m.Descriptor().Fields().Len() {
		f := m.Descriptor().Fields().Get(i)
		if !m.Has(f) {
			continue
		}
		if !f.IsList() {
			says = append(says, string(f.Name())+"="+textOfValue(f, m.Get(f)))
			continue
		}
		var elements []string
		for i := range m.Get(f).List().Len() {
			elements = append(elements, textOfValue(f, m.Get(f).List().Get(i)))
		}
		says = append(says, string(f.Name())+"=["+strings.Join(elements, " ")+"]")
	}
	return name[1:] + "{" + strings.Join(says, " ") + "}"
}

func textOfValue(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	switch {
	case f.Options().(*descriptorpb.FieldOptions).GetDebugRedact():
		return "[redacted]"
	case f.Kind() == protoreflect.MessageKind:
		return textOf(v.Message())
	case f.Kind() == protoreflect.StringKind:
		return strconv.Quote(v.String())
	case f.Kind() == protoreflect.EnumKind:
		if known := f.Enum().Values().ByNumber(v.Enum()); known != nil {
			return string(known.Name())
		}
		prefix := ""
		if f.ParentFile().Package() == "smarkets.eto" {
			prefix = "Eto"
		}
		return fmt.Sprintf("%s%s(%d)", prefix, f.Enum().Name(), v.Enum())
	}
	return fmt.Sprint(v.Interface())
}

// A field that the schema marks as secret shows that it is there, and nothing else, whatever verb
// prints it and whether by pointer, by value or inside of something else.
func TestTextHidesSecrets(t *testing.T) {
	const secret = "hunter2"
	forms := []string{secret, fmt.Sprint([]byte(secret)[:4])[1:10], fmt.Sprintf("%x", secret), fmt.Sprintf("%X",
		secret), "0x68, 0x75", `\x68\x75`}
	secrets := 0
	for _, k := range kinds {
		if k.isUnion() {
			continue
		}
		for i := range k.fields.Len() {
			f := k.fields.Get(i)
			if !f.Options().(*descriptorpb.FieldOptions).GetDebugRedact() {
				continue
			}
			secrets++
			p := k.newProto()
			if f.Kind() == protoreflect.BytesKind {
				p.ProtoReflect().Set(f, protoreflect.ValueOfBytes([]byte(secret)))
			} else {
				p.ProtoReflect().Set(f, protoreflect.ValueOfString(secret))
			}
			m := k.new()
			setProto(m, p)
			if got := m.String(); !strings.Contains(got, string(f.Name())+"=[redacted]") {
				t.Errorf("%s: text is %s", f.FullName(), got)
			}
			for _, printed := range printings(t, m) {
				for _, form := range forms {
					if strings.Contains(printed, form) {
						t.Errorf("%s: printed as %s", f.FullName(), printed)
					}
				}
			}
		}
	}
	if secrets != 4 {
		t.Errorf("%d secrets, want 4", secrets)
	}
}

// printings are m, and the payload around it if m is a body or a part of the envelope, as text.
func printings(t *testing.T, m message) []string {
	t.Helper()
	var payload msg.Payload
	payload.SetType(msg.PayloadEto)
	switch m := m.(type) {
	case *msg.Login:
		setProto(payload.MutableLogin(), protoOf(m))
	case *msg.EtoLogin:
		setProto(payload.MutableEtoPayload().MutableLogin(), protoOf(m))
	case *msg.EtoLoginResponse:
		setProto(payload.MutableEtoPayload().MutableLoginResponse(), protoOf(m))
	default:
		t.Fatalf("%T has a secret and is not printed", m)
	}
	var login msg.Login
	if m, ok := m.(*msg.Login); ok {
		login = *m
	}
	type user struct {
		Login   msg.Login
		Payload msg.Payload
	}
	var text []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		text = append(text, fmt.Sprintf(verb, m), fmt.Sprintf(verb, &payload), fmt.Sprintf(verb, payload),
			fmt.Sprintf(verb, *payload.GetEtoPayload()), fmt.Sprintf(verb, payload.GetEtoPayload()),
			fmt.Sprintf(verb, *payload.GetLogin()), fmt.Sprintf(verb, user{login, payload}), fmt.Sprintf(verb,
				[]any{m, payload}))
	}
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, nil))
	logger.Info("text", "message", m, "payload", payload, "user", user{login, payload})
	logger = slog.New(slog.NewJSONHandler(&log, nil))
	logger.Info("json", "message", m, "payload", payload, "user", user{login, payload})
	return append(text, log.String())
}

// Text from the wire is quoted and bounded.
func TestTextIsBounded(t *testing.T) {
	var m msg.OrderCreate
	for _, c := range []string{"a", "\x00", "\xff", "é", "\U000e0001"} {
		m.SetLabelString(strings.Repeat(c, 1<<20))
		got := m.String()
		if len(got) > 4096 {
			t.Errorf("%q, a million times over, has a text of %d bytes", c, len(got))
		}
		if !strings.HasSuffix(got, `"...}`) {
			t.Errorf("%q: text does not say that it is cut: ...%s", c, got[len(got)-10:])
		}
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\n") {
			t.Errorf("%q: text is not quoted", c)
		}
	}
	m.SetLabelString(strings.Repeat("b", 256))
	if got := m.String(); strings.Contains(got, "...") || strings.Count(got, "b") < 256 {
		t.Errorf("text is cut: %s", got)
	}
	var balance msg.BalanceChanged
	for v, want := range map[float64]string{
		math.NaN(): "NaN", math.Inf(1): "+Inf", math.Inf(-1): "-Inf", math.MaxFloat64: "1.7976931348623157e+308",
		math.Copysign(0, -1): "-0", 0.1: "0.1", 123456789012.5: "123456789012.5",
	} {
		balance.SetAvailableBalance(v)
		if got := balance.String(); got != "balance_changed{available_balance="+want+"}" {
			t.Errorf("%v reads %s", v, got)
		}
	}
}

// A payload's text has the body that its type names and no other.
func TestTextOfPayloads(t *testing.T) {
	k := kindOf(t, "smarkets.seto.Payload")
	for _, typ := range payloadTypes() {
		var m msg.Payload
		convert.PayloadFromProto(&m, k.full(typ).(*seto.Payload))
		got := m.String()
		if !strings.HasPrefix(got, "payload{type="+typ.String()+" eto_payload=payload{seq=") {
			t.Errorf("%v: text is %s", typ, got)
		}
		if f := bodyField(typ); f != nil && !strings.Contains(got, " "+string(f.Name())+"=") {
			t.Errorf("%v: body is missing from %s", typ, got)
		}
	}
}

// TestListsAreCut expects a book or a list of a peer's making not to fill a log.
func TestListsAreCut(t *testing.T) {
	for _, n := range []int{1, 64, 65, msg.LevelsMax} {
		var q msg.ContractQuotes
		var invalid msg.OrderInvalid
		for range n {
			q.AddBids().SetPrice(1)
			invalid.AddReasons(msg.OrderInvalidInvalidPrice)
		}
		for _, c := range []struct{ text, element string }{{q.String(), "quote{price=1}"}, {
			invalid.String(),
			"ORDER_INVALID_INVALID_PRICE",
		}} {
			if got := strings.Count(c.text, c.element); got != min(n, 64) {
				t.Errorf("%d of %d elements shown", got, n)
			}
			more := fmt.Sprintf(" ... %d more]", n-64)
			if n > 64 != strings.Contains(c.text, more) || n <= 64 && strings.Contains(c.text, "more") {
				t.Errorf("%d elements: no %q, or too much, in %s", n, more, c.text)
			}
		}
	}
	var m msg.MarketQuotes
	for range msg.ContractsMax {
		for q := m.AddContractQuotes(); len(q.GetBids()) < 100; {
			q.AddBids().SetPrice(1)
		}
	}
	if text := m.String(); len(text) > 20<<10 || !strings.Contains(text, " more]") {
		t.Errorf("%d bytes of text: %.200s", len(text), text)
	}
}

package proxyjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/proxy"
	"github.com/smk-go/smk/sim/exchange"
)

// commandBytes is the longest command.
const commandBytes = 16 << 10

// parse reads one command. The error says what is wrong, with nothing of what was sent but names of members. Of a
// member that is there twice, or in other letters, or null, nobody knows what the client meant: it is no command.
func parse(b []byte) (*Command, *Error) {
	switch {
	case len(b) > commandBytes:
		return nil, &Error{"too_large", "a command has at most 16384 bytes"}
	case !utf8.Valid(b):
		return nil, &Error{"malformed", "no JSON: it is not UTF-8"}
	}
	names, refused := namesOf(b)
	if refused != nil {
		return nil, refused
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	c := &Command{has: names}
	if err := d.Decode(c); err != nil {
		return nil, &Error{"malformed", explain(err)}
	}
	return c, nil
}

// namesOf returns the names of a command's members: each once, as the schema has it, and with a value that is neither
// null nor nested.
func namesOf(b []byte) (map[string]bool, *Error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	malformed := func(text string) (map[string]bool, *Error) { return nil, &Error{"malformed", text} }
	t, err := d.Token()
	if err != nil {
		return malformed(explain(err))
	}
	if t != json.Delim('{') {
		return malformed("a command is one JSON object")
	}
	names := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return malformed(explain(err))
		}
		name, _ := t.(string)
		switch {
		case !commandMembers[name]:
			return malformed("a member that no command has; see the schema")
		case names[name]:
			return malformed("member " + strconv.Quote(name) + " is there twice")
		}
		names[name] = true
		switch t, err = d.Token(); {
		case err != nil:
			return malformed(explain(err))
		case t == nil:
			return malformed("member " + strconv.Quote(name) + " is null; leave it out")
		case t == json.Delim('{') || t == json.Delim('['):
			return malformed("member " + strconv.Quote(name) + " is neither text nor a number")
		}
	}
	if _, err := d.Token(); err != nil {
		return malformed(explain(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return malformed("there is more behind the command")
	}
	return names, nil
}

// commandMembers are the names of the members of a Command.
var commandMembers = func() map[string]bool {
	names := map[string]bool{}
	t := reflect.TypeFor[Command]()
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" {
			names[name] = true
		}
	}
	return names
}()

// explain says what is wrong with JSON, without values of it: they may be a token in the wrong place.
func explain(err error) string {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind):
		return "member " + strconv.Quote(kind.Field) + " is not of type " + kind.Type.String()
	case errors.As(err, &syntax):
		return "no JSON at byte " + strconv.FormatInt(syntax.Offset, 10)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "no JSON: it ends too early"
	}
	return "no JSON object"
}

// identifier reads a number that is given as text.
func identifier(name, text string) (uint64, *Error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, &Error{"invalid", name + " is not a string of digits below 2^64"}
	}
	return n, nil
}

// request is a command whose members are read.
type request struct {
	*Command
	order        uint64
	reference    uint64
	hasReference bool
	side         msg.Side
	tif          msg.TimeInForceType
}

var timesInForce = map[string]msg.TimeInForceType{
	"": msg.GoodTilCancelled, "good_til_cancelled": msg.GoodTilCancelled,
	"immediate_or_cancel": msg.ImmediateOrCancel, "keep_in_play": msg.KeepInPlay,
	"good_till_halted": msg.GoodTillHalted,
}

// members are what a command needs, and what it may have besides.
type members struct{ needs, may []string }

var commandTypes = map[string]members{
	"create": {
		[]string{"market", "contract", "side", "price", "quantity"}, []string{"reference", "label", "time_in_force"},
	},
	"cancel":      {[]string{"order"}, []string{"reference"}},
	"cancel_all":  {nil, []string{"market", "reference"}},
	"reduce":      {[]string{"order", "quantity"}, []string{"reference"}},
	"replace":     {[]string{"order", "price", "quantity"}, []string{"reference", "label"}},
	"subscribe":   {[]string{"market"}, nil},
	"unsubscribe": {[]string{"market"}, nil},
	"orders":      {},
	"ping":        {},
	"halt":        {[]string{"reason"}, nil},
	"resume":      {[]string{"reason"}, nil},
}

// check reads a command's members.
func (c *Command) check() (*request, *Error) {
	members, ok := commandTypes[c.Type]
	if !ok {
		return nil, &Error{"invalid", "type is none of " + strings.Join(commandNames(), ", ")}
	}
	for _, name := range members.needs {
		if !c.has[name] {
			return nil, &Error{"invalid", c.Type + " needs " + name}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.has)) {
		switch {
		case name == "type" || name == "request":
		case !slices.Contains(members.needs, name) && !slices.Contains(members.may, name):
			return nil, &Error{"invalid", c.Type + " has no member " + name}
		case c.isEmpty(name):
			return nil, &Error{"invalid", name + " is 0 or empty"}
		}
	}
	r := &request{Command: c}
	var err *Error
	if c.Order != "" {
		if r.order, err = identifier("order", c.Order); err != nil {
			return nil, err
		}
	}
	if c.Reference != "" {
		if r.reference, err = identifier("reference", c.Reference); err != nil {
			return nil, err
		}
		r.hasReference = true
	}
	switch c.Side {
	case "", "buy":
		r.side = msg.SideBuy
	case "sell":
		r.side = msg.SideSell
	default:
		return nil, &Error{"invalid", "side is neither buy nor sell"}
	}
	if r.tif, ok = timesInForce[c.TimeInForce]; !ok {
		return nil, &Error{"invalid", "time_in_force is none of the schema's"}
	}
	if len(c.Label) > 64 || len(c.Request) > 64 || len(c.Reason) > 200 {
		return nil, &Error{"invalid", "label, request or reason is too long"}
	}
	return r, nil
}

// isEmpty reports whether a member is there and says nothing.
func (c *Command) isEmpty(name string) bool {
	switch name {
	case "market":
		return c.Market == 0
	case "contract":
		return c.Contract == 0
	case "side":
		return c.Side == ""
	case "price":
		return c.Price == 0
	case "quantity":
		return c.Quantity == 0
	case "order":
		return c.Order == ""
	case "reference":
		return c.Reference == ""
	case "reason":
		return c.Reason == ""
	}
	return false
}

func commandNames() []string { return slices.Sorted(maps.Keys(commandTypes)) }

// controller halts and resumes trading. It is the engine.
type controller interface {
	Halt(reason string) error
	Resume(reason string) error
}

// do carries a command out, on the engine's loop. stream says that the login has one, which a subscription needs.
func (r *request) do(l *proxy.Login, e controller, stream bool) *Result {
	result := &Result{Request: r.Request, OK: true}
	refuse := func(code, text string) *Result {
		return &Result{Request: r.Request, Error: &Error{code, text}}
	}
	switch r.Type {
	case "create":
		l.Create(&exchange.Create{
			Reference: r.reference, HasReference: r.hasReference, Quantity: r.Quantity, Price: r.Price,
			Market:   r.Market,
			Contract: r.Contract, Side: r.side, TIF: r.tif, Label: []byte(r.Label),
		})
	case "cancel":
		l.Cancel(&exchange.Cancel{OrderID: r.order, Reference: r.reference, HasReference: r.hasReference})
	case "cancel_all":
		l.CancelAll(&exchange.CancelAll{Market: r.Market, Reference: r.reference, HasReference: r.hasReference})
	case "reduce":
		l.Reduce(&exchange.Reduce{
			OrderID: r.order, NewQuantity: r.Quantity, Reference: r.reference, HasReference: r.hasReference,
		})
	case "replace":
		l.Replace(&exchange.Replace{
			OrigOrderID: r.order, Price: r.Price, Quantity: r.Quantity, Reference: r.reference,
			HasReference: r.hasReference, Label: []byte(r.Label),
		})
	case "subscribe", "unsubscribe":
		if !stream {
			return refuse("invalid", "name markets where the stream is opened: /v1/stream?market=ID")
		}
		if r.Type == "unsubscribe" {
			l.Unsubscribe(r.Market)
		} else if l.Subscribe(r.Market); !l.Subscribes(r.Market) {
			return refuse("forbidden", "the client may not subscribe to the market, or has too many subscriptions")
		}
	case "orders":
		for o := range l.Orders() {
			result.Orders = append(result.Orders, *orderOf(o))
		}
		slices.SortFunc(result.Orders, func(a, b Order) int {
			return strings.Compare(a.ID+"/"+a.Reference, b.ID+"/"+b.Reference)
		})
	case "halt", "resume":
		if !l.Client().Control {
			return refuse("forbidden", "the client may not halt or resume trading")
		}
		call := e.Halt
		if r.Type == "resume" {
			call = e.Resume
		}
		if err := call(l.Client().Name + ": " + r.Reason); err != nil {
			return refuse("unavailable", err.Error())
		}
	}
	return result
}

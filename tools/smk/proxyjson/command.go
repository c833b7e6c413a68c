package proxyjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/proxy"
	"github.com/smk-go/smk/sim/exchange"
)

// commandBytes is the longest command.
const commandBytes = 16 << 10

// parse reads one command. The error says what is wrong, with nothing of what was sent but names of members.
func parse(b []byte) (*Command, *Error) {
	if len(b) > commandBytes {
		return nil, &Error{"too_large", "a command has at most 16384 bytes"}
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	c := new(Command)
	if err := d.Decode(c); err != nil {
		return nil, &Error{"malformed", explain(err)}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, &Error{"malformed", "there is more behind the command"}
	}
	return c, nil
}

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
	case strings.HasPrefix(err.Error(), "json: unknown field"):
		return "a member that no command has; see the schema"
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

// members are what each command needs.
var members = map[string][]string{
	"create": {"market", "contract", "side", "price", "quantity"}, "cancel": {"order"}, "cancel_all": nil,
	"reduce": {"order", "quantity"}, "replace": {"order", "price", "quantity"}, "subscribe": {"market"},
	"unsubscribe": {"market"}, "orders": nil, "ping": nil, "halt": {"reason"}, "resume": {"reason"},
}

// check reads a command's members.
func (c *Command) check() (*request, *Error) {
	needs, ok := members[c.Type]
	if !ok {
		return nil, &Error{"invalid", "type is none of " + strings.Join(commandNames(), ", ")}
	}
	has := map[string]bool{
		"market": c.Market != 0, "contract": c.Contract != 0, "side": c.Side != "", "price": c.Price != 0,
		"quantity": c.Quantity != 0, "order": c.Order != "", "reason": c.Reason != "",
	}
	for _, name := range needs {
		if !has[name] {
			return nil, &Error{"invalid", c.Type + " needs " + name}
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

func commandNames() []string {
	var list []string
	for name := range members {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

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

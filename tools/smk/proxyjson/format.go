package proxyjson

import (
	"encoding/json"
	"strings"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/proxy"
)

// Version is the version of the format. It grows when a program that understands the one before may be wrong.
const Version = 1

// Command is what a client sends: one object a message.
type Command struct {
	Type    string `json:"type" jsonschema:"required"`
	Request string `json:"request,omitempty" jsonschema:"maxLength=64" jsonschema_description:"Repeated in the result."`
	Token   string `json:"token,omitempty" jsonschema:"maxLength=256" jsonschema_description:"Of login."`

	Market    uint32 `json:"market,omitempty"`
	Contract  uint32 `json:"contract,omitempty"`
	Side      string `json:"side,omitempty" jsonschema:"enum=buy,enum=sell"`
	Price     uint32 `json:"price,omitempty" jsonschema:"minimum=1,maximum=9999"`
	Quantity  uint64 `json:"quantity,omitempty"`
	Order     string `json:"order,omitempty" jsonschema:"pattern=^[0-9]{1\\,20}$"`
	Reference string `json:"reference,omitempty" jsonschema:"pattern=^[0-9]{1\\,20}$"`
	Label     string `json:"label,omitempty" jsonschema:"maxLength=64"`

	TimeInForce string `json:"time_in_force,omitempty"`
	Reason      string `json:"reason,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Of halt and resume."`

	has map[string]bool // the members that are there, of a command that was read
}

// Message is what a client receives: type says which of the other members is there.
type Message struct {
	Type    string   `json:"type" jsonschema:"required"`
	Welcome *Welcome `json:"welcome,omitempty"`
	Order   *Report  `json:"order,omitempty"`
	Book    *Book    `json:"book,omitempty"`
	Market  *Market  `json:"market,omitempty"`
	Balance *Balance `json:"balance,omitempty"`
	Event   *Event   `json:"notification,omitempty"`
	Status  *Status  `json:"status,omitempty"`
	Result  *Result  `json:"result,omitempty"`
}

// Welcome is the first message: who the client is. Its live orders follow, as reports of the event "live".
type Welcome struct {
	Version  int    `json:"version"`
	Client   string `json:"client"`
	ReadOnly bool   `json:"read_only"`
	Control  bool   `json:"control"`
	Up       bool   `json:"up" jsonschema_description:"There is a session with the exchange."`
	Sequence string `json:"sequence" jsonschema_description:"Account sequence of the client's newest message."`
}

// Report says what happened to an order, or to a request about one, and what the order is since.
type Report struct {
	Event     string `json:"event"`
	Sequence  string `json:"sequence,omitempty"`
	Replayed  bool   `json:"replayed,omitempty" jsonschema_description:"It is repeated for a stream that resumes."`
	Reference string `json:"reference,omitempty" jsonschema_description:"Of the request that this answers."`
	Reason    string `json:"reason,omitempty" jsonschema_description:"In the words of the protocol, in lower case."`
	Fill      *Fill  `json:"fill,omitempty" jsonschema_description:"Of executed, execute_confirmed and execute_voided."`
	Order     *Order `json:"order,omitempty"`
}

// Fill is an execution of part of an order.
type Fill struct {
	Price       uint32 `json:"price"`
	Quantity    uint64 `json:"quantity"`
	Provisional bool   `json:"provisional,omitempty" jsonschema_description:"It may still be voided."`
}

// Order is an order of the client.
type Order struct {
	ID        string `json:"id,omitempty" jsonschema_description:"Absent before the exchange has named it."`
	Original  string `json:"original,omitempty" jsonschema_description:"The order that it replaced."`
	Reference string `json:"reference,omitempty"`
	Label     string `json:"label,omitempty"`
	Market    uint32 `json:"market"`
	Contract  uint32 `json:"contract"`
	Side      string `json:"side" jsonschema:"enum=buy,enum=sell"`
	State     string `json:"state"`
	Price     uint32 `json:"price"`
	Quantity  uint64 `json:"quantity"`
	Available uint64 `json:"available" jsonschema_description:"What is on the book."`
	Executed  uint64 `json:"executed" jsonschema_description:"By this order alone, not by those that it replaced."`
	Average   uint32 `json:"average_price,omitempty" jsonschema_description:"Of the fills."`
}

// Book is the whole visible book of a contract. Of several changes a slow reader gets the last.
type Book struct {
	Market   uint32  `json:"market"`
	Contract uint32  `json:"contract"`
	State    string  `json:"state" jsonschema:"enum=live,enum=suspect,enum=awaiting,enum=empty"`
	Bids     []Level `json:"bids" jsonschema_description:"Best first."`
	Offers   []Level `json:"offers" jsonschema_description:"Best first."`
	Last     *Trade  `json:"last,omitempty"`
}

// Level is a price of a book.
type Level struct {
	Price    uint32 `json:"price"`
	Quantity uint64 `json:"quantity"`
}

// Trade is the newest execution of a contract.
type Trade struct {
	Price        uint32 `json:"price"`
	Quantity     uint64 `json:"quantity"`
	Microseconds uint64 `json:"microseconds" jsonschema_description:"Since 1970."`
}

// Market is the state of a market.
type Market struct {
	Market    uint32     `json:"market"`
	State     string     `json:"state" jsonschema:"enum=new,enum=open,enum=live,enum=halted,enum=settled,enum=voided"`
	Reason    string     `json:"reason,omitempty"`
	Contracts []Contract `json:"contracts,omitempty"`
}

// Contract is the state of a contract.
type Contract struct {
	Contract uint32 `json:"contract"`
	State    string `json:"state"`
}

// Balance is the account's money after a settlement, in currency units. Only clients that may see it get it.
type Balance struct {
	Reason    string  `json:"reason"`
	Available float64 `json:"available"`
	Exposure  float64 `json:"exposure,omitempty"`
}

// Event is a notification from a match.
type Event struct {
	Event   uint32 `json:"event"`
	State   string `json:"state"`
	Details string `json:"details"`
}

// Status says whether there is a session with the exchange.
type Status struct {
	Up bool `json:"up"`
}

// Result says whether a command was taken. What becomes of an order is in reports.
type Result struct {
	Request string  `json:"request,omitempty"`
	OK      bool    `json:"ok"`
	Error   *Error  `json:"error,omitempty"`
	Report  *Report `json:"report,omitempty"`
	Orders  []Order `json:"orders,omitempty"`
}

// Error says why a command, or a connection, was refused.
type Error struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Error returns the code and the text.
func (e *Error) Error() string { return e.Code + ": " + e.Text }

// words returns the name of a value of the protocol without the name of its type, in lower case.
func words(name, prefix string) string { return strings.ToLower(strings.TrimPrefix(name, prefix)) }

func side(s msg.Side) string { return words(s.String(), "SIDE_") }

// orderOf returns an order in the format.
func orderOf(o *proxy.Order) *Order {
	if o == nil {
		return nil
	}
	out := &Order{
		ID: number(o.ID), Original: number(o.Original), Label: o.Label, Market: o.Market, Contract: o.Contract,
		Side: side(o.Side), State: o.State.String(), Price: o.Price, Quantity: o.Quantity, Available: o.Available,
		Executed: o.Executed, Average: o.Average,
	}
	if o.HasReference {
		out.Reference = digits(o.Reference)
	}
	return out
}

// encode encodes a message. Strings of the exchange that are no UTF-8 are made such.
func encode(m *Message) []byte {
	b, err := json.Marshal(m)
	if err != nil {
		panic("BUG: proxyjson: " + err.Error())
	}
	return b
}

package proxyjson

import (
	"reflect"

	"github.com/invopop/jsonschema"
)

// descriptions are those of fields, by type and name, that have no room in their tags.
var descriptions = map[string]string{
	"Command.Type": "What to do. login is only needed as the first message of a WebSocket without an Authorization " +
		"header. create needs market, contract, side, price and quantity; cancel needs order; reduce needs " +
		"order and quantity, the one that is to be left on the book; replace needs order, price and " +
		"quantity, which includes what the order has executed; subscribe and unsubscribe need market; " +
		"cancel_all takes a market or none. halt and resume concern the whole account and need the right " +
		"to.",
	"Command.Side":        "buy is to back, sell to lay.",
	"Command.Price":       "In hundredths of a percent of the payoff: 5000 is 50 %, decimal odds of 2.0.",
	"Command.Quantity":    "In 1/10000 of the currency, as payoff: both stakes together.",
	"Command.Order":       "The order's id.",
	"Command.Reference":   "A number of yours, below 2^64, by which you know the answers.",
	"Command.Label":       "A text of yours, which every message about the order repeats.",
	"Command.TimeInForce": "good_til_cancelled if absent.",
	"Report.Sequence": "Account sequence, increasing; a stream resumes behind it. Absent of what the exchange does " +
		"not number.",
	"Report.Order": "The order afterwards; absent if the message is about none.",
	"Order.State": "in_doubt: it may have reached the exchange and there is no answer; that is resolved when the " +
		"exchange says so, or stays.",
	"Book.State":    "Only a live book is what the exchange shows now.",
	"Result.Report": "The answer to the request if it came at once, as the proxy's own do. The stream has it, too.",
	"Result.Orders": "Of the command orders: those that are live or without an answer.",
}

// describe returns the description of a field.
func describe(t reflect.Type, field string) string { return descriptions[t.Name()+"."+field] }

// values are what a property of a definition can be, for those whose values have no room in their tags.
var values = []struct {
	definition, property string
	values               []any
}{
	{"Command", "type", []any{
		"login", "create", "cancel", "cancel_all", "reduce", "replace", "subscribe", "unsubscribe",
		"orders", "ping", "halt", "resume",
	}},
	{"Command", "time_in_force", []any{
		"good_til_cancelled", "immediate_or_cancel", "keep_in_play", "good_till_halted",
	}},
	{"Message", "type", []any{
		"welcome", "order", "book", "market", "balance", "notification", "status", "result",
	}},
	{"Report", "event", []any{
		"live", "in_doubt", "not_placed", "ended", "accepted", "rejected", "invalid", "executed",
		"execute_confirmed", "execute_voided", "cancelled", "cancel_rejected", "cancel_all_accepted",
		"cancel_all_rejected", "quantity_reduced", "quantity_reduce_rejected", "reduced", "voided",
		"pending_replace", "cancel_replace_accepted", "cancel_replace_rejected",
	}},
	{"Order", "state", []any{
		"sent", "in_doubt", "live", "ended", "refused", "not_placed",
	}},
	{"Error", "code", []any{
		"malformed", "too_large", "unauthorised", "forbidden", "unavailable", "too_many", "invalid",
		"slow",
	}},
}

// setValues says in a schema what the properties of values can be.
func setValues(s *jsonschema.Schema) {
	for _, v := range values {
		property, ok := s.Definitions[v.definition].Properties.Get(v.property)
		if !ok {
			panic("BUG: proxyjson: no property " + v.property + " of " + v.definition)
		}
		property.Enum = v.values
	}
}

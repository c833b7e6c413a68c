package exchange

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// String returns the account's name, without its credentials.
func (a Account) String() string { return "account " + a.Username }

// GoString returns String.
func (a Account) GoString() string { return a.String() }

// Format writes String for every verb, so that none shows a credential.
func (a Account) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, a.String()) }

// LogValue returns String for package slog.
func (a Account) LogValue() slog.Value { return slog.StringValue(a.String()) }

// MarshalJSON encodes the account's fields without its credentials: decoded again, it is an account that
// cannot log in. Package script reads accounts that can.
func (a Account) MarshalJSON() ([]byte, error) {
	type fields Account // without its methods
	type none *struct{}
	return json.Marshal(struct {
		fields
		Password none `json:",omitempty"`
		Token    none `json:",omitempty"`
	}{fields: fields(a)})
}

// String returns the numbers of accounts and markets.
func (x *Exchange) String() string {
	return fmt.Sprintf("exchange of %d accounts, %d markets", len(x.accounts), len(x.markets))
}

// Format writes String for every verb: the exchange holds credentials.
func (x *Exchange) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, x.String()) }

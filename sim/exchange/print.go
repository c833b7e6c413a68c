package exchange

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// String names the account without its credentials.
func (a Account) String() string { return "account " + a.Username }

// GoString is String.
func (a Account) GoString() string { return a.String() }

// Format is String for every verb, so that none shows a credential.
func (a Account) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, a.String()) }

// LogValue is String for package slog.
func (a Account) LogValue() slog.Value { return slog.StringValue(a.String()) }

// MarshalJSON writes the account's fields but for its credentials. Read back, it is an
// account that cannot log in; files of accounts that can are for package setup.
func (a Account) MarshalJSON() ([]byte, error) {
	type fields Account // without its methods
	type none *struct{}
	return json.Marshal(struct {
		fields
		Password none `json:",omitempty"`
		Token    none `json:",omitempty"`
	}{fields: fields(a)})
}

// String says how large the exchange is.
func (x *Exchange) String() string {
	return fmt.Sprintf("exchange of %d accounts, %d markets", len(x.accounts), len(x.markets))
}

// Format is String for every verb: what the exchange holds has credentials in it.
func (x *Exchange) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, x.String()) }

package setup

import (
	"errors"

	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/core"
)

// Accounts is what an accounts file says.
type Accounts struct {
	Accounts []sim.Account
	source
}

// Markets is what a markets file says.
type Markets struct {
	Events  []sim.Event
	Markets []sim.Market
	source
}

// source remembers where in a file a configuration came from.
type source struct {
	file   string
	places map[string]place
}

// ReadAccounts reads an accounts file; name is for errors, which are [*Error].
func ReadAccounts(name string, content []byte) (*Accounts, error) {
	r, err := newReader(name, content)
	if err != nil {
		return nil, err
	}
	f := &Accounts{source: source{name, r.places}}
	if err := r.object([]field{{"accounts", "Accounts", r.list(func(int) error {
		var a sim.Account
		err := r.object([]field{
			{"username", "Username", r.text(&a.Username)},
			{"password", "Password", r.text(&a.Password)},
			{"token", "Token", r.text(&a.Token)},
			{"email", "Email", r.text(&a.Email)},
			{"id", "ID", r.number(64, func(v uint64) { a.ID = v })},
			{"balance", "Balance", r.money(&a.Balance)},
			{"suspended", "Suspended", r.flag(&a.Suspended)},
			{"unverified", "Unverified", r.flag(&a.Unverified)},
			{"stake_limit", "StakeLimit", r.money(&a.StakeLimit)},
			{"orders_max", "OrdersMax", r.number(31, func(v uint64) { a.OrdersMax = int(v) })},
		})
		f.Accounts = append(f.Accounts, a)
		return err
	})}}); err != nil {
		return nil, err
	}
	return f, r.end()
}

// ReadMarkets reads a markets file; name is for errors, which are [*Error].
func ReadMarkets(name string, content []byte) (*Markets, error) {
	r, err := newReader(name, content)
	if err != nil {
		return nil, err
	}
	f := &Markets{source: source{name, r.places}}
	if err := r.object([]field{
		{"events", "Events", r.list(func(int) error {
			var e sim.Event
			err := r.object([]field{
				{"id", "ID", r.id(&e.ID)},
				{"name", "Name", r.text(&e.Name)},
			})
			f.Events = append(f.Events, e)
			return err
		})},
		{"markets", "Markets", r.list(func(int) error {
			m, err := r.market()
			f.Markets = append(f.Markets, m)
			return err
		})},
	}); err != nil {
		return nil, err
	}
	return f, r.end()
}

func (r *reader) market() (m sim.Market, err error) {
	err = r.object([]field{
		{"id", "ID", r.id(&m.ID)},
		{"event", "EventID", r.id(&m.EventID)},
		{"name", "Name", r.text(&m.Name)},
		{"state", "State", r.state(&m.State)},
		{"winner_takes_all", "WinnerTakesAll", r.flag(&m.WinnerTakesAll)},
		{"pending_timeout", "PendingTimeout", r.duration(&m.PendingTimeout)},
		{"non_runners", "NonRunners", r.flag(&m.NonRunners)},
		{"contracts", "Contracts", r.list(func(int) error {
			var c sim.Contract
			err := r.object([]field{
				{"id", "ID", r.id(&c.ID)},
				{"name", "Name", r.text(&c.Name)},
			})
			m.Contracts = append(m.Contracts, c)
			return err
		})},
	})
	return m, err
}

// Explain finds where in the file a refused configuration came from: given the error of
// [sim.New] or [sim.Listen], it returns an [*Error] if the field was read from this file,
// and otherwise the error itself.
func (s source) Explain(err error) error {
	var refused *core.ConfigError
	if !errors.As(err, &refused) {
		return err
	}
	for field := refused.Field; field != ""; field = parent(field) {
		if p, ok := s.places[field]; ok {
			return &Error{s.file, p.line, p.path + missing(field, refused.Field) + ": " + refused.Text}
		}
	}
	return err
}

// parent cuts the last part off a path.
func parent(field string) string {
	for i := len(field) - 1; i >= 0; i-- {
		if field[i] == '.' || field[i] == '[' {
			return field[:i]
		}
	}
	return ""
}

// missing names the rest of a path that the file does not have.
func missing(found, whole string) string {
	if found == whole {
		return ""
	}
	return " (" + whole[len(found)+1:] + " is not given)"
}

package script

import (
	"errors"

	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

// AccountsFile is a parsed accounts file.
type AccountsFile struct {
	Accounts []sim.Account // for sim.Config.Accounts

	origin
}

// MarketsFile is a parsed markets file.
type MarketsFile struct {
	Events  []sim.Event  // for sim.Config.Events
	Markets []sim.Market // for sim.Config.Markets

	origin
}

// origin records where in a file each field of a configuration was read.
type origin struct {
	file      string
	positions map[string]position // by the field's path in the configuration
}

// ParseAccounts parses an accounts file. name is the file of errors, which are [*Error]. The
// content is not retained.
func ParseAccounts(name string, content []byte) (*AccountsFile, error) {
	r, err := newJSONReader(name, content)
	if err != nil {
		return nil, err
	}
	f := &AccountsFile{origin: origin{name, r.positions}}
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

// ParseMarkets parses a markets file. name is the file of errors, which are [*Error]. The content
// is not retained.
func ParseMarkets(name string, content []byte) (*MarketsFile, error) {
	r, err := newJSONReader(name, content)
	if err != nil {
		return nil, err
	}
	f := &MarketsFile{origin: origin{name, r.positions}}
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

func (r *jsonReader) market() (m sim.Market, err error) {
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

// Locate returns an error of [sim.New] or [sim.Listen] as an [*Error] with the line of this file
// that the refused field was read from. Other errors are returned as they are.
func (s origin) Locate(err error) error {
	var invalid *exchange.ConfigError
	if !errors.As(err, &invalid) {
		return err
	}
	for field := invalid.Field; field != ""; field = parent(field) {
		if p, ok := s.positions[field]; ok {
			return &Error{s.file, p.line, p.path + missing(field, invalid.Field) + ": " + invalid.Text}
		}
	}
	return err
}

// parent returns a path without its last element.
func parent(field string) string {
	for i := len(field) - 1; i >= 0; i-- {
		if field[i] == '.' || field[i] == '[' {
			return field[:i]
		}
	}
	return ""
}

// missing describes the rest of a path that is absent from the file.
func missing(found, whole string) string {
	if found == whole {
		return ""
	}
	return " (" + whole[len(found)+1:] + " is not given)"
}

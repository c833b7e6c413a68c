package script

import (
	"os"
	"strings"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
)

func TestSetupExamples(t *testing.T) {
	read := func(name string) []byte {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	a, err := ParseAccounts("accounts.json", read("accounts.json"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := ParseMarkets("markets.json", read("markets.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Accounts) != 4 || len(m.Events) != 2 || len(m.Markets) != 2 {
		t.Fatalf("%d accounts, %d events, %d markets", len(a.Accounts), len(m.Events), len(m.Markets))
	}
	first, second, last := a.Accounts[0], a.Accounts[1], a.Accounts[3]
	if first.Username != "demo" || first.Password != "demo" || first.Token != "demo-token" ||
		first.Email != "demo@example.com" || first.ID != 13872755517445011 || first.Balance != 10_000*sim.Currency {
		t.Errorf("first account is %v", first)
	}
	if second.StakeLimit != 500*sim.Currency || second.OrdersMax != 1000 || second.Suspended {
		t.Errorf("second account is %v", second)
	}
	if !a.Accounts[2].Unverified || !last.Suspended || last.Balance != 51*sim.Currency/2 {
		t.Errorf("others are %v, %v", a.Accounts[2], last)
	}
	match, race := m.Markets[0], m.Markets[1]
	if match.ID != 100000 || match.EventID != 50000 || match.Name != "Winner" || match.State != msg.MarketStateLive ||
		!match.WinnerTakesAll || match.PendingTimeout != 8e9 || match.NonRunners || len(match.Contracts) != 3 ||
		match.Contracts[1] != (sim.Contract{ID: 200001, Name: "Draw"}) {
		t.Errorf("match is %+v", match)
	}
	if !race.NonRunners || race.State != 0 || m.Events[1] != (sim.Event{ID: 50001, Name: "The 3.30"}) {
		t.Errorf("race is %+v", race)
	}
	s, err := sim.New(sim.Config{Accounts: a.Accounts, Events: m.Events, Markets: m.Markets})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestSetupErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`[]`, `f:1: want an object`},
		{``, `f:1: is not JSON: it ends too early`},
		{"{\n\"accounts\": [\n{", `f:3: is not JSON: it ends too early`},
		{"{\n\"accounts\": [\n{]", `f:3: is not JSON: `},
		{"{\n\"acounts\": []}", `f:2: unknown field "acounts"; there are accounts`},
		{
			"{\"accounts\": [\n{\"username\": \"a\"},\n{\"username\": \"b\",\n\"balanc\": 1}]}",
			`f:4: accounts[1]: unknown field "balanc"; there are username, password, `,
		},
		{
			"{\"accounts\": [\n{\"username\": \"a\", \n\"username\": \"b\"}]}",
			`f:3: accounts[0]: field "username" is given twice`,
		},
		{"{\"accounts\": [\n{\"username\": 7}]}", `f:2: accounts[0].username: want a string`},
		{"{\"accounts\": {}}", `f:1: accounts: want an array`},
		{"{\"accounts\": [7]}", `f:1: accounts[0]: want an object`},
		{"{\"accounts\": [{\"id\": -1}]}", `f:1: accounts[0].id: want an integer of 0 to 18446744073709551615`},
		{"{\"accounts\": [{\"id\": \"x\"}]}", `f:1: accounts[0].id: want an integer`},
		{"{\"accounts\": [{\"orders_max\": 1.5}]}", `f:1: accounts[0].orders_max: want an integer of 0 to 2147483647`},
		{"{\"accounts\": [{\"suspended\": \"yes\"}]}", `f:1: accounts[0].suspended: want true or false`},
		{"{\"accounts\": [{\"balance\": \"-5\"}]}", `f:1: accounts[0].balance: want an amount`},
		{"{\"accounts\": [{\"balance\": true}]}", `f:1: accounts[0].balance: want an amount`},
		{"{\"accounts\": []}\n\n{}", `data after the closing brace`},
		{strings.Repeat(" ", setupBytesMax+1), `f:1: is longer than 16777216 bytes`},
	} {
		_, err := ParseAccounts("f", []byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60q: %v, want %q", c.text, err, c.want)
		}
	}
	for _, c := range []struct{ text, want string }{
		{`{"markets": [{"state": "SETTLED"}]}`, `f:1: markets[0].state: want NEW, OPEN, LIVE or HALTED`},
		{`{"markets": [{"pending_timeout": "8"}]}`, `f:1: markets[0].pending_timeout: want a duration such as "8s"`},
		{`{"markets": [{"id": 4294967296}]}`, `f:1: markets[0].id: want an integer of 0 to 4294967295`},
		{
			"{\"markets\": [{\"contracts\": [{\"id\": 1,\n\"nam\": 1}]}]}",
			`f:2: markets[0].contracts[0]: unknown field "nam"; there are id, name`,
		},
	} {
		_, err := ParseMarkets("f", []byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60q: %v, want %q", c.text, err, c.want)
		}
	}
}

// A UTF-8 byte order mark changes nothing, not even line numbers; that of another encoding is an error.
func TestSetupByteOrderMark(t *testing.T) {
	const mark = "\ufeff"
	for _, read := range []func(string) error{
		func(text string) error { _, err := ParseAccounts("f", []byte(text)); return err },
		func(text string) error { _, err := ParseMarkets("f", []byte(text)); return err },
	} {
		if err := read(mark + "{}"); err != nil {
			t.Error(err)
		}
		for text, want := range map[string]string{
			mark + "{\n\"x\": []}": `f:2: unknown field "x"; `,
			mark + "{\n{":          `f:2: is not JSON: `,
			mark + "\n{":           `f:2: is not JSON: it ends too early`,
			mark:                   `f:1: is not JSON: it ends too early`,
			mark + mark + "{}":     `f:1: is not JSON: `,
			"{}" + mark:            `f:1: data after the closing brace`,
			"\xff\xfe{\x00}\x00":   `f:1: is UTF-16 text by its byte order mark: save it as UTF-8`,
			"\xfe\xff\x00{\x00}":   `f:1: is UTF-16 text by its byte order mark: save it as UTF-8`,
		} {
			if err := read(text); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%q: %v, want %q", text, err, want)
			}
		}
	}
	a, err := ParseAccounts("f", []byte(mark+`{"accounts": [{"username": "demo", "password": "`+mark+`secret"}]}`))
	if err != nil || a.Accounts[0].Username != "demo" || a.Accounts[0].Password != mark+"secret" {
		t.Errorf("a mark inside a text is its own: %v", err)
	}
}

// An error of the exchange is located in the file.
func TestLocate(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{
			"{\"accounts\": [\n{\"username\": \"a\"},\n{\"username\": \"a\"}]}",
			`f:3: accounts[1].username: is used twice`,
		},
		{
			"{\"accounts\": [\n{\"username\": \"a\"},\n{\"password\": \"a\"}]}",
			`f:3: accounts[1] (Username is not given): is empty`,
		},
	} {
		a, err := ParseAccounts("f", []byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		_, err = sim.New(sim.Config{Accounts: a.Accounts})
		if got := a.Locate(err); got == nil || got.Error() != c.want {
			t.Errorf("%v, want %q", got, c.want)
		}
	}
	a, err := ParseAccounts("f", []byte(`{"accounts": []}`))
	if err != nil {
		t.Fatal(err)
	}
	_, err = sim.New(sim.Config{Depth: -1})
	if got := a.Locate(err); got != err {
		t.Errorf("an error from elsewhere became %v", got)
	}
}

func TestParseMoney(t *testing.T) {
	for s, want := range map[string]sim.Money{
		"0": 0, "1": sim.Currency, "12.5": 12*sim.Currency + sim.Currency/2, "0.00000001": 1,
		"10000.00": 10000 * sim.Currency,
	} {
		if got, ok := ParseMoney(s); !ok || got != want {
			t.Errorf("%q is %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", ".", "1.", ".5", "-1", "+1", "1e3", "0.000000001", "1,5", "92233720369"} {
		if got, ok := ParseMoney(s); ok {
			t.Errorf("%q is taken as %v", s, got)
		}
	}
}

// FuzzSetup checks that no file panics and that errors have a line of the file.
func FuzzSetup(f *testing.F) {
	for _, name := range []string{"accounts.json", "markets.json"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(append([]byte("\ufeff"), b...))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		lines := 1 + strings.Count(string(b), "\n")
		check := func(err error) {
			if e, ok := err.(*Error); err != nil && (!ok || e.Line < 1 || e.Line > lines) {
				t.Errorf("%v in a file of %d lines", err, lines)
			}
		}
		_, err := ParseAccounts("f", b)
		check(err)
		_, err = ParseMarkets("f", b)
		check(err)
	})
}

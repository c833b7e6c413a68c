package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/proxy"
)

// proxyClient is a client in the file of --clients.
type proxyClient struct {
	Name         string `json:"name"`
	Password     string `json:"password"`
	Token        string `json:"token"`
	PasswordFile string `json:"password_file"` // beside the file, if the path is relative
	TokenFile    string `json:"token_file"`

	ReadOnly bool `json:"read_only"`
	Balance  bool `json:"balance"`
	Control  bool `json:"control"`

	Rate          *uint32   `json:"rate"`
	Burst         *uint32   `json:"burst"`
	Connections   *int      `json:"connections"`
	Subscriptions *int      `json:"subscriptions_max"`
	Orders        *int      `json:"orders_max"`
	Quantity      *currency `json:"quantity_max"` // of an order's payoff
	Stake         *currency `json:"stake_max"`
	Markets       []uint32  `json:"markets"`
}

// currency is money, in the file as text: "12.50".
type currency odds.Money

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *currency) UnmarshalText(text []byte) error {
	m, err := odds.ParseMoney(text)
	if err == nil && m < 0 {
		err = errors.New("is negative")
	}
	*a = currency(m)
	return err
}

const (
	clientsBytesMax = 1 << 20
	secretBytesMax  = 4 << 10
	quantityUnit    = 10_000 // of money in a quantity of 1
)

// readClients reads the file of --clients. An error names what is wrong and no value of the file.
func readClients(path string) ([]proxy.Client, error) {
	content, err := readLimited(path, clientsBytesMax)
	if err != nil {
		return nil, fmt.Errorf("--clients: %w", err)
	}
	var file struct {
		Clients []proxyClient `json:"clients"`
	}
	if err := checkMembers(json.NewDecoder(bytes.NewReader(content))); err != nil && !errors.Is(err, errSyntax) {
		return nil, fmt.Errorf("--clients: %s: %w", path, err)
	}
	d := json.NewDecoder(bytes.NewReader(content))
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil {
		return nil, fmt.Errorf("--clients: %s: %s", path, whatIsWrong(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("--clients: %s: there is more behind the object", path)
	}
	var list []proxy.Client
	for _, c := range file.Clients {
		client, err := c.client(filepath.Dir(path))
		if err != nil {
			return nil, fmt.Errorf("--clients: %s: client %q: %w", path, c.Name, err)
		}
		list = append(list, client)
	}
	return list, nil
}

// whatIsWrong says what is wrong with the JSON of a file that has credentials.
func whatIsWrong(err error) string {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind):
		return fmt.Sprintf("%s at byte %d is not of type %v", kind.Field, kind.Offset, kind.Type)
	case errors.As(err, &syntax):
		return fmt.Sprintf("no JSON at byte %d", syntax.Offset)
	case strings.HasPrefix(err.Error(), "json: unknown field "):
		return "there is no setting " + strings.TrimPrefix(err.Error(), "json: unknown field ")
	}
	return "no JSON, or an amount that is none"
}

// checkMembers refuses members that are there twice, which leave open what is meant, and values that are null, which
// would be no limit. Errors of the syntax are errSyntax, and left to the decoder behind it.
func checkMembers(d *json.Decoder) error {
	t, err := d.Token()
	switch {
	case err != nil:
		return errSyntax
	case t == nil:
		return errors.New("a value is null")
	case t != json.Delim('{') && t != json.Delim('['):
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		at := ""
		if t == json.Delim('{') {
			name, err := d.Token()
			if err != nil {
				return errSyntax
			}
			at, _ = name.(string)
			if at = strings.ToLower(at); seen[at] { // to the decoder both are the same
				return fmt.Errorf("setting %q is there twice", at)
			}
			seen[at] = true
		}
		if err := checkMembers(d); err != nil {
			if at != "" && !errors.Is(err, errSyntax) {
				err = fmt.Errorf("%s: %w", at, err)
			}
			return err
		}
	}
	if _, err = d.Token(); err != nil {
		return errSyntax
	}
	return nil
}

var errSyntax = errors.New("no JSON")

// limit returns a limit of the file, or 0 if it has none. One of 0 would be taken for none.
func limit[T uint32 | int | currency](name string, v *T, err *error) T {
	switch {
	case v == nil:
		return 0
	case *v <= 0 && *err == nil:
		*err = fmt.Errorf("%s: is not more than 0; leave it out for the default", name)
	}
	return *v
}

func (c *proxyClient) client(dir string) (proxy.Client, error) {
	var err error
	quantity := limit("quantity_max", c.Quantity, &err)
	out := proxy.Client{
		Name: c.Name, Password: c.Password, Token: c.Token, ReadOnly: c.ReadOnly, Balance: c.Balance,
		Control: c.Control, Rate: limit("rate", c.Rate, &err), Burst: limit("burst", c.Burst, &err),
		Connections:      limit("connections", c.Connections, &err),
		SubscriptionsMax: limit("subscriptions_max", c.Subscriptions, &err),
		OrdersMax:        limit("orders_max", c.Orders, &err), QuantityMax: uint64(quantity) / quantityUnit,
		StakeMax: odds.Money(limit("stake_max", c.Stake, &err)), Markets: c.Markets,
	}
	switch {
	case err != nil:
		return out, err
	case quantity%quantityUnit != 0:
		return out, errors.New("quantity_max: has more than four decimal places")
	case c.Markets != nil && len(c.Markets) == 0:
		return out, errors.New("markets: is empty; leave it out for all markets, or set read_only")
	}
	for _, f := range []struct {
		name, path string
		to         *string
	}{{"password", c.PasswordFile, &out.Password}, {"token", c.TokenFile, &out.Token}} {
		if f.path == "" {
			continue
		}
		if *f.to != "" {
			return out, fmt.Errorf("%s and %s_file are both set", f.name, f.name)
		}
		if !filepath.IsAbs(f.path) {
			f.path = filepath.Join(dir, f.path)
		}
		b, err := readLimited(f.path, secretBytesMax)
		if err != nil {
			return out, fmt.Errorf("%s_file: %w", f.name, err)
		}
		if *f.to = strings.TrimRight(string(b), "\r\n"); *f.to == "" {
			return out, fmt.Errorf("%s_file: %s is empty", f.name, f.path)
		}
	}
	return out, nil
}

// readLimited reads a file of at most limit bytes.
func readLimited(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%s: has more than %d bytes", path, limit)
	}
	return b, err
}

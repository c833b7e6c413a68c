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

	Rate          uint32     `json:"rate"`
	Burst         uint32     `json:"burst"`
	Connections   int        `json:"connections"`
	Subscriptions int        `json:"subscriptions_max"`
	Orders        int        `json:"orders_max"`
	Quantity      odds.Money `json:"quantity_max"` // of an order's payoff, in currency units as text
	Stake         odds.Money `json:"stake_max"`
	Markets       []uint32   `json:"markets"`
}

const (
	clientsBytesMax = 1 << 20
	secretBytesMax  = 4 << 10
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

func (c *proxyClient) client(dir string) (proxy.Client, error) {
	out := proxy.Client{
		Name: c.Name, Password: c.Password, Token: c.Token, ReadOnly: c.ReadOnly, Balance: c.Balance,
		Control: c.Control, Rate: c.Rate, Burst: c.Burst, Connections: c.Connections,
		SubscriptionsMax: c.Subscriptions, OrdersMax: c.Orders, QuantityMax: uint64(max(c.Quantity, 0)) / 10_000,
		StakeMax: c.Stake, Markets: c.Markets,
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

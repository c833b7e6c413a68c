// Smklease says who trades for an account, and has it hand over.
//
//	smklease -nats URL -env NAME -account ALIAS [-json] status
//	smklease -nats URL -env NAME -account ALIAS [-json] handover [NAME]
//
// It exits with 0 if it went well, 1 if it failed, 2 for wrong usage, and status with 3 if nobody has the lease.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/plugin/smknats/lease"
)

// Exit codes.
const (
	exitFailed    = 1
	exitUsage     = 2
	exitUnhealthy = 3
)

// errNobody is why status ends with exitUnhealthy.
var errNobody = errors.New("nobody has the lease")

// errUsage is why it ends with exitUsage.
var errUsage = errors.New("usage: smklease -nats URL -env NAME -account ALIAS [-json] status | handover [NAME]")

func main() {
	err := run(context.Background(), os.Args[1:], os.Stdout)
	switch {
	case err == nil:
		return
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	}
	fmt.Fprintln(os.Stderr, "smklease:", err)
	switch {
	case errors.Is(err, errUsage):
		os.Exit(exitUsage)
	case errors.Is(err, errNobody):
		os.Exit(exitUnhealthy)
	}
	os.Exit(exitFailed)
}

// run is the command.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("smklease", flag.ContinueOnError)
	url := flags.String("nats", nats.DefaultURL, "servers")
	creds := flags.String("creds", "", "file with the credentials for the servers")
	environment := flags.String("env", "", "environment")
	account := flags.String("account", "", "alias of the account")
	timeout := flags.Duration("timeout", 30*time.Second, "how long a handover may take")
	asJSON := flags.Bool("json", false, "print JSON")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return fmt.Errorf("%w: %w", err, errUsage)
	}
	what, to := flags.Arg(0), flags.Arg(1)
	if what != "status" && what != "handover" || flags.NArg() > 2 || what == "status" && to != "" ||
		*environment == "" || *account == "" {
		return errUsage
	}
	options := []nats.Option{nats.Name("smklease")}
	if *creds != "" {
		options = append(options, nats.UserCredentials(*creds))
	}
	nc, err := nats.Connect(*url, options...)
	if err != nil {
		return err
	}
	defer nc.Close()
	ctx, cancel := context.WithTimeout(ctx, *timeout)
	defer cancel()
	if what == "handover" {
		return handover(ctx, nc, *environment, *account, to, *asJSON, out)
	}
	return status(ctx, nc, *environment, *account, *asJSON, out)
}

func handover(
	ctx context.Context, nc *nats.Conn, environment, account, to string, asJSON bool, out io.Writer,
) error {
	from, term, err := lease.RequestHandover(ctx, nc, environment, account, to)
	if errors.Is(err, nats.ErrNoResponders) {
		return errNobody
	}
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(out).Encode(struct {
			From string `json:"from"`
			Term uint64 `json:"term"`
			To   string `json:"to,omitempty"`
		}{from, term, to})
	}
	_, err = fmt.Fprintf(out, "%s has released the lease of term %d\n", from, term)
	return err
}

func status(ctx context.Context, nc *nats.Conn, environment, account string, asJSON bool, out io.Writer) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	s, err := lease.ReadStatus(ctx, js, environment, account)
	switch {
	case err != nil:
	case asJSON:
		err = json.NewEncoder(out).Encode(s)
	case s.Holder == "":
		_, err = fmt.Fprintln(out, "nobody")
	default:
		_, err = fmt.Fprintf(out, "%s since term %d, renewed at %s, TTL %v\n", s.Holder, s.Term,
			s.Renewed.UTC().Format(time.RFC3339Nano), s.TTL)
	}
	if err == nil && s.Holder == "" {
		err = errNobody
	}
	return err
}

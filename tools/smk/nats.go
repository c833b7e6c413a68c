package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/plugin/smknats"
)

// natsTexts are those of flags and commands whose declarations have no room for them.
var natsTexts = kong.Vars{
	"nats":             "nats://127.0.0.1:4222",
	"nats_password":    "Password of --user; in the environment, as others can see flags.",
	"nats_ca":          "Authorities of the servers' certificates, PEM.",
	"nats_environment": "First part of the subjects, such as production",
	"nats_journal":     "Journal to publish, old or being written: engine.Config.Journal.Dir of the bot.",
	"nats_account":     "Alias of the account, part of the subjects",
	"nats_replicas":    "Servers that keep each stream that is yet to be made; 0 is 3 in a cluster, else 1.",
	"nats_logage":      "How long blocks and order events are kept in streams that are yet to be made; 0 for ever.",
	"nats_conflate":    "Between two messages about a book, at least",
	"nats_bot": "Where the bot takes commands, see plugin/smkcontrol; its token is SMK_CONTROL_TOKEN, and requests " +
		"are signed with SMK_NATS_KEY.",
	"nats_idle": "Take only processor time that nobody else wants, on Linux. A publisher that gets none falls " +
		"behind, and catches up.",
	"nats_to": "Folder of the journal; one that was restored before is written on.",
}

// natsCommand brings journals to NATS JetStream, and back.
type natsCommand struct {
	Publish natsPublishCommand `cmd:"" help:"Publish a journal: its bytes, books, order events; until interrupted."`
	Follow  natsFollowCommand  `cmd:"" help:"Print books and order events as they come."`
	Restore natsRestoreCommand `cmd:"" help:"Make the journal again from the log in the stream, byte by byte."`
	Ask     natsAskCommand     `cmd:"" help:"Ask a publisher how it is, or have it halt, flatten or resume its engine."`
}

// natsFlags say which servers are used, and as whom.
type natsFlags struct {
	URL      string `name:"url" default:"${nats}" env:"SMK_NATS_URL" placeholder:"URL,..." help:"Servers (${default})."`
	Creds    string `type:"existingfile" placeholder:"FILE" help:"Credentials file of the user."`
	User     string `placeholder:"NAME" help:"User, with a password in SMK_NATS_PASSWORD."`
	Password string `hidden:"" env:"SMK_NATS_PASSWORD" help:"${nats_password}"`
	CA       string `name:"ca" type:"existingfile" placeholder:"FILE" help:"${nats_ca}"`

	Environment string `default:"demo" placeholder:"NAME" help:"${nats_environment} (${default})."`
}

// natsConnectTimeout is how long the first connection may take.
const natsConnectTimeout = 5 * time.Second

// connect connects, and reconnects for ever.
func (f *natsFlags) connect(ctx context.Context) (*nats.Conn, error) {
	options := []nats.Option{
		nats.Name("smk"), nats.MaxReconnects(-1), nats.ReconnectWait(500 * time.Millisecond),
		nats.Timeout(natsConnectTimeout), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}
	if f.Creds != "" {
		options = append(options, nats.UserCredentials(f.Creds))
	}
	if f.User != "" {
		options = append(options, nats.UserInfo(f.User, f.Password))
	}
	if f.CA != "" {
		options = append(options, nats.RootCAs(f.CA))
	}
	nc, err := nats.Connect(f.URL, options...)
	if err != nil {
		return nil, fmt.Errorf("--url: no server: %w", err)
	}
	context.AfterFunc(ctx, nc.Close)
	return nc, nil
}

// interrupted reports whether an error is what a command that was told to end returns: its connection is closed at the
// same moment.
func interrupted(ctx context.Context, err error) bool {
	return errors.Is(err, context.Canceled) || ctx.Err() != nil && errors.Is(err, nats.ErrConnectionClosed)
}

// Validate is called by the command line's parser.
func (f *natsFlags) Validate() error {
	if _, err := smknats.Token(f.Environment); err != nil {
		return fmt.Errorf("--environment: %w", err)
	}
	for server := range strings.SplitSeq(f.URL, ",") {
		if strings.Contains(server, "@") {
			return errors.New("--url: a user belongs into --user, and a password into SMK_NATS_PASSWORD")
		}
	}
	return nil
}

// natsPublishCommand publishes a journal.
type natsPublishCommand struct {
	natsFlags
	Journal  string        `required:"" placeholder:"DIR" help:"${nats_journal}"`
	Account  string        `default:"demo" placeholder:"NAME" help:"${nats_account} (${default})."`
	Replicas int           `default:"0" help:"${nats_replicas}"`
	LogAge   time.Duration `default:"0" placeholder:"TIME" help:"${nats_logage}"`
	Conflate time.Duration `default:"100ms" placeholder:"TIME" help:"${nats_conflate} (${default})."`
	NoBooks  bool          `help:"Publish no books: another account's publisher has them."`
	Bot      string        `placeholder:"URL" help:"${nats_bot}"`
	Token    string        `hidden:"" env:"SMK_CONTROL_TOKEN" help:"Token of the bot's control server."`
	Key      string        `hidden:"" env:"SMK_NATS_KEY" help:"Key that requests are signed with."`
	Idle     bool          `help:"${nats_idle}"`
	JSON     bool          `name:"json" help:"Say in the end what was done as JSON."`
}

// Run publishes until ctx ends.
func (c *natsPublishCommand) Run(ctx context.Context, std stdio) error {
	c.yield(std)
	nc, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer nc.Close()
	p, err := smknats.New(nc, c.config())
	if err != nil {
		return err
	}
	line := startProgress(std.err, func() string { return natsProgress(p.Stats()) })
	err = p.Run(ctx)
	line.stop()
	if interrupted(ctx, err) {
		err = nil
	}
	return errors.Join(err, writeNATSStats(std.out, p.Stats(), c.JSON))
}

// yield lets the bot, and whatever else runs on its machine, go first.
func (c *natsPublishCommand) yield(std stdio) {
	if !std.ofProcess() {
		return
	}
	if lowerPriority(); c.Idle {
		idlePriority()
	}
}

func (c *natsPublishCommand) config() smknats.Config {
	config := smknats.Config{
		Environment: c.Environment, Account: c.Account, Dir: c.Journal, Replicas: c.Replicas, LogAge: c.LogAge,
		Conflate: c.Conflate, DisableBooks: c.NoBooks,
	}
	if c.Bot != "" {
		config.Control = &smknats.ControlConfig{URL: c.Bot, Token: c.Token, Key: c.Key}
	}
	return config
}

func natsProgress(s smknats.Stats) string {
	text := fmt.Sprintf("log up to record %d, %.1f MB; books and orders up to %d",
		s.Record, float64(s.Bytes)/1e6, s.Read)
	if s.Failure != "" {
		text += "; last trouble: " + s.Failure
	}
	return text
}

func writeNATSStats(w io.Writer, s smknats.Stats, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(s)
	}
	_, err := fmt.Fprintf(w, "log         %d blocks, %d bytes, up to record %d\nbooks       %d messages\norders     "+
		" %d events\n",
		s.Blocks, s.Bytes, s.Record, s.Books, s.Events)
	return err
}

// natsRestoreCommand makes a journal of a log.
type natsRestoreCommand struct {
	natsFlags
	Account string `default:"demo" placeholder:"NAME" help:"Alias of the account (${default})."`
	To      string `required:"" placeholder:"DIR" help:"${nats_to}"`
	JSON    bool   `name:"json" help:"Say what was done as JSON."`
}

// Run restores what the stream has.
func (c *natsRestoreCommand) Run(ctx context.Context, std stdio) error {
	nc, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	r, err := smknats.Restore(ctx, js, c.Environment, c.Account, c.To)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(std.out).Encode(r)
	}
	_, err = fmt.Fprintf(std.out, "restored    %d blocks, %d bytes, up to record %d in segment %d\n", r.Blocks, r.Bytes,
		r.Record, r.Segment)
	return err
}

// natsAskCommand sends a command to a publisher.
type natsAskCommand struct {
	natsFlags
	Command string `arg:"" enum:"status,mode,halt,flatten,resume" help:"status, mode, halt, flatten or resume."`
	Account string `default:"demo" placeholder:"NAME" help:"Alias of the account (${default})."`
	Reason  string `placeholder:"TEXT" help:"Why, for the engine's log."`
	Key     string `hidden:"" env:"SMK_NATS_KEY" help:"Key that the request is signed with; none is needed for status."`
	JSON    bool   `name:"json" help:"Print the answer as JSON."`
}

// Run asks.
func (c *natsAskCommand) Run(ctx context.Context, std stdio) error {
	if c.Command != "status" && c.Key == "" {
		return errors.New("SMK_NATS_KEY: the request has to be signed")
	}
	nc, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer nc.Close()
	config := smknats.CommandConfig{Environment: c.Environment, Account: c.Account, Key: c.Key}
	a, err := smknats.Command(ctx, nc, config, c.Command, c.Reason)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return fmt.Errorf("nobody publishes %s in %s", c.Account, c.Environment)
	case errors.Is(err, smknats.ErrRefused), errors.Is(err, smknats.ErrIncomplete),
		errors.Is(err, smknats.ErrNoAnswer):
		return errors.New(plain(err.Error())) // with words of whoever answers
	case err != nil:
		return err
	case c.JSON:
		return json.NewEncoder(std.out).Encode(a)
	case a.Publisher != nil:
		_, err = fmt.Fprintf(std.out, "engine      session %q, mode %q\n%s\n", a.Publisher.Session, a.Publisher.Mode,
			plain(natsProgress(*a.Publisher)))
	default:
		_, err = fmt.Fprintf(std.out, "mode        %s\norders      %d left, %d sent to close positions\n",
			plain(a.Mode+" "+a.Cause), a.Open, a.Closing)
	}
	return err
}

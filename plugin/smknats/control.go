package smknats

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// Bounds of commands.
const (
	KeyBytesMin    = 16       // of Config.Control.Key and CommandConfig.Key
	commandBytes   = 4 << 10  // of a request
	answerBytes    = 16 << 10 // of what the engine's control server answers
	commandsMax    = 4        // at a time
	haltsMax       = 16       // at a time besides: nothing else keeps a halt out
	commandTimeout = 12 * time.Second
	answerTimeout  = 15 * time.Second // that Command waits for an answer: longer than a publisher takes for one
)

// ErrRefused reports a command that was refused, and not carried out: the error's text says why.
var ErrRefused = errors.New("refused")

// ErrIncomplete reports a command that was carried out, but not in full, such as a halt of an engine whose loop has not
// come to cancelling its orders: the error's text says what is left.
var ErrIncomplete = errors.New("carried out, but not in full")

// ErrNoAnswer reports a command that nothing answered in time, or whose publisher does not know what became of it: it
// may have been carried out or not, or be yet.
var ErrNoAnswer = errors.New("no answer: it may have been carried out or not")

// ControlConfig says how commands reach the engine: the bot has to run a server of plugin/smkcontrol.
type ControlConfig struct {
	URL   string // of that server, on this machine: http://127.0.0.1:9465
	Token string // its token
	Key   string // that requests have to be signed with, of 16 bytes at least; it never leaves the machine
}

// check returns a *ConfigError.
func (c *ControlConfig) check() error {
	if c == nil {
		return nil
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "http" || u.Path != "" && u.Path != "/" || u.User != nil ||
		u.RawQuery != "" || u.Fragment != "" {
		return &ConfigError{"Control.URL", "not as http://127.0.0.1:9465"}
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return &ConfigError{"Control.URL", "not on this machine"}
	}
	switch {
	case len(c.Token) < KeyBytesMin:
		return &ConfigError{"Control.Token", "shorter than 16 bytes"}
	case len(c.Key) < KeyBytesMin:
		return &ConfigError{"Control.Key", "shorter than 16 bytes"}
	}
	return nil
}

// Answer is what a command is answered with.
type Answer struct {
	Error   string `json:"error,omitempty"`   // why it was refused, or what is left if there is a mode
	Unknown bool   `json:"unknown,omitempty"` // whether it was carried out

	// Of "status".
	Publisher *Stats `json:"publisher,omitempty"`

	// Of the others, as the engine's control server answers.
	Mode    string `json:"mode,omitempty"`
	Cause   string `json:"cause,omitempty"`
	Kill    string `json:"kill,omitempty"` // how far the kill switch is
	Open    int    `json:"open,omitempty"` // orders that are left
	Closing int    `json:"closing,omitempty"`
}

// commands are those that need a signature, with how they are passed on.
var commands = map[string]string{
	"halt": http.MethodPost, "flatten": http.MethodPost, "resume": http.MethodPost, "mode": http.MethodGet,
}

// control answers requests until ctx ends.
func (p *Publisher) control(ctx context.Context) error {
	others, halts := make(chan struct{}, commandsMax), make(chan struct{}, haltsMax)
	nc := p.js.Conn()
	var subs []*nats.Subscription
	defer func() {
		for _, s := range subs {
			_ = s.Unsubscribe()
		}
	}()
	names := []string{"status"}
	for name := range commands {
		names = append(names, name)
	}
	for _, name := range names {
		slots := others
		if name == "halt" {
			slots = halts
		}
		s, err := nc.Subscribe(p.names.Control(p.c.Account, name), func(m *nats.Msg) {
			if reason := p.refuse(name, m); reason != "" { // before it takes a slot
				p.answer(m, Answer{Error: reason})
				return
			}
			select {
			case slots <- struct{}{}:
			default:
				p.answer(m, Answer{Error: "too many commands at a time"})
				return
			}
			go func() {
				defer func() { <-slots }()
				p.answer(m, p.command(ctx, name, m))
			}()
		})
		if err != nil {
			return fmt.Errorf("smknats: %w", err)
		}
		subs = append(subs, s)
	}
	<-ctx.Done()
	return ctx.Err()
}

// answer answers a request. One that has no reply subject is not answered.
func (p *Publisher) answer(m *nats.Msg, a Answer) {
	b, err := json.Marshal(a)
	if err != nil {
		panic("BUG: smknats: " + err.Error())
	}
	_ = m.Respond(b)
}

// refuse returns why a request is refused, "" if it is not, and notes it: nothing of it but the command's name.
func (p *Publisher) refuse(name string, m *nats.Msg) (reason string) {
	switch c := p.c.Control; {
	case name == "status":
		return ""
	case c == nil:
		return "this publisher takes no commands"
	case len(m.Data) > commandBytes:
		reason = "the request has more than 4 KiB"
	default:
		reason = p.guard.check([]byte(c.Key), name, m, p.c.Wall())
	}
	if reason != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.stats.Refused++
		p.stats.Refusal = name + ": " + reason
	}
	return reason
}

// command carries out a request that is not refused.
func (p *Publisher) command(ctx context.Context, name string, m *nats.Msg) Answer {
	if name == "status" {
		s := p.Stats()
		return Answer{Publisher: &s}
	}
	c := p.c.Control
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, commands[name], strings.TrimSuffix(c.URL, "/")+"/"+name,
		bytes.NewReader(m.Data))
	if err != nil {
		return Answer{Error: "the control server's address is wrong"}
	}
	r.Header.Set("Authorization", "Bearer "+c.Token)
	answer, err := p.http.Do(r)
	if err != nil {
		var begun *net.OpError // the error's text has the address
		refused := errors.As(err, &begun) && begun.Op == "dial"
		return Answer{Error: "the engine's control server does not answer", Unknown: !refused}
	}
	defer func() { _ = answer.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(answer.Body, answerBytes))
	var a Answer
	if err != nil || json.Unmarshal(b, &a) != nil {
		return Answer{
			Error:   fmt.Sprintf("the engine's control server answers %d", answer.StatusCode),
			Unknown: answer.StatusCode == http.StatusOK,
		}
	}
	if a.Publisher = nil; a.Error == "" && answer.StatusCode != http.StatusOK {
		a.Error = fmt.Sprintf("the engine's control server answers %d", answer.StatusCode)
	}
	return a
}

// newControlClient returns the client of the engine's control server: no proxy and no redirect sees the token.
func newControlClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// CommandConfig says whose engine a command is for.
type CommandConfig struct {
	Environment string
	Account     string
	Key         string // Config.Control.Key of the publisher; "status" needs none

	Wait time.Duration // for the answer; 0 means 15 s, which is longer than a publisher takes for one
}

// Command sends a command to the publisher of an account and returns its answer: "status", "mode", "halt", "flatten" or
// "resume". reason becomes part of the engine's log. The error wraps ErrRefused if the command was refused,
// ErrIncomplete if it was not carried out in full, nats.ErrNoResponders if there is no publisher, and ErrNoAnswer if
// its publisher does not know whether it was carried out, or none answers within c.Wait and before ctx's
// deadline: requests and answers can be lost, or go to a subscriber that answers nothing.
func Command(ctx context.Context, nc *nats.Conn, c CommandConfig, command, reason string) (Answer, error) {
	names, err := NewNames(c.Environment)
	if err != nil {
		return Answer{}, err
	}
	if _, err := Token(c.Account); err != nil {
		return Answer{}, err
	}
	if _, known := commands[command]; !known && command != "status" {
		return Answer{}, &ConfigError{"command", "neither status, mode, halt, flatten nor resume"}
	}
	body, err := json.Marshal(map[string]string{"reason": reason})
	if err != nil {
		return Answer{}, fmt.Errorf("smknats: %w", err)
	}
	m := &nats.Msg{Subject: names.Control(c.Account, command), Header: nats.Header{}, Data: body}
	if command != "status" {
		sign([]byte(c.Key), m, time.Now().UnixNano())
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(max(c.Wait, 0), answerTimeout))
	defer cancel()
	reply, err := nc.RequestMsgWithContext(ctx, m)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return Answer{}, fmt.Errorf("smknats: %s: %w: %w", command, ErrNoAnswer, err)
	case err != nil:
		return Answer{}, fmt.Errorf("smknats: %s: %w", command, err)
	}
	var a Answer
	if err := json.Unmarshal(reply.Data, &a); err != nil {
		return Answer{}, &MessageError{m.Subject, 0, "an answer that is no JSON"}
	}
	switch {
	case a.Error == "":
		return a, nil
	case a.Unknown:
		err = ErrNoAnswer
	case a.Mode != "":
		err = ErrIncomplete
	default:
		err = ErrRefused
	}
	return a, fmt.Errorf("smknats: %s: %w: %s", command, err, a.Error)
}

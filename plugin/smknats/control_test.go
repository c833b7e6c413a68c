package smknats

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/plugin/smkcontrol"
	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
)

// Credentials of the tests, which must not be seen in any message.
const (
	controlToken = "token-of-the-control-server"
	controlKey   = "key-that-signs-requests"
	natsPassword = "password-of-a-nats-user"
)

// users are a publisher, someone who may read everything, someone who may read one account and send no command, and
// someone who may send commands.
func users(o *server.Options) {
	allow := func(subjects ...string) *server.SubjectPermission { return &server.SubjectPermission{Allow: subjects} }
	o.Users = []*server.User{
		{Username: "publisher", Password: natsPassword},
		{Username: "auditor", Password: natsPassword},
		{Username: "reader", Password: natsPassword, Permissions: &server.Permissions{
			Publish:   allow("$JS.API.>", "smk.test.ctl.demo.status"),
			Subscribe: allow("_INBOX.>", "smk.test.md.>", "smk.test.ctl.*.beat"),
		}},
		{Username: "operator", Password: natsPassword, Permissions: &server.Permissions{
			Publish: allow("smk.test.ctl.demo.*"), Subscribe: allow("_INBOX.>"),
		}},
	}
}

func as(user string) nats.Option { return nats.UserInfo(user, natsPassword) }

// heardAll keeps every message that a server passes on.
type heardAll struct {
	mu   sync.Mutex
	text strings.Builder
}

func (h *heardAll) heard(m *nats.Msg) {
	h.mu.Lock()
	defer h.mu.Unlock()
	b, _ := json.Marshal(m.Header)
	h.text.WriteString(m.Subject + "\n" + string(b) + "\n" + string(m.Data) + "\n")
}

// TestControl halts and resumes an engine by messages; whoever has no right to is refused, and nobody receives a
// credential.
func TestControl(t *testing.T) {
	d := newDay(t)
	control, err := smkcontrol.Listen(d.engine, smkcontrol.Config{Address: "127.0.0.1:0", Token: controlToken})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = control.Close() }()
	s := natstest.Start(t, users)
	all := &heardAll{}
	auditor := s.Connect(as("auditor"))
	if _, err := auditor.Subscribe(">", all.heard); err != nil {
		t.Fatal(err)
	}
	if err := auditor.Flush(); err != nil {
		t.Fatal(err)
	}
	c := dayConfig(d)
	c.Control = &ControlConfig{URL: control.URL(), Token: controlToken, Key: controlKey}
	p, err := New(s.Connect(as("publisher")), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	defer func() {
		cancel()
		<-ended
	}()
	operator := s.Connect(as("operator"))
	cc := CommandConfig{Environment: "test", Account: "demo", Key: controlKey}
	eventually(t, func() bool {
		a, err := Command(t.Context(), operator, cc, "status", "")
		return err == nil && a.Publisher.Publisher == p.number && a.Publisher.Session == "established"
	}, func() { t.Fatal("no status") })
	a, err := Command(t.Context(), operator, cc, "halt", "a person")
	if err != nil || a.Mode != "halted" || !strings.Contains(a.Cause, "a person") {
		t.Fatalf("halt: %+v, %v", a, err)
	}
	eventually(t, func() bool {
		a, err = Command(t.Context(), operator, cc, "resume", "a person")
		return err == nil && a.Mode == "active"
	}, func() { t.Fatalf("resume: %+v, %v", a, err) })

	resign := func(m *nats.Msg, key string, age time.Duration) {
		sign([]byte(key), m, time.Now().Add(-age).UnixNano())
	}
	for _, test := range []struct {
		what   string
		change func(m *nats.Msg)
		want   string
	}{
		{"no signature", func(m *nats.Msg) { m.Header = nats.Header{} }, "not signed"},
		{"another key", func(m *nats.Msg) { resign(m, "another key than that", 0) }, "another key"},
		{"another body", func(m *nats.Msg) { m.Data = []byte(`{"reason":"x"}`) }, "another key"},
		{"an old one", func(m *nats.Msg) { resign(m, controlKey, time.Minute) }, "older than"},
		{"a signature of garbage", func(m *nats.Msg) { m.Header.Set(headerAuth, "v1 x y z") }, "not signed"},
		{"too long", func(m *nats.Msg) { m.Data = make([]byte, commandBytes+1) }, "4 KiB"},
		{"no JSON", func(m *nats.Msg) { m.Data = []byte("halt!"); resign(m, controlKey, 0) }, "not JSON"},
	} {
		m := &nats.Msg{Subject: p.names.Control("demo", "halt"), Header: nats.Header{}, Data: []byte(`{}`)}
		resign(m, controlKey, 0)
		test.change(m)
		if text := request(t, operator, m); !strings.Contains(text, test.want) {
			t.Errorf("%s: %s", test.what, text)
		}
	}
	again := &nats.Msg{Subject: p.names.Control("demo", "mode"), Header: nats.Header{}, Data: []byte(`{}`)}
	sign([]byte(controlKey), again, time.Now().UnixNano())
	if text := request(t, operator, again); !strings.Contains(text, "active") {
		t.Errorf("mode: %s", text)
	}
	if text := request(t, operator, again); !strings.Contains(text, "there before") {
		t.Errorf("the same request again: %s", text)
	}
	again.Subject = p.names.Control("demo", "halt")
	if text := request(t, operator, again); !strings.Contains(text, "another key") {
		t.Errorf("the signature of another command: %s", text)
	}
	// Those whom the server does not let send a command do not reach the publisher, signed or not.
	for user, account := range map[string]string{"reader": "demo", "operator": "other"} {
		denied := make(chan error, 8)
		nc := s.Connect(as(user), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			denied <- err
		}))
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		go func() {
			_, err := Command(ctx, nc, CommandConfig{Environment: "test", Account: account, Key: controlKey}, "halt",
				"")
			denied <- err
		}()
		if err := <-denied; !errors.Is(err, nats.ErrPermissionViolation) {
			t.Errorf("%s: %v", user, err)
		}
		cancel()
	}
	d.do(func(e *engine.Engine) {
		if mode := e.Mode(); mode.Mode.String() != "active" {
			t.Errorf("something that was refused acted: %+v", mode)
		}
	})
	all.mu.Lock()
	defer all.mu.Unlock()
	text := all.text.String()
	if len(text) < 10_000 || !strings.Contains(text, "a person") {
		t.Fatalf("only %d bytes were heard", len(text))
	}
	for _, secret := range []string{controlToken, controlKey, natsPassword, "Bearer"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in a message", secret)
		}
	}
}

// request returns what a request is answered with.
func request(t *testing.T, nc *nats.Conn, m *nats.Msg) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	reply, err := nc.RequestMsgWithContext(ctx, m)
	if err != nil {
		t.Fatal(err)
	}
	return string(reply.Data)
}

// TestConfig refuses settings out of their limits, without saying a credential.
func TestConfig(t *testing.T) {
	s := natstest.Start(t, nil)
	for field, change := range map[string]func(c *Config){
		"Dir":           func(c *Config) { c.Dir = "" },
		"Replicas":      func(c *Config) { c.Replicas = 6 },
		"BlockBytes":    func(c *Config) { c.BlockBytes = 1 << 20 },
		"Poll":          func(c *Config) { c.Poll = -1 },
		"LogAge":        func(c *Config) { c.LogAge = -1 },
		"Control.URL":   func(c *Config) { c.Control.URL = "http://10.0.0.1:80" },
		"Control.Token": func(c *Config) { c.Control.Token = "short" },
		"Control.Key":   func(c *Config) { c.Control.Key = "short" },
	} {
		c := config(t.TempDir())
		c.Control = &ControlConfig{"http://127.0.0.1:1", controlToken, controlKey}
		change(&c)
		_, err := New(s.Connect(), c)
		var is *ConfigError
		if !errors.As(err, &is) || is.Field != field || strings.Contains(err.Error(), "short\"") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestAnswers: what a bot did not do, did in part and may have done is told apart.
func TestAnswers(t *testing.T) {
	bot := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/halt": // the loop hangs
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"mode":"halted","error":"no order leaves any more"}`))
		case "/flatten": // it hangs since positions are being closed
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"unknown":true,"error":"positions are being closed"}`))
		case "/resume":
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte(`{"error":"orders are being cancelled"}`))
		default: // it ends in the middle
			panic(http.ErrAbortHandler)
		}
	}))
	command := commandsOf(t, bot)
	all := []error{ErrRefused, ErrIncomplete, ErrNoAnswer}
	check := func(name string, want error) {
		t.Helper()
		_, err := command(name)
		for _, is := range all {
			if errors.Is(err, is) != (is == want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	check("halt", ErrIncomplete)
	check("flatten", ErrNoAnswer)
	check("resume", ErrRefused)
	check("mode", ErrNoAnswer)
	bot.Close()
	check("resume", ErrRefused) // nothing listens
}

// commandsOf has a publisher for a bot's control server, and returns what sends commands to it.
func commandsOf(t *testing.T, bot *httptest.Server) (command func(name string) (Answer, error)) {
	t.Helper()
	return signedBy(t, bot, controlKey)[0]
}

// signedBy is commandsOf with commands that are signed with keys.
func signedBy(t *testing.T, bot *httptest.Server, keys ...string) (list []func(name string) (Answer, error)) {
	t.Helper()
	s := natstest.Start(t, nil)
	c := config(newWriter(t, 1).dir)
	c.Control = &ControlConfig{bot.URL + "/", controlToken, controlKey}
	run(t, s, c, nil)
	nc := s.Connect()
	for _, key := range keys {
		list = append(list, func(name string) (Answer, error) {
			cc := CommandConfig{Environment: c.Environment, Account: c.Account, Key: key}
			return Command(t.Context(), nc, cc, name, "")
		})
	}
	eventually(t, func() bool {
		_, err := list[0]("status")
		return err == nil
	}, func() { t.Fatal("no status") })
	return list
}

// TestHaltBesideOthers has as many requests wait for a bot as may: a halt is passed on beside them.
func TestHaltBesideOthers(t *testing.T) {
	waiting, release := make(chan struct{}, commandsMax), make(chan struct{})
	bot := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/mode" {
			waiting <- struct{}{}
			<-release
		}
		_, _ = w.Write([]byte(`{"mode":"halted"}`))
	}))
	defer bot.Close()
	commands := signedBy(t, bot, controlKey, controlKey+"x")
	command, forged := commands[0], commands[1]
	var wait sync.WaitGroup
	for range commandsMax {
		wait.Go(func() {
			if _, err := command("mode"); err != nil {
				t.Error(err)
			}
		})
		<-waiting
	}
	if _, err := command("mode"); !errors.Is(err, ErrRefused) {
		t.Errorf("one more than may wait: %v", err)
	}
	if _, err := forged("mode"); err == nil || !strings.Contains(err.Error(), "another key") { // it needs no slot
		t.Errorf("a forged one: %v", err)
	}
	if a, err := command("halt"); err != nil || a.Mode != "halted" {
		t.Errorf("halt: %+v, %v", a, err)
	}
	close(release)
	wait.Wait()
}

// TestNoAnswer: a command that only somebody gets who answers nothing, such as one who listens to everything, ends
// without an answer, which is no refusal.
func TestNoAnswer(t *testing.T) {
	s := natstest.Start(t, users)
	auditor := s.Connect(as("auditor"))
	if _, err := auditor.Subscribe(">", func(*nats.Msg) {}); err != nil {
		t.Fatal(err)
	}
	if err := auditor.Flush(); err != nil {
		t.Fatal(err)
	}
	c := CommandConfig{Environment: "test", Account: "demo", Key: controlKey, Wait: 10 * time.Millisecond}
	_, err := Command(t.Context(), s.Connect(as("operator")), c, "halt", "")
	if !errors.Is(err, ErrNoAnswer) || errors.Is(err, ErrRefused) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/tools/smk/inspect"
)

// What the tests plant and search for.
const (
	plantedUsername = "user-Kq8vT2zWmB"
	plantedPassword = "password-Hn5rXc7LpD"
	plantedToken    = "token-Yw3sGf9JbN"
	plantedEmail    = "mail-Rt6kVd1QxZ@example.com"
)

// sniffer passes bytes between a client and an exchange, and keeps what the exchange sends.
type sniffer struct {
	mu   sync.Mutex
	sent bytes.Buffer
}

func (s *sniffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent.Write(b)
}

func (s *sniffer) listen(t *testing.T, exchange string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", exchange)
			if err != nil {
				_ = client.Close()
				return
			}
			go func() {
				_, _ = io.Copy(server, client)
				_ = server.Close()
			}()
			go func() {
				_, _ = io.Copy(io.MultiWriter(client, s), server)
				_ = client.Close()
			}()
		}
	}()
	return l.Addr().String()
}

// sessions returns the identifiers of sessions that the exchange gave.
func (s *sniffer) sessions(t *testing.T) (ids []string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for b := s.sent.Bytes(); len(b) > 0; {
		n, header := binary.Uvarint(b)
		if header <= 0 || int(n) > len(b)-header {
			break
		}
		m, err := inspect.Decode(b[header : header+int(n)])
		if err != nil {
			t.Fatal(err)
		}
		if id := m.Payload.GetEtoPayload().GetLoginResponse().GetSession(); id != "" {
			ids = append(ids, id)
		}
		b = b[header+int(n):]
	}
	return ids
}

// recordPlanted records a short run with planted credentials, by password or by token, and returns the folder of the
// journal and the sessions' identifiers.
func recordPlanted(t *testing.T, byToken bool) (dir string, sessions []string) {
	t.Helper()
	c := sim.DefaultConfig()
	c.Agents = sim.Agents{}
	c.Accounts = []sim.Account{{
		Username: plantedUsername, Password: plantedPassword, Token: plantedToken, Email: plantedEmail,
		Balance: 1000 * sim.Currency,
	}}
	server, err := sim.Listen("127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	defer func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		_ = server.Close()
	}()
	var s sniffer
	dir = t.TempDir()
	config := engine.Config{
		Address: s.listen(t, server.Addr().String()), DisableTLS: true,
		Session: session.Config{Username: plantedUsername, Password: plantedPassword},
		Journal: journal.Config{Dir: dir, Name: "planted"},
	}
	if byToken {
		config.Session = session.Config{Token: plantedToken}
	}
	e, err := engine.New(config)
	if err != nil {
		t.Fatal(err)
	}
	e.OnCaughtUp(func(*engine.Event) {
		_, err := e.Place(order.Limit{
			Market: sim.DemoMarket, Contract: sim.DemoHome, Side: odds.Buy, Price: 1000, Quantity: 20_000,
		})
		if err != nil {
			t.Error(err)
		}
	})
	e.OnOrder(func(*order.Order, *order.Event) { e.Stop() })
	if err := e.Run(ctx); err != nil {
		t.Fatal(err)
	}
	return dir, s.sessions(t)
}

// TestJournalCredentials runs every command on journals of logins by password and by token, and searches what it
// prints and writes for credentials.
func TestJournalCredentials(t *testing.T) {
	for _, byToken := range []bool{false, true} {
		dir, sessions := recordPlanted(t, byToken)
		if len(sessions) != 1 || len(sessions[0]) < 8 {
			t.Fatalf("sessions %q", sessions)
		}
		secrets := append(sessions, plantedUsername, plantedPassword, plantedToken, plantedEmail)
		to := t.TempDir()
		commands := [][]string{
			{"cat", dir},
			{"cat", dir, "--tape"},
			{"verify", dir},
			{"stat", dir},
			{"orders", dir},
			{"book", dir, "--market", "100000"},
			{"slow", dir},
			{"diff", dir, dir},
			{"redact", dir, "-o", filepath.Join(to, "redacted")},
			{"redact", dir, "-o", filepath.Join(to, "masked"), "--amounts"},
			{"cat", filepath.Join(to, "redacted")},
			{"replay", filepath.Join(to, "redacted")},
			{"repair", dir, "-o", filepath.Join(to, "repaired")},
			{"cat", filepath.Join(to, "repaired")},
			{"replay", dir},
		}
		for _, format := range []string{"csv", "jsonl", "parquet", "pcapng"} {
			commands = append(commands, []string{"export", dir, "--to", format, "-o", filepath.Join(to, "out."+format)})
		}
		for _, args := range commands {
			for _, more := range [][]string{nil, {"--json"}} {
				if (args[0] == "redact" || args[0] == "repair") && more != nil {
					continue // it does not write over a journal
				}
				var out, errs bytes.Buffer
				code := run(t.Context(), append(append([]string{"journal"}, args...), more...), stdio{nil, &out, &errs})
				if want := exitOf(args[0]); code != want {
					t.Errorf("%q: exit %d, want %d: %s", args, code, want, &errs)
				}
				if out.Len() == 0 && args[0] != "replay" {
					t.Errorf("%q prints nothing", args)
				}
				search(t, strings.Join(args, " "), out.String()+errs.String(), secrets)
			}
		}
		for _, root := range []string{dir, to} {
			err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				b, err := os.ReadFile(path)
				search(t, path, string(b), secrets)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
	}
}

// exitOf returns how a command ends on a journal that is complete and not the demo's.
func exitOf(command string) int {
	if command == "replay" {
		return exitFailed
	}
	return exitOK
}

func search(t *testing.T, where, text string, secrets []string) {
	t.Helper()
	for _, s := range secrets {
		if strings.Contains(text, s) {
			t.Errorf("%s: shows %q", where, s)
		}
	}
}

// TestJournalJSON holds each line of what the commands print for machines to being JSON.
func TestJournalJSON(t *testing.T) {
	dir, _ := recordPlanted(t, false)
	for _, args := range [][]string{
		{"cat", dir}, {"cat", dir, "--tape"}, {"verify", dir}, {"stat", dir}, {"orders", dir}, {"slow", dir}, {
			"diff",
			dir, dir,
		},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), append(append([]string{"journal"}, args...), "--json"), stdio{nil, &out, &errs})
		if code != exitOK || errs.Len() > 0 {
			t.Errorf("%q: exit %d: %s", args, code, &errs)
		}
		lines := 0
		for line := range strings.Lines(out.String()) {
			if lines++; !json.Valid([]byte(line)) {
				t.Errorf("%q: %s", args, line)
			}
		}
		if lines == 0 {
			t.Errorf("%q prints nothing", args)
		}
	}
}

// TestJournalFilterRefused: a type or kind that there is not is no empty journal.
func TestJournalFilterRefused(t *testing.T) {
	dir := t.TempDir()
	for want, args := range map[string][]string{
		"there is ORDER_EXECUTED": {"cat", dir, "--type", "executed"},
		"there are segment, seal": {"cat", dir, "--kind", "messages"},
		"as ORDER_CREATE is one":  {"export", dir, "--to", "csv", "-o", filepath.Join(dir, "out"), "--type", "fills"},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), append([]string{"journal"}, args...), stdio{nil, &out, &errs})
		if code != exitUsage || !strings.Contains(errs.String(), want) || out.Len() > 0 {
			t.Errorf("%q: exit %d, %s%s", args, code, &out, &errs)
		}
	}
}

// TestJournalDamaged: what answers from a damaged journal says that it is one, after what is before the damage.
func TestJournalDamaged(t *testing.T) {
	dir, _ := recordPlanted(t, false)
	segment := filepath.Join(dir, "000000000001.smkj")
	b, err := os.ReadFile(segment)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-100] ^= 1 // in the seal, behind all orders
	if err := os.WriteFile(segment, b, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"orders", dir}, {"orders", dir, "--json"}, {"slow", dir}, {"book", dir}, {"cat", dir},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), append([]string{"journal"}, args...), stdio{nil, &out, &errs})
		if code != exitFailed || !strings.Contains(errs.String(), "damaged") || out.Len() == 0 {
			t.Errorf("%q: exit %d, %d bytes, %s", args, code, out.Len(), &errs)
		}
	}
}

// TestJournalFollow holds that cat --follow prints what is appended, until it is interrupted.
func TestJournalFollow(t *testing.T) {
	dir := t.TempDir()
	j, err := journal.Open(journal.Config{Dir: dir, Name: "followed"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	in, out := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		var errs bytes.Buffer
		ended <- run(ctx, []string{"journal", "cat", dir, "--follow", "--kind", "refusal"}, stdio{nil, out, &errs})
		_ = out.Close()
	}()
	for _, text := range []string{"first", "second"} {
		j.Recorder().Append(journal.KindRefusal, 0, 0, 1, []byte(text))
		j.Recorder().Commit()
		b := make([]byte, 1000)
		n, err := in.Read(b)
		if err != nil || !strings.HasSuffix(string(b[:n]), text+"\n") {
			t.Fatalf("%q: %v", b[:n], err)
		}
	}
	cancel()
	if code := <-ended; code != exitOK {
		t.Errorf("exit %d", code)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	for _, more := range [][]string{nil, {"--from=2020-01-01T00:00:00Z"}} { // interrupted while there is more to read
		var errs bytes.Buffer
		args := append([]string{"journal", "cat", dir, "--follow"}, more...)
		if code := run(ctx, args, stdio{nil, io.Discard, &errs}); code != exitOK || errs.Len() > 0 {
			t.Errorf("%q: exit %d, %s", args, code, &errs)
		}
	}
}

// TestJournalThatIsNone says of a folder without a journal, and of an order that is not in one, that there is none.
func TestJournalThatIsNone(t *testing.T) {
	dir := t.TempDir()
	for _, command := range []string{"cat", "verify", "stat", "orders", "book", "slow"} {
		var out, errs bytes.Buffer
		code := run(t.Context(), []string{"journal", command, dir}, stdio{nil, &out, &errs})
		if code != exitFailed || out.Len() != 0 || !strings.Contains(errs.String(), "no journal") {
			t.Errorf("%s: exit %d, %q, %q", command, code, &out, &errs)
		}
	}
}

// TestJournalUpTo prints what is from before a time, though the writer's own record before it is younger.
func TestJournalUpTo(t *testing.T) {
	const second = int64(time.Second)
	dir, base := t.TempDir(), time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	j, err := journal.Open(journal.Config{
		Dir: dir, Name: "late", Clock: func() int64 { return 10 * second },
		Wall: func() int64 { return base.UnixNano() + 10*second },
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range []string{"early", "late"} {
		j.Recorder().Append(journal.KindRefusal, 0, 0, int64(i+1)*second, []byte(text))
	}
	j.Recorder().Commit()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"journal", "cat", dir, "--to", "12:00:02"}, stdio{nil, &out, &errs})
	if code != exitOK || strings.Count(out.String(), "\n") != 1 || !strings.HasSuffix(out.String(), "early\n") {
		t.Errorf("exit %d, %q, %s", code, &out, &errs)
	}
}

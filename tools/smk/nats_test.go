package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/plugin/smknats"
	"github.com/smk-go/smk/plugin/smknats/natsserver"
)

// natsRun runs a command, and returns its exit code and what it prints.
func natsRun(ctx context.Context, args ...string) (code int, out, log string) {
	var o, l bytes.Buffer
	code = run(ctx, append([]string{"nats"}, args...), stdio{strings.NewReader(""), &o, &l})
	return code, o.String(), l.String()
}

// TestNATS publishes a journal, asks its publisher, and makes the journal again.
func TestNATS(t *testing.T) {
	server, err := natsserver.Start("127.0.0.1:0", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	dir, to := t.TempDir(), filepath.Join(t.TempDir(), "restored")
	j, err := journal.Open(journal.Config{Dir: dir, Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 100 {
		j.Recorder().Append(journal.KindTape, 0, 1, int64(n), []byte("a record"))
	}
	j.Recorder().Commit()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	url := "--url=" + server.URL()
	code, _, log := natsRun(t.Context(), "ask", "status", url)
	if code != exitFailed || !strings.Contains(log, "nobody publishes") {
		t.Fatalf("nobody: %d %s", code, log)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan string, 1)
	go func() {
		code, out, log := natsRun(ctx, "publish", url, "--journal", dir, "--json")
		if code != exitOK {
			out = log
		}
		ended <- out
	}()
	var restored struct{ Record uint64 }
	for restored.Record < 100 {
		if code, out, _ := natsRun(t.Context(), "restore", url, "--to", to, "--json"); code == exitOK {
			if err := json.Unmarshal([]byte(out), &restored); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case out := <-ended:
			t.Fatal(out)
		default:
		}
	}
	for out := ""; !strings.Contains(out, `"read":100`); { // books and orders have a reader of their own
		if code, out, log = natsRun(t.Context(), "ask", "status", url, "--json"); code != exitOK {
			t.Fatalf("status: %d %s %s", code, out, log)
		}
	}
	t.Setenv("SMK_NATS_KEY", "")
	code, _, log = natsRun(t.Context(), "ask", "halt", url)
	if code != exitFailed || !strings.Contains(log, "SMK_NATS_KEY") {
		t.Errorf("no key: %d %s", code, log)
	}
	t.Setenv("SMK_NATS_KEY", "a key of sixteen bytes")
	code, _, log = natsRun(t.Context(), "ask", "halt", url)
	if code != exitFailed || !strings.Contains(log, "no commands") {
		t.Errorf("no control: %d %s", code, log)
	}
	cancel()
	if out := <-ended; !strings.Contains(out, `"record":100`) {
		t.Errorf("in the end: %s", out)
	}
	a, err := journal.Verify(dir, journal.ReaderConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := journal.Verify(to, journal.ReaderConfig{}); err != nil || a != b || b.Sealed != 1 {
		t.Errorf("%+v, want %+v, %v", b, a, err)
	}
	if code, _, log := natsRun(t.Context(), "follow", "--url=nats://u:secret@127.0.0.1:1"); code != exitUsage ||
		strings.Contains(log, "secret") {
		t.Errorf("a password in the address: %d %s", code, log)
	}
}

// TestNATSWords prints events whose words somebody has chosen who may publish: none of them reaches the terminal as
// more than a letter, and none makes a line of its own.
func TestNATSWords(t *testing.T) {
	const words = "\x1b]0;all is well\x07\n12:00:00.000  demo fresh\r\u202e"
	for _, e := range []smknats.Event{
		{Kind: smknats.Stale, Account: words, Text: words},
		{Kind: smknats.BookChanged, Book: &smknats.Book{State: "live", Why: words}},
		{Kind: smknats.OrderChanged, Account: "demo", Order: &smknats.OrderEvent{Kind: words}},
	} {
		var out bytes.Buffer
		if err := new(natsFollowCommand).print(&out, e); err != nil {
			t.Fatal(err)
		}
		text := strings.TrimSuffix(out.String(), "\n")
		if strings.ContainsAny(text, "\x1b\x07\r\n\u202e") || !strings.Contains(text, "all is well") {
			t.Errorf("%v: %q", e.Kind, text)
		}
	}
}

// TestInterrupted: a connection that is closed is the end that was asked for only if one was.
func TestInterrupted(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	closed := fmt.Errorf("publish: %w", nats.ErrConnectionClosed)
	for _, test := range []struct {
		ctx  context.Context
		err  error
		want bool
	}{
		{ended, closed, true},
		{t.Context(), closed, false},
		{ended, nats.ErrTimeout, false},
		{ended, context.Canceled, true},
		{ended, nil, false},
	} {
		if got := interrupted(test.ctx, test.err); got != test.want {
			t.Errorf("%v, %v: %t", test.ctx.Err(), test.err, got)
		}
	}
}

package dash

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/tools/smk/screen"
)

// patience is how long a test waits for what does not come.
const patience = time.Minute

// page is a server on a journal that the test writes.
type page struct {
	t      *testing.T
	server *Server
	out    *journal.Journal
	at     int64
}

func newPage(t *testing.T, change func(*Config)) *page {
	t.Helper()
	dir := t.TempDir()
	out, err := journal.Open(journal.Config{Dir: dir, Name: "<b>test</b>", Durability: journal.SyncNone})
	if err != nil {
		t.Fatal(err)
	}
	config := Config{Live: screen.NewLive(dir, screen.Options{Past: true})}
	if change != nil {
		change(&config)
	}
	server, err := Listen("127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := out.Close(); err != nil {
			t.Error(err)
		}
	})
	p := &page{t: t, server: server, out: out, at: 1}
	p.say("INFO", "session established")
	return p
}

// say appends a line of the engine's log to the journal.
func (p *page) say(level, text string) {
	r := p.out.Recorder()
	p.at += int64(time.Millisecond)
	r.Append(journal.KindLog, 0, 1, p.at, []byte(`level=`+level+` msg="`+text+`"`))
	r.Commit()
}

// get asks for something, and returns the answer with its body.
func (p *page) get(path string, change func(*http.Request)) (*http.Response, string) {
	p.t.Helper()
	return p.ask(http.MethodGet, path, nil, change)
}

func (p *page) ask(method, path string, body io.Reader, change func(*http.Request)) (*http.Response, string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.server.URL()+path, body)
	if err != nil {
		p.t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer, string(b)
}

// until waits for a condition.
func until(t *testing.T, holds func() bool) {
	t.Helper()
	for began := time.Now(); !holds(); time.Sleep(time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatal("it does not come")
		}
	}
}

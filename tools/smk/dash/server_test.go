package dash

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/smk-go/smk/tools/smk/screen"
)

// TestPolicy holds the page to its content security policy, and everything to the headers.
func TestPolicy(t *testing.T) {
	p := newPage(t, nil)
	for _, path := range []string{
		"", "dash.js", "dash.css", "uPlot.iife.min.js", "uPlot.LICENSE.txt", "api/marks", "nothing",
	} {
		answer, _ := p.get(path, nil)
		h := answer.Header
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "script-src 'self'") ||
			strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Frame-Options") != "DENY" ||
			h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: headers %v", path, h)
		}
	}
	_, html := p.get("", nil)
	inline := regexp.MustCompile(`(?i)<script(?:>|[^>]*>[^<])|<style|\son[a-z]+=|\sstyle=|javascript:|https?://`)
	if found := inline.FindString(html); found != "" || !strings.Contains(html, `src="dash.js"`) {
		t.Errorf("the page has %q", found)
	}
	foreign := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|https?://`)
	for _, name := range []string{"dash.js", "draw.js", "format.js"} {
		_, script := p.get(name, nil)
		if found := foreign.FindString(script); found != "" {
			t.Errorf("%s has %q", name, found)
		}
	}
}

// TestForeign refuses requests for other hosts, of other sites' pages, and with other methods.
func TestForeign(t *testing.T) {
	p := newPage(t, func(c *Config) { c.Hosts = []string{"desk.example:8080"} })
	address := strings.TrimSuffix(strings.TrimPrefix(p.server.URL(), "http://"), "/")
	_, port, _ := net.SplitHostPort(address)
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, test := range []struct {
		name   string
		change func(*http.Request)
		want   int
	}{
		{"itself", nil, http.StatusOK},
		{"localhost", func(r *http.Request) { r.Host = "localhost:" + port }, http.StatusOK},
		{"a name that was allowed", func(r *http.Request) { r.Host = "desk.example:8080" }, http.StatusOK},
		{"another host", func(r *http.Request) { r.Host = "attacker.example:" + port }, http.StatusMisdirectedRequest},
		{"another port", func(r *http.Request) { r.Host = "127.0.0.1:1" }, http.StatusMisdirectedRequest},
		{"its origin", header("Origin", "http://"+address), http.StatusOK},
		{"another origin", header("Origin", "http://attacker.example"), http.StatusForbidden},
		{"no origin at all", header("Origin", "null"), http.StatusForbidden},
		{"the other name", header("Origin", "http://localhost:"+port), http.StatusForbidden},
		{"another site", header("Sec-Fetch-Site", "cross-site"), http.StatusForbidden},
		{"the same site", header("Sec-Fetch-Site", "same-site"), http.StatusForbidden},
		{"posts", func(r *http.Request) { r.Method = http.MethodPost }, http.StatusMethodNotAllowed},
	} {
		for _, path := range []string{"", "api/marks"} {
			if answer, _ := p.get(path, test.change); answer.StatusCode != test.want {
				t.Errorf("%s: /%s: %s, want %d", test.name, path, answer.Status, test.want)
			}
		}
	}
	for path, want := range map[string]int{
		"api/at": 400, "api/at?record=x": 400, "api/at?ms=99999999999999999": 400, "api/at?ms=-1": 400,
		"api/find?kind=fill&record=0": 404, "api/find?kind=fill": 400, "api/control": 404, "server.go": 404,
	} {
		if answer, _ := p.get(path, nil); answer.StatusCode != want {
			t.Errorf("/%s: %s, want %d", path, answer.Status, want)
		}
	}
}

// bot is what takes commands, and notes them.
type bot struct {
	mu  sync.Mutex // guards got
	got []string
}

func (b *bot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body bytes.Buffer
	_, _ = body.ReadFrom(r.Body)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got = append(b.got, r.URL.Path+" "+r.Header.Get("Authorization")+" "+body.String())
	_, _ = w.Write([]byte(`{"mode":"halted"}`))
}

// TestControl passes commands on with the token, and none without.
func TestControl(t *testing.T) {
	b := &bot{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := http.Server{Handler: b}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()
	const token = "0123456789abcdef"
	p := newPage(t, func(c *Config) { c.Control = &Control{"http://" + listener.Addr().String(), token} })
	const halt = `{"action":"halt","reason":"a person"}`
	for _, test := range []struct {
		token, origin, body string
		want                int
	}{
		{"", "", halt, http.StatusUnauthorized},
		{"Bearer 0123456789abcdee", "", halt, http.StatusUnauthorized},
		{"Bearer ", "", halt, http.StatusUnauthorized},
		{"Bearer " + token, "http://attacker.example", halt, http.StatusForbidden},
		{"Bearer " + token, "", `{"action":"pprof"}`, http.StatusBadRequest},
		{"Bearer " + token, "", `not JSON`, http.StatusBadRequest},
		{"Bearer " + token, "", `{"reason":"` + strings.Repeat("x", 5000) + `"}`, http.StatusBadRequest},
		{"Bearer " + token, "", halt, http.StatusOK},
	} {
		answer, body := p.ask(http.MethodPost, "api/control", strings.NewReader(test.body), func(r *http.Request) {
			r.Header.Set("Authorization", test.token)
			if test.origin != "" {
				r.Header.Set("Origin", test.origin)
			}
		})
		if answer.StatusCode != test.want || strings.Contains(body, token) {
			t.Errorf("%.40q of %q: %s %s, want %d", test.body, test.token, answer.Status, body, test.want)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if want := "/halt Bearer " + token + ` {"reason":"a person"}`; len(b.got) != 1 || b.got[0] != want {
		t.Errorf("the bot got %q", b.got)
	}
}

// TestPast answers with pictures of the past, always the same.
func TestPast(t *testing.T) {
	p := newPage(t, nil)
	const lines = 20
	for i := range lines {
		p.say("WARN", fmt.Sprintf("line %d", i))
	}
	until(t, func() bool {
		_, last := p.server.config.Live.Timeline.Range()
		return last.Record == lines+1
	})
	_, first := p.get("api/at?record=7", nil)
	_, _ = p.get("api/at?record=19", nil)
	if _, again := p.get("api/at?record=7", nil); again != first || !strings.Contains(first, `"line 5"`) ||
		strings.Contains(first, `"line 6"`) {
		t.Errorf("record 7: %s, and %s", first, again)
	}
	var picture screen.Picture
	if err := json.Unmarshal([]byte(first), &picture); err != nil || picture.Record != 7 {
		t.Fatal(err, picture.Record)
	}
	_, byTime := p.get("api/at?ms="+strconv.FormatInt(picture.At/1e6, 10), nil)
	if err := json.Unmarshal([]byte(byTime), &picture); err != nil || picture.Record < 7 {
		t.Errorf("%v: %s", err, byTime)
	}
}

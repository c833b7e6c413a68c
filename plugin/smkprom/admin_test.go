package smkprom_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/smk-go/smk/plugin/smkprom"
)

// request has a handler answer a request.
func request(h http.Handler, method, url string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, url, nil))
	return w
}

// handlerOf returns the pages about some bots.
func handlerOf(t *testing.T, c smkprom.AdminConfig) http.Handler {
	t.Helper()
	h, err := smkprom.Handler(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestHealthPages say what a bot is, before and after the kill switch and after the end.
func TestHealthPages(t *testing.T) {
	withBot(t, nil, func(t *testing.T, b *bot) {
		h := handlerOf(t, smkprom.AdminConfig{Collectors: []*smkprom.Collector{b.Collector}})
		check := func(page string, code int, reason string) {
			t.Helper()
			w := request(h, http.MethodGet, "http://127.0.0.1:9464"+page)
			var got smkprom.Health
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatalf("%s: %v in %q", page, err, w.Body)
			}
			ok := code == http.StatusOK
			want := smkprom.Check{Account: "main", OK: ok, Reason: reason}
			if w.Code != code || got.OK != ok || len(got.Checks) != 1 || got.Checks[0] != want {
				t.Errorf("%s: %d %+v, want %d and %+v", page, w.Code, got, code, want)
			}
		}
		check("/healthz", http.StatusOK, "")
		check("/readyz", http.StatusOK, "")
		if err := b.Halt("test"); err != nil {
			t.Error(err)
		}
		check("/healthz", http.StatusOK, "")
		check("/readyz", http.StatusServiceUnavailable, "halted")
		_ = b.Close()
		check("/healthz", http.StatusServiceUnavailable, "engine has ended")
		check("/readyz", http.StatusServiceUnavailable, "engine has ended")
	})
}

// TestHostsAndMethods: pages in a browser cannot have it asked under another name, and nothing but GET is served.
func TestHostsAndMethods(t *testing.T) {
	local, remote := handlerOf(t, smkprom.AdminConfig{}), handlerOf(t, smkprom.AdminConfig{AllowRemote: true})
	for _, c := range []struct {
		handler     http.Handler
		method, url string
		code        int
	}{
		{local, http.MethodGet, "http://localhost:9464/metrics", http.StatusOK},
		{local, http.MethodGet, "http://127.0.0.1/metrics", http.StatusOK},
		{local, http.MethodGet, "http://[::1]:9464/metrics", http.StatusOK},
		{local, http.MethodGet, "http://evil.test/metrics", http.StatusForbidden},
		{local, http.MethodGet, "http://10.0.0.1:9464/debug/pprof/heap", http.StatusForbidden},
		{remote, http.MethodGet, "http://bot.test:9464/metrics", http.StatusOK},
		{local, http.MethodPost, "http://localhost/metrics", http.StatusMethodNotAllowed},
		{local, http.MethodGet, "http://localhost/", http.StatusNotFound},
		{local, http.MethodGet, "http://localhost/debug/pprof/", http.StatusOK},
		{local, http.MethodGet, "http://localhost/debug/pprof/heap", http.StatusOK},
		{local, http.MethodGet, "http://localhost/debug/pprof/cmdline", http.StatusNotFound},
		{local, http.MethodGet, "http://localhost/debug/pprof/profile?seconds=0", http.StatusBadRequest},
		{local, http.MethodGet, "http://localhost/debug/pprof/profile?seconds=3600", http.StatusBadRequest},
		{local, http.MethodGet, "http://localhost/debug/pprof/trace?seconds=many", http.StatusBadRequest},
	} {
		if w := request(c.handler, c.method, c.url); w.Code != c.code {
			t.Errorf("%s %s: %d, want %d", c.method, c.url, w.Code, c.code)
		}
	}
}

// TestProfileEndsWithItsClient rather than after its time.
func TestProfileEndsWithItsClient(t *testing.T) {
	h := handlerOf(t, smkprom.AdminConfig{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := httptest.NewRecorder()
	const url = "http://localhost/debug/pprof/profile?seconds=60"
	h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, url, nil))
	if w.Code != http.StatusOK || w.Body.Len() == 0 {
		t.Errorf("%d, %d bytes", w.Code, w.Body.Len())
	}
}

// TestAddresses that are not loopback are refused unless they are allowed.
func TestAddresses(t *testing.T) {
	for _, address := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.test:0"} {
		if _, err := smkprom.ListenAdmin(smkprom.AdminConfig{Address: address}); err != smkprom.ErrAddress {
			t.Errorf("%q: %v, want ErrAddress", address, err)
		}
	}
	a, err := smkprom.ListenAdmin(smkprom.AdminConfig{Address: "0.0.0.0:0", AllowRemote: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(t.Context()); err != nil { // it never served
		t.Error(err)
	}
}

// TestTwoOfOneName are refused.
func TestTwoOfOneName(t *testing.T) {
	one, err := smkprom.New(nil, smkprom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	other, err := smkprom.New(nil, smkprom.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := smkprom.Handler(smkprom.AdminConfig{Collectors: []*smkprom.Collector{one, other}}); err == nil {
		t.Error("two collectors of one account are accepted")
	}
}

// TestServe serves over a socket, with a collector of the bot's own, until it is closed.
func TestServe(t *testing.T) {
	own := prometheus.NewCounter(prometheus.CounterOpts{Name: "bot_own_total", Help: "The bot's own."})
	a, err := smkprom.ListenAdmin(smkprom.AdminConfig{Address: "127.0.0.1:0", More: []prometheus.Collector{own}})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- a.Serve() }()
	response, err := http.Get("http://" + a.Addr().String() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	page := string(body)
	if err != nil || !strings.Contains(page, "bot_own_total 0") || !strings.Contains(page, "go_goroutines") {
		t.Errorf("%v: %s", err, body)
	}
	if err := a.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

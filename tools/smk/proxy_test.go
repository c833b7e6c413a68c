package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/proxy"
	"github.com/smk-go/smk/sim"
)

const proxyClientsFile = `{"clients": [
	{"name": "anna", "token_file": "anna.token", "stake_max": "12.50", "quantity_max": "50"},
	{"name": "ben", "password": "ben-secret", "control": true, "markets": [100000]}
]}`

// proxyFiles writes the files of a proxy that connects to an address, and returns its arguments.
func proxyFiles(t *testing.T, address, clients string) []string {
	t.Helper()
	folder := t.TempDir()
	for name, content := range map[string]string{
		"bot.conf": "[engine]\naddress = " + address +
			"\nplain = true\n[session]\nusername = demo\npassword = demo\n",
		"clients.json": clients, "anna.token": "anna-secret\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return []string{
		"proxy", "--config", filepath.Join(folder, "bot.conf"), "--clients", filepath.Join(folder, "clients.json"),
		"--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--state", filepath.Join(folder, "state"), "--json",
	}
}

// A proxy says where clients connect, serves both ways, and ends when it is interrupted; orders stay. That nobody reads
// its log changes nothing.
func TestProxy(t *testing.T) {
	x, err := sim.Listen("127.0.0.1:0", sim.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- x.Serve(context.Background()) }()
	defer func() {
		_ = x.Close()
		<-served
	}()
	args := proxyFiles(t, x.Addr().String(), proxyClientsFile)
	for round := range 2 { // the second one goes on
		ctx, stop := context.WithCancel(t.Context())
		out, to := io.Pipe()
		log := &strings.Builder{}
		var logTo io.Writer = log
		if round == 1 {
			_, logTo = io.Pipe()
		}
		ended := make(chan int, 1)
		go func() {
			ended <- run(ctx, args, stdio{strings.NewReader(""), to, logTo})
			_ = to.Close()
		}()
		line, err := bufio.NewReader(out).ReadBytes('\n')
		if err != nil {
			t.Fatalf("%v\n%s", err, log)
		}
		var w where
		if err := json.Unmarshal(line, &w); err != nil || w.TLS {
			t.Fatalf("%s: %v", line, err)
		}
		conn, err := net.Dial("tcp", w.Listen)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.Close()
		for up := false; !up; {
			answer, err := http.Get(w.HTTP + "/v1/health")
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
			up = answer.StatusCode == http.StatusOK
		}
		post := func(body string) string {
			r, err := http.NewRequest(http.MethodPost, w.HTTP+"/v1/commands", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer anna-secret")
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			b, err := io.ReadAll(answer.Body)
			if err != nil || answer.StatusCode != http.StatusOK {
				t.Fatalf("%s: %s, %v", body, b, err)
			}
			return string(b)
		}
		if round == 0 {
			post(`{"type":"create","market":100000,"contract":200000,"side":"buy","price":1000,` +
				`"quantity":10000,"reference":"7"}`)
		}
		for !strings.Contains(post(`{"type":"orders"}`), `"reference":"7"`) {
		}
		stop()
		if code := <-ended; code != exitOK {
			t.Errorf("exit code %d\n%s", code, log)
		}
		if strings.Contains(log.String(), "secret") {
			t.Errorf("the log has a credential:\n%s", log)
		}
		http.DefaultClient.CloseIdleConnections()
	}
	if truth, _ := x.Truth("demo"); truth.Live != 1 {
		t.Errorf("%d live orders", truth.Live)
	}
}

// The engine has room for the subscriptions of all clients, or the log says that it has not.
func TestProxyMakesRoom(t *testing.T) {
	few := proxy.Config{Clients: []proxy.Client{{Name: "a"}, {Name: "b", SubscriptionsMax: 10}}}
	for _, k := range []struct{ set, clients, want, warned int }{
		{0, few.Subscriptions(), engine.SubscriptionsMax, 0},
		{0, 10_000, 10_000, 0},
		{0, 1_000_000, subscriptionsMost, 0},
		{600, few.Subscriptions(), 600, 0},
		{500, few.Subscriptions(), 500, 1}, // 2 * (256 + 10)
	} {
		var out strings.Builder
		c := engine.Config{SubscriptionsMax: k.set, Session: session.Config{Token: "token"}}
		makeRoom(&c, k.clients, slog.New(slog.NewTextHandler(&out, nil)))
		warned := strings.Count(out.String(), "subscriptions_max=500")
		if c.SubscriptionsMax != k.want || warned != k.warned {
			t.Errorf("%+v: %d, warned %q", k, c.SubscriptionsMax, &out)
		}
		e, err := engine.New(c)
		if err != nil {
			t.Fatalf("%+v: %v", k, err)
		}
		_ = e.Close()
	}
}

// What is wrong with flags and files is said, without the credentials in them.
func TestProxyRefuses(t *testing.T) {
	good := proxyFiles(t, "127.0.0.1:1", proxyClientsFile)
	for name, k := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no clients":  {[]string{"proxy"}, exitUsage, "--clients"},
		"open to all": {append(good, "--listen", "0.0.0.0:0"), exitUsage, "--cert"},
		"JSON to all": {append(good, "--http", ":0", "--http", "[::]:0"), exitUsage, "--cert"},
		"half of TLS": {append(good, "--cert", "x"), exitUsage, "--key"},
		"no state":    {[]string{"proxy", "--clients", "x", "--sync"}, exitUsage, "--sync"},
		"empty state": {append(good, "--state", ""), exitUsage, "--state: is empty"},
		"empty HTTP":  {append(good, "--http", ""), exitUsage, "--http: is empty"},
		"empty":       {append(good, "--listen", ""), exitUsage, "--listen: is empty"},
		"negative":    {append(good, "--grace", "-1s"), exitUsage, "--grace"},
		"unknown": {
			proxyFiles(t, "x:1", `{"clients":[{"name":"a","secret":1}]}`), exitFailed,
			`no setting "secret"`,
		},
		"no JSON":    {proxyFiles(t, "x:1", `{"clients":[{"token":"top-secret}`), exitFailed, "--clients"},
		"wrong type": {proxyFiles(t, "x:1", `{"clients":[{"rate":"top-secret"}]}`), exitFailed, "rate"},
		"no amount":  {proxyFiles(t, "x:1", `{"clients":[{"stake_max":"top-secret"}]}`), exitFailed, "--clients"},
		"two": {
			proxyFiles(t, "x:1", `{"clients":[{"name":"a","token":"top-secret"},{"name":"a","token":"b"}]}`),
			exitFailed, "two of a",
		},
		"one token": {
			proxyFiles(t, "x:1", `{"clients":[{"name":"a","token":"top-secret"},{"name":"b","token":"top-secret"}]}`),
			exitFailed, "same",
		},
		"no credential": {proxyFiles(t, "x:1", `{"clients":[{"name":"a"}]}`), exitFailed, "no password and no token"},
		"no name": {
			proxyFiles(t, "x:1", `{"clients":[{"name":"a/b","token":"top-secret"}]}`),
			exitFailed, "letters",
		},
		"both": {
			proxyFiles(t, "x:1", `{"clients":[{"name":"a","token":"top-secret","token_file":"anna.token"}]}`),
			exitFailed, "both set",
		},
		"no file": {
			proxyFiles(t, "x:1", `{"clients":[{"name":"a","token_file":"nowhere"}]}`),
			exitFailed, "token_file",
		},
		"twice": {
			proxyFiles(t, "x:1", `{"clients":[{"name":"a","token":"top-secret","read_only":true,"Read_Only":false}]}`),
			exitFailed, `"read_only" is there twice`,
		},
		"null": {
			proxyFiles(t, "x:1", `{"clients":[{"name":"a","token":"top-secret","markets":null}]}`),
			exitFailed, "markets: a value is null",
		},
		"no markets": {
			proxyFiles(t, "x:1", `{"clients":[{"name":"a","token":"top-secret","markets":[]}]}`),
			exitFailed, "markets: is empty",
		},
		"no orders": {
			proxyFiles(t, "x:1", `{"clients":[{"name":"a","token":"top-secret","orders_max":0}]}`),
			exitFailed, "orders_max",
		},
		"no stake": {
			proxyFiles(t, "x:1", `{"clients":[{"name":"a","token":"top-secret","stake_max":"0.00"}]}`),
			exitFailed, "stake_max",
		},
		"tiny": {
			proxyFiles(t, "x:1", `{"clients":[{"name":"a","token":"top-secret","quantity_max":"0.00009"}]}`),
			exitFailed, "quantity_max",
		},
		"none": {proxyFiles(t, "x:1", `{"clients":[]}`), exitFailed, "Clients"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, log strings.Builder
			code := run(t.Context(), k.args, stdio{strings.NewReader(""), &out, &log})
			if code != k.code || !strings.Contains(log.String(), k.want) {
				t.Errorf("exit code %d, %s", code, log.String())
			}
			if strings.Contains(log.String(), "top-secret") {
				t.Errorf("a credential: %s", log.String())
			}
		})
	}
	var out, log strings.Builder
	if code := run(t.Context(), []string{"proxy", "--schema"},
		stdio{strings.NewReader(""), &out, &log}); code != exitOK ||
		!json.Valid([]byte(out.String())) {
		t.Errorf("--schema: %d, %s", code, log.String())
	}
}

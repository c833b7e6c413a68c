package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/alecthomas/kong"

	"github.com/smk-go/smk/config"
	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/proxy"
	"github.com/smk-go/smk/tools/smk/proxyjson"
)

// proxyTexts are those of flags and commands whose declarations have no room for them.
var proxyTexts = kong.Vars{
	"proxy_free": "port 0 takes a free one.",
	"proxy_at":   "Where clients of the protocol connect",
	"proxy_http": "Where clients connect that speak JSON, over WebSockets or HTTP; without it there is none.",
	"proxy_state": "Keep what the engine and the clients know in this folder, and go on from it: a proxy that is " +
		"killed " +
		"forgets nothing.",
	"proxy_sync": "Have each record of it on the disk before anything follows from it, so that a machine that " +
		"crashes " +
		"forgets nothing either.",
	"proxy_grace": "How long the session with the exchange may be lost before clients are logged out",
}

// proxyCommand shares one session with the exchange among clients.
type proxyCommand struct {
	settingsFlags

	Clients string  `placeholder:"FILE" help:"The clients, JSON: names, passwords and tokens, rights and limits."`
	Listen  string  `default:"127.0.0.1:3701" placeholder:"HOST:PORT" help:"${proxy_at} (${default}); ${proxy_free}"`
	HTTP    *string `name:"http" placeholder:"HOST:PORT" help:"${proxy_http}"`
	Cert    string  `placeholder:"FILE" help:"A certificate, PEM: clients then have to speak TLS. It needs --key."`
	Key     string  `placeholder:"FILE" help:"The certificate's private key, PEM."`

	State *string       `placeholder:"DIR" help:"${proxy_state}"`
	Sync  bool          `help:"${proxy_sync}"`
	Grace time.Duration `default:"5s" placeholder:"TIME" help:"${proxy_grace} (${default}); 0 for not at all."`

	Schema bool `help:"Print the JSON schema, and end."`
	JSON   bool `name:"json" help:"Say where clients connect as JSON, in a line, and log as JSON."`
}

// Validate is called by the command line's parser.
func (c *proxyCommand) Validate() error {
	switch {
	case c.Schema:
		return nil
	case c.Clients == "":
		return errors.New("--clients: is missing; see docs/proxy.md")
	case (c.Cert == "") != (c.Key == ""):
		return errors.New("--cert and --key: one needs the other")
	case c.Listen == "":
		return errors.New("--listen: is empty, which would be every address of this machine")
	case c.HTTP != nil && *c.HTTP == "":
		return errors.New("--http: is empty")
	case c.State != nil && *c.State == "":
		return errors.New("--state: is empty, which would keep nothing")
	case c.Sync && c.State == nil:
		return errors.New("--sync: there is no --state")
	case c.Grace < 0:
		return fmt.Errorf("--grace: %v is not a time", c.Grace)
	}
	addrs := map[string]string{"--listen": c.Listen}
	if c.HTTP != nil {
		addrs["--http"] = *c.HTTP
	}
	for name, addr := range addrs {
		if c.Cert == "" && !isLoopback(loopback(addr)) {
			return fmt.Errorf("%s: %s can be reached from other machines, and credentials would go there in clear: "+
				"give --cert and --key", name, addr)
		}
	}
	return nil
}

// isLoopback reports whether an address can be reached from this machine alone.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Limits of the JSON server.
const (
	httpConns       = 256
	httpTimeout     = 10 * time.Second // for a request's header and body
	httpIdle        = 30 * time.Second
	httpHeaderBytes = 16 << 10

	subscriptionsMost = 64 << 10        // that an engine has room for
	proxyGoodbye      = 5 * time.Second // for clients to be logged out at the end
)

// where says where clients connect.
type where struct {
	Listen string `json:"listen"`
	HTTP   string `json:"http,omitempty"`
	TLS    bool   `json:"tls"`
}

// Run serves until ctx ends: clients are logged out, and the engine does with the orders what the settings say, which
// is to leave them if they say nothing.
func (c *proxyCommand) Run(ctx context.Context, std stdio) error {
	if c.Schema {
		_, err := std.out.Write(proxyjson.Schema())
		return err
	}
	log, end := newLog(std.err, c.JSON)
	defer end()
	e, p, err := c.make(log)
	if err != nil {
		return err
	}
	s := &proxyServer{engine: e, proxy: p}
	if err := c.listen(s, log); err != nil {
		return errors.Join(err, s.close(), e.Close(), p.Close())
	}
	if err := c.say(std.out, s.where); err != nil {
		return errors.Join(err, s.close(), e.Close(), p.Close())
	}
	return s.run(ctx)
}

// make makes the engine and the proxy.
func (c *proxyCommand) make(log *slog.Logger) (*engine.Engine, *proxy.Proxy, error) {
	options, err := c.options()
	if err != nil {
		return nil, nil, err
	}
	settings, err := config.Load(c.Config, options)
	if err != nil {
		return nil, nil, err
	}
	clients, err := readClients(c.Clients)
	if err != nil {
		return nil, nil, err
	}
	pc := proxy.Config{Clients: clients, Grace: c.Grace, Logger: log, Sync: c.Sync}
	if c.Grace == 0 {
		pc.Grace = -1
	}
	if pc.TLS, err = c.tls(); err != nil {
		return nil, nil, err
	}
	ec := settings.Engine
	ec.Logger = log
	makeRoom(&ec, pc.Subscriptions(), log)
	ec.Session.RequireCaughtUp = true
	ec.Session.AccountFromStart = true
	if ec.OnStop == engine.StopAuto {
		ec.OnStop = engine.StopLeave
	}
	if c.State != nil {
		if err := os.MkdirAll(*c.State, 0o700); err != nil {
			return nil, nil, fmt.Errorf("--state: %w", err)
		}
		if ec.State.File != "" {
			return nil, nil, errors.New("--state: the settings name another file of the engine")
		}
		ec.State.File, ec.State.DurableIntents = filepath.Join(*c.State, "engine"), true
		pc.State, pc.DurableIntents = filepath.Join(*c.State, "clients"), true
		if pc.Account = ec.State.Account; pc.Account == "" {
			pc.Account = ec.Session.Username
		}
		if pc.Account == "" {
			return nil, nil, errors.New("--state: the account logs in by a token: name it in engine.state_account")
		}
	}
	e, err := engine.New(ec)
	if err != nil {
		return nil, nil, err
	}
	p, err := proxy.New(e, pc)
	if err != nil {
		return nil, nil, errors.Join(err, e.Close())
	}
	return e, p, nil
}

// makeRoom gives the engine room for the subscriptions of all clients. Settings that name another number count.
func makeRoom(ec *engine.Config, clients int, log *slog.Logger) {
	switch room := min(clients, subscriptionsMost); {
	case ec.SubscriptionsMax == 0:
		ec.SubscriptionsMax = max(room, engine.SubscriptionsMax)
	case ec.SubscriptionsMax < room:
		log.Warn("clients may keep each other from subscribing: subscriptions_max of the engine is too low",
			"clients", clients, "subscriptions_max", ec.SubscriptionsMax)
	}
}

func (c *proxyCommand) tls() (*tls.Config, error) {
	if c.Cert == "" {
		return nil, nil
	}
	certificate, err := tls.LoadX509KeyPair(c.Cert, c.Key)
	if err != nil {
		return nil, fmt.Errorf("--cert, --key: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, nil
}

// proxyServer is a proxy with its ways in.
type proxyServer struct {
	engine *engine.Engine
	proxy  *proxy.Proxy
	where  where
	http   *http.Server // nil if there is none
	served chan error
}

func (c *proxyCommand) listen(s *proxyServer, log *slog.Logger) error {
	addr, err := s.proxy.Listen(loopback(c.Listen))
	if err != nil {
		return err
	}
	s.where = where{Listen: addr.String(), TLS: c.Cert != ""}
	if c.HTTP == nil {
		return nil
	}
	l, err := net.Listen("tcp", loopback(*c.HTTP))
	if err != nil {
		return fmt.Errorf("--http: %w", shorterListen(err))
	}
	places := proxyjson.NewPlaces(l, httpConns)
	s.http = &http.Server{
		ConnContext:       places.ConnContext,
		Handler:           proxyjson.New(s.proxy, s.engine, log).Handler(),
		ReadHeaderTimeout: httpTimeout, ReadTimeout: httpTimeout, IdleTimeout: httpIdle,
		MaxHeaderBytes: httpHeaderBytes,
		ErrorLog:       stdlog.New(io.Discard, "", 0), // of clients that are no HTTP clients
	}
	s.served = make(chan error, 1)
	scheme := "http://"
	if c.Cert != "" {
		scheme = "https://"
		go func() { s.served <- s.http.ServeTLS(places, c.Cert, c.Key) }()
	} else {
		go func() { s.served <- s.http.Serve(places) }()
	}
	s.where.HTTP = scheme + l.Addr().String()
	return nil
}

func (s *proxyServer) close() error {
	if s.http == nil {
		return nil
	}
	err := s.http.Close()
	if served := <-s.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

func (c *proxyCommand) say(out io.Writer, w where) error {
	if c.JSON {
		return json.NewEncoder(out).Encode(w)
	}
	kind := "plain TCP"
	if w.TLS {
		kind = "TLS"
	}
	_, err := fmt.Fprintf(out, "clients of the protocol: %s (%s)\n", w.Listen, kind)
	if err == nil && w.HTTP != "" {
		_, err = fmt.Fprintf(out, "JSON: %s/v1/ws, /v1/stream, /v1/commands\n", w.HTTP)
	}
	return err
}

// run runs the engine until ctx ends, or it ends by itself.
func (s *proxyServer) run(ctx context.Context) error {
	ended := make(chan error, 1)
	go func() { ended <- s.engine.Run(context.Background()) }()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		goodbye, stop := context.WithTimeout(context.Background(), proxyGoodbye)
		_ = s.proxy.Shutdown(goodbye) // who is not gone by then is cut off
		stop()
		s.engine.Stop()
		err = <-ended
	}
	return errors.Join(err, s.close(), s.proxy.Close())
}

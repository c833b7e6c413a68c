package smkprom

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Address is the default of AdminConfig.Address.
const Address = "127.0.0.1:9464"

// Bounds of the server.
const (
	scrapesMax    = 4 // at a time; more are refused
	headerBytes   = 16 << 10
	headerTimeout = 5 * time.Second
	writeTimeout  = profileMax + 30*time.Second
	idleTimeout   = time.Minute
)

// ErrAddress is what ListenAdmin returns for an address that is not loopback and not allowed.
var ErrAddress = errors.New("smkprom: address is not loopback: set AllowRemote if that is what you want")

// AdminConfig are the settings of an Admin.
type AdminConfig struct {
	// Address is where to listen. "" means 127.0.0.1:9464.
	Address string

	// AllowRemote allows an Address that is not loopback. Whoever reaches it can read the metrics and profile the
	// process; there is no authentication.
	AllowRemote bool

	// Collectors are the engines. They are registered together with collectors of the Go runtime and the process.
	Collectors []*Collector

	// More are further collectors to register, such as the bot's own.
	More []prometheus.Collector
}

// Admin is a server of metrics, health and profiles:
//
//	/metrics       everything registered, in the formats of Prometheus and OpenMetrics
//	/healthz       200 unless an engine has ended
//	/readyz        200 if every engine can trade
//	/debug/pprof/  profiles of the process, without its command line
//
// Health is JSON; its status is 200 or 503.
type Admin struct {
	server   *http.Server
	listener net.Listener
}

// ListenAdmin listens. The error is ErrAddress, or says why it cannot listen or which collectors contradict each other.
func ListenAdmin(c AdminConfig) (*Admin, error) {
	if c.Address == "" {
		c.Address = Address
	}
	if !c.AllowRemote && !isLoopback(c.Address) {
		return nil, ErrAddress
	}
	handler, err := Handler(c)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", c.Address)
	if err != nil {
		return nil, err
	}
	return &Admin{&http.Server{
		Handler: handler, MaxHeaderBytes: headerBytes, ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
	}, listener}, nil
}

// Addr returns the address that it listens on.
func (a *Admin) Addr() net.Addr { return a.listener.Addr() }

// Serve serves until Close, and then returns nil.
func (a *Admin) Serve() error {
	if err := a.server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Close ends the server and waits until what it is doing is done, or ctx ends.
func (a *Admin) Close(ctx context.Context) error {
	err := a.server.Shutdown(ctx)
	_ = a.listener.Close() // if Serve was never called
	return err
}

// Handler returns what an Admin serves, for a server of your own; Address is not used. Unless AllowRemote is set it
// refuses requests for other hosts than loopback, which pages in a browser can be made to send.
func Handler(c AdminConfig) (http.Handler, error) {
	registry := prometheus.NewRegistry()
	all := []prometheus.Collector{
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	}
	for _, engine := range c.Collectors {
		all = append(all, engine)
	}
	for _, one := range append(all, c.More...) {
		if err := registry.Register(one); err != nil {
			return nil, err
		}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		MaxRequestsInFlight: scrapesMax, EnableOpenMetrics: true, Registry: registry,
	}))
	mux.Handle("GET /healthz", health(c.Collectors, (*Collector).Live))
	mux.Handle("GET /readyz", health(c.Collectors, (*Collector).Ready))
	handleProfiles(mux)
	if c.AllowRemote {
		return mux, nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopback(r.Host) {
			http.Error(w, "only for loopback", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	}), nil
}

// Check is the health of one engine.
type Check struct {
	Account string `json:"account"`
	OK      bool   `json:"ok"`
	Reason  string `json:"reason,omitempty"`
}

// Health is the body of /healthz and /readyz.
type Health struct {
	OK     bool    `json:"ok"`
	Checks []Check `json:"checks"`
}

// health checks every engine.
func health(engines []*Collector, check func(*Collector) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := Health{OK: true, Checks: []Check{}}
		for _, c := range engines {
			one := Check{Account: c.account, OK: true}
			if err := check(c); err != nil {
				one.OK, one.Reason = false, strings.TrimPrefix(err.Error(), "smkprom: ")
			}
			h.OK = h.OK && one.OK
			h.Checks = append(h.Checks, one)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if !h.OK {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(h) // the client may be gone
	})
}

// isLoopback reports whether an address, with or without a port, can only be reached from this machine.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = strings.Trim(address, "[]")
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() || host == "localhost"
}

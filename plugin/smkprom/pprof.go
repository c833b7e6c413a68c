package smkprom

import (
	"fmt"
	"net/http"
	"runtime/pprof"
	"runtime/trace"
	"strconv"
	"time"
)

// How long a profile over time may take, and takes by default.
const (
	profileMax     = time.Minute
	profileDefault = 10 * time.Second
)

// handleProfiles serves profiles as go tool pprof asks for them. Package net/http/pprof would serve the command line as
// well, which may have credentials in it, and register all of that on http.DefaultServeMux.
func handleProfiles(mux *http.ServeMux) {
	mux.HandleFunc("GET /debug/pprof/{$}", func(w http.ResponseWriter, _ *http.Request) {
		for _, p := range pprof.Profiles() {
			_, _ = fmt.Fprintln(w, p.Name(), p.Count())
		}
		_, _ = fmt.Fprintln(w, "profile\ntrace")
	})
	mux.HandleFunc("GET /debug/pprof/profile", func(w http.ResponseWriter, r *http.Request) {
		overTime(w, r, func() error { return pprof.StartCPUProfile(w) }, pprof.StopCPUProfile)
	})
	mux.HandleFunc("GET /debug/pprof/trace", func(w http.ResponseWriter, r *http.Request) {
		overTime(w, r, func() error { return trace.Start(w) }, trace.Stop)
	})
	mux.HandleFunc("GET /debug/pprof/{name}", func(w http.ResponseWriter, r *http.Request) {
		p := pprof.Lookup(r.PathValue("name"))
		if p == nil {
			http.Error(w, "no such profile", http.StatusNotFound)
			return
		}
		debug := 0
		if r.FormValue("debug") == "1" {
			debug = 1
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		}
		_ = p.WriteTo(w, debug) // the client may be gone
	})
}

// overTime profiles for the time that the request names, or until the client is gone.
func overTime(w http.ResponseWriter, r *http.Request, start func() error, stop func()) {
	took := profileDefault
	if s := r.FormValue("seconds"); s != "" {
		n, err := strconv.Atoi(s)
		if took = time.Duration(n) * time.Second; err != nil || n < 1 || n > int(profileMax/time.Second) {
			http.Error(w, fmt.Sprintf("seconds must be 1 to %d", int(profileMax/time.Second)), http.StatusBadRequest)
			return
		}
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	if err := start(); err != nil {
		w.Header().Del("Content-Type")
		http.Error(w, "another profile is being made", http.StatusConflict)
		return
	}
	defer stop()
	done := time.NewTimer(took)
	defer done.Stop()
	select {
	case <-done.C:
	case <-r.Context().Done():
	}
}

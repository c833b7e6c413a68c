package dash

import (
	"embed"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/smk-go/smk/tools/smk/screen"
)

//go:embed static
var static embed.FS

// policy is the page's content security policy: nothing but its own files.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// marksShown is how many marks of a kind the page draws.
const marksShown = 300

func (s *Server) routes() http.Handler {
	files, err := fs.Sub(static, "static")
	if err != nil {
		panic("BUG: dash: " + err.Error())
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /events", s.events)
	mux.HandleFunc("GET /api/at", s.at)
	mux.HandleFunc("GET /api/find", s.find)
	mux.HandleFunc("GET /api/marks", s.marks)
	if s.config.Control != nil {
		mux.HandleFunc("POST /api/control", s.config.Control.serve)
	}
	return s.guard(mux)
}

// guard refuses requests that are not for this server, or not from its page, and sets the headers of all answers.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !s.hosts[r.Host] {
			http.Error(w, "this server is not "+strconv.Quote(r.Host)+": see --host", http.StatusMisdirectedRequest)
			return
		}
		if !sameOrigin(r) {
			http.Error(w, "the request is another site's", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// sameOrigin reports whether a request is of the server's own page, or of a person or program that is no page.
func sameOrigin(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Scheme == "http" && u.Host == r.Host
}

// events sends frames until the browser goes, or does not read.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(time.Time{})
	c, err := s.hub.join(func() { _ = out.SetWriteDeadline(time.Unix(1, 0)) })
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	defer s.hub.leave(c)
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	for {
		select {
		case <-r.Context().Done():
			return
		case event, ok := <-c.queue:
			if !ok {
				return
			}
			if _, err := w.Write(event); err != nil || out.Flush() != nil {
				return
			}
		}
	}
}

// at answers with the picture as of a record or a time in milliseconds.
func (s *Server) at(w http.ResponseWriter, r *http.Request) {
	select {
	case s.seeks <- struct{}{}:
		defer func() { <-s.seeks }()
	default:
		http.Error(w, "too many requests at a time", http.StatusServiceUnavailable)
		return
	}
	q := r.URL.Query()
	timeline := s.config.Live.Timeline
	var p *screen.Picture
	var err error
	if text := q.Get("record"); text != "" {
		var record uint64
		if record, err = strconv.ParseUint(text, 10, 64); err == nil {
			p, err = timeline.AtRecord(r.Context(), record)
		}
	} else {
		var ms int64
		ms, err = strconv.ParseInt(q.Get("ms"), 10, 64)
		if err == nil && (ms < 0 || ms > math.MaxInt64/1_000_000-1) {
			err = strconv.ErrRange
		}
		if err == nil {
			p, err = timeline.AtTime(r.Context(), ms*1e6+999_999)
		}
	}
	var syntax *strconv.NumError
	switch {
	case errors.As(err, &syntax), errors.Is(err, strconv.ErrRange):
		http.Error(w, "record or ms is not a number that there is", http.StatusBadRequest)
	case err != nil:
		http.Error(w, err.Error(), http.StatusNotFound)
	default:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(p.JSON())
	}
}

// find answers with the next mark of a kind.
func (s *Server) find(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	record, err := strconv.ParseUint(q.Get("record"), 10, 64)
	if err != nil {
		http.Error(w, "record is not a number", http.StatusBadRequest)
		return
	}
	mark, err := s.config.Live.Timeline.Find(screen.Kind(q.Get("kind")), record, q.Get("back") != "")
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	writeJSON(w, mark)
}

// marks answers with where halts and gaps are.
func (s *Server) marks(w http.ResponseWriter, _ *http.Request) {
	t := s.config.Live.Timeline
	writeJSON(w, append(t.Marks(screen.KindHalt, marksShown), t.Marks(screen.KindGap, marksShown)...))
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

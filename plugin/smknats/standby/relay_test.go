package standby_test

import (
	"net"
	"strings"
	"sync"
	"testing"
)

// relay is a bot's way to the servers, which can be cut.
type relay struct {
	listener net.Listener
	servers  []string

	mu    sync.Mutex
	next  int
	away  bool
	conns map[net.Conn]bool
}

// newRelay opens a way to the servers of a list of URLs.
func newRelay(t *testing.T, urls string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{listener: l, conns: make(map[net.Conn]bool)}
	for url := range strings.SplitSeq(urls, ",") {
		r.servers = append(r.servers, strings.TrimPrefix(url, "nats://"))
	}
	go r.serve()
	t.Cleanup(func() {
		_ = l.Close()
		r.set(true)
	})
	return r
}

func (r *relay) url() string { return "nats://" + r.listener.Addr().String() }

func (r *relay) serve() {
	for {
		near, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.mu.Lock()
		r.next++
		to, away := r.servers[r.next%len(r.servers)], r.away
		r.mu.Unlock()
		var far net.Conn
		if !away {
			far, err = net.Dial("tcp", to)
		}
		if away || err != nil {
			_ = near.Close()
			continue
		}
		r.mu.Lock()
		r.conns[near], r.conns[far] = true, true
		r.mu.Unlock()
		go r.copy(near, far)
		go r.copy(far, near)
	}
}

func (r *relay) copy(to, from net.Conn) {
	b := make([]byte, 1<<16)
	for {
		n, err := from.Read(b)
		if _, werr := to.Write(b[:n]); err != nil || werr != nil {
			break
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range [...]net.Conn{to, from} {
		_ = c.Close()
		delete(r.conns, c)
	}
}

// set cuts the way, or opens it again.
func (r *relay) set(away bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away = away; away {
		for c := range r.conns {
			_ = c.Close()
		}
	}
}

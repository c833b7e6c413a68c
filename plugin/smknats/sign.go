package smknats

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// headerAuth has "v1 time nonce mac" of a request: everyone who may read the subject sees it, and cannot make another.
const headerAuth = "Smk-Auth"

const (
	signAge   = 30 * time.Second // how old a request may be
	noncesMax = 4096             // requests in that time, and as many halts besides
	nonceSize = 16
	authBytes = 256 // of the header
)

// sign signs a request with a key, at a time in ns since the Unix epoch.
func sign(key []byte, m *nats.Msg, now int64) {
	var nonce [nonceSize]byte
	_, _ = rand.Read(nonce[:]) // it never fails
	at, n := strconv.FormatInt(now, 10), hex.EncodeToString(nonce[:])
	m.Header.Set(headerAuth, "v1 "+at+" "+n+" "+hex.EncodeToString(mac(key, m, at, n)))
}

// mac returns the authentication code of a request.
func mac(key []byte, m *nats.Msg, at, nonce string) []byte {
	h := hmac.New(sha256.New, key)
	fmt.Fprintf(h, "%s\n%s\n%s\n", m.Subject, at, nonce)
	h.Write(m.Data)
	return h.Sum(nil)
}

// guard knows the requests that were taken, so that none is taken twice.
type guard struct {
	began  int64 // the publisher did; what was taken before is not known
	mu     sync.Mutex
	nonces map[string]int64 // when they were made
	halted int64            // when the newest halt was made
	forgot int64            // when the newest request was made that nonces has no more
}

// check returns why a request is refused, "" if it is not. A halt is never refused for what came before it.
func (g *guard) check(key []byte, name string, m *nats.Msg, now int64) string {
	auth := m.Header.Get(headerAuth)
	if len(auth) > authBytes {
		return "the request is not signed"
	}
	f := strings.Fields(auth)
	if len(f) != 4 || f[0] != "v1" || len(f[2]) != 2*nonceSize {
		return "the request is not signed"
	}
	given, err := hex.DecodeString(f[3])
	if err != nil || !hmac.Equal(given, mac(key, m, f[1], f[2])) {
		return "the request is signed with another key"
	}
	at, err := strconv.ParseInt(f[1], 10, 64)
	if err != nil || at < now-int64(signAge) || at > now+int64(signAge) {
		return "the request is older than 30 s, or the clocks differ by that"
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case name == "halt":
		g.halted = max(g.halted, at)
	case name == "mode":
	case at < g.began:
		return "the request is older than this publisher's run, or the clocks differ"
	case at <= g.halted:
		return "the request is older than a halt, or the clocks differ"
	}
	for n, made := range g.nonces {
		if made < now-2*int64(signAge) {
			delete(g.nonces, n)
			g.forgot = max(g.forgot, made)
		}
	}
	if at <= g.forgot && name != "halt" { // the clock was ahead for a while, and it is not known what was there
		return "the request is as old as those that are forgotten: the clock was set back"
	}
	if _, again := g.nonces[f[2]]; again {
		return "the request was there before"
	}
	if n := len(g.nonces); n >= 2*noncesMax || n >= noncesMax && name != "halt" {
		return "too many requests"
	}
	if g.nonces == nil {
		g.nonces = map[string]int64{}
	}
	g.nonces[f[2]] = at
	return ""
}

package proxyjson

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// Connections that say nothing, or have no token, make room for a client; those of logins stay.
func TestPlaces(t *testing.T) {
	h := newHouse(t)
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	places := NewPlaces(inner, 3)
	server := &http.Server{Handler: h.http.Config.Handler, ConnContext: places.ConnContext}
	served := make(chan error, 1)
	go func() { served <- server.Serve(places) }()
	defer func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
	dial := func(request string) (net.Conn, *bufio.Reader) {
		t.Helper()
		conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		return conn, bufio.NewReader(conn)
	}
	stream := func(token string) *bufio.Reader {
		_, r := dial("GET /v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + "\r\n\r\n")
		return r
	}
	first := stream("anna-secret")
	welcome := func(r *bufio.Reader) bool {
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return false
			}
			if strings.Contains(line, `"welcome"`) {
				return true
			}
		}
	}
	if !welcome(first) {
		t.Fatal("no login")
	}
	for range 10 {
		dial("GET /v1/stream HTTP/1.1\r\n") // and no more
		_, r := dial("GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n")
		if line, err := r.ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 ") {
			t.Fatalf("%q, %v", line, err)
		}
	}
	second, third := stream("anna-secret"), stream("ben-secret")
	if !welcome(second) || !welcome(third) {
		t.Fatal("a client found no place")
	}
	if welcome(stream("ben-secret")) {
		t.Error("a fourth login found a place")
	}
	h.sim.Do(dropSessions) // the logins are told
	for _, r := range []*bufio.Reader{first, second, third} {
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				t.Fatal("a login was cut off: ", err)
			}
			if strings.Contains(line, `"status":{"up":true}`) {
				break
			}
		}
	}
}

package engine

import "testing"

// TestRequests are pending until they are taken, and once only.
func TestRequests(t *testing.T) {
	var r requests
	if r.take() != 0 || r.closing() {
		t.Error("requests before any was made")
	}
	r.add(requestStop)
	if r.pending() != requestStop || r.take() != requestStop || r.pending() != 0 {
		t.Error("a request is not taken once")
	}
	r.add(requestStop)
	r.add(requestClose)
	if r.pending() != requestClose || !r.closing() {
		t.Errorf("pending %b, closing %t", r.pending(), r.closing())
	}
	if r.take() != requestClose || r.take() != 0 || !r.closing() {
		t.Error("a second request is not taken once")
	}
}

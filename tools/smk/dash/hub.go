package dash

import (
	"errors"
	"sync"
)

// Limits of what browsers are sent.
const (
	clientsMax = 256
	queueMax   = 16 // frames that a browser may be behind: some 4 seconds
)

// errFull reports that no more browsers are served.
var errFull = errors.New("too many browsers")

// hub passes encoded events to the browsers that listen.
type hub struct {
	mu      sync.Mutex // guards what follows
	clients map[*client]bool
	last    []byte // the newest frame, for browsers that come
	closed  bool
	cut     uint64
}

// client is a browser that listens.
type client struct {
	queue chan []byte
	cut   func() // ends its connection
}

func newHub() *hub { return &hub{clients: map[*client]bool{}} }

// join adds a browser. cut is called, once at most and with the hub locked, when it does not read.
func (h *hub) join(cut func()) (*client, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.clients) >= clientsMax || h.closed {
		return nil, errFull
	}
	c := &client{make(chan []byte, queueMax), cut}
	h.clients[c] = true
	if h.last != nil {
		c.queue <- h.last
	}
	return c, nil
}

func (h *hub) leave(c *client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.remove(c)
}

// remove forgets a browser, whose queue ends.
func (h *hub) remove(c *client) {
	if h.clients[c] {
		delete(h.clients, c)
		close(c.queue)
	}
}

// send queues an event for all browsers. Its bytes must not be changed any more.
func (h *hub) send(event []byte, frame bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if frame {
		h.last = event
	}
	for c := range h.clients {
		select {
		case c.queue <- event:
		default:
			h.cut++
			h.remove(c)
			c.cut()
		}
	}
}

// close ends all connections, and refuses more.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for c := range h.clients {
		h.remove(c)
	}
}

// Stats counts browsers.
type Stats struct {
	Browsers int    // that listen
	Cut      uint64 // that did not read
}

func (h *hub) stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Stats{len(h.clients), h.cut}
}

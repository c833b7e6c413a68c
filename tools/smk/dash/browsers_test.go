package dash

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smk-go/smk/tools/smk/screen"
)

// What fifty browsers are sent.
const (
	browsers     = 50
	framesSent   = 60
	framePadding = 32 << 10
)

// TestFiftyBrowsers has fifty browsers, of which one does not read: that one is cut off, the others get every frame,
// and the server's memory stays what it is.
func TestFiftyBrowsers(t *testing.T) {
	p := newPage(t, nil)
	until(t, func() bool { return p.frames() > 0 })
	var wg sync.WaitGroup
	got, broken := make([]int, browsers), make([]string, browsers)
	for i := range browsers {
		conn, err := net.Dial("tcp", p.server.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		_ = conn.SetDeadline(time.Now().Add(patience))
		fmt.Fprintf(conn, "GET /events HTTP/1.1\r\nHost: %s\r\n\r\n", conn.RemoteAddr())
		if i == 0 {
			_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
			continue
		}
		wg.Go(func() { got[i], broken[i] = readFrames(conn, framesSent) })
	}
	until(t, func() bool { return p.server.Stats().Browsers == browsers })
	before, peak := heap(), uint64(0)
	picture := &screen.Picture{Name: strings.Repeat("x", framePadding)}
	for n := range framesSent {
		p.server.show(screen.Frame{Picture: picture})
		until(t, func() bool { return p.server.hub.unread() <= 1 }) // they read, as they do between frames in real time
		if n%20 == 10 {
			peak = max(peak, heap())
		}
	}
	wg.Wait()
	for i := 1; i < browsers; i++ {
		if got[i] != framesSent || broken[i] != "" {
			t.Errorf("browser %d got %d frames of %d, %s", i, got[i], framesSent, broken[i])
		}
	}
	until(t, func() bool { return p.server.Stats().Cut == 1 && p.server.Stats().Browsers < browsers })
	const most = 4 * queueMax * framePadding // frames are encoded once for all: no queue of them for each browser
	if peak > before+most {
		t.Errorf("the heap grew from %d to %d bytes, more than by %d", before, peak, most)
	}
	t.Logf("%d browsers, %d frames of %d KB: heap %d KB before, at most %d KB; 1 cut off",
		browsers, framesSent, framePadding>>10, before>>10, peak>>10)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (p *page) frames() uint64 {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	return p.server.number
}

// unread returns how many browsers have frames that were not sent yet.
func (h *hub) unread() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.clients {
		if len(c.queue) > 0 {
			n++
		}
	}
	return n
}

// readFrames counts frames that are as long as those of the test, and checks that no frame is missing.
func readFrames(conn net.Conn, want int) (n int, broken string) {
	r := bufio.NewReaderSize(conn, 2*framePadding)
	last, frame := uint64(0), false
	for n < want {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return n, err.Error()
		}
		if name, ok := bytes.CutPrefix(line, []byte("event: ")); ok {
			frame = string(name) == "frame\n"
		}
		data, ok := bytes.CutPrefix(line, []byte(`data: {"n":`))
		if !ok || !frame {
			continue
		}
		digits, _, _ := bytes.Cut(data, []byte(","))
		number, err := strconv.ParseUint(string(digits), 10, 64)
		if err != nil || last != 0 && number != last+1 {
			return n, fmt.Sprintf("frame %q came after %d", digits, last)
		}
		if last = number; len(data) > framePadding {
			n++
		}
	}
	return n, ""
}
